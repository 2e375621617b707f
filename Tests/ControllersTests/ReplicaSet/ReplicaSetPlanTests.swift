import JSON
import KubeModel
import Testing

@testable import Controllers

@Suite struct ReplicaSetPlanTests {
    static let now = 1_800_000_000.0

    static func pod(
        _ name: String, node: String = "n1", phase: String = "Running", ready: Bool = true, age: Double = 100,
        cost: String? = nil, restarts: Int = 0
    ) -> JSON {
        let time: JSON = .string(Timestamp(now - age).text)
        var pod: JSON = [
            "metadata": [
                "name": .string(name), "namespace": "default", "uid": .string(name), "creationTimestamp": time,
                "labels": ["app": "web"],
            ],
            "spec": ["nodeName": .string(node)],
            "status": [
                "phase": .string(phase), "containerStatuses": [["restartCount": JSON(restarts)]],
                "conditions": [
                    ["type": "Ready", "status": .string(ready ? "True" : "False"), "lastTransitionTime": time]
                ],
            ],
        ]
        if let cost { pod.setAnnotation("controller.kubernetes.io/pod-deletion-cost", cost) }
        return pod
    }

    static func set(_ replicas: Int) -> JSON {
        [
            "metadata": ["name": "web", "uid": "set", "generation": 3],
            "spec": [
                "replicas": JSON(replicas), "minReadySeconds": 10,
                "template": ["metadata": ["labels": ["app": "web"]]],
            ],
        ]
    }

    @Test(
        "the difference is made up, at most 500 at once", arguments: [(0, 3, 3), (2, 3, 1), (0, 700, 500), (3, 3, 0)])
    func creates(_ there: Int, _ wanted: Int, _ created: Int) {
        let pods = (0..<there).map { Self.pod("p\($0)") }
        let change = ReplicaSetPlan.change(Self.set(wanted), pods: pods, related: pods, now: Self.now)
        #expect(change == ReplicaSetPlan.Change(create: created))
    }

    /// Each pair: the first goes before the second.
    static let order: [(JSON, JSON)] = [
        (pod("b", node: ""), pod("a")),
        (pod("b", phase: "Pending"), pod("a")),
        (pod("b", ready: false), pod("a")),
        (pod("b", cost: "-5"), pod("a")),
        (pod("b", age: 10), pod("a", age: 10_000)),
        (pod("b", restarts: 3), pod("a")),
        (pod("a", age: 100), pod("b", age: 101)),
    ]

    @Test("of two pods that one goes that costs least", arguments: order)
    func goesFirst(_ first: JSON, _ second: JSON) {
        for pods in [[first, second], [second, first]] {
            let change = ReplicaSetPlan.change(Self.set(1), pods: pods, related: [], now: Self.now)
            #expect(change.delete.map(\.objectName) == [first.objectName])
        }
    }

    @Test("pods on crowded nodes go first")
    func crowded() {
        let pods = [Self.pod("a", node: "n1"), Self.pod("b", node: "n2")]
        let change = ReplicaSetPlan.change(
            Self.set(1), pods: pods, related: pods + [Self.pod("c", node: "n2")], now: Self.now)
        #expect(change.delete.map(\.objectName) == ["b"])
    }

    @Test("a status counts what is ready, available, and fails")
    func status() {
        let pods = [Self.pod("a"), Self.pod("b", age: 5), Self.pod("c", ready: false)]
        let status = ReplicaSetPlan.status(
            Self.set(4), pods: pods, terminating: [], failure: "quota", now: Self.now)
        #expect(status["replicas"] == 3 && status["readyReplicas"] == 2 && status["availableReplicas"] == 1)
        #expect(status["fullyLabeledReplicas"] == 3 && status["terminatingReplicas"] == 0)
        #expect(status["observedGeneration"] == 3)
        let condition = Conditions.find("ReplicaFailure", in: status)
        #expect(condition["reason"] == "FailedCreate" && condition["message"] == "quota")
        var healed = Self.set(3)
        healed["status"] = status
        let after = ReplicaSetPlan.status(healed, pods: pods, terminating: [], failure: nil, now: Self.now)
        #expect(after["conditions"].isNull)
    }
}
