import JSON

/// What `docker inspect` shows under `State`, apart from health.
package struct ContainerState: Sendable, Equatable {
    package enum Status: String, Sendable {
        case created, running, paused, restarting, removing, exited, dead
    }

    package var status = Status.created
    /// The first process's number on the host; 0 when none runs.
    package var pid: Int32 = 0
    package var exitCode: Int32 = 0
    package var error = ""
    package var oomKilled = false
    /// Nanoseconds since the epoch; nil: never.
    package var startedAt: Int64?, finishedAt: Int64?

    package init() {}

    /// A first process exists: running, paused, or between two runs of a restart policy with one.
    package var isRunning: Bool { pid != 0 }
    package var isPaused: Bool { status == .paused }
    package var isRestarting: Bool { status == .restarting }

    package var json: JSON {
        var json: JSON = [
            "Status": .string(status.rawValue), "Running": .bool(status == .running || isPaused || isRestarting),
            "Paused": .bool(isPaused), "Restarting": .bool(isRestarting), "OOMKilled": .bool(oomKilled),
            "Dead": .bool(status == .dead), "Pid": .int(Int64(pid)), "ExitCode": .int(Int64(exitCode)),
            "Error": .string(error),
        ]
        json["StartedAt"] = .string(rfc3339(startedAt))
        json["FinishedAt"] = .string(rfc3339(finishedAt))
        return json
    }
}
