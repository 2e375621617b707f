import JSON
import KubeClient
import KubeModel
import Testing

@testable import Controllers

@Suite struct DisruptionPlanTests {
    static let now = 1_800_000_000.0

    static func pod(_ name: String, ready: Bool = true) -> JSON {
        [
            "metadata": ["name": .string(name)],
            "status": ["conditions": [["type": "Ready", "status": .string(ready ? "True" : "False")]]],
        ]
    }

    static let cases: [(spec: JSON, ready: Int, size: Int, allowed: Int, desired: Int)] = [
        (["minAvailable": 2], 3, 99, 1, 2),
        (["minAvailable": "50%"], 3, 4, 1, 2),
        (["maxUnavailable": 1], 3, 3, 1, 2),
        (["maxUnavailable": 1], 2, 3, 0, 2),
        (["maxUnavailable": "10%"], 3, 3, 1, 2),
        (["maxUnavailable": 0], 3, 3, 0, 3),
        (["maxUnavailable": 5], 0, 0, 0, 0),
    ]

    @Test("a budget grants what is left over", arguments: cases.indices)
    func counts(_ index: Int) throws {
        let (spec, ready, size, allowed, desired) = Self.cases[index]
        let budget: JSON = ["metadata": ["generation": 1], "spec": spec]
        let plan = try DisruptionPlan(
            budget, pods: (0..<ready).map { Self.pod("p\($0)") }, expected: { size }, now: Self.now)
        #expect(plan.status["disruptionsAllowed"].int == allowed && plan.status["desiredHealthy"].int == desired)
        let condition = Conditions.find("DisruptionAllowed", in: plan.status)
        #expect(condition["reason"] == (allowed > 0 ? "SufficientPods" : "InsufficientPods"))
    }

    @Test("granted evictions count until the pod goes, or two minutes are over")
    func granted() throws {
        let budget: JSON = [
            "metadata": ["generation": 1], "spec": ["minAvailable": 1],
            "status": [
                "disruptedPods": [
                    "a": .string(Timestamp(Self.now - 10).text), "b": .string(Timestamp(Self.now - 200).text),
                    "gone": .string(Timestamp(Self.now).text),
                ]
            ],
        ]
        let plan = try DisruptionPlan(budget, pods: [Self.pod("a"), Self.pod("b")], expected: { 0 }, now: Self.now)
        #expect(plan.status["currentHealthy"] == 1 && plan.status["disruptedPods"].object?.names == ["a"])
        #expect(plan.lingering.map(\.objectName) == ["b"] && plan.recheck == 110)
    }
}

@Suite struct DisruptionTests {
    @Test("a budget follows its deployment's pods, and an eviction it doesn't grant is refused")
    func follows() async throws {
        try await TestCluster.with { cluster in
            try await cluster.api.create(
                .podDisruptionBudgets,
                [
                    "apiVersion": "policy/v1", "kind": "PodDisruptionBudget",
                    "metadata": ["name": "web", "namespace": "default"],
                    "spec": ["maxUnavailable": 1, "selector": ["matchLabels": ["app": "web"]]],
                ])
            try await cluster.api.create(.deployments, TestCluster.deployment("web", replicas: 2))
            let pods = try await cluster.until("pods", .pods) { $0.count == 2 }
            _ = try await cluster.until("none", .podDisruptionBudgets, "default", "web") {
                $0["status"]["expectedPods"] == 2 && $0["status"]["disruptionsAllowed"] == 0
            }
            for pod in pods { try await cluster.run(pod) }
            _ = try await cluster.until("one", .podDisruptionBudgets, "default", "web") {
                $0["status"]["disruptionsAllowed"] == 1 && $0["status"]["currentHealthy"] == 2
            }
        }
    }
}
