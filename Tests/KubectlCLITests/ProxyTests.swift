import Foundation
import KubeClient
import NIOCore
import NIOHTTP1
import Testing
import Wire

@testable import KubectlCLI

@Suite("kubectl proxy") struct ProxyTests {
    @Test(
        "by default only this machine's names are answered, and commands in containers are not",
        arguments: [
            ("GET", "/api/v1/pods", "localhost:8001", true), ("GET", "/api/v1/pods", "127.0.0.1", true),
            ("GET", "/api/v1/pods", "[::1]:8001", false), ("GET", "/api/v1/pods", "[::1]", true),
            ("GET", "/api/v1/pods", "evil.example:8001", false),
            ("POST", "/api/v1/namespaces/a/pods/b/exec", "localhost", false),
            ("POST", "/api/v1/namespaces/a/pods/b/attach", "localhost", false),
            ("DELETE", "/api/v1/namespaces/a/pods/b", "localhost", true),
        ])
    func filter(_ method: String, _ path: String, _ host: String, _ isAccepted: Bool) throws {
        #expect(try ProxyFilter(ProxyFilter.Patterns()).accepts(method, path, host: host) == isAccepted)
    }

    @Test("a pattern that is none is refused when the proxy starts")
    func badPattern() {
        var patterns = ProxyFilter.Patterns()
        patterns.rejectedPaths = "("
        #expect(throws: PlainRefusal.self) { try ProxyFilter(patterns) }
    }

    @Test(
        "paths are made plain before they are looked at",
        arguments: [
            ("/", "/"), ("//a", "/a"), ("/a/./b/", "/a/b/"), ("/a/../../b", "/b"), ("/api/", "/api/"), ("/..", "/"),
        ])
    func clean(_ path: String, _ wanted: String) { #expect(CleanPath.of(path) == wanted) }

    private func handler(_ prefix: String, files: String? = nil) throws -> ProxyHandler {
        let target = try ClusterTarget(server: "http://127.0.0.1:1", tls: nil, credential: .none)
        return ProxyHandler(
            connection: KubeConnection(target, agent: "test"), prefix: prefix, base: "",
            filter: try ProxyFilter(ProxyFilter.Patterns()),
            files: files.map { StaticFiles(folder: "/nonexistent", prefix: $0) })
    }

    @Test("where a request belongs")
    func places() throws {
        let whole = try handler("/", files: "/static/")
        #expect(whole.place(.GET, "/api/v1/pods", host: "localhost") == .api("/api/v1/pods"))
        #expect(whole.place(.GET, "/static/a%20b", host: "localhost") == .file("a b"))
        #expect(whole.place(.GET, "//api", host: "localhost") == .elsewhere("/api"))
        #expect(whole.place(.GET, "/api/v1/namespaces/a/pods/b%2Fexec", host: "localhost") == .forbidden)
        #expect(whole.place(.GET, "/version", host: "other") == .forbidden)
        let part = try handler("/api/")
        #expect(part.place(.GET, "/api/v1/pods", host: "localhost") == .api("/api/v1/pods"))
        #expect(part.place(.GET, "/version", host: "localhost") == .unknown)
        let custom = try handler("/custom/")
        #expect(custom.place(.GET, "/custom/api/v1", host: "localhost") == .api("/api/v1"))
        #expect(custom.place(.GET, "/custom", host: "localhost") == .elsewhere("/custom/"))
    }

    @Test("the API and the files of a folder are served, without credentials of the client's")
    func serves() async throws {
        try await Cluster.with { (cluster: Cluster) async throws in
            let home = cluster.environment["HOME"] ?? ""
            try "hello".write(toFile: home + "/page.txt", atomically: true, encoding: .utf8)
            let socket = home + "/proxy.sock"
            let run = Task { await cluster.run("proxy", "--unix-socket", socket, "--www", home) }
            while !UnixSocket.answers(socket) { try await Task.sleep(for: .milliseconds(5)) }
            let mode = try FileManager.default.attributesOfItem(atPath: socket)[.posixPermissions] as? Int
            #expect(mode == 0o700)
            let client = HTTPClient(.unix(path: socket))
            func get(_ path: String) async throws -> (Int, String) {
                let answer = try await client.send(.GET, path, headers: ["Host": "localhost"])
                return (Int(answer.status.code), String(buffer: try await answer.body()))
            }
            let (code, text) = try await get("/api/v1/namespaces/default")
            #expect(code == 200 && text.contains("\"kind\":\"Namespace\""))
            let missing = try await get("/api/v1/namespaces/nope")
            #expect(missing.0 == 404)
            let page = try await get("/static/page.txt")
            #expect(page.0 == 200 && page.1 == "hello")
            let absent = try await get("/static/nope")
            #expect(absent.0 == 404)
            let listing = try await get("/static/")
            #expect(listing.1.contains("<a href=\"page.txt\">page.txt</a>"))
            let forbidden = try await get("/api/v1/namespaces/default/pods/x/exec")
            #expect(forbidden.0 == 403 && forbidden.1 == "Forbidden\n")
            let posted = try await client.send(
                .POST, "/api/v1/namespaces", headers: ["Host": "localhost", "Content-Type": "application/json"],
                body: .bytes(ByteBuffer(string: #"{"metadata":{"name":"made"}}"#)))
            #expect(posted.status == .created)
            await client.shutdown()
            run.cancel()
            #expect(await run.value.out == "Starting to serve on \(socket)\n")
        }
    }
}
