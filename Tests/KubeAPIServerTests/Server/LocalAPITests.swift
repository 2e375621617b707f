import JSON
import KubeClient
import KubeModel
import Testing

@testable import KubeAPIServer

@Suite("the API to components of its own process", .serialized)
struct LocalAPITests {
    private func map(_ name: String, _ value: String = "1") -> JSON {
        [
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": .string(name), "namespace": "default"],
            "data": ["k": .string(value)],
        ]
    }

    @Test("objects are created, read, changed, watched and deleted, with the server's own errors")
    func verbs() async throws {
        try await TestServer.with { server in
            let api = server.running.api(as: .loopback, manager: "tester")
            let made = try await api.create(.configMaps, map("a"))
            #expect(made["metadata"]["managedFields"][0]["manager"].string == "tester")
            let watch = try await api.watch(
                .configMaps, "default", ObjectSelection(),
                after: made["metadata"]["resourceVersion"].string ?? "")
            var changed = made
            changed["data"]["k"] = "2"
            let updated = try await api.update(.configMaps, changed)
            await #expect(throws: APIStatus.self) { try await api.update(.configMaps, changed) }
            let patched = try await api.patch(
                .configMaps, "default", "a", subresource: "", .merge(["data": ["l": "3"]]))
            #expect(patched["data"] == ["k": "2", "l": "3"])
            #expect(try await api.list(.configMaps, "default").items.contains { $0["data"]["l"].string == "3" })
            try await api.delete(.configMaps, patched)
            let missing = await #expect(throws: APIStatus.self) { try await api.get(.configMaps, "default", "a") }
            #expect(missing?.message == "configmaps \"a\" not found")

            var seen: [String] = []
            for try await events in watch {
                for event in events {
                    switch event {
                    case .modified(let object): seen.append(object["metadata"]["resourceVersion"].string ?? "")
                    case .deleted: seen.append("deleted")
                    case .added, .bookmark: seen.append("other")
                    }
                }
                if seen.last == "deleted" { break }
            }
            #expect(
                seen == [updated, patched].map { $0["metadata"]["resourceVersion"].string ?? "" } + ["deleted"])
        }
    }

    @Test("who may not is told so, and reviews are answered")
    func access() async throws {
        try await TestServer.with { server in
            let nobody = server.running.api(as: UserInfo(name: "nobody", groups: []), manager: "tester")
            let refused = await #expect(throws: APIStatus.self) { try await nobody.create(.configMaps, map("b")) }
            #expect(refused?.code == 403)
            let review: JSON = [
                "apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview",
                "spec": [
                    "user": "x", "groups": ["system:masters"],
                    "resourceAttributes": ["verb": "delete", "resource": "nodes"],
                ],
            ]
            let answer = try await server.running.api(as: .loopback, manager: "tester").create(
                ResourceID("authorization.k8s.io", "v1", "subjectaccessreviews"), review)
            #expect(answer["status"]["allowed"].bool == true)
        }
    }
}
