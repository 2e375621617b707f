import JSON
import KubeClient
import KubeModel
import Testing

@testable import Kubelet
@testable import Linux

@Suite("control groups of pods")
struct GroupTests {
    private static func part(_ name: String, _ cpu: String, _ memory: String, limits: JSON = [:]) -> JSON {
        [
            "name": .string(name),
            "resources": ["requests": ["cpu": .string(cpu), "memory": .string(memory)], "limits": limits],
        ]
    }

    private static func group(_ spec: JSON) -> PodGroup {
        PodGroup(PodSpec(["metadata": ["name": "a", "namespace": "default", "uid": "u1"], "spec": spec]), root: "/k")
    }

    private static let both: JSON = ["cpu": "100m", "memory": "64Mi"]

    /// What a pod's group has: its place, shares, quota and bytes.
    private static let cases: [(String, JSON, String, UInt64?, Int64?, Int64?)] = [
        ("who asks for nothing", ["containers": [["name": "a"]]], "/k/besteffort/podu1", 2, nil, nil),
        (
            "guaranteed",
            ["containers": [part("a", "100m", "64Mi", limits: both), part("b", "100m", "64Mi", limits: both)]],
            "/k/podu1", 204, 20_000, 128 << 20
        ),
        (
            "one of two limited", ["containers": [part("a", "100m", "64Mi", limits: both), part("b", "1", "1Gi")]],
            "/k/burstable/podu1", 1_126, nil, nil
        ),
        (
            "all limited in memory", ["containers": [part("a", "1", "1Mi", limits: ["memory": "64Mi"])]],
            "/k/burstable/podu1", 1_024, nil, 64 << 20
        ),
        (
            "the largest init container counts",
            [
                "containers": [part("a", "100m", "1Mi", limits: both)],
                "initContainers": [part("i", "300m", "1Mi", limits: ["cpu": "500m", "memory": "256Mi"])],
            ], "/k/burstable/podu1", 307, 50_000, 256 << 20
        ),
        (
            "a sidecar runs beside the others",
            [
                "containers": [part("a", "100m", "1Mi", limits: both)],
                "initContainers": [
                    ["name": "s", "restartPolicy": "Always", "resources": ["limits": both, "requests": both]]
                ],
            ], "/k/burstable/podu1", 204, 20_000, 128 << 20
        ),
        (
            "the pod as a whole",
            [
                "containers": [["name": "a"], part("b", "100m", "1Mi")],
                "resources": [
                    "requests": ["cpu": "500m", "memory": "64Mi"], "limits": ["cpu": "1", "memory": "128Mi"],
                ],
            ], "/k/burstable/podu1", 512, 100_000, 128 << 20
        ),
        (
            "the pod as a whole, guaranteed",
            ["containers": [["name": "a"]], "resources": ["requests": both, "limits": both]], "/k/podu1", 102,
            10_000, 64 << 20
        ),
        (
            "overhead",
            [
                "containers": [part("a", "100m", "64Mi", limits: both)],
                "overhead": ["cpu": "100m", "memory": "64Mi"],
            ], "/k/podu1", 204, 20_000, 128 << 20
        ),
        (
            "more than the kernel takes", ["containers": [part("a", "500", "1Mi")]], "/k/burstable/podu1", 262_144, nil,
            nil
        ),
        (
            "less than it takes", ["containers": [part("a", "1m", "1Mi", limits: ["cpu": "1m"])]],
            "/k/burstable/podu1", 2, 1_000, nil
        ),
    ]

    @Test("classes, shares, quotas and bytes", arguments: cases.indices)
    func limits(_ index: Int) {
        let (name, spec, path, shares, quota, memory) = Self.cases[index]
        let group = Self.group(spec)
        #expect(group.path == path, "\(name)")
        #expect(group.limits.cpu.shares == shares, "\(name)")
        #expect(group.limits.cpu.quota == quota, "\(name)")
        #expect(group.limits.cpu.period == quota.map { _ in 100_000 }, "\(name)")
        #expect(group.limits.memory.limit == memory, "\(name)")
    }

