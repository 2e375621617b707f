import Fault
import JSON
import NIOConcurrencyHelpers
import NIOHTTP1
import OCI
import Testing

@testable import Registry

@Suite struct TokenAuthTests {
    /// A registry with its token server in one: takes `good` tokens, hands them out to `ann` and to nobody in particular.
    private func server(life: Int = 300, denies: Bool = false) async throws -> ScriptedServer {
        let port = NIOLockedValueBox(0), number = NIOLockedValueBox(0)
        let server = try await ScriptedServer { seen in
            let realm = "http://127.0.0.1:\(port.withLockedValue { $0 })/token"
            if seen.path == "/token" {
                let user = Credentials(username: "ann", password: "secret")
                if let given = seen.header("authorization"), given != user.basic {
                    return .init(
                        status: .unauthorized, body: Array(#"{"details":"incorrect username or password"}"#.utf8))
                }
                let next = number.withLockedValue {
                    $0 += 1; return $0
                }
                let answer: JSON = ["token": "good\(next)", "expires_in": .int(Int64(life)), "refresh_token": "keep"]
                return .init(body: answer.bytes())
            }
            guard seen.header("authorization")?.hasPrefix("Bearer good") == true, !denies || seen.path == "/v2/" else {
                let hint = seen.header("authorization") == nil ? "" : ",error=\"insufficient_scope\""
                return .init(
                    status: .unauthorized,
                    headers: [
                        "www-authenticate":
                            "Bearer realm=\"\(realm)\",service=\"test\",scope=\"repository:x:pull\"\(hint)"
                    ],
                    body: Array(#"{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}"#.utf8))
            }
            return .init(body: Array("{}".utf8))
        }
        port.withLockedValue { $0 = server.port }
        return server
    }

    @Test("an anonymous pull gets a token for its repository and uses it again")
    func anonymous() async throws {
        let server = try await server()
        try await withClient { client in
            for tag in ["1", "2"] {
                _ = try await client.manifest(Reference(parsing: "\(server.address)/a/b:\(tag)"), nil)
            }
        }
        let asked = server.seen.filter { $0.path == "/token" }
        #expect(asked.map(\.target) == ["/token?service=test&scope=repository%3Aa%2Fb%3Apull"])
        #expect(asked.first?.header("authorization") == nil)
        #expect(server.seen.last?.header("authorization") == "Bearer good1")
        try await server.stop()
    }

    @Test("a password goes to the token server only")
    func password() async throws {
        let server = try await server()
        let user = Credentials(username: "ann", password: "secret")
        _ = try await withClient { try await $0.manifest(Reference(parsing: "\(server.address)/a/b:1"), user) }
        for seen in server.seen { #expect((seen.header("authorization") == user.basic) == (seen.path == "/token")) }
        try await server.stop()
    }

    @Test("an identity token is exchanged with a POST")
    func identityToken() async throws {
        let server = try await server()
        var user = Credentials()
        user.identityToken = "refresh me"
        let credentials = user
        _ = try await withClient { try await $0.manifest(Reference(parsing: "\(server.address)/a/b:1"), credentials) }
        let asked = server.seen.first { $0.path == "/token" }
        #expect(asked?.method == .POST)
        let form = String(decoding: asked?.body ?? [], as: UTF8.self)
        #expect(form.contains("grant_type=refresh_token") && form.contains("refresh_token=refresh%20me"))
        #expect(form.contains("scope=repository%3Aa%2Fb%3Apull"))
        try await server.stop()
    }

    @Test("a refused scope is a repository that may not exist, in Docker's words")
    func denied() async throws {
        let server = try await server(denies: true)
        let error = await #expect(throws: Fault.self) {
            try await withClient { try await $0.manifest(Reference(parsing: "\(server.address)/a/b:1"), nil) }
        }
        #expect(error?.kind == .notFound)
        #expect(
            error?.message
                == "pull access denied for \(server.address)/a/b, repository does not exist or may require 'docker login': "
                + "denied: requested access to the resource is denied")
        try await server.stop()
    }

    @Test("login gives the registry's own token, and a wrong password is said to be wrong")
    func login() async throws {
        let server = try await server()
        try await withClient { client in
            let token = try await client.login(server.address, Credentials(username: "ann", password: "secret"))
            #expect(token == "keep")
            let error = await #expect(throws: Fault.self) {
                _ = try await client.login(server.address, Credentials(username: "ann", password: "wrong"))
            }
            #expect(error?.kind == .unauthorized)
            #expect(error?.message.hasSuffix("unauthorized: incorrect username or password") == true)
        }
        try await server.stop()
    }

    @Test("tokens are kept until shortly before they end")
    func cache() {
        var cache = TokenCache()
        let key = TokenCache.Key(realm: "r", service: "s", scopes: [], credentials: nil)
        cache.keep("t", for: key, life: 100, now: 1_000)
        #expect(cache.find(key, now: 1_089) == "t")
        #expect(cache.find(key, now: 1_090) == nil)
    }

    @Test("a password is not sent in the clear because a TLS registry asks for it")
    func clearTextRealm() throws {
        let challenge = Challenge(scheme: "bearer", parameters: ["realm": "http://elsewhere.example/token"])
        let endpoint = try #require(try endpoints(for: "r.example", mirrors: [], insecure: false).first)
        #expect(throws: RegistryError.self) {
            try tokenRequest(challenge, scopes: [], Credentials(username: "a", password: "b"), from: endpoint)
        }
        #expect(try tokenRequest(challenge, scopes: [], nil, from: endpoint).address.host == "elsewhere.example")
    }
}
