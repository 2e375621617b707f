import JSON
import KubeClient
import Testing

@testable import Scheduler

@Suite("pods near each other, apart, and evenly spread")
struct SpreadTests {
    typealias Case = FilterTests.Case

    private static func zone(_ name: String, _ zone: String) -> JSON {
        Bench.node(name, labels: ["topology.kubernetes.io/zone": zone])
    }

    private static func spread(_ key: String, skew: Int = 1, _ more: JSON = [:]) -> JSON {
        var constraint: JSON = [
            "maxSkew": JSON(skew), "topologyKey": .string(key), "whenUnsatisfiable": "DoNotSchedule",
            "labelSelector": ["matchLabels": ["app": "web"]],
        ]
        for (key, value) in more.object ?? JSONObject() { constraint[key] = value }
        return ["topologySpreadConstraints": [constraint]]
    }

    private static func pods(_ kind: String, _ key: String = "kubernetes.io/hostname", app: String = "web") -> JSON {
        [
            "affinity": [
                .init(stringLiteral: kind): [
                    "requiredDuringSchedulingIgnoredDuringExecution": [
                        ["labelSelector": ["matchLabels": ["app": .string(app)]], "topologyKey": .string(key)]
                    ]
                ]
            ]
        ]
    }

    private static let web = ["app": "web"]
    private static let zoneKey = "topology.kubernetes.io/zone"
    private static func noVictims(_ count: Int) -> String {
        "0/\(count) nodes are available: \(count) No preemption victims found for incoming pod."
    }

