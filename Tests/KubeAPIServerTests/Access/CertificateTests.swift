import Glibc
import JSON
import SwiftASN1
import Testing
import X509

@testable import KubeAPIServer

/// A folder that is gone when the test ends.
func withFolder(_ body: (String) async throws -> Void) async throws {
    var template = Array("/tmp/hako-access-XXXXXX".utf8CString)
    let made = try #require(mkdtemp(&template)).withMemoryRebound(to: CChar.self, capacity: template.count) {
        String(cString: $0)
    }
    defer {
        for folder in ["\(made)/pki", made] {
            if let listing = opendir(folder) {
                while let entry = readdir(listing) {
                    let name = withUnsafePointer(to: &entry.pointee.d_name) {
                        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                    }
                    unlink("\(folder)/\(name)")
                }
                closedir(listing)
            }
            rmdir(folder)
        }
    }
    try await body(made)
}

private func mode(_ path: String) -> mode_t {
    var status = stat()
    return stat(path, &status) == 0 ? status.st_mode & 0o777 : 0
}

@Suite("The cluster's certificates")
struct CertificateTests {
    @Test("they are made in kubeadm's files, keys for their owner only, and used again")
    func layout() async throws {
        try await withFolder { folder in
            var settings = ClusterPKI.Settings(folder: folder)
            settings.serverNames = ["192.0.2.7", "node1", "0.0.0.0"]
            let first = try ClusterPKI.prepare(settings)
            for name in ["ca", "apiserver", "front-proxy-ca", "front-proxy-client", "admin"] {
                #expect(mode("\(folder)/pki/\(name).key") == 0o600, "\(name)")
                #expect(mode("\(folder)/pki/\(name).crt") == 0o644, "\(name)")
            }
            let second = try ClusterPKI.prepare(settings)
            #expect(second.serving.certificatePEM == first.serving.certificatePEM)
            #expect(second.trustPEM == first.trustPEM)

            settings.serverNames.append("198.51.100.4")
            let third = try ClusterPKI.prepare(settings)
            #expect(third.serving.certificatePEM != first.serving.certificatePEM)
            #expect(third.trustPEM == first.trustPEM)
            let names = try #require(try third.serving.certificate.extensions.subjectAlternativeNames)
            #expect(names.contains(.dnsName("kubernetes.default.svc.cluster.local")))
            #expect(names.contains(.dnsName("node1")) && !names.contains(.dnsName("0.0.0.0")))
            #expect(names.contains(.ipAddress(ASN1OctetString(contentBytes: [10, 96, 0, 1]))))
            #expect(names.contains(.ipAddress(ASN1OctetString(contentBytes: [198, 51, 100, 4]))))
        }
    }

    @Test("a broken file is an error that names it, not a new cluster")
    func brokenFiles() async throws {
        try await withFolder { folder in
            let settings = ClusterPKI.Settings(folder: folder)
            _ = try ClusterPKI.prepare(settings)
            try PrivateFile.write("\(folder)/pki/ca.key", "-----BEGIN nonsense", mode: 0o600)
            #expect {
                _ = try ClusterPKI.prepare(settings)
            } throws: {
                "\($0)".contains("\(folder)/pki/ca.key")
            }
            let other = try CertificateAuthority.make(commonName: "other")
            try PrivateFile.write("\(folder)/pki/ca.key", other.pair.keyPEM, mode: 0o600)
            #expect {
                _ = try ClusterPKI.prepare(settings)
            } throws: {
                "\($0)".contains("is not that of the certificate")
            }
        }
    }

    @Test("without the authority's key valid certificates are still used")
    func authorityElsewhere() async throws {
        try await withFolder { folder in
            var settings = ClusterPKI.Settings(folder: folder)
            let first = try ClusterPKI.prepare(settings)
            unlink("\(folder)/pki/ca.key")
            let second = try ClusterPKI.prepare(settings)
            #expect(second.authority == nil && second.serving.keyPEM == first.serving.keyPEM)
            settings.serverNames = ["new-name"]
            _ = try ClusterPKI.prepare(settings)
        }
    }

    @Test("one of the two serving files alone is refused")
    func servingFiles() async throws {
        try await withFolder { folder in
            var settings = ClusterPKI.Settings(folder: folder)
            settings.servingCertificateFile = "/x.crt"
            #expect {
                _ = try ClusterPKI.prepare(settings)
            } throws: {
                "\($0)".contains("go together")
            }
        }
    }

    @Test("the kubeconfig is kubeadm's, readable by its owner only")
    func kubeconfig() async throws {
        try await withFolder { folder in
            let config = Kubeconfig(
                server: Kubeconfig.server(host: "::1", port: 6443), trustPEM: "CA",
                credential: .certificate(certificatePEM: "C", keyPEM: "K"))
            try config.write(to: "\(folder)/pki/admin.conf")
            #expect(mode("\(folder)/pki/admin.conf") == 0o600)
            #expect(
                try PrivateFile.text("\(folder)/pki/admin.conf") == """
                    apiVersion: v1
                    clusters:
                    - cluster:
                        certificate-authority-data: Q0E=
                        server: https://[::1]:6443
                      name: kubernetes
                    contexts:
                    - context:
                        cluster: kubernetes
                        user: kubernetes-admin
                      name: kubernetes-admin@kubernetes
                    current-context: kubernetes-admin@kubernetes
                    kind: Config
                    preferences: {}
                    users:
                    - name: kubernetes-admin
                      user:
                        client-certificate-data: Qw==
                        client-key-data: Sw==

                    """)
        }
    }
}

