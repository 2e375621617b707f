import JSON
import KubeClient
import KubeModel
import Testing

@testable import Kubelet

@Suite("containers get another size")
struct ResizeTests {
    private static func resources(_ cpu: String, _ memory: String) -> JSON {
        ["requests": ["cpu": .string(cpu), "memory": .string(memory)], "limits": ["memory": .string(memory)]]
    }

    private static func spec(_ cpu: String, _ memory: String, restarts: Bool = false) -> JSON {
        [
            "containers": [
                [
                    "name": "web", "image": "web:1", "resources": resources(cpu, memory),
                    "resizePolicy": [
                        ["resourceName": "cpu", "restartPolicy": "NotRequired"],
                        ["resourceName": "memory", "restartPolicy": restarts ? "RestartContainer" : "NotRequired"],
                    ],
                ]
            ],
            "terminationGracePeriodSeconds": 1,
        ]
    }

    private func ask(_ node: TestNode, _ cpu: String, _ memory: String) async throws {
        let patch: JSON = [
            "spec": ["containers": [["name": "web", "resources": Self.resources(cpu, memory)]]]
        ]
        _ = try await node.api.patch(.pods, "default", "a", subresource: "resize", .strategic(patch))
    }

    /// The pod has the size, and nothing is under way.
    private func isDone(_ pod: JSON, _ cpu: String, _ memory: String) -> Bool {
        let status = pod.container("web")
        return status["resources"] == Self.resources(cpu, memory)
            && status["allocatedResources"]["cpu"].string == cpu && pod.condition("PodResizeInProgress").isEmpty
            && pod.condition("PodResizePending").isEmpty && pod.condition("Ready") == "True"
            && pod["status"]["observedGeneration"] == pod["metadata"]["generation"]
    }

    @Test("a running container gets more and less without a restart, and events tell")
    func inPlace() async throws {
        try await TestNode.with { node in
            let engine = FakeEngine(images: ["web:1"])
            try await node.kubelet(engine) { _ in
                try await node.make("a", Self.spec("100m", "64Mi"))
                try await node.until("running", "a") { $0.condition("Ready") == "True" }
                try await ask(node, "200m", "128Mi")
                let pod = try await node.until("bigger", "a") { isDone($0, "200m", "128Mi") }
                #expect(pod.container("web")["restartCount"] == 0)
                let host = await engine.newest("web")?.body["HostConfig"]
                #expect(host?["CpuShares"] == 204)
                #expect(host?["Memory"] == 134_217_728)
                try await node.told(
                    "a",
                    "ResizeCompleted: Pod resize completed: {\"containers\":[{\"name\":\"web\",\"resources\":"
                        + "{\"limits\":{\"memory\":\"128Mi\"},\"requests\":{\"cpu\":\"200m\",\"memory\":\"128Mi\"}}}],"
                        + "\"generation\":2}")
                await engine.change { $0.memoryInUse = 100 << 20 }
                try await ask(node, "200m", "32Mi")
                let stuck = try await node.until("an error", "a") { pod in
                    pod["status"].list("conditions").contains { $0.text("reason") == "Error" }
                }
                let condition = stuck["status"].list("conditions").first { $0.text("type") == "PodResizeInProgress" }
                #expect(
                    condition?.text("message")
                        == "cannot decrease memory limits: attempting to set container \"web\" memory limit (33554432) "
                        + "below current usage (104857600)")
                #expect(stuck.container("web")["resources"] == Self.resources("200m", "128Mi"))
                await engine.change { $0.memoryInUse = 1 << 20 }
                try await node.until("smaller", "a") { isDone($0, "200m", "32Mi") }
            }
        }
    }

    @Test("a container whose policy says so starts anew with its new size")
    func restart() async throws {
        try await TestNode.with { node in
            let engine = FakeEngine(images: ["web:1"])
            try await node.kubelet(engine) { _ in
                try await node.make("a", Self.spec("100m", "64Mi", restarts: true))
                try await node.until("running", "a") { $0.condition("Ready") == "True" }
                try await ask(node, "200m", "64Mi")
                let kept = try await node.until("more cpu", "a") { isDone($0, "200m", "64Mi") }
                #expect(kept.container("web")["restartCount"] == 0)
                try await ask(node, "200m", "128Mi")
                let pod = try await node.until("more memory", "a") { isDone($0, "200m", "128Mi") }
                #expect(pod.container("web")["restartCount"] == 1)
                #expect(await engine.newest("web")?.body["HostConfig"]["Memory"] == 134_217_728)
                try await node.told("a", "Killing: Container web resize requires restart")
            }
        }
    }

    @Test("what the node hasn't room for waits until another pod goes")
    func deferred() async throws {
        try await TestNode.with { node in
            let engine = FakeEngine(images: ["web:1"])
            try await node.kubelet(engine, { $0.processors = 1 }) { _ in
                try await node.make("a", Self.spec("300m", "64Mi"))
                try await node.make("b", Self.spec("300m", "64Mi"))
                for name in ["a", "b"] { try await node.until("running", name) { $0.condition("Ready") == "True" } }
                try await ask(node, "800m", "64Mi")
                let pod = try await node.until("waiting", "a") { $0.condition("PodResizePending") == "True" }
                let condition = pod["status"].list("conditions").first { $0.text("type") == "PodResizePending" }
                #expect(condition?.text("reason") == "Deferred")
                #expect(
                    condition?.text("message")
                        == "Node didn't have enough resource: cpu, requested: 800, used: 300, capacity: 1000")
                #expect(pod.container("web")["allocatedResources"]["cpu"] == "300m")
                try await node.api.delete(.pods, "default", "b", [:])
                try await node.until("bigger", "a") { isDone($0, "800m", "64Mi") }
            }
        }
    }

    @Test("amounts are the same however they are written")
    func sameness() {
        let pairs: [(JSON, JSON, Bool)] = [
            (["requests": ["cpu": "1"]], ["requests": ["cpu": "1000m"]], true),
            (["requests": ["cpu": "1"]], ["requests": ["cpu": "1"], "limits": [:]], true),
            (.null, [:], true),
            (["requests": ["cpu": "1"]], ["limits": ["cpu": "1"]], false),
            (["requests": ["cpu": "1"]], ["requests": ["cpu": "2"]], false),
        ]
        for (a, b, isSame) in pairs { #expect(PodAllocation.isSame(a, b) == isSame, "\(a.text) \(b.text)") }
    }
}
