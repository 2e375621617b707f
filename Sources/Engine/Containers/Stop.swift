import CLinux
import ContainerRuntime
import DockerModel
import Fault
import JSON
import Logging

extension Engine {
    /// Docker's grace period where neither the request nor the container names one.
    private static let standardGrace = 10
    /// What it gets, in seconds, when the signal couldn't be delivered: dockerd's.
    private static let undeliveredGrace = 2
    /// How long a SIGKILL may take before the client is told that it didn't work.
    private static let killGrace = Duration.seconds(10)

    package func stopContainer(_ ref: String, signal: String?, timeout: Int?) async throws {
        let container = try container(ref)
        let record = container.record
        guard record.state.isRunning || record.state.isRestarting else {
            throw Fault(.unchanged, "container \(container.id) is already stopped")
        }
        try await stop(container, signal: signal, timeout: timeout)
        publish("stop", container.record)
    }

    /// Returns when its end has been dealt with: ports are free, the exit code is durable.
    func stop(_ container: Container, signal: String?, timeout: Int?) async throws {
        let outcomes = container.outcomes(untilRemoved: false)
        let config = container.record.config
        let asked = signal.flatMap { $0.isEmpty ? nil : $0 } ?? config["StopSignal"].string ?? "SIGTERM"
        // A container may name a signal that there isn't; the client who asks for one is told.
        let number = signal.map { $0.isEmpty } ?? true ? Signal.number(asked) : try Signal.parse(asked)
        let isRunning = try await inLane(container.id) { () -> Bool in
            if container.change({ $0.stopRequested() }) {
                container.setRestart(nil)
                try await self.save(container)
                container.wakeWaiters()
            }
            guard container.record.state.isRunning else { return false }
            if let number { try await self.send(number, to: container) }
            return true
        }
        if !isRunning { return }
        let asksFor = timeout ?? config["StopTimeout"].int ?? Self.standardGrace
        let grace = number == nil ? Self.undeliveredGrace : asksFor
        if await first(of: outcomes, within: grace < 0 ? nil : .seconds(grace)) != nil { return }
        let last = container.outcomes(untilRemoved: false)
        guard container.record.state.isRunning else { return }
        try await send(SIGKILL, to: container)
        if await first(of: last, within: Self.killGrace) == nil, container.record.state.isRunning {
            throw Fault(
                .internalFault,
                "cannot stop container: \(container.record.name): tried to kill container, but did not receive an exit event"
            )
        }
    }

    /// Delivers the signal and tells listeners. A paused container is let go so that it can take it.
    private func send(_ number: Int32, to container: Container) async throws {
        let record = container.record
        publish("kill", record, ["signal": "\(number)"])
        do { try await runtime.signal(container.id, number) } catch {
            // It may have ended in this moment; then its end is on its way here, or dealt with already.
            let status = try await runtime.state(container.id)?.status
            if status == .stopped || !container.record.state.isRunning { return }
            throw error
        }
        if record.state.isPaused {
            try await runtime.resume(container.id)
            container.change { if $0.state.isPaused { $0.state.status = .running } }
        }
    }

    package func killContainer(_ ref: String, signal: String?) async throws {
        let container = try container(ref)
        let record = container.record
        let number = try Signal.parse(signal.flatMap { $0.isEmpty ? nil : $0 } ?? "SIGKILL")
        guard record.state.isRunning else {
            throw Fault(
                .conflict, "cannot kill container: \(ref): container \(container.id) is not running")
        }
        let stop = record.config["StopSignal"].string.flatMap(Signal.number) ?? SIGTERM
        let ends = number == SIGKILL || number == stop
        let outcomes = container.outcomes(untilRemoved: false)
        try await inLane(container.id) {
            guard container.record.state.isRunning else { return }
            if ends { _ = container.change { $0.stopRequested() } }
            try await self.send(number, to: container)
        }
        if number == SIGKILL { _ = await first(of: outcomes, within: Self.killGrace) }
    }

    package func restartContainer(_ ref: String, signal: String?, timeout: Int?) async throws {
        let container = try container(ref)
        let wasRemoved = container.record.isAutoRemoved
        // `--rm` must not take the container away between the two halves.
        if wasRemoved { container.change { $0.hostConfig["AutoRemove"] = false } }
        defer { if wasRemoved { container.change { $0.hostConfig["AutoRemove"] = true } } }
        if container.record.state.isRunning || container.record.state.isRestarting {
            try await stop(container, signal: signal, timeout: timeout)
        }
        try await inLane(container.id) {
            guard !container.record.state.isRunning else { return }
            try await self.launch(container)
        }
        publish("restart", container.record)
    }

    package func pauseContainer(_ ref: String) async throws {
        let container = try container(ref)
        try await inLane(container.id) {
            let state = container.record.state
            if state.isRestarting {
                throw Fault(.conflict, "Container \(container.id) is restarting, wait until the container is running")
            }
            guard state.isRunning else { throw Fault(.conflict, "container \(container.id) is not running") }
            if state.isPaused { throw Fault(.conflict, "container \(container.id) is already paused") }
            try await self.runtime.pause(container.id)
            container.change { $0.state.status = .paused }
            try await self.save(container)
            self.publish("pause", container.record)
        }
    }

    package func unpauseContainer(_ ref: String) async throws {
        let container = try container(ref)
        try await inLane(container.id) {
            guard container.record.state.isPaused else {
                throw Fault(.conflict, "Container \(container.id) is not paused")
            }
            try await self.runtime.resume(container.id)
            container.change { $0.state.status = .running }
            try await self.save(container)
            self.publish("unpause", container.record)
        }
    }

    package func resizeContainer(_ ref: String, height: Int, width: Int) async throws {
        let container = try container(ref)
        guard container.record.state.isRunning else {
            throw Fault(.conflict, "container \(container.id) is not running")
        }
        try await runtime.resize(
            container.id, exec: nil, rows: UInt16(clamping: height), columns: UInt16(clamping: width))
        publish("resize", container.record, ["height": "\(height)", "width": "\(width)"])
    }

    package func waitContainer(_ ref: String, condition: WaitCondition) async throws -> Task<JSON, any Error> {
        let container = try container(ref)
        let outcomes = container.outcomes(untilRemoved: condition == .removed)
        let state = container.record.state
        if condition == .notRunning, !state.isRunning, !state.isRestarting {
            return Task { Self.document(Container.Outcome(exitCode: state.exitCode)) }
        }
        if container.isRemoved { return Task { Self.document(Container.Outcome(exitCode: state.exitCode)) } }
        return Task {
            guard let outcome = await outcomes.first(where: { _ in true }) else { throw CancellationError() }
            return Self.document(outcome)
        }
    }

    private static func document(_ outcome: Container.Outcome) -> JSON {
        ["StatusCode": JSON(outcome.exitCode)]
    }
}

/// The stream's first element; nil when the time is over, or the stream, before there is one. Nil duration: for ever.
func first<T: Sendable>(of stream: AsyncStream<T>, within limit: Duration?) async -> T? {
    guard let limit else { return await stream.first { _ in true } }
    return await withTaskGroup(of: T?.self) { group in
        group.addTask { await stream.first { _ in true } }
        group.addTask {
            try? await Task.sleep(for: limit)
            return nil
        }
        defer { group.cancelAll() }
        return await group.next() ?? nil
    }
}
