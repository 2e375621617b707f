import JSON
import Testing

@testable import KubeModel

@Suite("certificates.k8s.io and apiregistration.k8s.io")
struct CertificatesTests {
    let rules = CertificateSigningRequest.rules
    /// "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n"
    static let request =
        "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KQUFBQQotLS0tLUVORCBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0K"
    /// "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
    static let certificate = "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCkFBQUEKLS0tLS1FTkQgQ0VSVElGSUNBVEUtLS0tLQo="

    func request() throws -> JSON {
        try JSON(
            parsing: """
                {"metadata": {"name": "c"}, "spec": {"request": "\(Self.request)", "usages": ["client auth"],
                 "signerName": "kubernetes.io/kube-apiserver-client", "expirationSeconds": 3600, "username": "ann"}}
                """)
    }

    static func condition(_ type: String) -> JSON { ["type": .string(type), "status": "True"] }

    @Test("a request's faults are the original's")
    func faults() throws {
        rules.expect(
            [
                FaultCase("PEM", "spec.request: Invalid value: \"AAAA\": PEM block type must be CERTIFICATE REQUEST") {
                    $0["spec", "request"] = "AAAA"
                },
                FaultCase("no usage", "spec.usages: Required value") { $0["spec", "usages"] = [] },
                FaultCase("usage twice", "spec.usages[1]: Duplicate value: \"any\"") {
                    $0["spec", "usages"] = ["any", "any"]
                },
                FaultCase(
                    "signer",
                    "spec.signerName: Invalid value: \"x\": "
                        + "must be a fully qualified domain and path of the form 'example.com/signer-name'"
                ) { $0["spec", "signerName"] = "x" },
                FaultCase(
                    "legacy signer",
                    "spec.signerName: Invalid value: \"kubernetes.io/legacy-unknown\": "
                        + "the legacy signerName is not allowed via this API version"
                ) { $0["spec", "signerName"] = "kubernetes.io/legacy-unknown" },
                FaultCase(
                    "life",
                    "spec.expirationSeconds: Invalid value: 599: "
                        + "may not specify a duration less than 600 seconds (10 minutes)"
                ) { $0["spec", "expirationSeconds"] = 599 },
            ], of: try request())
    }

