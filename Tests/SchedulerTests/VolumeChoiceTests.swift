import JSON
import KubeClient
import Testing

@testable import Scheduler

@Suite("volumes that wait for their pod's node")
struct VolumeChoiceTests {
    private static func claim(_ size: String = "2Gi") -> JSON {
        [
            "metadata": ["name": "data", "namespace": "default", "uid": "c1"],
            "spec": [
                "storageClassName": "late", "accessModes": ["ReadWriteOnce"],
                "resources": ["requests": ["storage": .string(size)]],
            ],
        ]
    }

    private static func storage(_ provisioner: String) -> JSON {
        [
            "metadata": ["name": "late"], "provisioner": .string(provisioner),
            "volumeBindingMode": "WaitForFirstConsumer",
        ]
    }

    private static func volume(_ name: String, _ size: String, on node: String) -> JSON {
        [
            "metadata": ["name": .string(name)],
            "spec": [
                "storageClassName": "late", "accessModes": ["ReadWriteOnce"], "capacity": ["storage": .string(size)],
                "nodeAffinity": [
                    "required": [
                        "nodeSelectorTerms": [
                            [
                                "matchExpressions": [
                                    ["key": "kubernetes.io/hostname", "operator": "In", "values": [.string(node)]]
                                ]
                            ]
                        ]
                    ]
                ],
            ],
        ]
    }

    private static let pod = Bench.pod(
        "p", spec: ["volumes": [["name": "data", "persistentVolumeClaim": ["claimName": "data"]]]])

    /// Node and volume, `made` for one that is to be made, or the message.
    private static func outcome(_ provisioner: String, _ volumes: [JSON]) -> String {
        var bench = Bench()
        for node in ["n1", "n2"] { bench.set(.nodes, Bench.node(node)) }
        bench.set(.storageClasses, storage(provisioner))
        bench.set(.persistentVolumeClaims, claim())
        for volume in volumes { bench.set(.persistentVolumes, volume) }
        bench.set(.pods, pod)
        switch bench.core.next(bench.time) {
        case .bind(_, let node, let choices):
            let texts = choices.map { choice in
                if case .existing(let volume, _) = choice { volume["metadata"]["name"].string ?? "" } else { "made" }
            }
            return "\(node): \(texts.joined(separator: " "))"
        case .reject(let rejected): return rejected.message
        default: return "nothing"
        }
    }

    @Test("the node that has a large enough volume, and of several the smallest")
    func existing() {
        let volumes = [
            Self.volume("small", "1Gi", on: "n1"), Self.volume("large", "9Gi", on: "n2"),
            Self.volume("right", "2Gi", on: "n2"),
        ]
        #expect(Self.outcome("kubernetes.io/no-provisioner", volumes) == "n2: right")
    }

    @Test("none where nobody makes volumes and there is none")
    func none() {
        #expect(
            Self.outcome("kubernetes.io/no-provisioner", [])
                == FilterTests.none(
                    2, "2 node(s) didn't find available persistent volumes to bind", FilterTests.unhelpful(2)))
    }

    @Test("a volume that is made, on whatever node the pod gets")
    func made() { #expect(Self.outcome("example.com/disk", []).hasSuffix(": made")) }
}
