import ContainerRuntime
import JSON

/// A container's changes of state as a pure machine: each event gives the actions that the engine then carries out.
/// The record is saved by whoever carries them out.
extension ContainerRecord {
    enum Action: Equatable, Sendable {
        /// Tell listeners: Docker's word and what it adds to the attributes.
        case publish(String, [String: String])
        /// Those who wait for its end get the exit code.
        case wakeWaiters
        case startHealthChecks
        /// Network and runtime state: what only a running container has, and others may wait for.
        case release
        /// Its mounts. Comes after the waiters: it may take as long as the disk does.
        case unmount
        case restart(after: Duration)
        case remove
    }

    /// The first process runs. A container that ended meanwhile stays ended.
    mutating func started(pid: Int32, at time: Int64) -> [Action] {
        state.status = .running
        state.pid = pid
        state.exitCode = 0
        state.error = ""
        state.oomKilled = false
        state.startedAt = time
        shouldRun = true
        health = healthCheck == nil ? nil : HealthState()
        var actions = [Action.publish("start", [:])]
        if health != nil { actions.append(.startHealthChecks) }
        return actions
    }

    /// It could not be started: Docker leaves a new container `created` and one that ran before `exited`.
    mutating func startFailed(exitCode: Int32, message: String, at time: Int64) -> [Action] {
        state.pid = 0
        state.exitCode = exitCode
        state.error = message
        shouldRun = false
        if state.startedAt != nil {
            state.status = .exited
            state.finishedAt = time
        } else {
            state.status = .created
        }
        return [.release, .wakeWaiters, .unmount] + (isAutoRemoved ? [.remove] : [])
    }

    mutating func ended(_ exit: Exit) -> [Action] {
        guard state.pid != 0 else { return [] }
        let ran = Duration.nanoseconds(max(0, exit.finishedAt - (state.startedAt ?? exit.finishedAt)))
        state.pid = 0
        state.exitCode = exit.code
        state.oomKilled = exit.oomKilled
        state.finishedAt = exit.finishedAt
        var actions: [Action] = exit.oomKilled ? [.publish("oom", [:])] : []
        actions += [
            .publish("die", ["exitCode": "\(exit.code)", "execDuration": "\(ran.components.seconds)"]), .release,
        ]
        if health != nil { health?.status = .unhealthy }
        let policy = RestartPolicy(hostConfig)
        if policy.restarts(exitCode: exit.code, wasStopped: wasStopped, restarts: restartCount) {
            state.status = .restarting
            return actions + [.wakeWaiters, .unmount, .restart(after: backoff.next(ranFor: ran))]
        }
        state.status = .exited
        shouldRun = false
        return actions + [.wakeWaiters, .unmount] + (isAutoRemoved ? [.remove] : [])
    }

    /// Someone wants it to end: policies let it lie from now on. True when a restart that was due is called off.
    mutating func stopRequested() -> Bool {
        wasStopped = true
        guard state.status == .restarting else { return false }
        state.status = .exited
        shouldRun = false
        return true
    }

    var isAutoRemoved: Bool { hostConfig["AutoRemove"].bool ?? false }
}
