import Foundation
import JSON
import KubeAPIServer
import KubeClient
import Logging
import NIOPosix
import Scheduler

/// `podrate [NODES [PODS]]`: an API server and the scheduler in one process, as on a control plane, with nodes that are
/// objects only; how fast pods that wait get their nodes. Prints one line of JSON a round.
@main
enum PodRate {
    static let log = Logger(label: "podrate")
    /// Clients that create pods.
    private static let clients = 32

    static func main() async throws {
        let numbers = CommandLine.arguments.dropFirst().compactMap { Int($0) }
        let (nodes, pods) = (numbers.first ?? 200, numbers.dropFirst().first ?? 3_000)
        let folder = NSTemporaryDirectory() + "hako-podrate-\(getpid())"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var configuration = APIServerConfiguration()
        configuration.dataFolder = folder
        configuration.bindAddress = "127.0.0.1"
        configuration.port = 0
        configuration.admissionOff = ["ServiceAccount", "TaintNodesByCondition"]
        let server = try await RunningAPIServer.start(
            configuration, group: MultiThreadedEventLoopGroup.singleton, log: log)
        try await measure(server, nodes: nodes, pods: pods)
        await server.stop()
    }

    private static func measure(_ server: RunningAPIServer, nodes: Int, pods count: Int) async throws {
        let admin = server.api(as: UserInfo(name: "admin", groups: ["system:masters"]), manager: "podrate")
        try await many(nodes) { number in
            let made = try await admin.create(.nodes, node(number))
            var status = made
            status["status"] = node(number)["status"]
            try await admin.updateStatus(.nodes, status)
        }
        // Pods that wait already, then pods that come while it works.
        let waiting = try await seconds { try await many(count) { try await admin.create(.pods, pod("a-\($0)")) } }
        let bound = Bound()
        let pods = Informer(admin, .pods, log: log)
        pods.observe { bound.take($0) }
        let watching = Task { await pods.run() }
        await pods.synced()
        let scheduler = Scheduler(
            api: server.api(
                as: UserInfo(name: "system:kube-scheduler", groups: ["system:authenticated"]),
                manager: "kube-scheduler"), log: log, now: { Date().timeIntervalSince1970 })
        let start = ContinuousClock.now
        let cpu = processorSeconds()
        let work = Task { await scheduler.run() }
        await bound.reached(count)
        tell("waiting", nodes, count, start.duration(to: .now), created: waiting, cpu: processorSeconds() - cpu)
        let again = ContinuousClock.now
        let cpuAgain = processorSeconds()
        let creating = try await seconds { try await many(count) { try await admin.create(.pods, pod("b-\($0)")) } }
        await bound.reached(2 * count)
        tell("coming", nodes, count, again.duration(to: .now), created: creating, cpu: processorSeconds() - cpuAgain)
        work.cancel()
        watching.cancel()
        await work.value
        await watching.value
    }

    private static func tell(
        _ round: String, _ nodes: Int, _ pods: Int, _ time: Duration, created: Double, cpu: Double
    ) {
        let seconds = time / .seconds(1)
        let line: JSON = [
            "round": .string(round), "nodes": JSON(nodes), "pods": JSON(pods), "createSeconds": JSON(created),
            "boundSeconds": JSON(seconds), "podsPerSecond": JSON((Double(pods) / seconds).rounded()),
            "cpuSecondsPer1000": JSON(cpu / Double(pods) * 1_000),
        ]
        print(String(decoding: line.bytes(), as: UTF8.self))
    }

    private static func many(_ count: Int, _ work: @escaping @Sendable (Int) async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for lane in 0..<min(clients, count) {
                group.addTask { for number in stride(from: lane, to: count, by: clients) { try await work(number) } }
            }
            try await group.waitForAll()
        }
    }

    private static func seconds(_ work: () async throws -> Void) async rethrows -> Double {
        let start = ContinuousClock.now
        try await work()
        return start.duration(to: .now) / .seconds(1)
    }

    private static func processorSeconds() -> Double { Double(clock()) / Double(CLOCKS_PER_SEC) }

    private static func node(_ number: Int) -> JSON {
        let amounts: JSON = ["cpu": "32", "memory": "256Gi", "pods": "110"]
        return [
            "apiVersion": "v1", "kind": "Node",
            "metadata": [
                "name": .string("n\(number)"), "labels": ["kubernetes.io/hostname": .string("n\(number)")],
            ], "status": ["capacity": amounts, "allocatable": amounts],
        ]
    }

    private static func pod(_ name: String) -> JSON {
        [
            "apiVersion": "v1", "kind": "Pod",
            "metadata": ["name": .string(name), "namespace": "default", "labels": ["app": "web"]],
            "spec": [
                "containers": [
                    [
                        "name": "main", "image": "app:1",
                        "resources": ["requests": ["cpu": "100m", "memory": "128Mi"]],
                    ]
                ]
            ],
        ]
    }
}
