import JSON
import KubeClient
import Testing

@testable import Scheduler

@Suite("which of the nodes that will do is best")
struct ScoreTests {
    /// Each node's score by one plugin, before its weight.
    private static func scores(
        _ plugin: any ScorePlugin, nodes: [JSON], pods: [JSON] = [], others: [(ResourceID, JSON)] = [], _ pod: JSON
    )
        -> [Int]?
    {
        var groups = PodGroups()
        var cluster = ClusterState()
        for (resource, object) in others { cluster.related.set(resource, ObjectKey(object), object) }
        for node in nodes { _ = cluster.setNode(NodeFacts(node)) }
        for pod in pods { cluster.place(PodFacts(pod, &groups), on: pod["spec"]["nodeName"].string ?? "") }
        let inOrder = nodes.compactMap { cluster.node($0["metadata"]["name"].string ?? "") }
        guard var scorer = plugin.prepare(PodFacts(pod, &groups), inOrder, cluster) else { return nil }
        var scores = inOrder.map { scorer.score($0) }
        scorer.normalize(&scores)
        return scores
    }

    private static let two = [Bench.node("n1"), Bench.node("n2")]

    @Test("where more is left: the mean of the free shares of cpu and memory, the pod counted")
    func leastAllocated() {
        let nodes = [Bench.node("n1", cpu: "4", memory: "10000"), Bench.node("n2", cpu: "6", memory: "10000")]
        let pod = Bench.pod("p", cpu: "3", memory: "5000")
        // Of 4 cores a quarter is left, of 6 half; of the memory half.
        #expect(Self.scores(NodeResourcesFit(), nodes: nodes, pod) == [37, 50])
    }

    @Test("a container that asks for nothing counts as a tenth of a core and 200 MiB")
    func guessed() {
        let nodes = [Bench.node("n1", cpu: "1", memory: "400Mi")]
        #expect(Self.scores(NodeResourcesFit(), nodes: nodes, Bench.pod("p")) == [70])
    }

    @Test("balanced shares of cpu and memory; nothing to say of pods that ask for nothing")
    func balanced() {
        let nodes = [Bench.node("n1", cpu: "4", memory: "8Gi")]
        #expect(Self.scores(BalancedAllocation(), nodes: nodes, Bench.pod("p")) == nil)
        #expect(Self.scores(BalancedAllocation(), nodes: nodes, Bench.pod("p", cpu: "2", memory: "4Gi")) == [75])
        // A share of a half against none: a deviation of a quarter.
        #expect(Self.scores(BalancedAllocation(), nodes: nodes, Bench.pod("p", cpu: "2")) == [62])
    }

    @Test("the fewer intolerable PreferNoSchedule taints the better")
    func taints() {
        let nodes = [
            Bench.node("n1"),
            Bench.node("n2") { $0["spec"]["taints"] = [["key": "a", "effect": "PreferNoSchedule"]] },
            Bench.node("n3") { node in
                node["spec"]["taints"] = [
                    ["key": "a", "effect": "PreferNoSchedule"], ["key": "b", "effect": "PreferNoSchedule"],
                ]
            },
        ]
        #expect(Self.scores(TaintToleration(), nodes: nodes, Bench.pod("p")) == [100, 50, 0])
    }

    @Test("preferred node affinity by weight")
    func preferredNodes() {
        let nodes = [
            Bench.node("n1", labels: ["a": "1"]), Bench.node("n2", labels: ["a": "1", "b": "1"]), Bench.node("n3"),
        ]
        func term(_ key: String, _ weight: Int) -> JSON {
            [
                "weight": JSON(weight),
                "preference": ["matchExpressions": [["key": .string(key), "operator": "Exists"]]],
            ]
        }
        let pod = Bench.pod(
            "p",
            spec: [
                "affinity": [
                    "nodeAffinity": ["preferredDuringSchedulingIgnoredDuringExecution": [term("a", 2), term("b", 5)]]
                ]
            ])
        #expect(Self.scores(NodeAffinity(), nodes: nodes, pod) == [28, 100, 0])
    }

