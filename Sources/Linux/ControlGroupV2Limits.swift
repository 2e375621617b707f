import CLinux
import Fault

extension UnifiedControlGroup {
    func apply(_ limits: ControlGroupLimits) throws(Fault) {
        if let tag = limits.networkClass, tag != 0 {
            throw Fault(
                .invalid,
                "the network class (net_cls) exists on cgroup v1 only; tag packets with nftables (meta cgroup) instead")
        }
        try apply(memory: limits.memory)
        try apply(cpu: limits.cpu)
        try apply(blockIO: limits.blockIO)
        if let pids = limits.pids, pids != 0 {
            try set("pids", "pids.max", pids > 0 ? "\(pids)" : "max", "the number of processes")
        }
        for page in limits.hugePages {
            try set("hugetlb", "hugetlb.\(page.size).max", "\(page.limit)", "huge pages of \(page.size)")
        }
        for device in limits.rdma { try set("rdma", "rdma.max", device.line, "RDMA device \(device.device)") }
        if let devices = limits.devices { try apply(devices: devices) }
        // Last, so that what the user spelled out wins.
        for (file, value) in limits.unified.sorted(by: { $0.key < $1.key }) { try apply(unified: file, value) }
    }

    private func set(_ controller: String, _ file: String, _ value: String, _ what: String) throws(Fault) {
        if !ControlGroupFolder.exists("\(folder)/\(file)"),
            let available = KernelFile.line(folder + "/cgroup.controllers"),
            !available.split(separator: " ").contains(Substring(controller))
        {
            throw ControlGroupAdvice.missingController(controller, for: what, unified: true)
        }
        try ControlGroupFolder.write(folder, file, value, what)
    }

    /// -1 is "max" here.
    private static func bytes(_ value: Int64) -> String { value < 0 ? "max" : "\(value)" }

    private func apply(memory: ControlGroupLimits.Memory) throws(Fault) {
        let limit = memory.limit.flatMap { $0 == 0 ? nil : $0 }
        if let limit, limit > 0, memory.checkBeforeUpdate,
            let usage = ControlGroupFolder.number(folder, "memory.current"),
            UInt64(limit) < usage
        {
            throw Fault(.invalid, "memory limit \(limit) is below what is in use now, \(usage) bytes")
        }
        if let swap = try Self.swapAlone(memory) {
            // A kernel without swap accounting has no file; then no limit and no swap are what it does anyway.
            if ControlGroupFolder.exists(folder + "/memory.swap.max") || (swap != "max" && swap != "0") {
                try set("memory", "memory.swap.max", swap, "swap")
            }
        }
        if let limit { try set("memory", "memory.max", Self.bytes(limit), "memory") }
        if let bytes = memory.reservation, bytes != 0 {
            try set("memory", "memory.low", Self.bytes(bytes), "the memory reservation")
        }
    }

    /// v2 limits swap by itself, the runtime-spec memory and swap together. Nil: nothing to write.
    static func swapAlone(_ memory: ControlGroupLimits.Memory) throws(Fault) -> String? {
        guard let both = memory.swap, both != 0 else { return memory.limit == -1 ? "max" : nil }
        if both < 0 { return "max" }
        guard let limit = memory.limit, limit != 0 else {
            throw Fault(.invalid, "You should always set the Memory limit when using Memoryswap limit, see usage")
        }
        guard limit > 0, both >= limit else {
            throw Fault(.invalid, "Minimum memoryswap limit should be larger than memory limit, see usage")
        }
        return "\(both - limit)"
    }