    @Test("only approval approves, only status issues, and neither twice")
    func changes() throws {
        let old = try request()
        var new = old
        new["status"] = ["conditions": [Self.condition("Approved")]]
        #expect(
            rules.validateStatusUpdate(new, old).map(\.description) == [
                "status.conditions: Forbidden: updates may not add a condition of type \"Approved\""
            ])
        let approval = try #require(rules.subresourceUpdates["approval"])
        #expect(approval.validate(new, old).isEmpty)
        new["status"] = ["conditions": [Self.condition("Approved"), Self.condition("Denied")]]
        #expect(
            approval.validate(new, old).map(\.description) == [
                "status.conditions[1].type: Invalid value: \"Denied\": "
                    + "Approved and Denied conditions are mutually exclusive"
            ])
        var issued = old
        issued["status"] = ["certificate": .string(Self.certificate)]
        #expect(rules.validateStatusUpdate(issued, old).isEmpty)
        #expect(
            approval.validate(issued, old).map(\.description) == [
                "status.certificate: Forbidden: updates may not set certificate content"
            ])
        #expect(
            rules.validateStatusUpdate(old, issued).map(\.description) == [
                "status.certificate: Forbidden: updates may not modify existing certificate content"
            ])
        issued["status"] = ["certificate": "AAAA"]
        #expect(
            rules.validateStatusUpdate(issued, old).map(\.description) == [
                "status.certificate: Invalid value: \"<certificate data>\": "
                    + "must contain at least one CERTIFICATE PEM block"
            ])
    }

    @Test("an update changes neither spec nor status, and approval changes conditions alone")
    func preparation() throws {
        let old = try request()
        var new = old
        new["spec", "usages"] = ["any"]
        new["status"] = ["certificate": "AAAA", "conditions": [Self.condition("Approved")]]
        var approved = new
        rules.prepareForUpdate(&new, old)
        #expect(new == old)
        try #require(rules.subresourceUpdates["approval"]).prepare(&approved, old)
        #expect(approved["spec"] == old["spec"])
        #expect(approved["status"] == ["conditions": [Self.condition("Approved")]])
        CertificateSigningRequest.fillTimes(&approved, old, now: "2026-01-01T00:00:00Z")
        #expect(approved["status"]["conditions"][0]["lastUpdateTime"] == "2026-01-01T00:00:00Z")
        #expect(approved["status"]["conditions"][0]["lastTransitionTime"] == "2026-01-01T00:00:00Z")
    }

    @Test("a request is printed with its signer, asker and state")
    func table() throws {
        #expect(
            rules.columnNames == ["Name", "Age", "SignerName", "Requestor", "RequestedDuration", "Condition"])
        let signer: JSON = "kubernetes.io/kube-apiserver-client"
        var object = try request()
        #expect(rules.row(object) == ["c", "60m", signer, "ann", "60m", "Pending"])
        object["status"] = ["conditions": [Self.condition("Approved")], "certificate": "AAAA"]
        #expect(rules.row(object)[5] == "Approved,Issued")
        #expect(rules.selectableFields(object) == ["spec.signerName": "kubernetes.io/kube-apiserver-client"])
    }

    @Test("a trust bundle's name begins with its signer's")
    func trustBundle() throws {
        let text = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
        let good: JSON = [
            "metadata": ["name": "example.com:ca:roots"],
            "spec": ["signerName": "example.com/ca", "trustBundle": .string(text)],
        ]
        let at = "spec.trustBundle: Invalid value: \"<value omitted>\""
        ClusterTrustBundle.rules.expect(
            [
                FaultCase(
                    "name",
                    "metadata.name: Invalid value: \"x\": ClusterTrustBundle for signerName example.com/ca must be named "
                        + "with prefix example.com:ca:"
                ) { $0["metadata", "name"] = "x" },
                FaultCase("empty", "\(at): at least one trust anchor must be provided") {
                    $0["spec", "trustBundle"] = ""
                },
                FaultCase("twice", "\(at): duplicate trust anchor (indices [0 1])") {
                    $0["spec", "trustBundle"] = .string(text + text)
                },
                FaultCase("key", "\(at): entry 0 has bad block type: PRIVATE KEY") {
                    $0["spec", "trustBundle"] = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"
                },
            ], of: good)
        #expect(ClusterTrustBundle.rules.row(good) == ["example.com:ca:roots", "example.com/ca"])
    }

    @Test("an APIService's name is its version and group")
    func apiService() throws {
        let rules = APIService.rules
        let good = try rules.defaulted(
            """
            {"metadata": {"name": "v1.example.com"}, "spec": {"group": "example.com", "version": "v1",
             "groupPriorityMinimum": 100, "versionPriority": 100, "service": {"namespace": "ns", "name": "svc"}}}
            """)
        #expect(good["spec"]["service"]["port"] == 443)
        rules.expect(
            [
                FaultCase(
                    "name",
                    "metadata.name: Invalid value: \"x\": must be `spec.version+\".\"+spec.group`: \"v1.example.com\""
                ) { $0["metadata", "name"] = "x" },
                FaultCase(
                    "priority",
                    "spec.groupPriorityMinimum: Invalid value: 20001: must be positive and less than 20000",
                    "spec.versionPriority: Invalid value: 0: must be positive and less than 1000"
                ) {
                    $0["spec", "groupPriorityMinimum"] = 20_001
                    $0["spec", "versionPriority"] = 0
                },
                FaultCase(
                    "local", "spec.caBundle: Invalid value: \"3 bytes\": local APIServices may not have a caBundle"
                ) {
                    $0.edit("spec") { $0.remove("service") }
                    $0["spec", "caBundle"] = "AAAA"
                },
                FaultCase("service", "spec.service.namespace: Required value", "spec.service.name: Required value") {
                    $0["spec", "service"] = ["port": 443]
                },
            ], of: good)
        #expect(rules.row(good) == ["v1.example.com", "ns/svc", "Unknown", "60m"])
        var local = good
        local.edit("spec") { $0.remove("service") }
        local["status"] = ["conditions": [["type": "Available", "status": "False", "reason": "Broken"]]]
        #expect(rules.row(local) == ["v1.example.com", "Local", "False (Broken)", "60m"])
    }

    @Test("a StorageVersion is named by group and resource")
    func storageVersion() throws {
        guard case .own(let check) = StorageVersion.rules.nameRule else { return #expect(Bool(false)) }
        #expect(check("apps.deployments", false) == [])
        #expect(check("apps", false) == ["name must be in the form of <group>.<resource>"])
        let object: JSON = [
            "metadata": ["name": "apps.deployments"],
            "status": ["storageVersions": [["apiServerID": "a", "encodingVersion": "apps/v1"]]],
        ]
        #expect(StorageVersion.rules.row(object) == ["apps.deployments", "<unset>", "a=apps/v1", "60m"])
    }

    @Test("a StorageVersionMigration names its resource")
    func migration() {
        let good: JSON = [
            "metadata": ["name": "m"], "spec": ["resource": ["resource": "deployments", "group": "apps"]],
        ]
        StorageVersionMigration.rules.expect(
            [
                FaultCase("none", "spec.resource.resource: Required value: resource is required to be set") {
                    $0["spec"] = [:]
                }
            ], of: good)
        #expect(StorageVersionMigration.rules.row(good) == ["m", "deployments.apps", ""])
    }
}
