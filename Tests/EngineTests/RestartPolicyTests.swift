import ContainerRuntime
import JSON
import Testing

@testable import Engine

@Suite struct RestartPolicyTests {
    private func policy(_ name: String, _ retries: Int = 0) -> RestartPolicy {
        RestartPolicy(["RestartPolicy": ["Name": .string(name), "MaximumRetryCount": JSON(retries)]])
    }

    @Test("waiting time doubles from 100 ms to a minute and begins anew after a run of 10 s")
    func backoff() {
        var backoff = RestartBackoff()
        let delays = (0..<12).map { _ in backoff.next(ranFor: .seconds(1)) }
        #expect(delays.prefix(4) == [.milliseconds(100), .milliseconds(200), .milliseconds(400), .milliseconds(800)])
        #expect(delays.last == .seconds(60))
        #expect(backoff.next(ranFor: .seconds(10)) == .milliseconds(100))
        #expect(backoff.next(ranFor: .seconds(2)) == .milliseconds(200))
    }

    @Test("on-failure restarts after a failure only, and as often as it may")
    func onFailure() {
        #expect(policy("on-failure", 3).restarts(exitCode: 1, wasStopped: false, restarts: 2))
        #expect(!policy("on-failure", 3).restarts(exitCode: 1, wasStopped: false, restarts: 3))
        #expect(!policy("on-failure").restarts(exitCode: 0, wasStopped: false, restarts: 0))
        #expect(policy("on-failure").restarts(exitCode: 1, wasStopped: false, restarts: 1_000))
    }

    @Test("one that was stopped by hand lies; only `always` starts it again with the daemon")
    func stopped() {
        for name in ["always", "unless-stopped", "on-failure"] {
            #expect(!policy(name).restarts(exitCode: 1, wasStopped: true, restarts: 0))
        }
        #expect(policy("always").restartsAtDaemonStart(wasStopped: true, exitCode: 0, restarts: 0))
        #expect(!policy("unless-stopped").restartsAtDaemonStart(wasStopped: true, exitCode: 0, restarts: 0))
        #expect(policy("unless-stopped").restartsAtDaemonStart(wasStopped: false, exitCode: 0, restarts: 0))
        #expect(!policy("no").restartsAtDaemonStart(wasStopped: false, exitCode: 1, restarts: 0))
    }
}

@Suite struct LifecycleTests {
    static let second: Int64 = 1_000_000_000

    private func record(restart: String = "no", autoRemove: Bool = false) -> ContainerRecord {
        var record = ContainerTableTests.record("ab", "web")
        record.hostConfig = [
            "RestartPolicy": ["Name": .string(restart), "MaximumRetryCount": 0], "AutoRemove": .bool(autoRemove),
        ]
        return record
    }

    private func exit(_ code: Int32, at seconds: Int64, oom: Bool = false) -> Exit {
        Exit(code: code, oomKilled: oom, finishedAt: seconds * Self.second)
    }

    @Test("a start makes it running, an end makes it exited and frees what it had before waiters hear of it")
    func wholeLife() {
        var record = record()
        let first = record.started(pid: 42, at: Self.second)
        #expect(first == [.publish("start", [:])])
        #expect(record.state.status == .running && record.state.pid == 42 && record.shouldRun)
        let actions = record.ended(exit(3, at: 6))
        #expect(
            actions == [.publish("die", ["exitCode": "3", "execDuration": "5"]), .release, .wakeWaiters, .unmount])
        #expect(record.state.status == .exited && record.state.exitCode == 3 && !record.shouldRun)
    }

    @Test("an end that is reported twice happens once")
    func twice() {
        var record = record()
        _ = record.started(pid: 42, at: Self.second)
        _ = record.ended(exit(0, at: 2))
        let again = record.ended(exit(0, at: 2))
        #expect(again.isEmpty)
    }

    @Test("`--rm` removes it last")
    func autoRemove() {
        var record = record(autoRemove: true)
        _ = record.started(pid: 42, at: Self.second)
        let actions = record.ended(exit(0, at: 2))
        #expect(actions.last == .remove)
    }

    @Test("a policy brings it back, later each time")
    func restarts() {
        var record = record(restart: "always")
        var delays: [Duration] = []
        for round in 0..<3 {
            _ = record.started(pid: 42, at: Int64(round) * Self.second)
            for action in record.ended(exit(1, at: Int64(round) + 1)) {
                if case .restart(let after) = action { delays.append(after) }
            }
            #expect(record.state.status == .restarting)
        }
        #expect(delays == [.milliseconds(100), .milliseconds(200), .milliseconds(400)])
    }

    @Test("stopping one that is about to restart calls the restart off")
    func stopWhileRestarting() {
        var record = record(restart: "always")
        _ = record.started(pid: 42, at: 0)
        _ = record.ended(exit(1, at: 1))
        let calledOff = record.stopRequested()
        #expect(calledOff)
        #expect(record.state.status == .exited && !record.shouldRun)
    }

    @Test("a program that can't be run leaves a new container created, with code and reason")
    func failedStart() {
        var record = record()
        let actions = record.startFailed(exitCode: 127, message: "no such file", at: 5)
        #expect(actions == [.release, .wakeWaiters, .unmount])
        #expect(record.state.status == .created && record.state.exitCode == 127 && record.state.error == "no such file")
        #expect(record.state.startedAt == nil)
    }

    @Test("the kernel's out-of-memory kill is told")
    func oom() {
        var record = record()
        _ = record.started(pid: 42, at: 0)
        let actions = record.ended(exit(137, at: 1, oom: true))
        #expect(actions.first == .publish("oom", [:]))
        #expect(record.state.oomKilled)
    }
}
