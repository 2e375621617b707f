import CLinux
import ContainerRuntime
import DockerModel
import Fault
import JSON
import Logging
import NIOCore

extension Engine {
    /// Probes until the container ends. Called when it has started, and when the daemon finds it running.
    func startHealthChecks(_ container: Container) {
        guard let check = container.record.healthCheck else { return }
        container.setHealth(Task { [weak self] in await self?.probe(container, check) })
    }

    private func probe(_ container: Container, _ check: HealthCheck) async {
        let startedAt = container.record.state.startedAt ?? nowNanoseconds()
        while !Task.isCancelled {
            let age = Duration.nanoseconds(nowNanoseconds() - startedAt)
            let pause = container.record.health?.pause(check, age: age) ?? check.interval
            do { try await Task.sleep(for: pause) } catch { return }
            if container.record.state.isPaused { continue }
            let result = await runProbe(container, check)
            if Task.isCancelled || container.record.state.startedAt != startedAt { return }
            let changed = container.change { record -> Bool in
                var health = record.health ?? HealthState()
                defer { record.health = health }
                return health.took(result, check, startedAt: startedAt)
            }
            guard changed, let status = container.record.health?.status else { continue }
            publish("health_status: \(status.rawValue)", container.record)
            try? await inLane(container.id) { try await self.save(container) }
        }
    }

    private func runProbe(_ container: Container, _ check: HealthCheck) async -> HealthState.Probe {
        let start = nowNanoseconds()
        func answer(_ code: Int32, _ output: String) -> HealthState.Probe {
            HealthState.Probe(start: start, end: nowNanoseconds(), exitCode: code, output: output)
        }
        let record = container.record
        let config: JSON = ["Cmd": JSON(check.command)]
        let id = Self.randomID()
        do {
            let process = try await execProcess(record, config)
            let pid = try await runtime.exec(
                record.id, execID: id, process: process, openStdin: false, waitForAttach: true)
            let stdio = try await runtime.attach(record.id, exec: id, stdin: false)
            let output = Task { await Self.collect(stdio) }
            defer { Task { await stdio.close() } }
            let (ends, sink) = AsyncStream.makeStream(of: Exit.self)
            Task { [runtime] in
                if let exit = try? await runtime.waitExec(record.id, execID: id) { sink.yield(exit) }
                sink.finish()
            }
            let exit = await first(of: ends, within: check.timeout)
            guard let exit else {
                // The check's process is a child of the monitor: its number is not reused while it isn't reaped.
                if pid > 0 { kill(pid, SIGKILL) }
                output.cancel()
                return answer(-1, "Health check exceeded timeout (\(Self.goDuration(check.timeout)))")
            }
            return answer(exit.code, await output.value)
        } catch {
            return answer(-1, ExecFailure(error).message)
        }
    }

    /// The first bytes that the check printed.
    private static func collect(_ stdio: any MonitorStdio) async -> String {
        var bytes = ByteBuffer()
        while let (_, chunk) = try? await stdio.next() {
            let room = HealthState.keptOutput - bytes.readableBytes
            if room > 0 { bytes.writeBytes(chunk.readableBytesView.prefix(room)) }
        }
        return String(buffer: bytes)
    }

    private static func goDuration(_ duration: Duration) -> String {
        let (seconds, rest) = duration.components
        if seconds == 0 { return "\(rest / 1_000_000_000_000_000)ms" }
        let minutes = seconds / 60
        return minutes == 0 ? "\(seconds)s" : "\(minutes)m\(seconds % 60)s"
    }
}
