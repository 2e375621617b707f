import Crypto
import FoundationEssentials
import JSON
import KubeAPIServer
import KubeClient
import KubeModel
import SwiftASN1
import Testing
import X509

@testable import Controllers

@Suite struct CertificateTests {
    static func authority() throws -> (certificate: Certificate, settings: ControllerSettings) {
        let key = Certificate.PrivateKey(P256.Signing.PrivateKey())
        let name = try DistinguishedName { CommonName("test-ca") }
        let certificate = try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: key.publicKey,
            notValidBefore: Date(timeIntervalSinceNow: -60), notValidAfter: Date(timeIntervalSinceNow: 86_400 * 3_650),
            issuer: name, subject: name,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
                SubjectKeyIdentifier(hash: key.publicKey)
            }, issuerPrivateKey: key)
        var settings = ControllerSettings()
        settings.authorityCertificatePEM = try certificate.serializeAsPEM().pemString
        settings.authorityKeyPEM = try key.serializeAsPEM().pemString
        return (certificate, settings)
    }

    static func request(_ name: String, organization: String = "system:nodes") throws -> String {
        let key = Certificate.PrivateKey(P256.Signing.PrivateKey())
        let request = try X509.CertificateSigningRequest(
            version: .v1,
            subject: try DistinguishedName {
                OrganizationName(organization)
                CommonName(name)
            },
            privateKey: key, attributes: X509.CertificateSigningRequest.Attributes(),
            signatureAlgorithm: .ecdsaWithSHA256)
        return try request.serializeAsPEM().pemString
    }

    static func object(_ name: String, pem: String, signer: String = CertificateRequestForm.kubeletClient) -> JSON {
        [
            "apiVersion": "certificates.k8s.io/v1", "kind": "CertificateSigningRequest",
            "metadata": ["name": .string(name)],
            "spec": [
                "request": .string(encodeBase64(Array(pem.utf8))), "signerName": .string(signer),
                "usages": ["digital signature", "client auth"],
            ],
        ]
    }

    @Test(
        "a kubelet's client request must look like one",
        arguments: [
            ("system:node:n1", "system:nodes", nil),
            ("n1", "system:nodes", "subject common name does not begin with system:node:"),
            ("system:node:n1", "admins", "subject organization is not system:nodes"),
        ] as [(String, String, String?)])
    func form(_ name: String, _ organization: String, _ fault: String?) throws {
        let form = try CertificateRequestForm(pem: try Self.request(name, organization: organization))
        let usages = ["digital signature", "client auth"]
        #expect(form.fault(for: CertificateRequestForm.kubeletClient, usages: usages) == fault)
        #expect(form.fault(for: CertificateRequestForm.kubeletClient, usages: ["any"]) != nil)
    }

    @Test("a certificate has the request's subject, the asked life, and the authority's signature")
    func signs() throws {
        let (authority, settings) = try Self.authority()
        let signer = try #require(try CertificateSigner(settings))
        let form = try CertificateRequestForm(pem: try Self.request("system:node:n1"))
        let now = Date().timeIntervalSince1970
        let pem = try signer.sign(form, usages: ["digital signature", "client auth"], seconds: 3_600, now: now)
        let certificate = try Certificate(pemEncoded: pem)
        #expect(certificate.subject == form.request.subject && certificate.issuer == authority.subject)
        #expect(authority.publicKey.isValidSignature(certificate.signature, for: certificate))
        #expect(abs(certificate.notValidAfter.timeIntervalSince1970 - now - 3_600) < 2)
    }

    @Test("requests are kept for an hour after a decision, for a day without")
    func age() {
        var request: JSON = ["metadata": ["creationTimestamp": "2026-01-01T00:00:00Z"]]
        let created = 1_767_225_600.0
        #expect(CertificateRequestAge.left(request, now: created + 86_000) == 400)
        request["status"] = ["conditions": [["type": "Approved", "lastUpdateTime": "2026-01-01T01:00:00Z"]]]
        #expect(CertificateRequestAge.left(request, now: created + 7_000) == 200)
    }

    @Test("a bootstrapping node's request is approved and signed; a stranger's is not")
    func approves() async throws {
        let (authority, settings) = try Self.authority()
        try await TestCluster.with(settings) { cluster in
            // What kubeadm binds for nodes that bootstrap.
            try await cluster.api.create(
                ResourceID("rbac.authorization.k8s.io", "v1", "clusterrolebindings"),
                [
                    "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
                    "metadata": ["name": "bootstrap"],
                    "roleRef": [
                        "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole",
                        "name": "system:certificates.k8s.io:certificatesigningrequests:nodeclient",
                    ],
                    "subjects": [
                        ["kind": "Group", "apiGroup": "rbac.authorization.k8s.io", "name": "system:bootstrappers"]
                    ],
                ])
            let joining = cluster.server.api(
                as: UserInfo(name: "system:bootstrap:abcdef", groups: ["system:bootstrappers", "system:masters"]),
                manager: "kubelet")
            let stranger = cluster.server.api(
                as: UserInfo(name: "eve", groups: ["system:masters"]), manager: "kubectl")
            try await joining.create(
                .certificateSigningRequests, Self.object("n1", pem: try Self.request("system:node:n1")))
            try await stranger.create(
                .certificateSigningRequests,
                Self.object(
                    "eve", pem: try Self.request("eve", organization: "x"), signer: CertificateRequestForm.client))
            let signed = try await cluster.until("signed", .certificateSigningRequests, "", "n1") {
                !$0["status"].text("certificate").isEmpty
            }
            #expect(Conditions.find("Approved", in: signed["status"])["reason"] == "AutoApproved")
            let pem = String(decoding: decodeBase64(signed["status"].text("certificate")) ?? [], as: UTF8.self)
            #expect(try Certificate(pemEncoded: pem).issuer == authority.subject)
            let other = try await cluster.api.get(.certificateSigningRequests, "", "eve")
            #expect(other["status"].isAlike([:]))
        }
    }
}
