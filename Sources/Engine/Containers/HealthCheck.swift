import JSON

/// A container's health check with Docker's defaults filled in.
struct HealthCheck: Sendable, Equatable {
    /// The command's arguments.
    var command: [String]
    var interval = Duration.seconds(30), timeout = Duration.seconds(30), startPeriod = Duration.zero
    var startInterval = Duration.seconds(5)
    /// Failures in a row that make it unhealthy.
    var retries = 3

    /// Nil when the configuration has none, or `NONE`.
    init?(_ config: JSON) {
        let check = config["Healthcheck"]
        let test = check["Test"].strings
        switch test.first {
        case "CMD": command = Array(test.dropFirst())
        case "CMD-SHELL":
            let shell = config["Shell"].strings
            command = (shell.isEmpty ? ["/bin/sh", "-c"] : shell) + [test.dropFirst().joined(separator: " ")]
        default: return nil
        }
        if command.isEmpty { return nil }
        func duration(_ member: String, _ standard: Duration) -> Duration {
            guard let nanoseconds = check[member].int, nanoseconds > 0 else { return standard }
            return .nanoseconds(nanoseconds)
        }
        interval = duration("Interval", interval)
        timeout = duration("Timeout", timeout)
        startPeriod = duration("StartPeriod", startPeriod)
        startInterval = duration("StartInterval", startInterval)
        if let count = check["Retries"].int, count > 0 { retries = count }
    }
}

extension ContainerRecord {
    var healthCheck: HealthCheck? { HealthCheck(config) }
}

extension HealthState {
    /// Probes kept, and bytes of output kept of each, as Docker does.
    static let keptProbes = 5
    static let keptOutput = 4_096

    /// Takes a probe's answer in. Failures in the start period don't count until it was healthy once.
    /// True when the status has changed.
    mutating func took(_ probe: Probe, _ check: HealthCheck, startedAt: Int64) -> Bool {
        log.append(probe)
        if log.count > Self.keptProbes { log.removeFirst() }
        let before = status
        if probe.exitCode == 0 {
            failingStreak = 0
            status = .healthy
        } else {
            let age = Duration.nanoseconds(probe.start - startedAt)
            if status == .starting, age < check.startPeriod { return false }
            failingStreak += 1
            if failingStreak >= check.retries { status = .unhealthy }
        }
        return status != before
    }

    /// How long until the next probe.
    func pause(_ check: HealthCheck, age: Duration) -> Duration {
        status == .starting && age < check.startPeriod ? check.startInterval : check.interval
    }

    package var json: JSON {
        [
            "Status": .string(status.rawValue), "FailingStreak": JSON(failingStreak),
            "Log": .array(
                log.map {
                    [
                        "Start": .string(rfc3339($0.start)), "End": .string(rfc3339($0.end)),
                        "ExitCode": JSON($0.exitCode), "Output": .string($0.output),
                    ]
                }),
        ]
    }
}