    static let spreads: [Case] = [
        Case(
            says: "the emptier zone", nodes: [zone("a1", "a"), zone("b1", "b")],
            pods: [Bench.pod("x", on: "a1", labels: web)],
            pod: Bench.pod("p", labels: web, spec: spread(zoneKey)), expected: "b1"),
        Case(
            says: "the emptier zone is full",
            nodes: [zone("a1", "a"), Bench.node("b1", cpu: "1", labels: [zoneKey: "b"])],
            pods: [Bench.pod("x", on: "a1", labels: web)],
            pod: Bench.pod("p", cpu: "2", labels: web, spec: spread(zoneKey)),
            expected: FilterTests.none(
                2, "1 Insufficient cpu, 1 node(s) didn't match pod topology spread constraints",
                "0/2 nodes are available: 1 No preemption victims found for incoming pod, "
                    + "1 Preemption is not helpful for scheduling.")),
        Case(
            says: "nodes without the label", nodes: [Bench.node("n1")],
            pod: Bench.pod("p", labels: web, spec: spread(zoneKey)),
            expected: FilterTests.none(
                1, "1 node(s) didn't match pod topology spread constraints (missing required label)",
                FilterTests.unhelpful(1))),
        Case(
            says: "pods that are going don't count", nodes: [Bench.node("n1")],
            pods: [
                Bench.pod("x", on: "n1", labels: web) { $0["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z" },
                Bench.pod("y", on: "n1", labels: ["app": "db"]),
            ], pod: Bench.pod("p", labels: web, spec: spread("kubernetes.io/hostname", ["minDomains": 2])),
            expected: "n1"),
        Case(
            says: "with fewer domains than wished the emptiest counts as empty", nodes: [Bench.node("n1")],
            pods: [Bench.pod("x", on: "n1", labels: web)],
            pod: Bench.pod("p", labels: web, spec: spread("kubernetes.io/hostname", ["minDomains": 2])),
            expected: FilterTests.none(1, "1 node(s) didn't match pod topology spread constraints", noVictims(1))),
        Case(
            says: "nodes that the pod's selector excludes aren't counted",
            nodes: [Bench.node("n1", labels: ["disk": "ssd"]), Bench.node("n2")],
            pods: [Bench.pod("x", on: "n1", labels: web)],
            pod: Bench.pod("p", labels: web) { pod in
                pod["spec"]["nodeSelector"] = ["disk": "ssd"]
                pod["spec"]["topologySpreadConstraints"] =
                    spread("kubernetes.io/hostname")["topologySpreadConstraints"]
            }, expected: "n1"),
    ]

    @Test("spread constraints that must hold", arguments: spreads)
    func spreading(_ row: Case) { FilterTests.check(row) }

    static let affinities: [Case] = [
        Case(
            says: "near a pod", nodes: [Bench.node("n1"), Bench.node("n2")],
            pods: [Bench.pod("x", on: "n2", labels: web)],
            pod: Bench.pod("p", spec: pods("podAffinity")), expected: "n2"),
        Case(
            says: "near a pod that is nowhere", nodes: [Bench.node("n1"), Bench.node("n2")],
            pod: Bench.pod("p", spec: pods("podAffinity")),
            expected: FilterTests.none(2, "2 node(s) didn't match pod affinity rules", FilterTests.unhelpful(2))),
        Case(
            says: "the first of pods that want to be together", nodes: [Bench.node("n1")],
            pod: Bench.pod("p", labels: web, spec: pods("podAffinity")), expected: "n1"),
        Case(
            says: "pods of other namespaces don't count", nodes: [Bench.node("n1")],
            pods: [Bench.pod("x", on: "n1", labels: web) { $0["metadata"]["namespace"] = "other" }],
            pod: Bench.pod("p", labels: ["app": "db"], spec: pods("podAffinity")),
            expected: FilterTests.none(1, "1 node(s) didn't match pod affinity rules", FilterTests.unhelpful(1))),
        Case(
            says: "the third of three replicas on two nodes", nodes: [Bench.node("n1"), Bench.node("n2")],
            pods: [
                Bench.pod("x", on: "n1", labels: web, spec: pods("podAntiAffinity")),
                Bench.pod("y", on: "n2", labels: web, spec: pods("podAntiAffinity")),
            ], pod: Bench.pod("p", labels: web, spec: pods("podAntiAffinity")),
            expected: FilterTests.none(2, "2 node(s) didn't match pod anti-affinity rules", noVictims(2))),
        Case(
            says: "whom a pod doesn't want near", nodes: [Bench.node("n1"), Bench.node("n2")],
            pods: [Bench.pod("x", on: "n1", spec: pods("podAntiAffinity"))], pod: Bench.pod("p", labels: web),
            expected: "n2"),
        Case(
            says: "whom pods everywhere don't want near", nodes: [Bench.node("n1")],
            pods: [Bench.pod("x", on: "n1", spec: pods("podAntiAffinity"))], pod: Bench.pod("p", labels: web),
            expected: FilterTests.none(
                1, "1 node(s) didn't satisfy existing pods anti-affinity rules", noVictims(1))),
        Case(
            says: "apart by zones", nodes: [zone("a1", "a"), zone("a2", "a"), zone("b1", "b")],
            pods: [Bench.pod("x", on: "a1", labels: web)], pod: Bench.pod("p", spec: pods("podAntiAffinity", zoneKey)),
            expected: "b1"),
    ]

    @Test("affinity to pods, and anti-affinity", arguments: affinities)
    func affinity(_ row: Case) { FilterTests.check(row) }

    @Test("anti-affinity that couldn't be met is, when the other pod goes")
    func retries() {
        var bench = Bench()
        bench.set(.nodes, Bench.node("n1"))
        let other = Bench.pod("x", on: "n1", labels: Self.web)
        bench.set(.pods, other)
        #expect(bench.place(Bench.pod("p", spec: Self.pods("podAntiAffinity"))).contains("anti-affinity rules"))
        bench.set(.pods, Bench.pod("y", on: "n1"))
        bench.remove(.pods, Bench.pod("y", on: "n1"))
        #expect(bench.next() == nil)
        bench.remove(.pods, other)
        #expect(bench.next() == "p -> n1")
    }

    @Test("affinity that couldn't be met is, when the wanted pod comes")
    func arrives() {
        var bench = Bench()
        bench.set(.nodes, Bench.node("n1"))
        #expect(bench.place(Bench.pod("p", spec: Self.pods("podAffinity"))).contains("pod affinity rules"))
        bench.set(.pods, Bench.pod("x", on: "n1", labels: Self.web))
        #expect(bench.next() == "p -> n1")
    }
}
