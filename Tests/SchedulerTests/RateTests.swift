import Foundation
import JSON
import KubeClient
import Testing

@testable import Scheduler

@Suite("how fast", .serialized)
struct RateTests {
    /// `HAKO_SCHEDULE=200x3000` in the environment measures that many nodes and pods; else few, to see that it works.
    private static let size: (nodes: Int, pods: Int) = {
        let parts = (ProcessInfo.processInfo.environment["HAKO_SCHEDULE"] ?? "20x200").split(separator: "x")
        return (Int(parts.first ?? "") ?? 20, Int(parts.last ?? "") ?? 200)
    }()

    private static func pod(_ number: Int) -> JSON {
        Bench.pod("web-\(number)", cpu: "100m", memory: "128Mi", labels: ["app": "web"])
    }

    @Test("decisions alone")
    func decisions() {
        var bench = Bench()
        for number in 0..<Self.size.nodes { bench.set(.nodes, Bench.node("n\(number)", cpu: "32", memory: "256Gi")) }
        bench.set(
            .services, ["metadata": ["name": "web", "namespace": "default"], "spec": ["selector": ["app": "web"]]])
        let clock = ContinuousClock()
        let start = clock.now
        for number in 0..<Self.size.pods { bench.set(.pods, Self.pod(number)) }
        let taken = clock.now
        var bound = 0
        while case .bind = bench.core.next(bench.time) { bound += 1 }
        #expect(bound == Self.size.pods)
        let (reading, deciding) = (taken - start, clock.now - taken)
        print("\(Self.size.pods) pods on \(Self.size.nodes) nodes: read in \(reading), decided in \(deciding)")
        // As even as can be.
        let counts = bench.core.cluster.nodes.map(\.pods.count)
        #expect((counts.max() ?? 0) - (counts.min() ?? 0) <= 2)
    }

    @Test("pods bound on an API server")
    func bindings() async throws {
        try await SchedulerSandbox.with(isRunning: false) { box in
            for number in 0..<Self.size.nodes {
                try await box.node(Bench.node("n\(number)", cpu: "32", memory: "256Gi"))
            }
            let clock = ContinuousClock()
            let start = clock.now
            try await withThrowingTaskGroup(of: Void.self) { group in
                for lane in 0..<32 {
                    group.addTask {
                        for number in stride(from: lane, to: Self.size.pods, by: 32) {
                            try await box.create(Self.pod(number))
                        }
                    }
                }
                try await group.waitForAll()
            }
            let created = clock.now
            let pods = Informer(box.admin, .pods, log: box.log)
            let (bound, boundPod) = AsyncStream.makeStream(of: Void.self)
            pods.observe { change in
                let had = change.old?["spec"]["nodeName"].string ?? ""
                if had.isEmpty, !(change.new?["spec"]["nodeName"].string ?? "").isEmpty { boundPod.yield() }
            }
            let watching = Task { await pods.run() }
            await pods.synced()
            let begun = clock.now
            let work = Task { await box.scheduler.run() }
            var count = 0
            for await _ in bound {
                count += 1
                if count == Self.size.pods { break }
            }
            let (creating, binding) = (created - start, clock.now - begun)
            print(
                "\(Self.size.pods) pods on \(Self.size.nodes) nodes: created in \(creating), bound in \(binding), "
                    + "\(Int(Double(count) / (binding / .seconds(1)))) pods/s")
            work.cancel()
            watching.cancel()
            await work.value
            await watching.value
        }
    }
}
