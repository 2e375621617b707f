import Foundation
import JSON
import KubeClient
import KubeModel
import Scheduler
import Testing

@testable import Kubelet

@Suite("pods that came past the scheduler")
struct AdmissionTests {
    private static func spec(cpu: String = "", more: JSON = [:]) -> JSON {
        var spec = more
        var container: JSON = ["name": "web", "image": "web:1"]
        if !cpu.isEmpty { container["resources"]["requests"]["cpu"] = .string(cpu) }
        spec["containers"] = [container]
        spec["terminationGracePeriodSeconds"] = 1
        return spec
    }

    private func running(_ node: TestNode, _ name: String) async throws {
        try await node.until("running", name) { $0["status"].text("phase") == "Running" }
    }

    /// The pod has failed as the original says it, and an event tells the same.
    private func refused(
        _ node: TestNode, _ name: String, _ reason: String, _ message: String,
        at place: SourceLocation = #_sourceLocation
    ) async throws {
        let pod = try await node.until("failed", name, at: place) { $0["status"].text("phase") == "Failed" }
        #expect(pod["status"].text("reason") == reason, sourceLocation: place)
        #expect(pod["status"].text("message") == "Pod was rejected: \(message)", sourceLocation: place)
        try await node.told(name, "\(reason): \(message)", at: place)
    }

    @Test("more processors than are left, and as many when another pod has gone")
    func processors() async throws {
        try await TestNode.with { node in
            let engine = FakeEngine(images: ["web:1"])
            try await node.kubelet(engine, { $0.processors = 1 }) { _ in
                try await node.make("a", Self.spec(cpu: "600m"))
                try await running(node, "a")
                try await node.make("b", Self.spec(cpu: "500m"))
                try await refused(
                    node, "b", "OutOfcpu",
                    "Node didn't have enough resource: cpu, requested: 500, used: 600, capacity: 1000")
                try await node.make("c", Self.spec(cpu: "400m"))
                try await running(node, "c")
                try await node.api.delete(.pods, "default", "a", [:])
                try await node.until("gone", "a") { $0.isNull }
                try await node.make("d", Self.spec(cpu: "600m"))
                try await running(node, "d")
            }
        }
    }

    @Test("more pods than the node takes, and more memory than it has for pods")
    func podsAndMemory() async throws {
        try await TestNode.with { node in
            let engine = FakeEngine(images: ["web:1"])
            let change: (inout KubeletSettings) -> Void = {
                $0.maximumPods = 1
                $0.memory = 200 << 20
            }
            try await node.kubelet(engine, change) { _ in
                try await node.make(
                    "a",
                    ["containers": [["name": "w", "image": "web:1", "resources": ["requests": ["memory": "150Mi"]]]]])
                try await refused(
                    node, "a", "OutOfmemory",
                    "Node didn't have enough resource: memory, requested: 157286400, used: 0, capacity: 104857600")
                try await node.make("b", Self.spec())
                try await running(node, "b")
                try await node.make("c", Self.spec())
                try await refused(
                    node, "c", "OutOfpods", "Node didn't have enough resource: pods, requested: 1, used: 1, capacity: 1"
                )
            }
        }
    }

    @Test("labels that the node lacks, and has a moment later; taints that end pods; resources that others count")
    func labels() async throws {
        try await TestNode.with { node in
            let engine = FakeEngine(images: ["web:1"])
            try await node.kubelet(engine) { _ in
                let fast = Self.spec(more: ["nodeSelector": ["disk": "fast"]])
                try await node.make("a", fast)
                try await refused(
                    node, "a", "NodeAffinity",
                    "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector")
                let changes: JSON = [
                    "metadata": ["labels": ["disk": "fast"]],
                    "spec": ["taints": [["key": "gone", "effect": "NoExecute"]]],
                ]
                _ = try await node.api.patch(.nodes, "", "n1", subresource: "", .strategic(changes))
                let tolerations: JSON = [["key": "gone", "operator": "Exists"]]
                try await node.make(
                    "b", Self.spec(more: ["nodeSelector": ["disk": "fast"], "tolerations": tolerations]))
                try await running(node, "b")
                try await node.make("c", fast)
                try await refused(
                    node, "c", "TaintToleration",
                    "Predicate TaintToleration failed: node(s) had taints that the pod didn't tolerate")
                let amounts: JSON = [
                    "status": ["capacity": ["example.com/dongle": "1"], "allocatable": ["example.com/dongle": "1"]]
                ]
                _ = try await node.api.patch(.nodes, "", "n1", subresource: "status", .strategic(amounts))
                var greedy = Self.spec(more: ["tolerations": tolerations])
                greedy["containers"] = [
                    ["name": "web", "image": "web:1", "resources": ["limits": ["example.com/dongle": "2"]]]
                ]
                try await node.make("d", greedy)
                try await refused(
                    node, "d", "OutOfexample.com/dongle",
                    "Node didn't have enough resource: example.com/dongle, requested: 2, used: 0, capacity: 1")
            }
        }
    }