    @Test("on the way from one size to another a pod has the higher of both limits, and none where one has none")
    func raised() {
        let small = Self.group(["containers": [Self.part("a", "100m", "1Mi", limits: Self.both)]])
        let large = Self.group([
            "containers": [Self.part("a", "100m", "1Mi", limits: ["cpu": "50m", "memory": "1Gi"])]
        ])
        let open = Self.group(["containers": [Self.part("a", "100m", "1Mi")]])
        #expect(small.raised(to: large).limits.cpu.quota == 10_000)
        #expect(small.raised(to: large).limits.memory.limit == 1 << 30)
        #expect(small.raised(to: open).limits.cpu.quota == nil && small.raised(to: open).limits.memory.limit == nil)
    }

    @Test("what a pod has as a whole, its containers without limits may use; what it asks for keeps them")
    func wholePods() {
        let pod = PodSpec([
            "metadata": ["uid": "u1"],
            "spec": [
                "containers": [["name": "a"], Self.part("b", "100m", "128Mi")],
                "resources": ["requests": ["memory": "384Mi"], "limits": ["cpu": "1", "memory": "512Mi"]],
            ],
        ])
        var host: JSON = [:]
        ResourceLimits.apply(pod.containers[0], pod, memory: 1 << 30, to: &host)
        #expect(host["Memory"] == 536_870_912 && host["CpuQuota"] == 100_000 && host["CpuShares"] == 1_024)
        // Each has half of the 256 MiB that no container asks for.
        #expect(host["OomScoreAdj"] == 875)
        ResourceLimits.apply(pod.containers[1], pod, memory: 1 << 30, to: &host)
        #expect(host["OomScoreAdj"] == 750 && host["CpuShares"] == 102)
    }

    @Test("a sidecar isn't ended sooner than those that it serves")
    func sidecars() {
        let side: JSON = ["name": "s", "restartPolicy": "Always"]
        let pod = PodSpec([
            "metadata": ["uid": "u1"],
            "spec": ["containers": [Self.part("a", "100m", "512Mi")], "initContainers": [side]],
        ])
        #expect(ResourceLimits.outOfMemoryScore(side, pod, memory: 1 << 30) == 500)
    }

    @Test("a pod's group is there before its containers, follows its size, and goes with it")
    func life() async throws {
        try await TestNode.with { node in
            let engine = FakeEngine(images: ["web:1"])
            try await node.kubelet(engine) { _ in
                let spec: JSON = [
                    "containers": [
                        [
                            "name": "web", "image": "web:1",
                            "resources": ["requests": ["memory": "64Mi"], "limits": ["memory": "64Mi"]],
                        ]
                    ], "terminationGracePeriodSeconds": 1,
                ]
                let uid = try await node.make("a", spec)["metadata"].text("uid")
                try await node.until("running", "a") { $0.condition("Ready") == "True" }
                #expect(node.groups.history(uid).map(\.limits.memory.limit) == [64 << 20])
                let parent = await engine.newest("web")?.body["HostConfig"]["CgroupParent"].string
                #expect(parent == node.groups.history(uid).first?.path)
                let more: JSON = ["requests": ["memory": "64Mi"], "limits": ["memory": "128Mi"]]
                _ = try await node.api.patch(
                    .pods, "default", "a", subresource: "resize",
                    .strategic(["spec": ["containers": [["name": "web", "resources": more]]]]))
                try await node.told("a", "ResizeCompleted", startsWith: true)
                #expect(node.groups.history(uid).map(\.limits.memory.limit) == [64 << 20, 128 << 20])
                try await node.api.delete(.pods, "default", "a", [:])
                try await node.until("gone", "a") { $0.isNull }
                for _ in 0..<200 where !node.groups.history(uid).isEmpty {
                    try await Task.sleep(for: .milliseconds(10))
                }
                #expect(node.groups.history(uid).isEmpty)
            }
        }
    }
}
