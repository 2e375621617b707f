import CLinux
import JSON
import Linux

/// A group's counters in the shape of the Engine API's stats document: `cpu_stats`, `memory_stats`, `pids_stats` and
/// `blkio_stats`, with the differences between v1 and v2 that clients expect.
package func statisticsDocument(_ counters: ControlGroupStatistics) -> JSON {
    [
        "pids_stats": pids(counters), "blkio_stats": block(counters), "cpu_stats": cpu(counters),
        "memory_stats": memory(counters),
    ]
}

private func pids(_ counters: ControlGroupStatistics) -> JSON {
    var result: JSON = .object(JSONObject())
    if let current = counters.pids { result["current"] = JSON(current) }
    if let limit = counters.pidsLimit { result["limit"] = JSON(limit) }
    return result
}

private func cpu(_ counters: ControlGroupStatistics) -> JSON {
    var usage: JSON = [
        "total_usage": JSON(counters.cpuTotal ?? 0), "usage_in_kernelmode": JSON(counters.cpuKernel ?? 0),
        "usage_in_usermode": JSON(counters.cpuUser ?? 0),
    ]
    if !counters.cpuPerCore.isEmpty { usage["percpu_usage"] = .array(counters.cpuPerCore.map { JSON($0) }) }
    let machine = MachineCounters.read()
    return [
        "cpu_usage": usage, "system_cpu_usage": JSON(machine.cpuNanoseconds), "online_cpus": JSON(machine.cpus),
        "throttling_data": [
            "periods": JSON(counters.throttlePeriods), "throttled_periods": JSON(counters.throttledPeriods),
            "throttled_time": JSON(counters.throttledTime),
        ],
    ]
}

/// Without a limit of its own the group's limit is the machine's memory.
private func memory(_ counters: ControlGroupStatistics) -> JSON {
    guard let usage = counters.memoryUsage else { return .object(JSONObject()) }
    var result: JSON = ["usage": JSON(usage)]
    if !counters.isUnified, let peak = counters.memoryPeak { result["max_usage"] = JSON(peak) }
    result["stats"] = .object(JSONObject(counters.memoryDetails.map { ($0.0, JSON($0.1)) }))
    if !counters.isUnified, let failures = counters.memoryFailures { result["failcnt"] = JSON(failures) }
    let machine = MachineCounters.memoryBytes()
    result["limit"] = JSON(min(counters.memoryLimit ?? machine, machine))
    return result
}

private func block(_ counters: ControlGroupStatistics) -> JSON {
    func list(_ entries: [ControlGroupStatistics.BlockEntry]) -> JSON {
        if entries.isEmpty { return counters.isUnified ? .null : .array([]) }
        return .array(
            entries.map {
                [
                    "major": JSON($0.major), "minor": JSON($0.minor), "op": .string($0.operation),
                    "value": JSON($0.value),
                ]
            })
    }
    let none: JSON = counters.isUnified ? .null : .array([])
    return [
        "io_service_bytes_recursive": list(counters.blockBytes),
        "io_serviced_recursive": list(counters.blockOperations),
        "io_queue_recursive": none, "io_service_time_recursive": none, "io_wait_time_recursive": none,
        "io_merged_recursive": none, "io_time_recursive": none, "sectors_recursive": none,
    ]
}

/// What the whole machine has and has used.
package enum MachineCounters {
    /// CPU time of all processors since boot, idle time included, in nanoseconds; and how many are on line.
    package static func read() -> (cpuNanoseconds: UInt64, cpus: Int) {
        let text = (try? KernelFile.read("/proc/stat")) ?? ""
        let cpus = text.split(separator: "\n").filter { $0.hasPrefix("cpu") && $0.dropFirst(3).first?.isNumber == true }
            .count
        let total = text.split(separator: "\n").first { $0.hasPrefix("cpu ") } ?? ""
        // user, nice, system, idle, iowait, irq, softirq: guest time is in user already.
        let ticks = total.split(separator: " ").dropFirst().prefix(7).reduce(UInt64(0)) { $0 &+ (UInt64($1) ?? 0) }
        return (ticks &* 10_000_000, max(cpus, 1))
    }

    package static func memoryBytes() -> UInt64 {
        let text = (try? KernelFile.read("/proc/meminfo")) ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix("MemTotal:") } ?? ""
        return (line.split(whereSeparator: { $0 == " " }).compactMap { UInt64($0) }.first ?? 0) * 1024
    }
}
