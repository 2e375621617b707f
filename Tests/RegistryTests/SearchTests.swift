import Fault
import JSON
import NIOHTTP1
import Testing

@testable import Registry

@Suite("Searching a registry's index")
struct SearchTests {
    @Test("term, limit and credentials reach the index, and its results come back")
    func search() async throws {
        let server = try await ScriptedServer { _ in
            .init(
                body: Array(#"{"num_results":1,"results":[{"name":"web","star_count":3,"is_official":true}]}"#.utf8))
        }
        try await withClient { client in
            let found = try await client.search(
                "we b&c", registry: server.address, limit: 7, Credentials(username: "me", password: "secret"))
            #expect(found == [["name": "web", "star_count": 3, "is_official": true]])
        }
        let seen = try #require(server.seen.last)
        #expect(seen.path == "/v1/search" && seen.target.contains("n=7"))
        #expect(seen.target.contains("q=we%20b%26c"), "\(seen.target)")
        #expect(seen.header("authorization") == "Basic bWU6c2VjcmV0")
        try await server.stop()
    }

    @Test("a registry without an index, a broken answer and a limit that nobody gives are told in Docker's words")
    func failures() async throws {
        let server = try await ScriptedServer { seen in
            seen.target.contains("q=odd") ? .init(body: Array("<html>".utf8)) : .init(status: .notFound)
        }
        try await withClient { client in
            let none = await #expect(throws: Fault.self) {
                try await client.search("web", registry: server.address, limit: 25, nil)
            }
            #expect(none?.message == "Unexpected status code 404")
            let broken = await #expect(throws: Fault.self) {
                try await client.search("odd", registry: server.address, limit: 25, nil)
            }
            #expect(broken?.message.hasPrefix("error decoding registry search results") == true)
            let many = await #expect(throws: Fault.self) {
                try await client.search("web", registry: server.address, limit: 101, nil)
            }
            #expect(many?.message == "limit 101 is outside the range of [1, 100]")
        }
        try await server.stop()
    }
}
