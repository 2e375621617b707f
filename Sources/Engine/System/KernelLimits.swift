import CLinux
import JSON
import Linux

/// Limits that a kernel may lack. What is asked for and can't be had is left out with a warning, in dockerd's words,
/// and the container runs without.
struct KernelLimits: Sendable {
    enum Limit: Sendable, CaseIterable {
        case memory, swap, swappiness, reservation, oomKillDisable, pids, shares, quota, cpuset
        case weight, deviceWeight, readBytes, writeBytes, readOperations, writeOperations
    }

    var missing: Set<Limit> = []

    func has(_ limit: Limit) -> Bool { !missing.contains(limit) }

    /// Takes what this kernel lacks out of a HostConfig (or an update of one); gives what there is to say about it.
    func reduce(_ host: inout JSON) -> [String] {
        var warnings: [String] = []
        for rule in Self.rules where missing.contains(rule.limit) {
            let asked = rule.members.filter { Self.isAsked(host[$0]) }
            guard !asked.isEmpty else { continue }
            if rule.limit == .swap {
                guard host["MemorySwap"].int != -1 else { continue }
            } else {
                for member in asked { host[member] = Self.nothing(in: host[member], member) }
            }
            warnings.append(rule.warning)
            // No limit of swap is what is left, with or without one of memory.
            if rule.limit == .memory || rule.limit == .swap { host["MemorySwap"] = -1 }
        }
        return warnings
    }

    /// -1 processes and an OOM killer that stays are what there is without a limit.
    private static func isAsked(_ value: JSON) -> Bool {
        if let number = value.int { return number > 0 }
        if let text = value.string { return !text.isEmpty }
        return value.bool ?? !(value.array ?? []).isEmpty
    }

    private static func nothing(in value: JSON, _ member: String) -> JSON {
        if member == "Memory" || member == "MemoryReservation" || member.hasPrefix("Cpu") && value.int != nil {
            return 0
        }
        if member == "BlkioWeight" { return 0 }
        if value.string != nil { return "" }
        return value.array == nil ? .null : []
    }

    private static let rules: [(limit: Limit, members: [String], warning: String)] = {
        let unmounted = "or the cgroup is not mounted."
        func kernel(_ what: String) -> String { "Your kernel does not support \(what)" }
        return [
            (.memory, ["Memory"], kernel("memory limit capabilities \(unmounted) Limitation discarded.")),
            (
                .swap, ["Memory"],
                kernel("swap limit capabilities \(unmounted) Memory limited without swap.")
            ),
            (
                .swappiness, ["MemorySwappiness"],
                kernel("memory swappiness capabilities \(unmounted) Memory swappiness discarded.")
            ),
            (
                .reservation, ["MemoryReservation"],
                kernel("memory soft limit capabilities \(unmounted) Limitation discarded.")
            ),
            (.oomKillDisable, ["OomKillDisable"], kernel("OomKillDisable. OomKillDisable discarded.")),
            (.pids, ["PidsLimit"], kernel("PIDs limit capabilities \(unmounted) PIDs limit discarded.")),
            (.shares, ["CpuShares"], kernel("CPU shares \(unmounted) Shares discarded.")),
            (.quota, ["CpuPeriod", "CpuQuota"], kernel("CPU CFS scheduler. CPU period/quota discarded.")),
            (.cpuset, ["CpusetCpus", "CpusetMems"], kernel("cpuset \(unmounted) Cpuset discarded.")),
            (.weight, ["BlkioWeight"], kernel("Block I/O weight \(unmounted) Weight discarded.")),
            (
                .deviceWeight, ["BlkioWeightDevice"],
                kernel("Block I/O weight_device \(unmounted) Weight-device discarded.")
            ),
            (
                .readBytes, ["BlkioDeviceReadBps"],
                kernel("BPS Block I/O read limit \(unmounted) Block I/O BPS read limit discarded.")
            ),
            (
                .writeBytes, ["BlkioDeviceWriteBps"],
                kernel("BPS Block I/O write limit \(unmounted) Block I/O BPS write limit discarded.")
            ),
            (
                .readOperations, ["BlkioDeviceReadIOps"],
                kernel("IOPS Block read limit \(unmounted) Block I/O IOPS read limit discarded.")
            ),
            (
                .writeOperations, ["BlkioDeviceWriteIOps"],
                kernel("IOPS Block write limit \(unmounted) Block I/O IOPS write limit discarded.")
            ),
        ]
    }()
}

