import Fault
import NIOHTTP1
import OCI
import TestKit
import Testing

@testable import Registry

@Suite struct ChallengeTests {
    @Test("a bearer challenge is read with its parameters, quoted commas included")
    func bearer() {
        let text =
            #"Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push""#
        #expect(
            Challenge.parse(text) == [
                Challenge(
                    scheme: "bearer",
                    parameters: [
                        "realm": "https://auth.docker.io/token", "service": "registry.docker.io",
                        "scope": "repository:a/b:pull,push",
                    ])
            ])
    }

    @Test("several challenges in one header are told apart")
    func several() {
        let found = Challenge.parse(#"Negotiate, Basic realm="a \"b\"" , bearer REALM=x"#)
        #expect(found.map(\.scheme) == ["negotiate", "basic", "bearer"])
        #expect(found[1].parameters == ["realm": "a \"b\""])
        #expect(found[2].parameters == ["realm": "x"])
    }

    @Test("no header value, however odd, stops the parser", arguments: Fuzz.seeds(5))
    func fuzz(_ seed: UInt64) {
        let pieces = ["Bearer ", "realm", "=", "\"", ",", " ", "\\", "Basic", "x", "é", "\t", "==", "\"\""]
        var random = SeededGenerator(seed: seed)
        for _ in 0..<4_000 {
            let text = (0..<Int.random(in: 0...12, using: &random)).map { _ in
                pieces.randomElement(using: &random) ?? ""
            }.joined()
            for challenge in Challenge.parse(text) { #expect(!challenge.scheme.isEmpty) }
        }
    }
}

@Suite struct EndpointTests {
    @Test("docker.io is spoken to at registry-1, after its mirrors")
    func hub() throws {
        let all = try endpoints(
            for: "docker.io", mirrors: ["http://127.0.0.1:5000", "https://m.example/hub/"], insecure: false)
        #expect(
            all.map { "\($0.address("x"))" } == [
                "http://127.0.0.1:5000/v2/x", "https://m.example/hub/v2/x", "https://registry-1.docker.io/v2/x",
            ])
        #expect(all.map(\.isMirror) == [true, true, false])
    }

    @Test("others are spoken to over verified https, insecure ones also without")
    func schemes() throws {
        #expect(
            try endpoints(for: "r.example:5000", mirrors: ["http://m"], insecure: false).map { $0.base.description }
                == ["https://r.example:5000/"])
        let insecure = try endpoints(for: "r.example:5000", mirrors: [], insecure: true)
        #expect(insecure.map { $0.base.scheme } == ["https", "http"])
        #expect(insecure.allSatisfy { !$0.verifiesCertificate })
    }

    @Test("insecure is this machine, what is listed, and what resolves into a listed block")
    func insecure() {
        func check(_ registry: String, _ list: [String] = [], resolving address: String? = nil) -> Bool {
            isInsecure(registry, insecure: list) { _ in address.flatMap(IPAddress.init).map { [$0] } ?? [] }
        }
        for registry in ["localhost", "localhost:5000", "127.0.0.1:5000", "127.9.9.9", "[::1]:5000"] {
            #expect(check(registry))
        }
        #expect(!check("r.example:5000"))
        #expect(check("r.example:5000", ["r.example:5000"]))
        #expect(!check("r.example:5001", ["r.example:5000"]))
        #expect(check("r.example", ["10.0.0.0/8"], resolving: "10.1.2.3"))
        #expect(!check("r.example", ["10.0.0.0/8"], resolving: "11.1.2.3"))
        #expect(check("r.example", resolving: "127.0.0.1"))
    }

    @Test("a mirror that is no URL is refused by name")
    func badMirror() {
        #expect(throws: Fault.self) { try endpoints(for: "docker.io", mirrors: ["not a url"], insecure: false) }
    }
}

@Suite struct WebAddressTests {
    @Test(
        "addresses are taken apart and put together",
        arguments: [
            "https://r.example/", "http://r.example:5000/v2/?a=b", "http://[::1]:5000/x", "https://1.2.3.4/v2/",
        ])
    func roundTrip(text: String) {
        #expect(WebAddress(text)?.description == text)
    }

    @Test(
        "what isn't an http address is none",
        arguments: ["", "ftp://a/", "http://", "http://a b/", "http://u:p@h/", "http://h:0/", "http://h:99999/", "h/x"])
    func refused(text: String) {
        #expect(WebAddress(text) == nil)
    }

