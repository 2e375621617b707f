import JSON
import KubeClient
import Testing

@testable import Scheduler

@Suite("which nodes may take a pod")
struct FilterTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let says: String
        var nodes: [JSON] = [Bench.node("n1")]
        var pods: [JSON] = []
        var others: [(ResourceID, JSON)] = []
        let pod: JSON
        /// The node, or the whole message.
        let expected: String

        var testDescription: String { says }
    }

    static func check(_ row: Case) {
        var bench = Bench()
        for (resource, object) in row.others { bench.set(resource, object) }
        for node in row.nodes { bench.set(.nodes, node) }
        for pod in row.pods { bench.set(.pods, pod) }
        #expect(bench.place(row.pod) == row.expected)
    }

    /// Preemption has its say after these messages; what it says is not under test here.
    static func none(_ count: Int, _ reasons: String, _ preemption: String = "") -> String {
        "0/\(count) nodes are available: \(reasons)."
            + (preemption.isEmpty ? "" : " no new claims to deallocate, preemption: \(preemption)")
    }

    static let tainted = Bench.node("n1") { node in
        node["spec"]["taints"] = [["key": "dedicated", "value": "db", "effect": "NoSchedule"]]
    }

    static let nodes: [Case] = [
        Case(says: "a pod that asks for nothing goes anywhere", pod: Bench.pod("a"), expected: "n1"),
        Case(
            says: "no nodes at all", nodes: [], pod: Bench.pod("a"), expected: "no nodes available to schedule pods"),
        Case(
            says: "a taint keeps pods off", nodes: [tainted], pod: Bench.pod("a"),
            expected: none(1, "1 node(s) had untolerated taint(s)", unhelpful(1))),
        Case(
            says: "a toleration of the key, value and effect lets a pod in", nodes: [tainted],
            pod: Bench.pod(
                "a",
                spec: [
                    "tolerations": [
                        ["key": "dedicated", "operator": "Equal", "value": "db", "effect": "NoSchedule"]
                    ]
                ]), expected: "n1"),
        Case(
            says: "a toleration of another value doesn't", nodes: [tainted],
            pod: Bench.pod("a", spec: ["tolerations": [["key": "dedicated", "value": "web"]]]),
            expected: none(1, "1 node(s) had untolerated taint(s)", unhelpful(1))),
        Case(
            says: "a toleration of everything does", nodes: [tainted],
            pod: Bench.pod("a", spec: ["tolerations": [["operator": "Exists"]]]), expected: "n1"),
        Case(
            says: "a taint that only prefers others keeps nobody off",
            nodes: [
                Bench.node("n1") { $0["spec"]["taints"] = [["key": "old", "effect": "PreferNoSchedule"]] }
            ], pod: Bench.pod("a"), expected: "n1"),
        Case(
            says: "a cordoned node gets no pods",
            nodes: [Bench.node("n1") { $0["spec"]["unschedulable"] = true }], pod: Bench.pod("a"),
            expected: none(1, "1 node(s) were unschedulable", unhelpful(1))),
        Case(
            says: "a cordoned node gets pods that tolerate it",
            nodes: [Bench.node("n1") { $0["spec"]["unschedulable"] = true }],
            pod: Bench.pod(
                "a", spec: ["tolerations": [["key": "node.kubernetes.io/unschedulable", "operator": "Exists"]]]),
            expected: "n1"),
        Case(
            says: "a nodeSelector finds its node",
            nodes: [Bench.node("n1"), Bench.node("n2", labels: ["disk": "ssd"])],
            pod: Bench.pod("a", spec: ["nodeSelector": ["disk": "ssd"]]), expected: "n2"),
        Case(
            says: "a nodeSelector that nothing matches", nodes: [Bench.node("n1"), Bench.node("n2")],
            pod: Bench.pod("a", spec: ["nodeSelector": ["disk": "ssd"]]),
            expected: none(2, "2 node(s) didn't match Pod's node affinity/selector", unhelpful(2))),
        Case(
            says: "a DaemonSet's pod, whose node is full of taints",
            nodes: [tainted, Bench.node("n2"), Bench.node("n3")],
            pod: Bench.pod(
                "a", spec: affinity([["matchFields": [["key": "metadata.name", "operator": "In", "values": ["n1"]]]]])),
            expected: none(
                3, "1 node(s) had untolerated taint(s), 2 node(s) didn't satisfy plugin(s) [NodeAffinity]",
                unhelpful(3))),
        Case(
            says: "a comparison of numbers",
            nodes: [Bench.node("n1", labels: ["cores": "4"]), Bench.node("n2", labels: ["cores": "16"])],
            pod: Bench.pod(
                "a", spec: affinity([["matchExpressions": [["key": "cores", "operator": "Gt", "values": ["8"]]]]])),
            expected: "n2"),
    ]

    static func affinity(_ terms: JSON) -> JSON {
        ["affinity": ["nodeAffinity": ["requiredDuringSchedulingIgnoredDuringExecution": ["nodeSelectorTerms": terms]]]]
    }

    /// What preemption says when evicting pods helps nowhere.
    static func unhelpful(_ count: Int) -> String {
        "0/\(count) nodes are available: \(count) Preemption is not helpful for scheduling."
    }

    @Test("by names, labels and taints", arguments: nodes)
    func byNode(_ row: Case) { Self.check(row) }

    static let resources: [Case] = [
        Case(says: "what is just enough is enough", pod: Bench.pod("a", cpu: "4", memory: "8Gi"), expected: "n1"),
        Case(
            says: "more than any node has", pod: Bench.pod("a", memory: "9Gi"),
            expected: none(1, "1 Insufficient memory", unhelpful(1))),
        Case(
            says: "several shortages of a node are all told", pod: Bench.pod("a", cpu: "5", memory: "9Gi"),
            expected: none(1, "1 Insufficient cpu, 1 Insufficient memory", unhelpful(1))),
        Case(
            says: "what pods of equal importance take can't be had",
            pods: [Bench.pod("b", on: "n1", cpu: "3")], pod: Bench.pod("a", cpu: "2"),
            expected: none(
                1, "1 Insufficient cpu",
                "0/1 nodes are available: 1 No preemption victims found for incoming pod.")),
        Case(
            says: "the number of pods is limited", nodes: [Bench.node("n1", pods: "1")],
            pods: [Bench.pod("b", on: "n1")], pod: Bench.pod("a"),
            expected: none(
                1, "1 Too many pods", "0/1 nodes are available: 1 No preemption victims found for incoming pod.")),
        Case(
            says: "a resource that no node has",
            pod: Bench.pod("a") {
                $0["spec"]["containers"] = [
                    ["name": "main", "image": "x", "resources": ["requests": ["example.com/gpu": "1"]]]
                ]
            }, expected: none(1, "1 Insufficient example.com/gpu", unhelpful(1))),
        Case(
            says: "finished pods take nothing",
            pods: [Bench.pod("b", on: "n1", cpu: "4") { $0["status"]["phase"] = "Succeeded" }],
            pod: Bench.pod("a", cpu: "4"), expected: "n1"),
        Case(
            says: "init containers need room one at a time, sidecars with the rest",
            pod: Bench.pod("a", cpu: "2") { pod in
                pod["spec"]["initContainers"] = [
                    ["name": "i1", "image": "x", "resources": ["requests": ["cpu": "3500m"]]],
                    ["name": "s1", "image": "x", "restartPolicy": "Always", "resources": ["requests": ["cpu": "2"]]],
                ]
            }, expected: "n1"),
        Case(
            says: "an init container after a sidecar needs room beside it",
            pod: Bench.pod("a", cpu: "1") { pod in
                pod["spec"]["initContainers"] = [
                    ["name": "s1", "image": "x", "restartPolicy": "Always", "resources": ["requests": ["cpu": "2"]]],
                    ["name": "i1", "image": "x", "resources": ["requests": ["cpu": "2500m"]]],
                ]
            }, expected: none(1, "1 Insufficient cpu", unhelpful(1))),
        Case(
            says: "nodes are told apart in one message",
            nodes: [tainted, Bench.node("n2", memory: "1Gi"), Bench.node("n3", memory: "2Gi")],
            pod: Bench.pod("a", memory: "5Gi"),
            expected: none(3, "1 node(s) had untolerated taint(s), 2 Insufficient memory", unhelpful(3))),
    ]

    @Test("by resources", arguments: resources)
    func byResources(_ row: Case) { Self.check(row) }
}
