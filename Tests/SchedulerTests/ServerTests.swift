import Foundation
import JSON
import KubeAPIServer
import KubeClient
import Logging
import NIOPosix
import Testing

@testable import Scheduler

/// The scheduler on a real API server in this process, as the user that it is in a cluster.
struct SchedulerSandbox: Sendable {
    let running: RunningAPIServer
    let admin: any ObjectAPI
    let scheduler: Scheduler
    let log: Logger

    /// - Parameter isRunning: whether the scheduler works from the beginning.
    static func with(isRunning: Bool = true, _ body: (SchedulerSandbox) async throws -> Void) async throws {
        let folder = NSTemporaryDirectory() + "hako-scheduler-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var configuration = APIServerConfiguration()
        configuration.dataFolder = folder
        configuration.bindAddress = "127.0.0.1"
        configuration.port = 0
        configuration.admissionOff = ["ServiceAccount", "TaintNodesByCondition"]
        let log = Logger(label: "test")
        let running = try await RunningAPIServer.start(
            configuration, group: MultiThreadedEventLoopGroup.singleton, log: log)
        let sandbox = SchedulerSandbox(
            running: running,
            admin: running.api(as: UserInfo(name: "admin", groups: ["system:masters"]), manager: "test"),
            scheduler: Scheduler(
                api: running.api(
                    as: UserInfo(name: "system:kube-scheduler", groups: ["system:authenticated"]),
                    manager: "kube-scheduler"), log: log, now: { Date().timeIntervalSince1970 }), log: log)
        let work = Task { if isRunning { await sandbox.scheduler.run() } }
        func end() async {
            work.cancel()
            await work.value
            await running.stop()
        }
        do { try await body(sandbox) } catch {
            await end()
            throw error
        }
        await end()
    }

    func node(_ object: JSON) async throws {
        let made = try await admin.create(.nodes, object)
        var status = made
        status["status"] = object["status"]
        try await admin.updateStatus(.nodes, status)
    }

    /// Without what the API server makes by itself.
    func create(_ pod: JSON) async throws {
        var new = pod
        new["metadata"].remove("uid")
        new["spec"].remove("priority")
        new.remove("status")
        _ = try await admin.create(.pods, new)
    }

    /// Reads until what is read will do, ten seconds at most.
    func until<T>(_ read: () async throws -> T?) async throws -> T {
        for _ in 0..<1_000 {
            if let value = try await read() { return value }
            try await Task.sleep(for: .milliseconds(10))
        }
        throw Missing()
    }

    struct Missing: Error {}

    func events(_ pod: String) async throws -> [JSON] {
        try await admin.list(.events, "default").items.filter { $0["involvedObject"]["name"].string == pod }
    }
}

@Suite("the scheduler on an API server", .serialized)
struct ServerTests {
    @Test("a pod gets a node, the condition and an event")
    func binds() async throws {
        try await SchedulerSandbox.with { box in
            try await box.node(Bench.node("n1"))
            try await box.create(Bench.pod("web"))
            let pod = try await box.until { () -> JSON? in
                let pod = try await box.admin.get(.pods, "default", "web")
                return pod["spec"]["nodeName"].string == "n1" ? .some(pod) : .none
            }
            let condition = (pod["status"]["conditions"].array ?? []).first { $0["type"].string == "PodScheduled" }
            #expect(condition?["status"].string == "True", "\(pod["status"])")
            let event = try await box.until { try await box.events("web").first }
            #expect(event["reason"].string == "Scheduled" && event["type"].string == "Normal")
            #expect(event["message"].string == "Successfully assigned default/web to n1")
        }
    }

    @Test("a pod that fits nowhere says so, and goes as soon as a node comes that will do")
    func waits() async throws {
        try await SchedulerSandbox.with { box in
            try await box.node(Bench.node("n1", cpu: "1"))
            try await box.create(Bench.pod("big", cpu: "3"))
            let message =
                "0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: "
                + "0/1 nodes are available: 1 Preemption is not helpful for scheduling."
            let condition = try await box.until {
                let conditions = try await box.admin.get(.pods, "default", "big")["status"]["conditions"].array
                return conditions?.first { $0["type"].string == "PodScheduled" }
            }
            #expect(condition["status"].string == "False" && condition["reason"].string == "Unschedulable")
            #expect(condition["message"].string == message)
            let event = try await box.until { try await box.events("big").first }
            #expect(event["reason"].string == "FailedScheduling" && event["type"].string == "Warning")
            #expect(event["message"].string == message)
            try await box.node(Bench.node("n2", cpu: "4"))
            _ = try await box.until {
                try await box.admin.get(.pods, "default", "big")["spec"]["nodeName"].string == "n2" ? true : nil
            }
        }
    }
}
