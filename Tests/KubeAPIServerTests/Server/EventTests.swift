import Foundation
import JSON
import KubeClient
import KubeModel
import Logging
import NIOCore
import NIOHTTP1
import Testing
import Wire

@testable import KubeAPIServer

@Suite("events", .serialized)
struct EventTests {
    private static let path = "/api/v1/namespaces/default/events"

    private func event(_ name: String) -> JSON {
        [
            "metadata": ["name": .string(name)], "reason": "Tested", "message": "m", "type": "Normal",
            "involvedObject": ["kind": "Pod", "name": "web", "namespace": "default"], "source": ["component": "test"],
        ]
    }

    @Test("an event goes when nothing has changed it for its time, and its watchers see it go")
    func expiry() async throws {
        try await TestServer.with({ $0.eventSeconds = 6 }) { server in
            let made = try await server.create(Self.path, event("short"))
            let version = made["metadata"]["resourceVersion"].string ?? ""
            let watch = try await server.client.send(
                .GET, "\(Self.path)?watch=true&resourceVersion=\(version)&timeoutSeconds=30")
            try await Task.sleep(for: .seconds(3))
            let patch: JSON = ["count": 2]
            let changed = try await server.call(
                .PATCH, Self.path + "/short", patch,
                headers: .init([("Content-Type", "application/merge-patch+json")]))
            #expect(changed.code == 200)
            try await Task.sleep(for: .seconds(4))
            // 7 seconds old, and changed 4 seconds ago.
            #expect(try await server.call(.GET, Self.path + "/short").code == 200)
            var seen = ""
            while !seen.contains("DELETED"), let part = try await watch.nextBodyPart() { seen += String(buffer: part) }
            #expect(seen.contains("MODIFIED") && seen.contains("DELETED"), "\(seen)")
            watch.cancel()
            #expect(try await server.call(.GET, Self.path + "/short").code == 404)
            try await server.create(Self.path, event("next"))
            #expect(try await server.call(.GET, Self.path).json["items"].array?.count == 1)
        }
    }

    @Test("a recorder counts repeated events up, joins similar ones and hears a loud source only so long")
    func recorder() async throws {
        try await TestServer.with { server in
            let recorder = EventRecorder(
                server.running.api(as: .loopback, manager: "tester"), component: "tester", log: Logger(label: "events"),
                now: { Date().timeIntervalSince1970 })
            let writing = Task { await recorder.run() }
            func object(_ name: String) -> JSON {
                [
                    "kind": "Pod", "apiVersion": "v1",
                    "metadata": ["name": .string(name), "namespace": "default", "uid": .string("uid-\(name)")],
                ]
            }
            for _ in 0..<3 { recorder.record(.warning, about: object("a"), reason: "Failed", "the same") }
            for number in 0..<15 { recorder.record(.normal, about: object("b"), reason: "Pulled", "number \(number)") }
            for _ in 0..<40 { recorder.record(.normal, about: object("c"), reason: "Loud", "again") }
            recorder.end()
            await writing.value
            let events = try await server.call(.GET, Self.path).json["items"].array ?? []
            func about(_ name: String) -> [JSON] { events.filter { $0["involvedObject"]["name"].string == name } }
            #expect(about("a").count == 1)
            let first = try #require(about("a").first)
            #expect(first["count"].int == 3 && first["type"].string == "Warning" && first["reason"].string == "Failed")
            #expect(first["source"]["component"].string == "tester")
            #expect(first["metadata"]["name"].string?.hasPrefix("a.") == true)
            // Nine of their own, then one for all the rest.
            #expect(about("b").count == 10)
            let combined = "(combined from similar events): "
            let joined = about("b").filter { $0["message"].string?.hasPrefix(combined) == true }
            #expect(joined.count == 1 && joined.first?["count"].int == 6, "\(joined)")
            // A burst of 25 for one source and object.
            #expect(about("c").first?["count"].int == 25)
        }
    }

    @Test("an event that is gone when it would be counted up is written anew")
    func gone() async throws {
        try await TestServer.with { server in
            let recorder = EventRecorder(
                server.running.api(as: .loopback, manager: "tester"), component: "tester", log: Logger(label: "events"),
                now: { Date().timeIntervalSince1970 })
            let writing = Task { await recorder.run() }
            let pod: JSON = ["kind": "Pod", "apiVersion": "v1", "metadata": ["name": "a", "namespace": "default"]]
            recorder.record(.normal, about: pod, reason: "Seen", "m")
            var items: [JSON] = []
            for _ in 0..<100 where items.isEmpty {
                try await Task.sleep(for: .milliseconds(50))
                items = try await server.call(.GET, Self.path).json["items"].array ?? []
            }
            let name = try #require(items.first?["metadata"]["name"].string)
            try await server.call(.DELETE, "\(Self.path)/\(name)")
            recorder.record(.normal, about: pod, reason: "Seen", "m")
            recorder.end()
            await writing.value
            let again = try await server.call(.GET, "\(Self.path)/\(name)").json
            #expect(again["count"].int == 2, "\(again)")
        }
    }
}
