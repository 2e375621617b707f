import Foundation
import JSON
import NIOCore
import NIOHTTP1
import NIOPosix
import Testing
import Wire

@testable import KubeAPIServer

@Suite("many watchers", .serialized)
struct ManyWatchersTests {
    private static let watchers = 1_000
    private static let events = 30
    /// Connections that are made together: their handshakes wait for each other.
    private static let atOnce = 25
    private static let maps = "/api/v1/namespaces/default/configmaps"

    @Test("a thousand watchers, each on a connection of its own, see all events in order", .timeLimit(.minutes(5)))
    func all() async throws {
        // Both ends of each connection are in this process.
        try #require(OpenFiles.allow(Self.watchers * 2 + 500))
        try await TestServer.with { server in
            let version = try await server.call(.GET, Self.maps).json["metadata"]["resourceVersion"].string ?? ""
            var open: [Watcher] = []
            while open.count < Self.watchers { open += try await Self.open(Self.atOnce, server, from: version) }
            try await withThrowingTaskGroup(of: [String].self) { group in
                for watcher in open { group.addTask { try await Self.follow(watcher) } }
                for number in 0..<Self.events {
                    try await server.create(Self.maps, ["metadata": ["name": .string("m\(number)")]])
                }
                let expected = (0..<Self.events).map { "m\($0)" }
                var seen = 0
                for try await names in group {
                    #expect(names == expected)
                    seen += 1
                }
                #expect(seen == Self.watchers)
            }
        }
    }

    private struct Watcher: Sendable {
        let client: HTTPClient
        let answer: HTTPAnswer
    }

    private static func open(_ count: Int, _ server: TestServer, from version: String) async throws -> [Watcher] {
        try await withThrowingTaskGroup(of: Watcher.self) { group in
            for _ in 0..<count {
                group.addTask {
                    let client = HTTPClient(
                        server.endpoint, tls: TestServer.files(server.folder, "admin"),
                        group: MultiThreadedEventLoopGroup.singleton)
                    let answer = try await client.send(
                        .GET, "\(maps)?watch=true&resourceVersion=\(version)&timeoutSeconds=280")
                    return Watcher(client: client, answer: answer)
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
    }

    /// The names of the objects that were added, in the order in which the watch told of them.
    private static func follow(_ watcher: Watcher) async throws -> [String] {
        let (client, answer) = (watcher.client, watcher.answer)
        var names: [String] = []
        var rest = ""
        while names.count < events, let part = try await answer.nextBodyPart() {
            rest += String(buffer: part)
            while let end = rest.firstIndex(of: "\n") {
                let event = try JSON(parsing: String(rest[..<end]))
                rest = String(rest[rest.index(after: end)...])
                let name = event["object"]["metadata"]["name"].string ?? ""
                if event["type"].string == "ADDED", name.hasPrefix("m") { names.append(name) }
            }
        }
        answer.cancel()
        await client.shutdown()
        return names
    }
}
