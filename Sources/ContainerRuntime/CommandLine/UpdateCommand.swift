import CLinux
import Fault
import JSON
import Linux

let updateCommand = RuntimeCommand(
    name: "update", usage: "[OPTIONS] CONTAINER", help: "Change a container's limits",
    flags: [
        RuntimeFlag(
            "resources", short: "r", value: "FILE", "limits as JSON, - for stdin; other options are ignored then"),
        RuntimeFlag("blkio-weight", value: "N", "block I/O weight, 10 to 1000"),
        RuntimeFlag("cpu-period", value: "MICROSECONDS", "CPU period"),
        RuntimeFlag("cpu-quota", value: "MICROSECONDS", "CPU time in a period"),
        RuntimeFlag("cpu-burst", value: "MICROSECONDS", "CPU time that may be saved up"),
        RuntimeFlag("cpu-share", value: "N", "CPU shares"),
        RuntimeFlag("cpu-rt-period", value: "MICROSECONDS", "realtime period"),
        RuntimeFlag("cpu-rt-runtime", value: "MICROSECONDS", "realtime CPU time in a period"),
        RuntimeFlag("cpuset-cpus", value: "LIST", "CPUs"), RuntimeFlag("cpuset-mems", value: "LIST", "memory nodes"),
        RuntimeFlag("cpu-idle", value: "N", "1: run only when nobody else wants to"),
        RuntimeFlag("memory", value: "BYTES", "memory; -1: no limit"),
        RuntimeFlag("memory-reservation", value: "BYTES", "soft limit"),
        RuntimeFlag("memory-swap", value: "BYTES", "memory and swap together; -1: no limit"),
        RuntimeFlag("kernel-memory", value: "BYTES", "accepted and not used: the kernel has no such limit any more"),
        RuntimeFlag("kernel-memory-tcp", value: "BYTES", "kernel TCP memory"),
        RuntimeFlag("pids-limit", value: "N", "processes; -1: no limit"),
        RuntimeFlag("l3-cache-schema", value: "TEXT", "not supported"),
        RuntimeFlag("mem-bw-schema", value: "TEXT", "not supported"),
    ]
) { invocation in
    var container = try OCIContainer.load(try invocation.arguments.container(), root: invocation.root)
    guard container.status != .stopped else { throw Fault(.conflict, "container not running") }
    let resources = try changes(invocation.arguments)
    try container.group().apply(try controlGroupLimits(resources, isUpdate: true))
    // What holds now is what later commands and `state` go by.
    for (section, value) in resources.object ?? JSONObject() {
        if let members = value.object {
            for (name, member) in members { container.record["spec", "linux", "resources", section, name] = member }
        } else {
            container.record["spec", "linux", "resources", section] = value
        }
    }
    try container.save()
    return 0
}

private func changes(_ arguments: RuntimeArguments) throws -> JSON {
    if arguments.text("l3-cache-schema") != nil || arguments.text("mem-bw-schema") != nil {
        throw Fault(
            .notImplemented, "Intel RDT limits aren't supported; leave --l3-cache-schema and --mem-bw-schema out")
    }
    if let path = arguments.text("resources") {
        let bytes =
            path == "-"
            ? try OwnedDescriptor(taking: dup(0)).readToEnd(limit: OCIContainer.Limit.document, subject: "stdin")
            : try KernelFile.bytes(path, limit: OCIContainer.Limit.document)
        return try JSON(parsing: bytes)
    }
    var resources: JSON = .object(JSONObject())
    let numbers: [(flag: String, section: String, member: String)] = [
        ("blkio-weight", "blockIO", "weight"), ("cpu-period", "cpu", "period"), ("cpu-quota", "cpu", "quota"),
        ("cpu-burst", "cpu", "burst"), ("cpu-share", "cpu", "shares"), ("cpu-rt-period", "cpu", "realtimePeriod"),
        ("cpu-rt-runtime", "cpu", "realtimeRuntime"), ("cpu-idle", "cpu", "idle"), ("pids-limit", "pids", "limit"),
    ]
    for (flag, section, member) in numbers {
        if let number = try arguments.number(flag, Int64.self) { resources[section, member] = .int(number) }
    }
    for (flag, member) in [
        ("memory", "limit"), ("memory-reservation", "reservation"), ("memory-swap", "swap"),
        ("kernel-memory-tcp", "kernelTCP"),
    ] {
        if let text = arguments.text(flag) { resources["memory", member] = .int(try bytes(text, flag)) }
    }
    for (flag, member) in [("cpuset-cpus", "cpus"), ("cpuset-mems", "mems")] {
        if let text = arguments.text(flag) { resources["cpu", member] = .string(text) }
    }
    return resources
}

/// A number of bytes, with k, m, g or t after it for powers of 1024.
private func bytes(_ text: String, _ flag: String) throws(Fault) -> Int64 {
    if text == "-1" { return -1 }
    let lower = text.lowercased()
    let digits = lower.prefix { $0.isNumber }
    let shifts: [String: Int64] = [
        "": 0, "b": 0, "k": 10, "kb": 10, "m": 20, "mb": 20, "g": 30, "gb": 30, "t": 40, "tb": 40,
    ]
    guard let number = Int64(digits), let shift = shifts[String(lower.dropFirst(digits.count))],
        number <= Int64.max >> shift
    else {
        throw Fault(.invalid, "invalid value for \(flag): invalid size: '\(text)'")
    }
    return number << shift
}
