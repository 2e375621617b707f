import JSON
import KubeClient
import Testing

@testable import Scheduler

@Suite("ports and volumes")
struct PortAndVolumeTests {
    typealias Case = FilterTests.Case

    private static func port(
        _ name: String, on node: String = "", _ port: Int, address: String = "", _ transport: String = "TCP"
    )
        -> JSON
    {
        Bench.pod(name, on: node) { pod in
            pod["spec"]["containers"] = [
                [
                    "name": "main", "image": "x",
                    "ports": [
                        [
                            "containerPort": 80, "hostPort": JSON(port), "hostIP": .string(address),
                            "protocol": .string(transport),
                        ]
                    ],
                ]
            ]
        }
    }

    private static let taken = FilterTests.none(
        1, "1 node(s) didn't have free ports for the requested pod ports",
        "0/1 nodes are available: 1 No preemption victims found for incoming pod.")

    static let ports: [Case] = [
        Case(says: "a port that is taken", pods: [port("x", on: "n1", 8080)], pod: port("p", 8080), expected: taken),
        Case(says: "another port", pods: [port("x", on: "n1", 8080)], pod: port("p", 8081), expected: "n1"),
        Case(
            says: "the same number of another protocol", pods: [port("x", on: "n1", 8080)], pod: port("p", 8080, "UDP"),
            expected: "n1"),
        Case(
            says: "the same port of another address", pods: [port("x", on: "n1", 8080, address: "127.0.0.1")],
            pod: port("p", 8080, address: "127.0.0.2"), expected: "n1"),
        Case(
            says: "one address of a port that is taken on all", pods: [port("x", on: "n1", 8080)],
            pod: port("p", 8080, address: "127.0.0.1"), expected: taken),
    ]

    @Test("ports of the node", arguments: ports)
    func hostPorts(_ row: Case) { FilterTests.check(row) }

    private static let wants = Bench.pod(
        "p", spec: ["volumes": [["name": "data", "persistentVolumeClaim": ["claimName": "data"]]]])

    private static func claim(_ class: String, volume: String = "", modes: [String] = ["ReadWriteOnce"]) -> JSON {
        var claim: JSON = [
            "metadata": ["name": "data", "namespace": "default", "uid": "c1"],
            "spec": ["storageClassName": .string(`class`), "accessModes": JSON(modes)],
            "status": ["phase": "Pending"],
        ]
        if !volume.isEmpty {
            claim["spec"]["volumeName"] = .string(volume)
            claim["metadata"]["annotations"] = ["pv.kubernetes.io/bind-completed": "yes"]
        }
        return claim
    }

    private static let lateClass: JSON = [
        "metadata": ["name": "late"], "provisioner": "example.com/disk", "volumeBindingMode": "WaitForFirstConsumer",
    ]
    private static let volume: JSON = [
        "metadata": ["name": "v1"],
        "spec": [
            "nodeAffinity": [
                "required": [
                    "nodeSelectorTerms": [
                        ["matchExpressions": [["key": "kubernetes.io/hostname", "operator": "In", "values": ["n2"]]]]
                    ]
                ]
            ]
        ],
    ]

    static let volumes: [Case] = [
        Case(
            says: "a claim that isn't there", pod: wants,
            expected: FilterTests.none(1, "persistentvolumeclaim \"data\" not found", FilterTests.unhelpful(1))),
        Case(
            says: "a claim that waits for its volume", others: [(.persistentVolumeClaims, claim("fast"))], pod: wants,
            expected: FilterTests.none(
                1, "pod has unbound immediate PersistentVolumeClaims", FilterTests.unhelpful(1))),
        Case(
            says: "a volume that one node has", nodes: [Bench.node("n1"), Bench.node("n2")],
            others: [(.persistentVolumeClaims, claim("", volume: "v1")), (.persistentVolumes, volume)], pod: wants,
            expected: "n2"),
        Case(
            says: "a volume that no node has",
            others: [(.persistentVolumeClaims, claim("", volume: "v1")), (.persistentVolumes, volume)], pod: wants,
            expected: FilterTests.none(
                1, "1 node(s) didn't match PersistentVolume's node affinity", FilterTests.unhelpful(1))),
        Case(
            says: "a volume that is gone", others: [(.persistentVolumeClaims, claim("", volume: "v1"))], pod: wants,
            expected: FilterTests.none(
                1, "1 node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)",
                FilterTests.unhelpful(1))),
        Case(
            says: "a claim for one pod alone",
            pods: [
                Bench.pod(
                    "x", on: "n1", spec: ["volumes": [["name": "d", "persistentVolumeClaim": ["claimName": "data"]]]])
            ],
            others: [(.persistentVolumeClaims, claim("", volume: "v2", modes: ["ReadWriteOncePod"]))],
            pod: wants,
            expected: FilterTests.none(
                1,
                "1 node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use "
                    + "by another pod", "0/1 nodes are available: 1 No preemption victims found for incoming pod.")),
    ]

    @Test("claims and volumes", arguments: volumes)
    func claims(_ row: Case) { FilterTests.check(row) }

    @Test("a pod goes as soon as its claim has a volume")
    func becomesBound() {
        var bench = Bench()
        bench.set(.nodes, Bench.node("n2"))
        bench.set(.persistentVolumeClaims, Self.claim("fast"))
        #expect(bench.place(Self.wants).contains("unbound immediate"))
        bench.set(.persistentVolumes, Self.volume)
        bench.set(.persistentVolumeClaims, Self.claim("fast", volume: "v1"))
        #expect(bench.next() == "p -> n2")
    }
}
