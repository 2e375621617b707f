import Fault
import JSON
import KubeClient
import KubeModel
import NIOConcurrencyHelpers
import Testing

@testable import Kubelet

@Suite("a node short of something")
struct EvictionTests {
    private static func use(
        _ name: String, priority: Int = 0, asks: String = "", memory: Int = 0, disk: Int = 0, processes: Int = 0
    ) -> PodUse {
        let requests: JSON = asks.isEmpty ? [:] : ["memory": .string(asks)]
        var use = PodUse(
            pod: PodSpec([
                "metadata": ["name": .string(name), "namespace": "default", "uid": .string(name)],
                "spec": [
                    "priority": JSON(priority), "containers": [["name": "c", "resources": ["requests": requests]]],
                ],
            ]))
        use.containers = [.init(name: "c", memory: memory, disk: DiskUse(bytes: disk, files: 1))]
        use.processes = processes
        return use
    }

    @Test(
        "thresholds are read as the original's flag has them",
        arguments: [
            ("memory.available<100Mi", 1), ("memory.available<100Mi,nodefs.available<10%", 2),
            ("nodefs.available<0%", 0), ("imagefs.available<100%", 0), ("", 0),
        ])
    func thresholds(_ text: String, _ count: Int) throws {
        #expect(try EvictionThreshold.parse(text).count == count)
    }

    @Test(
        "what is no threshold is refused",
        arguments: ["memory<1", "memory.available", "memory.available<x", "nodefs.available<101%", "pid.available<-1"])
    func refused(_ text: String) { #expect(throws: Fault.self) { try EvictionThreshold.parse(text) } }

    @Test("memory comes first; what can't be observed isn't met; shares are of the capacity")
    func met() throws {
        let all = try EvictionThreshold.parse("nodefs.available<10%,memory.available<100Mi,pid.available<5")
        var observation = NodeObservation(levels: [
            .memoryAvailable: .init(available: (100 << 20) - 1, capacity: 1 << 30),
            .nodeAvailable: .init(available: 9, capacity: 100),
        ])
        #expect(EvictionPlan.met(all, observation).map(\.signal) == [.memoryAvailable, .nodeAvailable])
        observation.levels[.memoryAvailable]?.available = 100 << 20
        observation.levels[.nodeAvailable]?.available = 10
        #expect(EvictionPlan.met(all, observation).isEmpty)
    }

    @Test("a condition stays for the transition period after it was seen last")
    func transition() throws {
        let memory = try EvictionThreshold.parse("memory.available<100Mi")
        var seen: [NodePressureKind: Double] = [:]
        #expect(EvictionPlan.pressures(memory, seen: &seen, now: 100, transition: 300) == [.memory])
        #expect(EvictionPlan.pressures([], seen: &seen, now: 399, transition: 300) == [.memory])
        #expect(EvictionPlan.pressures([], seen: &seen, now: 400, transition: 300) == [])
    }

    @Test("a soft threshold counts when it has been met for its time, and from anew when it wasn't meanwhile")
    func soft() throws {
        var settings = KubeletSettings(nodeName: "n", addresses: [])
        for text in [
            "kubelet.eviction-hard=memory.available<100Mi", "kubelet.eviction-soft=memory.available<300Mi",
            "kubelet.eviction-soft-grace-period=memory.available=1m30s", "kubelet.eviction-max-pod-grace-period=20",
        ] { try KubeletOption.apply(text, to: &settings) }
        try KubeletOption.check(settings)
        #expect(settings.longestSoftEnd == 20)
        let all = settings.allThresholds
        func met(_ megabytes: Int) -> [EvictionThreshold] {
            EvictionPlan.met(
                all,
                NodeObservation(levels: [.memoryAvailable: .init(available: megabytes << 20, capacity: 1 << 30)]))
        }
        #expect(met(200).map(\.isSoft) == [true])
        #expect(met(50).map(\.isSoft) == [false, true])
        var since: [EvictionThreshold: Double] = [:]
        #expect(EvictionPlan.due(met(200), since: &since, now: 1_000).isEmpty)
        #expect(EvictionPlan.due(met(200), since: &since, now: 1_089).isEmpty)
        #expect(EvictionPlan.due(met(200), since: &since, now: 1_090).map(\.isSoft) == [true])
        #expect(EvictionPlan.due(met(50), since: &since, now: 1_091).map(\.isSoft) == [false, true])
        #expect(EvictionPlan.due(met(400), since: &since, now: 1_092).isEmpty)
        #expect(EvictionPlan.due(met(200), since: &since, now: 1_093).isEmpty)
        #expect(EvictionPlan.grace(all[0], longest: 20) == 1)
        #expect(EvictionPlan.grace(all[1], longest: 20) == 20)
        #expect(EvictionPlan.grace(all[1], longest: -1) == nil)
    }

    @Test("soft thresholds need a time each; what is no time is refused")
    func softRefused() throws {
        var settings = KubeletSettings(nodeName: "n", addresses: [])
        try KubeletOption.apply("kubelet.eviction-soft=memory.available<300Mi,nodefs.available<5%", to: &settings)
        try KubeletOption.apply("kubelet.eviction-soft-grace-period=memory.available=1m", to: &settings)
        #expect(throws: Fault.self) { try KubeletOption.check(settings) }
        for text in ["memory=1m", "memory.available=x", "memory.available", "pid.available=1s,pid.available=2s"] {
            #expect(throws: Fault.self) { try EvictionThreshold.parseGrace(text) }
        }
        #expect(throws: Fault.self) {
            try KubeletOption.apply("kubelet.eviction-max-pod-grace-period=1m", to: &settings)
        }
    }

