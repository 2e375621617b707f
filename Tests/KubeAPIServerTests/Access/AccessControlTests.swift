import Glibc
import JSON
import KubeModel
import SwiftASN1
import Testing
import X509

@testable import KubeAPIServer

@Suite("All of access control together")
struct AccessControlTests {
    private func flags(_ folder: String) -> AccessFlags {
        AccessFlags(folder: folder, externalAddress: "127.0.0.1:6443")
    }

    private func decision(_ access: AccessControl, _ request: RequestCredentials, _ wanted: RequestAttributes) async
        -> AccessDecision?
    {
        guard case .user(let user, _) = await access.authentication.authenticate(request) else { return nil }
        var wanted = wanted
        wanted.user = user
        return await access.authorizer.authorize(wanted)
    }

    @Test("the administrator's certificate does everything, a service account what its roles say, a stranger nothing")
    func firstRequests() async throws {
        try await withFolder { folder in
            let objects = FakeObjects.bootstrapped()
            objects.add(
                "serviceaccounts", ["metadata": ["namespace": "kube-system", "name": "ttl-controller", "uid": "u"]])
            let access = try AccessControl.prepare(flags(folder), reader: objects)
            let nodes = attributes(.anonymous, "list", "nodes")

            var request = RequestCredentials(path: "/api/v1/nodes")
            var serializer = DER.Serializer()
            try serializer.serialize(try #require(access.pki.administrator).certificate)
            request.certificates = [serializer.serializedBytes]
            guard case .allow = await decision(access, request, nodes) else {
                Issue.record("refused")
                return
            }

            var warnings: [String] = []
            let token = try access.tokenRequests.create(
                ["spec": ["expirationSeconds": 3600]], namespace: "kube-system", account: "ttl-controller",
                warnings: &warnings)["status", "token"].string
            request.certificates = []
            request.authorization = "Bearer \(token ?? "")"
            guard case .allow(let reason) = await decision(access, request, nodes) else {
                Issue.record("refused")
                return
            }
            #expect(reason.hasSuffix(#"to ServiceAccount "ttl-controller/kube-system""#))
            #expect(await decision(access, request, attributes(.anonymous, "list", "secrets")) == .noOpinion(""))

            request.authorization = nil
            #expect(await decision(access, request, nodes) == nil)
            #expect(access.discovery != nil)
        }
    }

    @Test("a change of a role counts from its notice on, one of a pod at once")
    func changes() async throws {
        try await withFolder { folder in
            let objects = FakeObjects()
            let access = try AccessControl.prepare(flags(folder), reader: objects)
            let ann = UserInfo(name: "ann", groups: ["g"]),
                node = UserInfo(name: "system:node:n", groups: ["system:nodes"])
            let read = attributes(ann, "get", "secrets", namespace: "d", name: "s")
            let nodeRead = attributes(node, "get", "secrets", namespace: "d", name: "s")
            #expect(await access.authorizer.authorize(read) == .noOpinion(""))
            #expect(await access.authorizer.authorize(nodeRead) != .allow(""))
            let group = "rbac.authorization.k8s.io"
            objects.add(
                "roles.\(group)",
                [
                    "metadata": ["name": "r", "namespace": "d"],
                    "rules": [["verbs": ["get"], "apiGroups": [""], "resources": ["secrets"]]],
                ])
            objects.add(
                "rolebindings.\(group)",
                [
                    "metadata": ["name": "b", "namespace": "d"], "roleRef": ["kind": "Role", "name": "r"],
                    "subjects": [["kind": "Group", "name": "g"]],
                ])
            objects.add(
                "pods",
                [
                    "metadata": ["name": "p", "namespace": "d"],
                    "spec": ["nodeName": "n", "imagePullSecrets": [["name": "s"]]],
                ])
            access.objectChanged(group: group, resource: "rolebindings")
            #expect(await access.authorizer.authorize(read) != .noOpinion(""))
            #expect(await access.authorizer.authorize(nodeRead) == .allow(""))
        }
    }

    @Test("unknown authorization modes and a missing token file are told of")
    func badFlags() async throws {
        try await withFolder { folder in
            var unknown = flags(folder)
            unknown.authorizationModes = ["Rbac"]
            #expect {
                _ = try AccessControl.prepare(unknown, reader: FakeObjects())
            } throws: {
                "\($0)".contains("Rbac is no --authorization-mode")
            }
            var noFile = flags(folder)
            noFile.tokenFile = "\(folder)/none.csv"
            #expect {
                _ = try AccessControl.prepare(noFile, reader: FakeObjects())
            } throws: {
                "\($0)".contains("none.csv: no such file or directory")
            }
        }
    }

    /// Leaves the files of a fresh cluster where other programs can be tried on them.
    @Test("the files of a fresh cluster", .enabled(if: getenv("HAKO_KEEP_PKI") != nil))
    func keptFiles() throws {
        let folder = String(cString: getenv("HAKO_KEEP_PKI"))
        let access = try AccessControl.prepare(flags(folder), reader: FakeObjects())
        let admin = try #require(access.pki.administrator)
        try Kubeconfig(
            server: Kubeconfig.server(host: "127.0.0.1", port: 6443), trustPEM: access.pki.trustPEM,
            credential: .certificate(certificatePEM: admin.certificatePEM, keyPEM: admin.keyPEM)
        ).write(to: "\(folder)/admin.conf")
        var warnings: [String] = []
        #expect(throws: APIStatus.self) {
            try access.tokenRequests.create(["spec": [:]], namespace: "a", account: "b", warnings: &warnings)
        }
    }
}
