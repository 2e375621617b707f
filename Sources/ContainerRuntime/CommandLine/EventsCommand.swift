import CLinux
import Fault
import JSON
import Linux

let eventsCommand = RuntimeCommand(
    name: "events", usage: "[OPTIONS] CONTAINER", help: "Print statistics and out-of-memory kills as JSON lines",
    flags: [
        RuntimeFlag("interval", value: "DURATION", "time between statistics (default: 5s)"),
        RuntimeFlag("stats", "print statistics once and end"),
    ]
) { invocation in
    let container = try OCIContainer.load(try invocation.arguments.container(), root: invocation.root)
    let interval = try milliseconds(invocation.arguments.text("interval") ?? "5s")
    guard container.status != .stopped else {
        throw Fault(.conflict, "container with id \(container.id) is not running")
    }
    let group = try container.group()
    if invocation.arguments.isOn("stats") {
        put("stats", container.id, runtimeStatistics(group.statistics()))
        return 0
    }
    guard let process = container.openProcess() else { return 0 }
    let watch = try group.watchOOM()
    var kills = watch?.kills() ?? 0
    var entries = [pollfd(fd: process.raw, events: Int16(POLLIN), revents: 0)]
    if let watch { entries.append(pollfd(fd: watch.descriptor.raw, events: Int16(POLLIN), revents: 0)) }
    while true {
        let count = poll(&entries, nfds_t(entries.count), interval)
        if count < 0 && hako_errno() != EINTR {
            throw KernelError(call: "poll", subject: container.id, errno: hako_errno())
        }
        if count == 0 { put("stats", container.id, runtimeStatistics(group.statistics())) }
        if let watch, entries.count > 1, entries[1].revents != 0 {
            let now = watch.kills()
            // v1 also tells of the group's own end.
            if now > kills { put("oom", container.id, nil) }
            kills = now
        }
        if entries[0].revents != 0 { return 0 }
    }
}

private func put(_ type: String, _ id: String, _ data: JSON?) {
    var event: JSON = ["type": .string(type), "id": .string(id)]
    if let data { event["data"] = data }
    RuntimeReport.put(String(decoding: event.bytes(), as: UTF8.self) + "\n")
}

/// Go's durations with one unit: "500ms", "5s", "1m", "1h".
private func milliseconds(_ text: String) throws(Fault) -> Int32 {
    let digits = text.prefix { $0.isNumber }
    let units: [String: Int] = ["ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000]
    guard let number = Int(digits), let unit = units[String(text.dropFirst(digits.count))], number > 0,
        number <= Int(Int32.max) / unit
    else { throw Fault(.invalid, "duration interval must be greater than 0, such as 5s; it is \"\(text)\"") }
    return Int32(number * unit)
}

/// runc's shape of the same counters.
func runtimeStatistics(_ counters: ControlGroupStatistics) -> JSON {
    func block(_ entries: [ControlGroupStatistics.BlockEntry]) -> JSON {
        .array(
            entries.map {
                [
                    "major": JSON($0.major), "minor": JSON($0.minor), "op": .string($0.operation),
                    "value": JSON($0.value),
                ]
            })
    }
    let details = JSONObject(counters.memoryDetails.map { ($0.0, JSON($0.1)) })
    var usage: JSON = [
        "limit": JSON(counters.memoryLimit ?? UInt64.max), "usage": JSON(counters.memoryUsage ?? 0),
        "failcnt": JSON(counters.memoryFailures ?? 0),
    ]
    if let peak = counters.memoryPeak { usage["max"] = JSON(peak) }
    var pids: JSON = ["current": JSON(counters.pids ?? 0)]
    if let limit = counters.pidsLimit { pids["limit"] = JSON(limit) }
    return [
        "cpu": [
            "usage": [
                "total": JSON(counters.cpuTotal ?? 0), "percpu": .array(counters.cpuPerCore.map { JSON($0) }),
                "kernel": JSON(counters.cpuKernel ?? 0), "user": JSON(counters.cpuUser ?? 0),
            ],
            "throttling": [
                "periods": JSON(counters.throttlePeriods), "throttledPeriods": JSON(counters.throttledPeriods),
                "throttledTime": JSON(counters.throttledTime),
            ],
        ],
        "memory": ["cache": details["cache"] ?? details["file"] ?? 0, "usage": usage, "raw": .object(details)],
        "pids": pids,
        "blkio": [
            "ioServiceBytesRecursive": block(counters.blockBytes),
            "ioServicedRecursive": block(counters.blockOperations),
        ],
    ]
}
