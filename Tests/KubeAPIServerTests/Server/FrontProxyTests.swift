import Crypto
import Foundation
import JSON
import KubeModel
import NIOHTTP1
import NIOPosix
import Testing
import Wire

@testable import KubeAPIServer

@Suite("front proxies", .serialized)
struct FrontProxyTests {
    private static let review = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
    private static let speech = HTTPHeaders([
        ("X-Remote-User", "jane"), ("X-Remote-Group", "devs"), ("X-Remote-Group", "ops"),
        ("X-Remote-Extra-Acme.com%2Fproject", "p1"), ("X-Remote-Uid", "42"),
    ])
    private static let question: JSON = ["apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"]

    private func ask(_ server: TestServer, _ certificate: String, _ headers: HTTPHeaders = speech) async throws
        -> TestServer.Reply
    {
        let client = HTTPClient(
            server.endpoint, tls: TestServer.files(server.folder, certificate),
            group: MultiThreadedEventLoopGroup.singleton)
        let reply = try await server.call(.POST, Self.review, Self.question, headers: headers, as: client)
        await client.shutdown()
        return reply
    }

    @Test("a proxy of the cluster's own authority speaks for users; nobody else does")
    func own() async throws {
        try await TestServer.with { server in
            let user = try await ask(server, "front-proxy-client").json["status"]["userInfo"]
            #expect(user["username"].string == "jane" && user["uid"].isNull, "\(user)")
            #expect(user["groups"].strings == ["devs", "ops", "system:authenticated"])
            #expect(user["extra"]["acme.com/project"].strings == ["p1"])
            // The administrator's certificate is no proxy's: its owner is meant.
            let administrator = try await ask(server, "admin").json["status"]["userInfo"]
            #expect(administrator["username"].string == "kubernetes-admin")
            #expect(try await ask(server, "").code == 401)
            // A proxy that names nobody is nobody.
            #expect(try await ask(server, "front-proxy-client", HTTPHeaders()).code == 401)
        }
    }

    @Test("flags say who may speak, and in which headers")
    func flags() async throws {
        try await TestServer.with({ configuration in
            configuration.frontProxy.allowedNames = ["another"]
        }) { server in
            let refused = try await ask(server, "front-proxy-client")
            #expect(refused.code == 401)
        }
        try await TestServer.with({ configuration in
            configuration.frontProxy.usernameHeaders = ["X-Absent", "X-Remote-User"]
            configuration.frontProxy.uidHeaders = ["X-Remote-Uid"]
            configuration.frontProxy.groupHeaders = ["X-Other"]
        }) { server in
            let user = try await ask(server, "front-proxy-client").json["status"]["userInfo"]
            #expect(user["username"].string == "jane" && user["uid"].string == "42")
            #expect(user["groups"].strings == ["system:authenticated"])
        }
    }

    @Test("a given authority counts in place of the cluster's own")
    func givenAuthority() async throws {
        let folder = NSTemporaryDirectory() + "hako-front-\(getpid())"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let other = try CertificateAuthority.make(commonName: "other")
        try Data(other.pair.certificatePEM.utf8).write(to: URL(fileURLWithPath: folder + "/ca.crt"))
        try await TestServer.with({ configuration in
            configuration.frontProxy.authorityFile = folder + "/ca.crt"
            configuration.frontProxy.usernameHeaders = ["X-Remote-User"]
        }) { server in
            #expect(try await ask(server, "front-proxy-client").code == 401)
            let issued = try other.issue(.init(commonName: "any", usage: .client))
            try issued.write(
                certificateFile: server.folder + "/pki/any.crt", keyFile: server.folder + "/pki/any.key")
            #expect(try await ask(server, "any").json["status"]["userInfo"]["username"].string == "jane")
        }
        await #expect(throws: (any Error).self) {
            try await TestServer.with({ $0.frontProxy.usernameHeaders = [" "] }) { _ in }
        }
    }

    @Test("the cluster tells other servers how clients and proxies are known, and keeps what others told")
    func published() async throws {
        try await TestServer.with { server in
            let map = try await server.call(
                .GET, "/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication"
            ).json["data"]
            func file(_ name: String) throws -> String {
                try String(contentsOfFile: "\(server.folder)/pki/\(name).crt", encoding: .utf8)
            }
            let (clients, proxies) = try (file("ca"), file("front-proxy-ca"))
            #expect(map["client-ca-file"].string == clients)
            #expect(map["requestheader-client-ca-file"].string == proxies)
            #expect(map["requestheader-allowed-names"].string == #"["front-proxy-client"]"#)
            #expect(map["requestheader-username-headers"].string == #"["X-Remote-User"]"#)
            #expect(map["requestheader-uid-headers"].isNull)
            #expect(map["requestheader-group-headers"].string == #"["X-Remote-Group"]"#)
            #expect(map["requestheader-extra-headers-prefix"].string == #"["X-Remote-Extra-"]"#)
        }
        let required = FreshCluster.Settings(
            address: "", port: 0, serviceAddress: "", serviceRanges: [], host: "", leaseName: "", leaseHolder: "",
            clientAuthority: "NEW\n",
            frontProxy: ["requestheader-allowed-names": #"["a","b"]"#, "requestheader-client-ca-file": "P\n"])
        let joined = AuthenticationTrust.joined(
            ["client-ca-file": "OLD\n", "requestheader-allowed-names": #"["b","c"]"#, "else": "x"], required)
        #expect(
            joined == [
                "client-ca-file": "OLD\nNEW\n", "requestheader-allowed-names": #"["b","c","a"]"#,
                "requestheader-client-ca-file": "P\n", "else": "x",
            ])
        #expect(AuthenticationTrust.joined(joined, required) == joined)
    }
}
