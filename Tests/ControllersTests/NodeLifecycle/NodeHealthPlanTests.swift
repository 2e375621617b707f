import JSON
import KubeClient
import KubeModel
import Testing

@testable import Controllers

@Suite struct NodeHealthPlanTests {
    static let now = 1_800_000_000.0

    static func node(_ name: String, ready: String, taints: [JSON] = [], unschedulable: Bool = false) -> JSON {
        var node: JSON = [
            "apiVersion": "v1", "kind": "Node",
            "metadata": ["name": .string(name), "creationTimestamp": "2026-01-01T00:00:00Z"], "spec": [:],
            "status": ["conditions": [["type": "Ready", "status": .string(ready), "reason": "KubeletReady"]]],
        ]
        if !taints.isEmpty { node["spec", "taints"] = .array(taints) }
        if unschedulable { node["spec", "unschedulable"] = true }
        return node
    }

    static func texts(_ taints: [JSON]) -> [String] {
        taints.map { "\($0.text("key").split(separator: "/").last ?? ""):\($0.text("effect"))" }.sorted()
    }

    @Test("a silent node's conditions become Unknown")
    func silence() {
        let conditions = NodeHealthPlan.silenced(Self.node("a", ready: "True"), now: Self.now)
        #expect(conditions.map { $0.text("type") } == ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"])
        #expect(conditions.allSatisfy { $0.text("status") == "Unknown" })
        #expect(conditions[0]["reason"] == "NodeStatusUnknown")
        #expect(conditions[1]["message"] == "Kubelet never posted node status.")
    }

    static let cases: [(JSON, evicts: Bool, [String])] = [
        (node("a", ready: "True"), true, []),
        (node("a", ready: "False"), true, ["not-ready:NoExecute", "not-ready:NoSchedule"]),
        (node("a", ready: "Unknown"), true, ["unreachable:NoExecute", "unreachable:NoSchedule"]),
        (node("a", ready: "Unknown"), false, ["unreachable:NoSchedule"]),
        (node("a", ready: "True", unschedulable: true), true, ["unschedulable:NoSchedule"]),
        (
            node(
                "a", ready: "True",
                taints: [
                    ["key": "x/own", "effect": "NoExecute"],
                    ["key": "node.kubernetes.io/not-ready", "effect": "NoExecute"],
                ]
            ), true, ["own:NoExecute"]
        ),
    ]

    @Test("a node's taints follow its conditions; others' stay", arguments: cases.indices)
    func taints(_ index: Int) {
        let (node, evicts, wanted) = Self.cases[index]
        #expect(Self.texts(NodeHealthPlan.taints(node, evicts: evicts, now: Self.now)) == wanted)
    }

    @Test("when no node is ready nothing is evicted, nor in a small zone that is mostly down")
    func disruption() {
        let (up, down) = (Self.node("u", ready: "True"), Self.node("d", ready: "False"))
        #expect(!NodeHealthPlan.evicts(zone: "", nodes: [down]))
        #expect(NodeHealthPlan.evicts(zone: "", nodes: [up, down]))
        #expect(NodeHealthPlan.evicts(zone: "", nodes: [up, down, down]))
        #expect(!NodeHealthPlan.evicts(zone: "", nodes: [up, down, down, down]))
    }

    static let tolerations: [([JSON], TaintEvictionPlan)] = [
        ([], .goes(after: 0)),
        ([["operator": "Exists"]], .stays),
        ([["key": "node.kubernetes.io/not-ready", "operator": "Exists", "tolerationSeconds": 300]], .goes(after: 300)),
        ([["key": "other", "operator": "Exists"]], .goes(after: 0)),
        ([["key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoSchedule"]], .goes(after: 0)),
        ([["key": "node.kubernetes.io/not-ready", "value": ""]], .stays),
    ]

    @Test("a pod stays as long as it tolerates the taints", arguments: tolerations.indices)
    func evicts(_ index: Int) {
        let taint: JSON = ["key": "node.kubernetes.io/not-ready", "effect": "NoExecute"]
        #expect(TaintEvictionPlan(tolerations: Self.tolerations[index].0, taints: [taint]) == Self.tolerations[index].1)
        #expect(TaintEvictionPlan(tolerations: Self.tolerations[index].0, taints: []) == .stays)
    }

    @Test("nodes get the first free part of the network")
    func networks() throws {
        let plan = try #require(NodeNetworkPlan("10.244.0.0/16"))
        #expect(plan.free([]) == "10.244.0.0/24")
        #expect(plan.free(["10.244.0.0/24", "10.244.2.0/24"]) == "10.244.1.0/24")
        #expect(plan.network(255) == "10.244.255.0/24")
        #expect(try #require(NodeNetworkPlan("192.168.7.0/24")).free(["192.168.7.0/24"]) == nil)
        #expect(NodeNetworkPlan("fd00::/64") == nil && NodeNetworkPlan("10.0.0.0/28") == nil)
    }