    private func apply(cpu: ControlGroupLimits.CPU) throws(Fault) {
        if let runtime = cpu.realtimeRuntime, runtime != 0 {
            throw Fault(.invalid, "realtime CPU time can be limited on cgroup v1 only")
        }
        if let idle = cpu.idle { try set("cpu", "cpu.idle", "\(idle)", "CPU idleness") }
        // An idle group has no weight: the kernel refuses one.
        if let shares = cpu.shares, shares != 0, cpu.idle != 1 {
            try set("cpu", "cpu.weight", "\(ControlGroupScale.cpuWeight(shares: shares))", "CPU shares")
        }
        try setQuota(cpu)
        for (file, value, what) in [
            ("cpuset.cpus", cpu.cpus, "the CPU set"), ("cpuset.mems", cpu.mems, "the memory nodes"),
        ] {
            if let value, !value.isEmpty { try set("cpuset", file, value, what) }
        }
    }

    private func setQuota(_ cpu: ControlGroupLimits.CPU) throws(Fault) {
        let wantsMaximum = cpu.quota ?? 0 != 0 || cpu.period ?? 0 != 0
        // A burst may not exceed the quota: shrink it first, grow it last.
        let present = ControlGroupFolder.number(folder, "cpu.max.burst") ?? 0
        if let burst = cpu.burst, burst < present { try set("cpu", "cpu.max.burst", "\(burst)", "the CPU burst") }
        if wantsMaximum {
            let now = (KernelFile.line(folder + "/cpu.max") ?? "max 100000").split(separator: " ").map(String.init)
            let quota = cpu.quota.flatMap { $0 == 0 ? nil : Self.bytes($0) } ?? now.first ?? "max"
            let period = cpu.period.flatMap { $0 == 0 ? nil : "\($0)" } ?? (now.count > 1 ? now[1] : "100000")
            try set("cpu", "cpu.max", "\(quota) \(period)", "CPU time")
        }
        if let burst = cpu.burst, burst > present { try set("cpu", "cpu.max.burst", "\(burst)", "the CPU burst") }
    }

    private func apply(blockIO: ControlGroupLimits.BlockIO) throws(Fault) {
        let isBFQ = ControlGroupFolder.exists(folder + "/io.bfq.weight")
        func scaled(_ weight: UInt16) -> String {
            isBFQ ? "\(weight)" : "\(ControlGroupScale.ioWeight(blockIOWeight: weight))"
        }
        let file = isBFQ ? "io.bfq.weight" : "io.weight"
        if let weight = blockIO.weight, weight != 0 {
            try set("io", file, "default " + scaled(weight), "the block I/O weight")
        }
        for entry in blockIO.weights {
            guard let weight = entry.weight, weight != 0 else { continue }
            try set("io", file, "\(entry.device) \(scaled(weight))", "the block I/O weight")
        }
        for (key, rates) in [
            ("rbps", blockIO.readBytes), ("wbps", blockIO.writeBytes),
            ("riops", blockIO.readOperations), ("wiops", blockIO.writeOperations),
        ] {
            for entry in rates {
                let rate = entry.rate == 0 ? "max" : "\(entry.rate)"
                try set("io", "io.max", "\(entry.device) \(key)=\(rate)", "block I/O of \(entry.device)")
            }
        }
    }

    private func apply(devices: [DeviceRule]) throws(Fault) {
        do throws(KernelError) {
            try DeviceProgram.attach(DeviceRule.effective(devices), to: folder)
        } catch {
            let hint = error.errno == EPERM ? "; it takes CAP_SYS_ADMIN or CAP_BPF with CAP_NET_ADMIN" : ""
            throw Fault(.internalFault, "can't fence in the devices of cgroup \(folder): \(error)\(hint)", cause: error)
        }
    }

    private func apply(unified file: String, _ value: String) throws(Fault) {
        guard !file.isEmpty, !file.contains("/"), file != ".", file != ".." else {
            throw Fault(.invalid, "linux.resources.unified: \"\(file)\" is no file name")
        }
        let controller = String(file.prefix { $0 != "." })
        // The kernel takes one line a write: several devices' limits are several lines.
        for line in value.split(separator: "\n", omittingEmptySubsequences: value != "") {
            if controller == "cgroup" {
                try ControlGroupFolder.write(folder, file, String(line), file)
            } else {
                try set(controller, file, String(line), file)
            }
        }
    }
}
