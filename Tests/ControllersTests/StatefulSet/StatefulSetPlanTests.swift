import JSON
import KubeClient
import KubeModel
import Testing

@testable import Controllers

@Suite struct StatefulSetPlanTests {
    static let now = 1_800_000_000.0

    static func set(_ replicas: Int, policy: String = "OrderedReady", partition: Int? = nil, claims: Bool = false)
        -> JSON
    {
        var rolling: JSON = ["type": "RollingUpdate"]
        if let partition { rolling["rollingUpdate"] = ["partition": JSON(partition)] }
        var spec: JSON = [
            "replicas": JSON(replicas), "podManagementPolicy": .string(policy), "serviceName": "web",
            "updateStrategy": rolling, "selector": ["matchLabels": ["app": "web"]],
            "template": ["metadata": ["labels": ["app": "web"]], "spec": ["containers": [["name": "c"]]]],
        ]
        if claims { spec["volumeClaimTemplates"] = [["metadata": ["name": "data"], "spec": ["x": "y"]]] }
        return [
            "apiVersion": "apps/v1", "kind": "StatefulSet",
            "metadata": ["name": "web", "namespace": "default", "uid": "s", "generation": 2], "spec": spec,
            "status": ["currentReplicas": JSON(replicas)],
        ]
    }