@Suite("Client certificates")
struct ClientCertificateTests {
    private func bytes(_ certificate: Certificate) throws -> [UInt8] {
        var serializer = DER.Serializer()
        try serializer.serialize(certificate)
        return serializer.serializedBytes
    }

    private func refusal(_ authenticator: ClientCertificateAuthenticator, _ chain: [[UInt8]]) async -> String? {
        do throws(CredentialFault) {
            _ = try await authenticator.authenticate(chain: chain)
            return nil
        } catch {
            return error.description
        }
    }

    @Test("the common name is the user, the organizations are the groups")
    func user() async throws {
        let authority = try CertificateAuthority.make(commonName: "kubernetes")
        let pair = try authority.issue(.init(commonName: "ann", organizations: ["a", "b"], usage: .client))
        let authenticator = ClientCertificateAuthenticator(authorities: [authority.pair.certificate])
        for _ in 0..<2 {
            let user = try await authenticator.authenticate(chain: [bytes(pair.certificate)])
            #expect(user?.name == "ann" && user?.groups == ["a", "b"] && user?.uid == "")
            let id = user?.extra["authentication.kubernetes.io/credential-id"]?.first ?? ""
            #expect(id.hasPrefix("X509SHA256=") && id.count == 11 + 64)
        }
    }

    @Test("a stranger's, an expired and a server's certificate are refused")
    func refusals() async throws {
        let authority = try CertificateAuthority.make(commonName: "kubernetes")
        let authenticator = ClientCertificateAuthenticator(authorities: [authority.pair.certificate])
        let stranger = try CertificateAuthority.make(commonName: "kubernetes")
            .issue(.init(commonName: "ann", usage: .client))
        #expect(try await refusal(authenticator, [bytes(stranger.certificate)])?.hasSuffix("unknown authority") == true)
        var short = CertificateRequest(commonName: "ann", usage: .client)
        short.lifetime = -1
        let expired = try authority.issue(short)
        #expect(try await refusal(authenticator, [bytes(expired.certificate)])?.hasSuffix("not yet valid") == true)
        let server = try authority.issue(.init(commonName: "ann", usage: .server))
        #expect(try await refusal(authenticator, [bytes(server.certificate)])?.hasSuffix("key usage") == true)
        #expect(await refusal(authenticator, [[0x30, 0x80, 1]])?.hasPrefix("x509: malformed") == true)
    }

    @Test("a certificate without a common name is nobody's")
    func nobody() async throws {
        let authority = try CertificateAuthority.make(commonName: "kubernetes")
        let pair = try authority.issue(.init(commonName: "", organizations: ["system:masters"], usage: .client))
        let authenticator = ClientCertificateAuthenticator(authorities: [authority.pair.certificate])
        #expect(try await authenticator.authenticate(chain: [bytes(pair.certificate)]) == nil)
    }
}
