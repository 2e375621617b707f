import CLinux
import Foundation
import JSON
import KubeModel
import Testing

@testable import Kubelet

@Suite("a pod's limits of its node's disk")
struct StorageLimitTests {
    private static func limits(_ spec: JSON) -> StorageLimits { StorageLimits(PodSpec(["spec": spec])) }

    private static func container(_ name: String, _ limit: String? = nil, sidecar: Bool = false) -> JSON {
        var json: JSON = ["name": .string(name)]
        if let limit { json["resources"] = ["limits": ["ephemeral-storage": .string(limit)]] }
        if sidecar { json["restartPolicy"] = "Always" }
        return json
    }

    @Test("a volume that outgrows its limit comes first, then the pod, then a container, in the original's words")
    func messages() {
        let all = Self.limits([
            "volumes": [["name": "v", "emptyDir": ["sizeLimit": "1Mi"]], ["name": "w", "emptyDir": [:]]],
            "containers": [Self.container("a", "2Mi"), Self.container("b")],
        ])
        let mebibyte = 1 << 20
        #expect(all.excess(.init(volumes: ["v": mebibyte], containers: ["a": mebibyte])) == nil)
        #expect(
            all.excess(.init(volumes: ["v": mebibyte + 1], containers: ["a": 9 * mebibyte]))
                == "Usage of EmptyDir volume \"v\" exceeds the limit \"1Mi\". ")
        #expect(
            all.excess(.init(volumes: ["w": mebibyte], containers: ["b": mebibyte], other: 1))
                == "Pod ephemeral local storage usage exceeds the total limit of containers 2Mi. ")
        let two = Self.limits(["containers": [Self.container("a", "1Mi"), Self.container("b", "9Mi")]])
        #expect(
            two.excess(.init(containers: ["a": 2 * mebibyte]))
                == "Container a exceeded its local ephemeral storage limit \"1Mi\". ")
        #expect(two.excess(.init(containers: ["b": 9 * mebibyte])) == nil)
    }

    @Test("a pod's limit is that of its containers and sidecars together, or of what starts it")
    func sum() {
        let spec: JSON = [
            "initContainers": [Self.container("side", "1Mi", sidecar: true), Self.container("init", "10Mi")],
            "containers": [Self.container("a", "2Mi"), Self.container("b", "512Ki")],
        ]
        #expect(Self.limits(spec).pod == Quantity(11 << 20))
        #expect(Self.limits(["containers": spec["containers"]]).pod?.description == "2560Ki")
        #expect(Self.limits(spec).containers.map(\.name) == ["a", "b"])
    }

    @Test(
        "pods without limits aren't looked at",
        arguments: [
            ["containers": [container("a")]], ["volumes": [["name": "v", "emptyDir": [:]]]],
            ["volumes": [["name": "v", "emptyDir": ["sizeLimit": "0"]]]],
            ["volumes": [["name": "v", "emptyDir": ["medium": "Memory", "sizeLimit": "1Mi"]]]],
        ] as [JSON])
    func none(_ spec: JSON) { #expect(Self.limits(spec).isEmpty) }

    @Test("a file with two names counts once, a hole not at all")
    func measured() async throws {
        let folder = NSTemporaryDirectory() + "hako-disk-use-\(getpid())"
        try FileManager.default.createDirectory(atPath: folder + "/sub", withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let empty = await DiskUse.of(folder)
        try Data(repeating: 1, count: 1 << 20).write(to: URL(fileURLWithPath: folder + "/a"))
        #expect(link(folder + "/a", folder + "/sub/b") == 0)
        #expect(FileManager.default.createFile(atPath: folder + "/hole", contents: nil))
        #expect(truncate(folder + "/hole", 1 << 30) == 0)
        let use = await DiskUse.of(folder)
        #expect(use.files == empty.files + 2)
        #expect((1 << 20..<2 << 20).contains(use.bytes - empty.bytes), "\(use)")
    }

    @Test("a pod whose volume outgrows its limit fails, and isn't told to be disrupted")
    func life() async throws {
        try await TestNode.with { node in
            let engine = FakeEngine(images: ["web:1"])
            try await node.kubelet(engine) { kubelet in
                let spec: JSON = [
                    "containers": [
                        [
                            "name": "web", "image": "web:1",
                            "volumeMounts": [["name": "v", "mountPath": "/v"]],
                        ]
                    ], "volumes": [["name": "v", "emptyDir": ["sizeLimit": "64Ki"]]],
                ]
                for name in ["a", "b"] {
                    try await node.make(name, spec)
                    try await node.until("running", name) { $0.condition("Ready") == "True" }
                }
                let uid = try await node.pod("a")["metadata"].text("uid")
                let folder = PodPaths(root: kubelet.settings.rootFolder).volume(uid, "empty-dir", "v")
                try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
                try Data(repeating: 1, count: 128 << 10).write(to: URL(fileURLWithPath: folder + "/x"))
                let ends = await StorageWatch(kubelet.parts).enforce(kubelet.workers)
                #expect(ends.count == 1)
                for end in ends { await end.value }
                // It counts as failed before its containers are told to have ended.
                let pod = try await node.until("failed", "a") { pod in
                    pod["status"].text("phase") == "Failed"
                        && pod["status"].list("containerStatuses").allSatisfy { $0["state"].has("terminated") }
                }
                let message = "Usage of EmptyDir volume \"v\" exceeds the limit \"64Ki\". "
                #expect(pod["status"].text("reason") == "Evicted" && pod["status"].text("message") == message)
                #expect(pod.condition("DisruptionTarget").isEmpty)
                // Where the disk is short the ended containers go, and the status stays.
                let status = pod["status"]["containerStatuses"]
                let worker = try #require(kubelet.workers.first { $0.uid == uid })
                #expect(await worker.free())
                #expect(await !worker.free(), "there is nothing left")
                #expect(await engine.containers.count == 2, "those of the other pod")
                #expect(try await node.pod("a")["status"]["containerStatuses"] == status)
                try await node.told("a", "Evicted: " + message)
                #expect(try await node.pod("b").condition("Ready") == "True")
            }
        }
    }
}