    static func pod(_ ordinal: Int, revision: String = "new", phase: String = "Running", ready: Bool = true) -> JSON {
        [
            "metadata": [
                "name": .string("web-\(ordinal)"), "namespace": "default", "uid": .string("u\(ordinal)"),
                "labels": [
                    "app": "web", "controller-revision-hash": .string(revision),
                    "statefulset.kubernetes.io/pod-name": .string("web-\(ordinal)"),
                ],
            ],
            "spec": [:],
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

    static func plan(_ set: JSON, _ pods: [JSON], current: String = "new") -> StatefulSetPlan {
        StatefulSetPlan(
            set: set, current: current, update: "new", currentSet: set, updateSet: set, pods: pods,
            isGoing: { $0.isBeingDeleted }, hasClaimOwners: { _ in true }, now: now)
    }

    static func words(_ steps: [StatefulSetPlan.Step]) -> [String] {
        steps.map { step in
            switch step {
            case .create(let pod): "create \(pod.objectName)"
            case .claims(let pod): "claims \(pod.objectName)"
            case .repair(let pod): "repair \(pod.objectName)"
            case .delete(let pod): "delete \(pod.objectName)"
            }
        }
    }

    static let cases: [(StatefulSetPlan, [String])] = [
        (plan(set(3), []), ["create web-0"]),
        (plan(set(3), [pod(0, ready: false)]), []),
        (plan(set(3), [pod(0)]), ["create web-1"]),
        (plan(set(3, policy: "Parallel"), []), ["create web-0", "create web-1", "create web-2"]),
        (plan(set(1), [pod(0), pod(1), pod(2)]), ["delete web-2"]),
        (plan(set(1), [pod(0, ready: false), pod(1)]), []),
        (plan(set(0, policy: "Parallel"), [pod(0), pod(1)]), ["delete web-1", "delete web-0"]),
        (plan(set(2), [pod(0, revision: "old"), pod(1, revision: "old")], current: "old"), ["delete web-1"]),
        (plan(set(2), [pod(0, revision: "old"), pod(1, ready: false)], current: "old"), []),
        (plan(set(2), [pod(0, revision: "old"), pod(1)], current: "old"), ["delete web-0"]),
        (plan(set(2, partition: 1), [pod(0, revision: "old"), pod(1)], current: "old"), []),
        (plan(set(2), [pod(0, phase: "Failed"), pod(1)]), ["delete web-0"]),
        (plan(set(1), [pod(0, phase: "Pending", ready: false)]), ["claims web-0"]),
    ]

    @Test("pods come in order and go in the reverse one", arguments: cases.indices)
    func steps(_ index: Int) {
        #expect(Self.words(Self.cases[index].0.steps()) == Self.cases[index].1)
    }

    @Test("below the partition pods are made of the old template")
    func partition() throws {
        let set = Self.set(2, partition: 1)
        let first = try #require(Self.plan(set, [], current: "old").steps().first)
        guard case .create(let pod) = first else { return #expect(Bool(false)) }
        #expect(StatefulPod.revision(pod) == "old")
        #expect(pod["spec"]["hostname"] == "web-0" && pod["spec"]["subdomain"] == "web")
        #expect(pod.labels["apps.kubernetes.io/pod-index"] == "0")
    }

    @Test("a pod mounts the claims of its ordinal")
    func claims() {
        let set = Self.set(1, claims: true)
        let pod = StatefulPod.make(set, 4, revision: "r")
        #expect(pod["spec"]["volumes"] == [["name": "data", "persistentVolumeClaim": ["claimName": "data-web-4"]]])
        let claim = StatefulPod.claims(set, 4)[0]
        #expect(claim.objectName == "data-web-4" && claim.labels["app"] == "web")
    }

    @Test("the status counts pods by revision, and a rollout that is done moves the current one")
    func status() {
        let half = Self.plan(Self.set(2), [Self.pod(0, revision: "old"), Self.pod(1)], current: "old").status(
            collisions: 0)
        #expect(half["currentRevision"] == "old" && half["currentReplicas"] == 1 && half["updatedReplicas"] == 1)
        let done = Self.plan(Self.set(2), [Self.pod(0), Self.pod(1)], current: "old").status(collisions: 0)
        #expect(done["currentRevision"] == "new" && done["currentReplicas"] == 2 && done["readyReplicas"] == 2)
    }

    @Test("a claim's owners follow the retention policy")
    func owners() {
        var set = Self.set(1)
        let claim: JSON = ["metadata": ["name": "data-web-0"]]
        #expect(ClaimOwners.wanted(claim, set, Self.pod(0)).isEmpty)
        set["spec", "persistentVolumeClaimRetentionPolicy"] = ["whenDeleted": "Delete", "whenScaled": "Delete"]
        #expect(ClaimOwners.wanted(claim, set, Self.pod(0)).map { $0.text("uid") } == ["s"])
        #expect(ClaimOwners.wanted(claim, set, Self.pod(1)).map { $0.text("uid") } == ["u1"])
    }
}

/// On a real API server.
@Suite(.serialized) struct StatefulSetTests {
    @Test("pods come one after the other, are rolled from the last on, and go with their set")
    func lifecycle() async throws {
        try await TestCluster.with { cluster in
            var set = StatefulSetPlanTests.set(2, claims: true)
            set["metadata"] = ["name": "web", "namespace": "default"]
            set.remove("status")
            set["spec", "template", "spec"] = ["containers": [["name": "c", "image": "x:1"]]]
            set["spec", "volumeClaimTemplates"] = [
                [
                    "metadata": ["name": "data"],
                    "spec": [
                        "accessModes": ["ReadWriteOnce"], "resources": ["requests": ["storage": "1Gi"]],
                    ],
                ]
            ]
            try await cluster.until("account", .serviceAccounts) { !$0.isEmpty }
            try await cluster.api.create(.statefulSets, set)
            try await cluster.until("first", .pods) { $0.map(\.objectName) == ["web-0"] }
            try await cluster.withKubelet {
                try await cluster.until("both", .pods) { $0.count == 2 && $0.allSatisfy { PodFacts.isReady($0) } }
                try await cluster.until("claims", .persistentVolumeClaims) {
                    Set($0.map(\.objectName)) == ["data-web-0", "data-web-1"]
                }
                _ = try await cluster.api.patch(
                    .statefulSets, "default", "web", subresource: "",
                    .strategic(["spec": ["template": ["spec": ["containers": [["name": "c", "image": "x:2"]]]]]]))
                _ = try await cluster.until("rolled", .statefulSets, "default", "web") {
                    let status = $0["status"]
                    return status["updatedReplicas"] == 2 && status["currentRevision"] == status["updateRevision"]
                        && status["observedGeneration"] == 2
                }
                let pods = try await cluster.api.list(.pods, "default").items
                #expect(pods.allSatisfy { $0["spec"]["containers"][0]["image"] == "x:2" })
                #expect(try await cluster.api.list(.controllerRevisions, "default").items.count == 2)
                try await cluster.api.delete(.statefulSets, "default", "web", .null)
                try await cluster.until("gone", .pods) { $0.isEmpty }
                try await cluster.until("history gone", .controllerRevisions) { $0.isEmpty }
            }
        }
    }
}
