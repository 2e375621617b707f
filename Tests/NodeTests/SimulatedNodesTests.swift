import Foundation
import JSON
import KubeAPIServer
import KubeClient
import Logging
import NIOPosix
import Scheduler
import Testing

@testable import Node

@Suite("nodes in the API only", .serialized)
struct SimulatedNodesTests {
    private static let log = Logger(label: "test")

    private static func withCluster(nodes count: Int, _ body: (any ObjectAPI, Informer) async throws -> Void)
        async throws
    {
        let folder = NSTemporaryDirectory() + "hako-simulated-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var configuration = APIServerConfiguration()
        configuration.dataFolder = folder
        configuration.bindAddress = "127.0.0.1"
        configuration.port = 0
        configuration.admissionOff = ["ServiceAccount", "TaintNodesByCondition"]
        let running = try await RunningAPIServer.start(
            configuration, group: MultiThreadedEventLoopGroup.singleton, log: log)
        let admin = running.api(as: UserInfo(name: "admin", groups: ["system:masters"]), manager: "test")
        _ = try? await admin.create(
            .namespaces,
            ["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": "kube-node-lease"]])
        let now: @Sendable () -> Double = { Date().timeIntervalSince1970 }
        let scheduler = Scheduler(
            api: running.api(
                as: UserInfo(name: "system:kube-scheduler", groups: ["system:authenticated"]),
                manager: "kube-scheduler"), log: log, now: now)
        let nodes = SimulatedNodes(admin, count: count, log: log, now: now)
        let pods = Informer(admin, .pods, log: log)
        let work = Task {
            await withDiscardingTaskGroup { group in
                group.addTask { await nodes.run() }
                group.addTask { await scheduler.run() }
                group.addTask { await pods.run() }
            }
        }
        func end() async {
            work.cancel()
            await work.value
            await running.stop()
        }
        do { try await body(admin, pods) } catch {
            await end()
            throw error
        }
        await end()
    }

    private static func pod(_ number: Int) -> JSON {
        [
            "apiVersion": "v1", "kind": "Pod",
            "metadata": ["name": .string("web-\(number)"), "namespace": "default", "labels": ["app": "web"]],
            "spec": ["containers": [["name": "main", "image": "app:1", "resources": ["requests": ["cpu": "100m"]]]]],
        ]
    }

    /// Reads until what is read will do.
    private static func until(_ isDone: () async throws -> Bool) async throws {
        for _ in 0..<12_000 {
            if try await isDone() { return }
            try await Task.sleep(for: .milliseconds(10))
        }
        Issue.record("it never came")
    }

    @Test("pods run there, each with an address of its own, until they are deleted")
    func podsRun() async throws {
        try await Self.withCluster(nodes: 3) { admin, pods in
            try await Self.until {
                let nodes = (try? await admin.list(.nodes).items) ?? []
                return nodes.count == 3 && nodes.allSatisfy { ($0["spec"]["taints"].array ?? []).isEmpty }
            }
            for number in 0..<12 { try await admin.create(.pods, Self.pod(number)) }
            try await Self.until { pods.objects.count { $0["status"]["phase"].string == "Running" } == 12 }
            #expect(Set(pods.objects.compactMap { $0["status"]["podIP"].string }).count == 12)
            #expect(Set(pods.objects.compactMap { $0["spec"]["nodeName"].string }).count > 1)
            let conditions = pods.objects.first?["status"]["conditions"].array ?? []
            #expect(conditions.allSatisfy { $0["status"].string == "True" } && conditions.count == 5)
            let lease = try await admin.get(.leases, "kube-node-lease", "simulated-0")
            #expect(lease["spec"]["holderIdentity"].string == "simulated-0")
            try await admin.delete(.pods, "default", "web-0", [:])
            try await Self.until { pods.objects.count == 11 }
        }
    }

    /// `HAKO_SCHEDULE=200x3000` in the environment measures that many nodes and pods; else few, to see that it works.
    private static let size: (nodes: Int, pods: Int) = {
        let parts = (ProcessInfo.processInfo.environment["HAKO_SCHEDULE"] ?? "10x100").split(separator: "x")
        return (Int(parts.first ?? "") ?? 10, Int(parts.last ?? "") ?? 100)
    }()

    @Test("from created to running")
    func rate() async throws {
        let size = Self.size
        try await Self.withCluster(nodes: size.nodes) { admin, pods in
            try await Self.until { try await admin.list(.leases, "kube-node-lease").items.count == size.nodes }
            let clock = ContinuousClock()
            let start = clock.now
            try await withThrowingTaskGroup(of: Void.self) { group in
                for lane in 0..<32 {
                    group.addTask {
                        for number in stride(from: lane, to: size.pods, by: 32) {
                            try await admin.create(.pods, Self.pod(number))
                        }
                    }
                }
                try await group.waitForAll()
            }
            let created = clock.now
            try await Self.until { pods.objects.count { !($0["spec"]["nodeName"].string ?? "").isEmpty } == size.pods }
            let bound = clock.now
            try await Self.until { pods.objects.count { $0["status"]["phase"].string == "Running" } == size.pods }
            print(
                "\(size.pods) pods on \(size.nodes) simulated nodes: created in \(created - start), bound after "
                    + "\(bound - start), running after \(clock.now - start)")
        }
    }
}