    @Test("a node that is smaller than before keeps as many of its pods as it has room for")
    func smaller() async throws {
        try await TestNode.with { node in
            let engine = FakeEngine(images: ["web:1"])
            try await node.kubelet(engine, { $0.processors = 2 }) { _ in
                for name in ["a", "b"] {
                    try await node.make(name, Self.spec(cpu: "800m"))
                    try await running(node, name)
                    // Which of them is older is told in whole seconds.
                    try await Task.sleep(for: .milliseconds(1_100))
                }
            }
            try await node.kubelet(engine, { $0.processors = 1 }) { _ in
                try await refused(
                    node, "b", "OutOfcpu",
                    "Node didn't have enough resource: cpu, requested: 800, used: 800, capacity: 1000")
                let older = try await node.pod("a")
                #expect(older["status"].text("phase") == "Running")
                #expect(older.container("web")["restartCount"] == 0)
            }
        }
    }

    @Test("a static pod takes the place of one that the node can do without")
    func preemption() async throws {
        try await TestNode.with { node in
            let engine = FakeEngine(images: ["web:1"])
            let folder = node.folder + "/manifests"
            try await node.kubelet(
                engine,
                {
                    $0.processors = 1
                    $0.manifestFolder = folder
                }
            ) { _ in
                try await node.make("a", Self.spec(cpu: "300m"))
                try await node.make("b", Self.spec(cpu: "700m"))
                for name in ["a", "b"] { try await running(node, name) }
                func write(_ name: String, _ cpu: String) throws {
                    let text = """
                        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "\(name)"}, "spec": {"containers":
                        [{"name": "web", "image": "web:1", "resources": {"requests": {"cpu": "\(cpu)"}}}]}}
                        """
                    try text.write(toFile: "\(folder)/\(name).json", atomically: true, encoding: .utf8)
                }
                try write("needed", "200m")
                let gone = try await node.until("preempted", "a") { $0["status"].text("phase") == "Failed" }
                #expect(gone["status"].text("reason") == "Preempting")
                #expect(gone["status"].text("message") == "Preempted in order to admit critical pod")
                let condition = gone["status"].list("conditions").first { $0.text("type") == "DisruptionTarget" }
                #expect(condition?.text("reason") == "TerminationByKubelet")
                #expect(condition?.text("message") == "Pod was preempted by Kubelet to accommodate a critical pod.")
                try await node.told("a", "Preempting: Preempted in order to admit critical pod")
                try await running(node, "needed-n1")
                #expect(try await node.pod("b")["status"].text("phase") == "Running")
                try write("huge", "5")
                let huge = try await node.until("failed", "huge-n1") { $0["status"].text("phase") == "Failed" }
                #expect(huge["status"].text("reason") == "UnexpectedAdmissionError")
                #expect(
                    huge["status"].text("message")
                        == "Pod was rejected: Unexpected error while attempting to recover from admission failure: "
                        + "preemption: error finding a set of pods to preempt: no set of running pods found to reclaim "
                        + "resources: [(res: cpu, q: 4200), ]")
            }
        }
    }

    @Test("who goes for a critical pod: those that are promised the least first, and of those the nearest in size")
    func victims() throws {
        func pod(_ name: String, cpu: String = "", isGuaranteed: Bool = false, priority: Int = 0) -> PodSpec {
            var resources: JSON = [:]
            if !cpu.isEmpty {
                resources["requests"] = ["cpu": .string(cpu), "memory": "1Mi"]
                if isGuaranteed { resources["limits"] = resources["requests"] }
            }
            return PodSpec([
                "metadata": ["name": .string(name), "uid": .string(name)],
                "spec": ["priority": JSON(priority), "containers": [["name": "c", "resources": resources]]],
            ])
        }
        let critical = pod("critical", cpu: "1", priority: 2_000_000_000)
        let pods = [
            pod("free"), pod("full", cpu: "900m", isGuaranteed: true), pod("small", cpu: "100m"),
            pod("near", cpu: "400m"), pod("large", cpu: "800m"), pod("other", cpu: "4", priority: 2_000_000_000),
        ]
        func gone(_ needs: CriticalPreemption.Need...) throws -> [String] {
            try CriticalPreemption.victims(needs, for: critical, among: pods).map(\.name)
        }
        #expect(try gone(.init(resource: "cpu", amount: 350)) == ["near"])
        #expect(try gone(.init(resource: "cpu", amount: 1_100)) == ["large", "near"])
        #expect(try gone(.init(resource: "cpu", amount: 2_000)) == ["large", "near", "full"])
        #expect(try gone(.init(resource: "pods", amount: 1)) == ["free"])
        #expect(throws: CriticalPreemption.Failure.self) { try gone(.init(resource: "cpu", amount: 2_500)) }
    }
}
