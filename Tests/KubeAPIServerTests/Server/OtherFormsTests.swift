import JSON
import NIOHTTP1
import Testing

@testable import KubeAPIServer

@Suite("objects in another form than the stored one")
struct OtherFormsTests {
    @Test("a custom resource is written in each served version", .timeLimit(.minutes(2)))
    func versions() async throws {
        try await TestServer.with { server in
            let schema: JSON = ["openAPIV3Schema": ["type": "object"]]
            try await server.create(
                "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
                [
                    "metadata": ["name": "ships.sea.example"],
                    "spec": [
                        "group": "sea.example", "scope": "Cluster", "names": ["plural": "ships", "kind": "Ship"],
                        "versions": [
                            ["name": "v1beta1", "served": true, "storage": false, "schema": schema],
                            ["name": "v1", "served": true, "storage": true, "schema": schema],
                        ],
                    ],
                ])
            for version in ["v1beta1", "v1"] {
                let path = "/apis/sea.example/\(version)/ships"
                for _ in 0..<500 where try await server.call(.GET, path).code != 200 {
                    try await Task.sleep(for: .milliseconds(10))
                }
                var ship: JSON = [
                    "apiVersion": .string("sea.example/\(version)"), "kind": "Ship",
                    "metadata": ["name": .string("a-\(version)")],
                ]
                let made = try await server.call(.POST, path, ship)
                #expect(made.code == 201, "\(made.text)")
                ship = made.json
                ship["metadata", "labels"] = ["a": "b"]
                let changed = try await server.call(.PUT, "\(path)/a-\(version)", ship)
                #expect(changed.code == 200, "\(changed.text)")
                #expect(changed.json["apiVersion"].string == "sea.example/\(version)")
            }
        }
    }

    @Test("questions have no tables", .timeLimit(.minutes(2)))
    func tables() async throws {
        try await TestServer.with { server in
            let review: JSON = ["spec": ["nonResourceAttributes": ["path": "/", "verb": "get"]]]
            let path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
            let reply = try await server.call(
                .POST, path, review,
                headers: HTTPHeaders([("Accept", "application/json;as=Table;v=v1;g=meta.k8s.io")]))
            #expect(reply.code == 406 && reply.json["reason"] == "NotAcceptable", "\(reply.text)")
        }
    }

    @Test("an evicted pod says why it goes", .timeLimit(.minutes(2)))
    func eviction() async throws {
        try await TestServer.with { server in
            let pods = "/api/v1/namespaces/default/pods"
            try await server.create(
                pods,
                ["metadata": ["name": "a"], "spec": ["nodeName": "n", "containers": [["name": "c", "image": "x"]]]])
            let reply = try await server.call(
                .POST, "\(pods)/a/eviction",
                ["apiVersion": "policy/v1", "kind": "Eviction", "metadata": ["name": "a"]])
            #expect(reply.code == 201, "\(reply.text)")
            let pod = try await server.call(.GET, "\(pods)/a").json
            #expect(pod["metadata"]["deletionTimestamp"] != .null)
            let conditions = pod["status"]["conditions"].array ?? []
            let condition = conditions.first { $0["type"] == "DisruptionTarget" }
            #expect(condition?["status"] == "True" && condition?["reason"] == "EvictionByEvictionAPI")
            #expect(condition?["message"] == "Eviction API: evicting")
        }
    }

    @Test("events are selected by the names that their group has for fields", .timeLimit(.minutes(2)))
    func events() async throws {
        try await TestServer.with { server in
            try await server.create(
                "/apis/events.k8s.io/v1/namespaces/default/events",
                [
                    "metadata": ["name": "a", "namespace": "default"], "eventTime": "2026-01-01T00:00:00.000000Z",
                    "type": "Normal", "action": "Do", "reason": "Test", "reportingController": "c.example/d",
                    "reportingInstance": "i", "regarding": ["kind": "Pod", "name": "p", "namespace": "default"],
                ])
            for (path, count) in [
                ("/apis/events.k8s.io/v1/events?fieldSelector=reportingController%3Dc.example/d", 1),
                ("/apis/events.k8s.io/v1/events?fieldSelector=regarding.name%3Dp,regarding.kind%3DPod", 1),
                ("/apis/events.k8s.io/v1/events?fieldSelector=regarding.name%3Dq", 0),
                ("/api/v1/events?fieldSelector=reportingComponent%3Dc.example/d", 1),
                ("/api/v1/events?fieldSelector=involvedObject.name%3Dp", 1),
            ] {
                let reply = try await server.call(.GET, path)
                #expect(reply.code == 200 && reply.json["items"].array?.count == count, "\(path): \(reply.text)")
            }
        }
    }
}