extension KernelLimits {
    /// This machine's. Controllers that are mounted later need a new daemon.
    static let here = KernelLimits(missing: missingHere())

    private static func missingHere() -> Set<Limit> {
        guard let layout = try? ControlGroupLayout.current() else { return Set(Limit.allCases) }
        return layout.isUnified ? missing(unified: layout) : missing(legacy: layout)
    }

    private static func missing(unified layout: ControlGroupLayout) -> Set<Limit> {
        guard let hierarchy = layout.unified else { return Set(Limit.allCases) }
        let controllers = Set(
            (KernelFile.line(hierarchy.mountPoint + "/cgroup.controllers") ?? "").split(separator: " "))
        // Neither exists in v2.
        var result: Set<Limit> = [.swappiness, .oomKillDisable]
        let needs: [(String, Set<Limit>)] = [
            ("memory", [.memory, .swap, .reservation]), ("cpu", [.shares, .quota]), ("cpuset", [.cpuset]),
            ("pids", [.pids]),
            ("io", [.weight, .deviceWeight, .readBytes, .writeBytes, .readOperations, .writeOperations]),
        ]
        for (controller, limits) in needs where !controllers.contains(Substring(controller)) {
            result.formUnion(limits)
        }
        let own = hierarchy.mountPoint + hierarchy.own
        func lacks(_ files: [String]) -> Bool {
            // The top of the hierarchy has no limits of its own to tell by.
            !hierarchy.own.isEmpty && files.allSatisfy { access("\(own)/\($0)", F_OK) != 0 }
        }
        if lacks(["memory.swap.max"]) { result.insert(.swap) }
        if lacks(["io.weight", "io.bfq.weight"]) { result.formUnion([.weight, .deviceWeight]) }
        return result
    }

    private static func missing(legacy layout: ControlGroupLayout) -> Set<Limit> {
        let files: [(Limit, String, String)] = [
            (.memory, "memory", "memory.limit_in_bytes"), (.swap, "memory", "memory.memsw.limit_in_bytes"),
            (.swappiness, "memory", "memory.swappiness"), (.reservation, "memory", "memory.soft_limit_in_bytes"),
            (.oomKillDisable, "memory", "memory.oom_control"), (.pids, "pids", "cgroup.procs"),
            (.shares, "cpu", "cpu.shares"), (.quota, "cpu", "cpu.cfs_quota_us"), (.cpuset, "cpuset", "cpuset.cpus"),
            (.weight, "blkio", "blkio.weight"), (.deviceWeight, "blkio", "blkio.weight_device"),
            (.readBytes, "blkio", "blkio.throttle.read_bps_device"),
            (.writeBytes, "blkio", "blkio.throttle.write_bps_device"),
            (.readOperations, "blkio", "blkio.throttle.read_iops_device"),
            (.writeOperations, "blkio", "blkio.throttle.write_iops_device"),
        ]
        var result: Set<Limit> = []
        for (limit, controller, file) in files {
            let folder = layout.legacy.first { $0.controllers.contains(controller) }?.mountPoint
            if folder.map({ access("\($0)/\(file)", F_OK) != 0 }) ?? true { result.insert(limit) }
        }
        // BFQ has weights of its own, in all folders but the top, which has its counters.
        if let blkio = layout.legacy.first(where: { $0.controllers.contains("blkio") })?.mountPoint,
            access(blkio + "/blkio.bfq.io_service_bytes", F_OK) == 0
        {
            result.subtract([.weight, .deviceWeight])
        }
        return result
    }
}