    @Test("who exceeds goes first, then the less important, then who is furthest beyond")
    func ranking() {
        let pods = [
            Self.use("within", priority: -1, asks: "1Gi", memory: 900 << 20),
            Self.use("important", priority: 10, memory: 500 << 20), Self.use("small", memory: 10 << 20),
            Self.use("large", asks: "100Mi", memory: 300 << 20), Self.use("medium", memory: 150 << 20),
        ]
        #expect(
            EvictionPlan.ranked(pods, "memory").map(\.pod.name) == ["large", "medium", "small", "important", "within"])
        let many = [Self.use("few", processes: 1), Self.use("many", processes: 9), Self.use("low", priority: -1)]
        #expect(EvictionPlan.ranked(many, "pids").map(\.pod.name) == ["low", "many", "few"])
    }

    @Test("messages are the original's")
    func messages() throws {
        let met = try EvictionThreshold.parse("memory.available<100Mi")
        let observation = NodeObservation(levels: [.memoryAvailable: .init(available: 52 << 20, capacity: 1 << 30)])
        #expect(
            EvictionPlan.message(Self.use("a", asks: "10Mi", memory: 300 << 20), met, observation, "memory")
                == "The node was low on resource: memory. Threshold quantity: 100Mi, available: 52Mi. "
                + "Container c was using 300Mi, request is 10Mi, has larger consumption of memory. ")
        let disk = try EvictionThreshold.parse("nodefs.available<10%")
        let full = NodeObservation(levels: [.nodeAvailable: .init(available: 1 << 10, capacity: 1 << 20)])
        #expect(
            EvictionPlan.message(Self.use("a", disk: 4096), disk, full, "ephemeral-storage")
                == "The node was low on resource: ephemeral-storage. Threshold quantity: 104857, available: 1Ki. "
                + "Container c was using 4Ki, request is 0, has larger consumption of ephemeral-storage. ")
    }

    @Test("short of memory a node lets in who asks for some; short of anything else nobody but critical pods")
    func admission() {
        let free = Self.use("a").pod, asking = Self.use("b", asks: "1Mi").pod
        #expect(EvictionPlan.refusal(free, []) == nil)
        #expect(EvictionPlan.refusal(free, [.memory]) == "The node had condition: [MemoryPressure]. ")
        #expect(EvictionPlan.refusal(asking, [.memory]) == nil)
        #expect(
            EvictionPlan.refusal(asking, [.disk, .memory]) == "The node had condition: [MemoryPressure DiskPressure]. ")
        #expect(EvictionPlan.refusal(Self.use("c", priority: 2_000_000_000).pod, [.disk]) == nil)
    }

    @Test("what is left is what the machine has left, or less where the node is limited")
    func observed() {
        let meminfo = "MemTotal: 2097152 kB\nMemAvailable: 1048576 kB\n"
        #expect(
            NodeObservation.memory(capacity: 2 << 30, meminfo: meminfo, own: nil)
                == .init(available: 1 << 30, capacity: 2 << 30))
        #expect(
            NodeObservation.memory(capacity: 1 << 30, meminfo: meminfo, own: .init(limit: 1 << 30, workingSet: 1 << 29))
                == .init(available: 1 << 29, capacity: 1 << 30))
        #expect(
            NodeObservation.processes(load: "0.1 0.2 0.3 2/1000 77", most: ["32768", "4000", nil])
                == .init(available: 3000, capacity: 4000))
    }

    @Test("unused images go, the longest unused first, when more than the high mark is in use, down to the low one")
    func images() {
        let level = NodeObservation.Level(available: 140, capacity: 1_000)
        #expect(ImageCollection.used(level) == 86)
        #expect(ImageCollection.excess(level, high: 85, low: 80) == 60)
        #expect(ImageCollection.excess(level, high: 87, low: 80) == 0)
        #expect(ImageCollection.excess(level, high: 100, low: 80) == 0)
        let images: [ImageCollection.Image] = [
            .init(id: "used", size: 50, detectedAt: 0), .init(id: "new", size: 50, detectedAt: 950),
            .init(id: "recent", size: 50, detectedAt: 0, usedAt: 900), .init(id: "old", size: 50, detectedAt: 10),
        ]
        func gone(_ bytes: Int) -> [String] {
            ImageCollection.removals(images, inUse: ["used"], bytes: bytes, now: 1_000).map(\.id)
        }
        #expect(gone(40) == ["old"])
        #expect(gone(60) == ["old", "recent"])
        #expect(gone(.max) == ["old", "recent"])
        #expect(ImageCollection.size(10_523_000_000) == "9.8 GiB" && ImageCollection.size(900) == "900 B")
    }

    @Test("settings by the names of the original's flags")
    func options() throws {
        var settings = KubeletSettings(nodeName: "n", addresses: [])
        for text in [
            "kubelet.eviction-hard=memory.available<5%", "kubelet.eviction-pressure-transition-period=30s",
            "kubelet.image-gc-high-threshold=90",
        ] { try KubeletOption.apply(text, to: &settings) }
        #expect(settings.evictionThresholds == [.init(signal: .memoryAvailable, value: .share(0.05))])
        #expect(settings.pressureTransition == 30 && settings.imageHighMark == 90)
        for text in ["kubelet.max-pods=5", "apiserver.v=1", "kubelet.image-gc-low-threshold=95"] {
            var other = settings
            #expect(throws: Fault.self) { try KubeletOption.apply(text, to: &other) }
        }
    }

    @Test("an evicted pod has failed, gets a second, and says why")
    func life() async throws {
        try await TestNode.with { node in
            let engine = FakeEngine(images: ["web:1"])
            try await node.kubelet(engine) { kubelet in
                let spec: JSON = [
                    "containers": [["name": "web", "image": "web:1"]], "terminationGracePeriodSeconds": 30,
                ]
                try await node.make("a", spec)
                try await node.until("running", "a") { $0.condition("Ready") == "True" }
                let worker = try #require(kubelet.workers.first)
                let end = try #require(await worker.evict("The node was low on resource: memory. "))
                await end.value
                let pod = try await node.until("failed", "a") { $0["status"].text("phase") == "Failed" }
                #expect(pod["status"].text("reason") == "Evicted")
                #expect(pod["status"].text("message") == "The node was low on resource: memory. ")
                #expect(pod.condition("DisruptionTarget") == "True")
                try await node.told("a", "Evicted: The node was low on resource: memory. ")
                #expect(await engine.stops.allSatisfy { ($0.timeout ?? 0) <= 1 })
                #expect(await worker.evict("again") == nil)
            }
        }
    }
}
