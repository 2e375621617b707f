import JSON
import NIOCore
import NIOHTTP1
import TestKit
import Testing

@testable import EngineAPI
@testable import Wire

@Suite("The Docker API under fuzz")
struct FuzzTests {
    private static let words = [
        "", "x", "a/b:c", "..", "%00", "%zz", "%C3%BC", "-1", "0", "999999999999999999999", "1.5", "{}", "[]", "null",
        "true", "%7B%22a%22%3A1%7D",
        "sha256:0", "\u{FFFD}", "a b", "+", ";", "&", "=",
    ]
    private static let keys = [
        "all", "limit", "size", "filters", "t", "signal", "h", "w", "stdout", "follow", "since", "until", "tail",
        "path", "names", "platform",
        "fromImage", "fromSrc", "tag", "repo", "stream", "one-shot", "condition", "name", "type", "pause", "container",
    ]

    private static func target(_ random: inout SeededGenerator) -> String {
        let route = routes[Int.random(in: 0..<routes.count, using: &random)]
        var path = route.pattern
        if let open = path.firstIndex(of: "{"), let close = path.firstIndex(of: "}") {
            path.replaceSubrange(open...close, with: pick(words, &random))
        }
        path = pick(["", "/v1.44", "/v1.51", "/v1.43", "/v9.9", "/v", "//"], &random) + path
        let query = (0..<Int.random(in: 0..<4, using: &random)).map { _ in
            pick(keys, &random) + "=" + pick(words, &random)
        }
        return path.filter { $0 != " " } + (query.isEmpty ? "" : "?" + query.joined(separator: "&"))
    }

    private static func pick<T>(_ list: [T], _ random: inout SeededGenerator) -> T {
        list[Int.random(in: 0..<list.count, using: &random)]
    }

    private static func body(_ random: inout SeededGenerator) -> String {
        let deep = String(repeating: "[", count: Int.random(in: 0..<600, using: &random))
        return pick(
            [
                "", "{}", "[]", "null", "{\"Detach\":true}", "{\"a\":", "\"\\ud800\"", deep, "{\"Tty\":1}", "1e999",
                "\u{0}",
            ], &random)
    }

    @Test("random requests get a status each, and the server lives", arguments: Fuzz.seeds(4))
    func requests(_ seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        try await TestAPI.with { api in
            api.backend.exit.open()
            for round in 0..<400 {
                let target = Self.target(&random)
                let method = Self.pick([HTTPMethod.GET, .POST, .PUT, .DELETE, .HEAD, .PATCH, .OPTIONS], &random)
                let body = Self.body(&random)
                let type = Self.pick(["application/json", "text/plain", "", ";", "application/json;;"], &random)
                let answer: HTTPAnswer
                do {
                    answer = try await api.client.send(
                        method, target, headers: ["Content-Type": type],
                        body: body.isEmpty ? .none : .bytes(ByteBuffer(string: body)))
                } catch {
                    Issue.record("seed \(seed), round \(round): \(method) \(target): \(error)")
                    continue
                }
                #expect((200...599).contains(answer.status.code))
                // What would follow for ever is left here.
                if answer.headers.contains(name: "transfer-encoding") {
                    answer.cancel()
                } else if answer.headers.contains(name: "content-length") || method == .HEAD {
                    _ = try? await answer.body()
                } else {
                    answer.cancel()
                }
            }
            let ping = try await api.send(.GET, "/_ping")
            #expect(ping.text == "OK")
        }
    }

    @Test("random bytes get an answer or a closed connection, and the server lives", arguments: Fuzz.seeds(2))
    func bytes(_ seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        try await TestAPI.with { api in
            for _ in 0..<200 {
                var text = Array(
                    "POST /v1.47/containers/create?name=a HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
                        .utf8)
                for _ in 0..<Int.random(in: 1..<6, using: &random) {
                    let at = Int.random(in: 0..<text.count, using: &random)
                    switch Int.random(in: 0..<3, using: &random) {
                    case 0: text[at] = UInt8.random(in: 0...255, using: &random)
                    case 1: text.remove(at: at)
                    default: text.insert(UInt8.random(in: 0...255, using: &random), at: at)
                    }
                }
                let raw = try await api.client.connect().raw()
                try? await raw.write(ByteBuffer(bytes: text))
                await raw.closeWrite()
                let answer = (try? await raw.readAll()) ?? []
                await raw.close()
                #expect(answer.isEmpty || answer.starts(with: Array("HTTP/1.".utf8)))
            }
            let ping = try await api.send(.GET, "/_ping")
            #expect(ping.text == "OK")
        }
    }
}