    @Test("the more nodes, the longer kubelets trust what they have read")
    func trust() {
        #expect(NodeTTLPlan.step(from: 0, nodes: 100) == 0 && NodeTTLPlan.step(from: 0, nodes: 101) == 1)
        #expect(NodeTTLPlan.step(from: 1, nodes: 95) == 1 && NodeTTLPlan.step(from: 1, nodes: 89) == 0)
        #expect(NodeTTLPlan.step(from: 0, nodes: 5_000) == 4)
    }

    @Test("pods that nobody will end are garbage")
    func garbage() {
        let placed: JSON = ["metadata": ["name": "p"], "spec": ["nodeName": "n"]]
        var going = placed
        going["metadata", "deletionTimestamp"] = "2026-01-01T00:00:00Z"
        var homeless = going
        homeless["spec"] = [:]
        let out = Self.node(
            "n", ready: "False", taints: [["key": "node.kubernetes.io/out-of-service", "effect": "NoExecute"]])
        #expect(PodGarbagePlan.fault(placed, node: out) == nil)
        #expect(PodGarbagePlan.fault(going, node: out) == .nodeOutOfService)
        #expect(PodGarbagePlan.fault(placed, node: nil) == .nodeGone)
        #expect(PodGarbagePlan.fault(homeless, node: nil) == .neverPlaced)
    }
}

/// On a real API server.
@Suite(.serialized) struct NodeLifecycleTests {
    private func beginNode(_ cluster: TestCluster, _ name: String) async throws {
        try await cluster.api.create(
            .nodes, ["apiVersion": "v1", "kind": "Node", "metadata": ["name": .string(name)], "spec": [:]])
        try await tell(cluster, name)
    }

    private func tell(_ cluster: TestCluster, _ name: String, ready: String = "True") async throws {
        let time: JSON = .string(Timestamp(cluster.now()).text)
        let condition: JSON = [
            "type": "Ready", "status": .string(ready), "lastHeartbeatTime": time, "lastTransitionTime": time,
            "reason": "KubeletReady", "message": "x",
        ]
        _ = try await cluster.api.patch(
            .nodes, "", name, subresource: "status", .strategic(["status": ["conditions": [condition]]]))
    }

    @Test("a node gets its network, and one that falls silent loses its pods")
    func silence() async throws {
        var settings = ControllerSettings()
        settings.nodeGraceSeconds = 1.5
        try await TestCluster.with(settings) { cluster in
            try await beginNode(cluster, "n1")
            try await beginNode(cluster, "n2")
            try await cluster.until("networks", .nodes, "") {
                Set($0.map { $0["spec"].text("podCIDR") }) == ["10.244.0.0/24", "10.244.1.0/24"]
            }
            try await cluster.until("account", .serviceAccounts) { !$0.isEmpty }
            let pod: JSON = [
                "apiVersion": "v1", "kind": "Pod", "metadata": ["name": "a", "namespace": "default"],
                "spec": [
                    "nodeName": "n1", "containers": [["name": "c", "image": "x"]],
                    "tolerations": [
                        [
                            "key": "node.kubernetes.io/unreachable", "operator": "Exists", "effect": "NoExecute",
                            "tolerationSeconds": 0,
                        ]
                    ],
                ],
            ]
            try await cluster.run(try await cluster.api.create(.pods, pod))
            // n2 keeps telling.
            let telling = Task {
                while !Task.isCancelled {
                    try? await tell(cluster, "n2")
                    try? await Task.sleep(for: .milliseconds(300))
                }
            }
            defer { telling.cancel() }
            let node = try await cluster.until("unknown", .nodes, "", "n1") { NodeFacts.ready($0) == "Unknown" }
            #expect(NodeFacts.condition(node, "Ready")["message"] == "Kubelet stopped posting node status.")
            _ = try await cluster.until("tainted", .nodes, "", "n1") {
                !NodeFacts.taints($0, "NoExecute").isEmpty && !NodeFacts.taints($0, "NoSchedule").isEmpty
            }
            _ = try await cluster.until("going", .pods, "default", "a") { $0.isBeingDeleted && !PodFacts.isReady($0) }
            try await cluster.until("events", .events, "") { events in
                events.contains { $0.text("reason") == "NodeNotReady" }
                    && events.contains { $0.text("message") == "Marking for deletion Pod default/a" }
                    && events.contains {
                        $0.text("message") == "Node n1 event: Registered Node n1 in Controller"
                            && $0["involvedObject"].text("name") == "n1"
                    }
            }
            try await tell(cluster, "n1")
            _ = try await cluster.until("well", .nodes, "", "n1") { $0["spec"].list("taints").isEmpty }
        }
    }
}