    @Test("images that are there, weighed by how many nodes have them")
    func images() {
        func node(_ name: String, _ bytes: Int) -> JSON {
            Bench.node(name) { $0["status"]["images"] = [["names": ["app:1"], "sizeBytes": JSON(bytes)]] }
        }
        let mebibyte = 1 << 20
        let nodes = [node("n1", 1_000 * mebibyte), node("n2", 1_000 * mebibyte)]
        #expect(Self.scores(ImageLocality(), nodes: nodes, Bench.pod("p")) == [100, 100])
        #expect(Self.scores(ImageLocality(), nodes: [nodes[0], Bench.node("n2")], Bench.pod("p")) == [48, 0])
        #expect(NodeImages.name("registry:5000/busybox") == "registry:5000/busybox:latest")
    }

    private static let web = ["app": "web"]
    private static func near(_ kind: String, weight: Int) -> JSON {
        [
            "affinity": [
                .init(stringLiteral: kind): [
                    "preferredDuringSchedulingIgnoredDuringExecution": [
                        [
                            "weight": JSON(weight),
                            "podAffinityTerm": [
                                "labelSelector": ["matchLabels": ["app": "web"]],
                                "topologyKey": "kubernetes.io/hostname",
                            ],
                        ]
                    ]
                ]
            ]
        ]
    }

    @Test("near pods that are wanted, far from those that aren't, from either's point of view")
    func affinity() {
        let web = [Bench.pod("x", on: "n2", labels: Self.web)]
        #expect(
            Self.scores(
                InterPodAffinity(), nodes: Self.two, pods: web,
                Bench.pod("p", spec: Self.near("podAffinity", weight: 5)))
                == [0, 100])
        #expect(
            Self.scores(
                InterPodAffinity(), nodes: Self.two, pods: web,
                Bench.pod("p", spec: Self.near("podAntiAffinity", weight: 5)))
                == [100, 0])
        let wanting = [Bench.pod("x", on: "n1", spec: Self.near("podAffinity", weight: 5))]
        #expect(
            Self.scores(InterPodAffinity(), nodes: Self.two, pods: wanting, Bench.pod("p", labels: Self.web)) == [
                100, 0,
            ])
        #expect(Self.scores(InterPodAffinity(), nodes: Self.two, pods: web, Bench.pod("p")) == nil)
    }

    @Test("pods of one service lie apart though nobody says so")
    func defaultSpread() {
        let service: JSON = [
            "metadata": ["name": "web", "namespace": "default"], "spec": ["selector": ["app": "web"]],
        ]
        let pods = (0..<3).map { Bench.pod("x\($0)", on: "n1", labels: Self.web) }
        let pod = Bench.pod("p", labels: Self.web)
        // ln(4) a pod and 2 for the skew allowed: 6 against 2.
        #expect(
            Self.scores(PodTopologySpread(), nodes: Self.two, pods: pods, others: [(.services, service)], pod) == [
                33, 100,
            ])
        #expect(Self.scores(PodTopologySpread(), nodes: Self.two, pods: pods, pod) == nil)
    }

    @Test("preferred spread leaves out nodes without the label")
    func preferredSpread() {
        let nodes = [
            Bench.node("n1", labels: ["zone": "a"]), Bench.node("n2", labels: ["zone": "b"]), Bench.node("n3"),
        ]
        let pod = Bench.pod(
            "p", labels: Self.web,
            spec: [
                "topologySpreadConstraints": [
                    [
                        "maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "ScheduleAnyway",
                        "labelSelector": ["matchLabels": ["app": "web"]],
                    ]
                ]
            ])
        let pods = [Bench.pod("x", on: "n1", labels: Self.web)]
        #expect(Self.scores(PodTopologySpread(), nodes: nodes, pods: pods, pod) == [0, 100, 0])
    }
}