    @Test("a location is found from where it was said")
    func locations() throws {
        let base = try #require(WebAddress("https://r.example:5000/v2/a/blobs/uploads/?x=1"))
        #expect(base.resolving("https://s.example/x")?.description == "https://s.example/x")
        #expect(base.resolving("/v2/b")?.description == "https://r.example:5000/v2/b")
        #expect(base.resolving("c?d")?.description == "https://r.example:5000/v2/a/blobs/uploads/c?d")
        #expect(base.resolving("//s.example/x")?.description == "https://s.example/x")
        #expect(base.resolving("ftp://s.example/x") == nil)
        #expect(base.sameServer(as: try #require(WebAddress("https://R.example:5000/other"))))
        #expect(!base.sameServer(as: try #require(WebAddress("http://r.example:5000/"))))
    }
}

@Suite struct ProxyRulesTests {
    private func host(_ rules: ProxyRules, _ url: String) throws -> String? {
        rules.proxy(for: try #require(WebAddress(url)))?.authority.description
    }

    @Test("the proxy goes by the request's scheme, and loopback never takes one")
    func schemes() throws {
        let rules = ProxyRules(http: "http://p:3128", https: "q:8080")
        #expect(try host(rules, "http://a.example/") == "p:3128")
        #expect(try host(rules, "https://a.example/") == "q:8080")
        #expect(try host(rules, "http://127.0.0.1:5000/") == nil)
        #expect(try host(rules, "http://localhost/") == nil)
    }

    @Test("exceptions are names with subdomains, addresses, blocks and ports")
    func exceptions() throws {
        let rules = ProxyRules(http: "p:1", except: "example.com, .sub.org,10.0.0.0/8,1.2.3.4,ported.net:8080")
        for url in [
            "http://example.com/", "http://a.example.com/", "http://x.sub.org/", "http://10.9.9.9/", "http://1.2.3.4/",
            "http://ported.net:8080/",
        ] {
            #expect(try host(rules, url) == nil, "\(url)")
        }
        for url in ["http://notexample.com/", "http://sub.org/", "http://11.0.0.1/", "http://ported.net/"] {
            #expect(try host(rules, url) == "p:1", "\(url)")
        }
    }

    @Test("a proxy may want a password")
    func password() throws {
        let proxy = try #require(Proxy("http://ann:p%40ss@proxy.example:3128/"))
        #expect(proxy.user == "ann" && proxy.password == "p@ss" && "\(proxy.authority)" == "proxy.example:3128")
    }

    @Test("upper-case variables win")
    func environment() {
        let variables = ["HTTP_PROXY": "a:1", "http_proxy": "b:1", "https_proxy": "c:1", "no_proxy": "x"]
        let rules = ProxyRules { variables[$0] }
        #expect(rules == ProxyRules(http: "a:1", https: "c:1", except: "x"))
    }
}

@Suite struct RetryPolicyTests {
    @Test("waits double, end, and obey the server within reason")
    func waits() {
        let policy = RetryPolicy()
        #expect(policy.wait(after: 1, serverAsks: nil, chance: 0) == 250)
        #expect(policy.wait(after: 2, serverAsks: nil, chance: 0.5) == 750)
        #expect(policy.wait(after: 5, serverAsks: nil, chance: 0) == nil)
        #expect(policy.wait(after: 1, serverAsks: 3, chance: 0) == 3_000)
        #expect(policy.wait(after: 1, serverAsks: 86_400, chance: 0) == Limit.waitSeconds * 1000)
    }
}

@Suite struct RegistryErrorTests {
    private let nginx = Reference(registry: "docker.io", repository: "library/nginx", tag: "nope")

    private func error(_ status: Int, _ body: String) -> RegistryError {
        RegistryError(status: .init(statusCode: status), headers: [:], body: Array(body.utf8))
    }

    @Test("a tag that isn't there")
    func manifestUnknown() {
        let fault = error(
            404, #"{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown","detail":{"Tag":"nope"}}]}"#
        ).pullFault(nginx)
        #expect(fault.kind == .notFound)
        #expect(fault.message == "manifest for nginx:nope not found: manifest unknown: manifest unknown")
    }

    @Test("a repository that isn't there")
    func nameUnknown() {
        let fault = error(
            404, #"{"errors":[{"code":"NAME_UNKNOWN","message":"repository name not known to registry"}]}"#
        ).pullFault(nginx)
        #expect(fault.message == "repository nginx not found: name unknown: repository name not known to registry")
    }

    @Test("a wrong password is unauthorized")
    func unauthorized() {
        let fault = error(401, #"{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}"#).pullFault(
            nginx)
        #expect(fault.kind == .internalFault)
        #expect(fault.message == "unauthorized: authentication required")
    }

    @Test("an answer without an error document is named by its status")
    func plain() {
        #expect("\(error(418, "<html>"))" == "received unexpected HTTP status: 418 I'm a teapot")
        #expect(
            error(503, "").isPassing && error(429, "").isPassing && !error(404, "").isPassing
                && !error(501, "").isPassing)
    }
}
