import Foundation
import JSON
import KubeModel
import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import NIOPosix
import Testing
import Wire

@testable import KubeAPIServer

@Suite("proxies to pods, services and nodes", .serialized)
struct ProxyTests {
    /// A web server on loopback that tells what it was asked.
    private static func withBackend(_ body: (_ port: Int) async throws -> Void) async throws {
        let server = HTTPServer(group: MultiThreadedEventLoopGroup.singleton, log: Logger(label: "backend")) {
            http, responder in
            try? await Self.serve(http, responder)
        }
        guard case .tcp(_, let port) = try await server.listen(on: .tcp(host: "127.0.0.1", port: 0)) else { return }
        do { try await body(port) } catch {
            await server.shutdown(patience: .milliseconds(100))
            throw error
        }
        await server.shutdown(patience: .milliseconds(100))
    }

    private static func serve(_ http: HTTPRequest, _ responder: any HTTPResponder) async throws {
        switch http.path {
        case "/page":
            try await responder.send(
                .ok, HTTPHeaders([("Content-Type", "text/html; charset=utf-8")]),
                ByteBuffer(string: #"<a href="/other?x=1">a</a><img src='rel.png'><!-- <a href="/no"> -->"#))
        case "/moved":
            try await responder.send(.found, HTTPHeaders([("Location", "/next/")]), ByteBuffer())
        case "/teapot": try await responder.send(.imATeapot, HTTPHeaders(), ByteBuffer(string: "short and stout"))
        case "/upgrade":
            let connection = try await responder.switchProtocols(
                HTTPHeaders([("Connection", "Upgrade"), ("Upgrade", "echo")]))
            while let bytes = try await connection.read() { try await connection.write(bytes) }
        default:
            var body = ByteBuffer()
            while let part = try await http.nextBodyPart() { body.writeImmutableBuffer(part) }
            let told: JSON = [
                "method": .string(http.method.rawValue), "path": .string(http.path), "query": .string(http.rawQuery),
                "body": .string(String(buffer: body)),
                "headers": .object(
                    JSONObject(http.headers.map { ($0.name.lowercased(), JSON.string($0.value)) })),
            ]
            try await responder.send(
                .created, HTTPHeaders([("Content-Type", "application/json"), ("X-Backend", "yes")]),
                ByteBuffer(bytes: told.bytes()))
        }
    }

    private func withProxied(_ body: (TestServer, _ port: Int) async throws -> Void) async throws {
        try await Self.withBackend { port in
            try await TestServer.with({ $0.proxyDestinations.allowsLoopback = true }) { server in
                try await server.pod("web", address: "127.0.0.1", port: port)
                try await body(server, port)
            }
        }
    }

    static let pod = "/api/v1/namespaces/default/pods/web/proxy"

    @Test("method, path, query, body and status pass; credentials for the API server don't")
    func request() async throws {
        try await withProxied { server, port in
            for method in [HTTPMethod.GET, .POST, .PUT, .PATCH, .DELETE, .OPTIONS] {
                let reply = try await server.call(
                    method, "\(Self.pod)/a%2Fb/c?watch=true&x=%20y;",
                    method == .GET ? Optional<JSON>.none : ["sent": 1],
                    headers: HTTPHeaders([("Authorization", "Bearer x"), ("Accept", "text/plain"), ("X-Mine", "1")]))
                #expect(reply.code == 201 && reply.headers.first(name: "x-backend") == "yes", "\(reply)")
                let told = reply.json
                #expect(told["method"].string == method.rawValue)
                #expect(told["path"].string == "/a%2Fb/c" && told["query"].string == "watch=true&x=%20y;")
                #expect(told["body"].string == (method == .GET ? "" : #"{"sent":1}"#))
                let headers = told["headers"]
                #expect(headers["x-mine"].string == "1" && headers["x-forwarded-for"].string == "127.0.0.1")
                #expect(headers["x-forwarded-uri"].string == "\(Self.pod)/a%2Fb/c")
                #expect(headers["authorization"].isNull)
            }
            let head = try await server.call(.HEAD, Self.pod + "/x")
            #expect(head.code == 201 && head.text.isEmpty)
            let teapot = try await server.call(.GET, Self.pod + "/teapot")
            #expect(teapot.code == 418 && teapot.text == "short and stout")
        }
    }

    @Test("a large body passes both ways, of known length and in chunks")
    func large() async throws {
        try await withProxied { server, _ in
            let text = String(repeating: "0123456789abcdef", count: 100_000)
            let sized = try await server.client.send(.POST, Self.pod + "/x", body: .bytes(ByteBuffer(string: text)))
            #expect(try JSON(parsing: String(buffer: try await sized.body()))["body"].string == text)
            let left = NIOLockedValueBox(16)
            let chunked = try await server.client.send(
                .POST, Self.pod + "/x",
                body: .stream {
                    left.withLockedValue { left in
                        left -= 1
                        return left < 0 ? nil : ByteBuffer(string: String(repeating: "z", count: 70_000))
                    }
                })
            #expect(try JSON(parsing: String(buffer: try await chunked.body()))["body"].string?.count == 16 * 70_000)
        }
    }

    @Test("links lead through the proxy again")
    func links() async throws {
        try await withProxied { server, _ in
            let page = try await server.call(.GET, Self.pod + "/page")
            #expect(
                page.text == #"<a href="\#(Self.pod)/other?x=1">a</a><img src='rel.png'><!-- <a href="/no"> -->"#)
            let moved = try await server.call(.GET, Self.pod + "/moved")
            #expect(moved.code == 302 && moved.headers.first(name: "location") == Self.pod + "/next/")
            let bare = try await server.call(.GET, Self.pod + "?a=b")
            #expect(bare.code == 301 && bare.headers.first(name: "location") == Self.pod + "/?a=b")
        }
    }

    @Test("an upgraded connection carries bytes both ways")
    func upgrade() async throws {
        try await withProxied { server, _ in
            let outcome = try await server.client.upgrade(
                .GET, Self.pod + "/upgrade", headers: HTTPHeaders([("Connection", "Upgrade"), ("Upgrade", "echo")]))
            guard case .connection(let connection, let headers) = outcome else {
                Issue.record("not upgraded: \(outcome)")
                return
            }
            #expect(headers.first(name: "upgrade") == "echo")
            try await connection.write(ByteBuffer(string: "ping"))
            #expect(try await connection.read().map { String(buffer: $0) } == "ping")
            await connection.close()
            let refused = try await server.client.upgrade(
                .GET, Self.pod + "/teapot", headers: HTTPHeaders([("Connection", "Upgrade"), ("Upgrade", "echo")]))
            guard case .answer(let answer) = refused else {
                Issue.record("upgraded")
                return
            }
            #expect(answer.status.code == 418)
            #expect(try await String(buffer: answer.body()) == "short and stout")
        }
    }

    @Test("a service leads to the ready pods behind the port that is named")
    func service() async throws {
        try await withProxied { server, port in
            try await server.create(
                "/api/v1/namespaces/default/services",
                [
                    "metadata": ["name": "web"],
                    "spec": ["ports": [["name": "http", "port": 80], ["name": "other", "port": 81]]],
                ])
            let path = "/api/v1/namespaces/default/services"
            let none = try await server.call(.GET, path + "/web:http/proxy/x")
            #expect(
                none.code == 503 && none.json["reason"].string == "ServiceUnavailable"
                    && none.json["message"].string == #"no endpoints available for service "web""#)
            let wrong = try await server.call(.GET, path + "/web:99/proxy/x")
            #expect(wrong.json["message"].string == #"no service port 99 found for service "web""#)
        }
    }

    @Test("which backend a service has", arguments: ["slices", "endpoints"])
    func backends(_ kind: String) async throws {
        let objects = FakeObjects([
            (
                "services",
                [
                    "metadata": ["namespace": "a", "name": "web"],
                    "spec": ["ports": [["name": "http", "port": 80], ["name": "tls", "port": 443]]],
                ]
            ),
            ("pods", ["metadata": ["namespace": "a", "name": "p1"], "status": ["podIPs": [["ip": "10.0.0.1"]]]]),
            ("pods", ["metadata": ["namespace": "a", "name": "p2"], "status": ["podIPs": [["ip": "10.0.0.2"]]]]),
        ])
        func target(_ name: String) -> JSON { ["kind": "Pod", "namespace": "a", "name": .string(name)] }
        let ports: JSON = [["name": "http", "port": 8080], ["name": "tls", "port": 8443]]
        if kind == "slices" {
            objects.add(
                "endpointslices.discovery.k8s.io",
                [
                    "metadata": ["namespace": "a", "name": "s", "labels": ["kubernetes.io/service-name": "web"]],
                    "ports": ports,
                    "endpoints": [
                        ["addresses": ["10.0.0.1"], "targetRef": target("p1")],
                        ["addresses": ["10.0.0.2"], "conditions": ["ready": false], "targetRef": target("p2")],
                        // Nobody's address, and one that claims to be a pod's.
                        ["addresses": ["10.9.9.9"]], ["addresses": ["10.9.9.8"], "targetRef": target("p1")],
                    ],
                ])
        } else {
            objects.add(
                "endpoints",
                [
                    "metadata": ["namespace": "a", "name": "web"],
                    "subsets": [
                        [
                            "addresses": [
                                ["ip": "10.0.0.1", "targetRef": target("p1")], ["ip": "10.9.9.9"],
                            ], "notReadyAddresses": [["ip": "10.0.0.2", "targetRef": target("p2")]], "ports": ports,
                        ]
                    ],
                ])
        }
        let locator = ProxyLocator(reader: objects, destinations: ProxyDestinations()) { _ in nil }
        let services = try #require(Schema.builtIn.resources.first { $0.plural == "services" })
        for _ in 0..<20 {
            let plain = try await locator.find(services, namespace: "a", "web:80")
            #expect(plain == ProxyLocation(host: "10.0.0.1", port: "8080"))
            let secure = try await locator.find(services, namespace: "a", "https:web:tls")
            #expect(secure == ProxyLocation(isSecure: true, host: "10.0.0.1", port: "8443"))
        }
    }

    @Test("a node is reached at its kubelet, or at another port")
    func nodes() async throws {
        let objects = FakeObjects([
            (
                "nodes",
                [
                    "metadata": ["name": "n1"],
                    "status": [
                        "addresses": [
                            ["type": "InternalIP", "address": "10.0.0.5"], ["type": "Hostname", "address": "n1.local"],
                        ], "daemonEndpoints": ["kubeletEndpoint": ["Port": 10250]],
                    ],
                ]
            ), ("nodes", ["metadata": ["name": "bare"]]),
            (
                "nodes",
                [
                    "metadata": ["name": "evil"],
                    "status": ["addresses": [["type": "InternalIP", "address": "169.254.169.254"]]],
                ]
            ),
        ])
        let locator = ProxyLocator(reader: objects, destinations: ProxyDestinations()) {
            $0 == "n1.local" ? "10.0.0.5" : nil
        }
        let nodes = try #require(Schema.builtIn.resources.first { $0.plural == "nodes" })
        let kubelet = ProxyLocation(isSecure: true, host: "10.0.0.5", port: "10250", isKubelet: true)
        #expect(try await locator.find(nodes, namespace: "", "n1") == kubelet)
        #expect(try await locator.find(nodes, namespace: "", "n1:10250") == kubelet)
        #expect(
            try await locator.find(nodes, namespace: "", "http:n1:9100")
                == ProxyLocation(host: "10.0.0.5", port: "9100"))
        for (name, message) in [
            ("gone", #"nodes "gone" not found"#), ("a:b:c:d", #"invalid node request "a:b:c:d""#),
            ("evil", "address not allowed"),
            ("bare", "Internal error occurred: no preferred addresses found; known addresses: []"),
        ] {
            await #expect(throws: APIStatus.self) { _ = try await locator.find(nodes, namespace: "", name) }
            do { _ = try await locator.find(nodes, namespace: "", name) } catch { #expect(error.message == message) }
        }
    }

    @Test("who isn't there is told of as the original tells")
    func refusals() async throws {
        try await withProxied { server, _ in
            let closed = try await server.call(.GET, "/api/v1/namespaces/default/pods/web:1/proxy/")
            #expect(
                closed.code == 503
                    && closed.json["message"].string
                        == "error trying to reach service: dial tcp 127.0.0.1:1: connect: connection refused"
            )
            let gone = try await server.call(.GET, "/api/v1/namespaces/default/pods/gone/proxy/")
            #expect(gone.code == 404 && gone.json["message"].string == #"pods "gone" not found"#)
            let odd = try await server.call(.GET, "/api/v1/namespaces/default/pods/ftp:web:1/proxy/")
            #expect(odd.code == 400 && odd.json["message"].string == #"invalid pod request "ftp:web:1""#)
        }
        try await TestServer.with { server in
            for (index, address) in ["127.0.0.1", "169.254.169.254", "::1", "fe80::1", "0.0.0.0"].enumerated() {
                try await server.pod("p\(index)", address: address, port: 80)
                let refused = try await server.call(.GET, "/api/v1/namespaces/default/pods/p\(index)/proxy/")
                #expect(refused.code == 400 && refused.json["message"].string == "address not allowed", "\(address)")
            }
        }
    }

    @Test("which addresses are single machines elsewhere")
    func addresses() {
        let usual = ProxyDestinations()
        for address in ["10.0.0.1", "192.168.1.1", "8.8.8.8", "fd00::1", "2001:db8::1"] {
            #expect(usual.allows(address), "\(address)")
        }
        for address in ["127.0.0.1", "::1", "0.0.0.0", "::", "169.254.1.1", "224.0.0.1", "255.255.255.255", "ff02::1"] {
            #expect(!usual.allows(address), "\(address)")
        }
    }

    @Test("links of a page are found in tags only")
    func scan() {
        let rewriting = ProxyRewriting(prefix: "/p/proxy", hosts: ["10.0.0.1:80"])
        for (page, expected) in [
            ("<A HREF = /x>", "<A HREF = /p/proxy/x>"), ("<a href='http://10.0.0.1:80/x'>", "<a href='/p/proxy/x'>"),
            (#"<a href="https://example.com/x">"#, #"<a href="https://example.com/x">"#),
            (
                #"<script src="/s.js">if (a<b) "<a href='/x'>"</script><p>"#,
                #"<script src="/p/proxy/s.js">if (a<b) "<a href='/x'>"</script><p>"#
            ),
            ("<a href=\"/p/proxy/x\">", "<a href=\"/p/proxy/x\">"), ("<a href=\"", "<a href=\""),
            ("1 < 2 <", "1 < 2 <"),
            (#"<a title="/no" href="//other/x">"#, #"<a title="/no" href="//other/x">"#),
        ] {
            #expect(String(decoding: rewriting.page(Array(page.utf8)), as: UTF8.self) == expected)
        }
    }
}
