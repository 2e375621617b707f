import JSON
import KubeClient
import KubeModel
import Testing

@testable import Controllers

@Suite struct DaemonSetPlanTests {
    static let now = 1_800_000_000.0

    static func set(rolling: JSON = ["maxUnavailable": 1, "maxSurge": 0], selector: JSON = .null) -> JSON {
        var spec: JSON = ["containers": [["name": "c", "image": "x"]]]
        if !selector.isNull { spec["nodeSelector"] = selector }
        return [
            "apiVersion": "apps/v1", "kind": "DaemonSet",
            "metadata": ["name": "agent", "namespace": "default", "uid": "d", "generation": 1],
            "spec": [
                "updateStrategy": ["type": "RollingUpdate", "rollingUpdate": rolling],
                "template": ["metadata": ["labels": ["app": "agent"]], "spec": spec],
            ],
        ]
    }

    static func node(_ name: String, taint: String = "", labels: JSON = [:]) -> JSON {
        var node: JSON = ["metadata": ["name": .string(name), "labels": labels], "spec": [:]]
        if !taint.isEmpty { node["spec", "taints"] = [["key": "x", "effect": .string(taint)]] }
        return node
    }

    static func pod(_ node: String, hash: String = "new", phase: String = "Running", ready: Bool = true) -> JSON {
        [
            "metadata": [
                "name": .string("p-\(node)-\(hash)"), "namespace": "default", "uid": .string("p-\(node)-\(hash)"),
                "labels": ["controller-revision-hash": .string(hash)], "creationTimestamp": "2026-01-01T00:00:00Z",
            ],
            "spec": ["nodeName": .string(node)],
            "status": [
                "phase": .string(phase),
                "conditions": [
                    [
                        "type": "Ready", "status": .string(ready ? "True" : "False"),
                        "lastTransitionTime": "2026-01-01T00:00:00Z",
                    ]
                ],
            ],
        ]
    }

    static func plan(set: JSON = set(), _ nodes: [JSON], _ pods: [JSON], mayReplace: Bool = true) -> DaemonSetPlan {
        DaemonSetPlan(
            set: set, nodes: nodes, pods: Dictionary(grouping: pods, by: DaemonPod.node),
            isGoing: { $0.isBeingDeleted }, hash: "new", mayReplace: { _ in mayReplace }, now: now)
    }

    @Test("every node that fits gets one pod; taints keep new ones away and drive others out")
    func placement() {
        let nodes = [
            Self.node("a"), Self.node("b", taint: "NoSchedule"), Self.node("c", taint: "NoExecute"), Self.node("d"),
        ]
        let change = Self.plan(nodes, [Self.pod("b"), Self.pod("c"), Self.pod("d"), Self.pod("d", hash: "old")])
            .change()
        #expect(change.create == ["a"])
        #expect(change.delete.map(\.objectName) == ["p-c-new", "p-d-old"])
        let picky = Self.plan(
            set: Self.set(selector: ["disk": "ssd"]), [Self.node("a"), Self.node("b", labels: ["disk": "ssd"])], [])
        #expect(picky.change().create == ["b"])
    }

    @Test("a failed pod is told of and replaced, after a pause")
    func failed() {
        let plan = Self.plan([Self.node("a")], [Self.pod("a", phase: "Failed")])
        #expect(plan.change().notes.map(\.reason) == ["FailedDaemonPod"] && plan.change().delete.count == 1)
        let early = Self.plan([Self.node("a")], [Self.pod("a", phase: "Failed")], mayReplace: false)
        #expect(early.change().delete.isEmpty)
    }

    @Test("a rolling update takes sick pods at once and well ones within the limit")
    func rolling() {
        let nodes = ["a", "b", "c"].map { Self.node($0) }
        let pods = [Self.pod("a", hash: "old"), Self.pod("b", hash: "old"), Self.pod("c", hash: "old", ready: false)]
        #expect(Self.plan(nodes, pods).rolling().delete.map(\.objectName) == ["p-c-old"])
        let well = [Self.pod("a", hash: "old"), Self.pod("b", hash: "old"), Self.pod("c")]
        #expect(Self.plan(nodes, well).rolling().delete.count == 1)
        let surge = Self.plan(set: Self.set(rolling: ["maxSurge": 1, "maxUnavailable": 0]), nodes, well)
        #expect(surge.rolling().create == ["a"] && surge.rolling().delete.isEmpty)
    }

    @Test("a pod is bound to its node and tolerates what daemons tolerate")
    func pod() {
        let pod = DaemonPod.make(Self.set(), node: "a", hash: "h")
        #expect(DaemonPod.node(pod) == "a" && pod["spec"].list("tolerations").count == 6)
        #expect(pod.labels["controller-revision-hash"] == "h")
    }

    @Test("the status counts nodes")
    func status() {
        let nodes = [Self.node("a"), Self.node("b"), Self.node("c", taint: "NoSchedule")]
        let status = Self.plan(nodes, [Self.pod("a"), Self.pod("c")]).status()
        #expect(status["desiredNumberScheduled"] == 2 && status["currentNumberScheduled"] == 1)
        #expect(status["numberMisscheduled"] == 1 && status["numberReady"] == 1 && status["numberUnavailable"] == 1)
    }
}

/// On a real API server.
@Suite struct DaemonSetTests {
    @Test("a daemon set has a pod on every node, also on one that comes later")
    func nodes() async throws {
        try await TestCluster.with { cluster in
            func add(_ name: String) async throws {
                try await cluster.api.create(
                    .nodes, ["apiVersion": "v1", "kind": "Node", "metadata": ["name": .string(name)], "spec": [:]])
                let time: JSON = .string(Timestamp(cluster.now()).text)
                let ready: JSON = [
                    "type": "Ready", "status": "True", "lastHeartbeatTime": time, "lastTransitionTime": time,
                ]
                _ = try await cluster.api.patch(
                    .nodes, "", name, subresource: "status", .strategic(["status": ["conditions": [ready]]]))
            }
            try await add("n1")
            try await cluster.until("account", .serviceAccounts) { !$0.isEmpty }
            var set = DaemonSetPlanTests.set()
            set["metadata"] = ["name": "agent", "namespace": "default"]
            set["spec", "selector"] = ["matchLabels": ["app": "agent"]]
            try await cluster.api.create(.daemonSets, set)
            try await cluster.until("first", .pods) { $0.map(DaemonPod.node) == ["n1"] }
            try await add("n2")
            try await cluster.until("second", .pods) { Set($0.map(DaemonPod.node)) == ["n1", "n2"] }
            _ = try await cluster.until("status", .daemonSets, "default", "agent") {
                $0["status"]["desiredNumberScheduled"] == 2 && $0["status"]["currentNumberScheduled"] == 2
            }
        }
    }
}
