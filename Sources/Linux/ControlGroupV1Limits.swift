import CLinux
import Fault

// How v1 spells memory, CPU and disk limits (Linux Documentation/admin-guide/cgroup-v1).
extension LegacyControlGroup {
    func apply(memory: ControlGroupLimits.Memory) throws(Fault) {
        guard memory != ControlGroupLimits.Memory() else { return }
        let folder = try folder("memory", for: "memory")
        try setMemoryAndSwap(folder, memory)
        if let bytes = memory.reservation, bytes != 0 {
            try ControlGroupFolder.write(folder, "memory.soft_limit_in_bytes", "\(bytes)", "the memory reservation")
        }
        if let bytes = memory.kernelTCP, bytes != 0 {
            try ControlGroupFolder.write(folder, "memory.kmem.tcp.limit_in_bytes", "\(bytes)", "kernel TCP memory")
        }
        if let swappiness = memory.swappiness {
            guard swappiness <= 100 else {
                throw Fault(.invalid, "memory swappiness \(swappiness) is out of range: it goes from 0 to 100")
            }
            try ControlGroupFolder.write(folder, "memory.swappiness", "\(swappiness)", "memory swappiness")
        }
        if memory.disableOOMKiller == true {
            try ControlGroupFolder.write(folder, "memory.oom_control", "1", "the OOM killer")
        }
    }

    /// At every moment memory.limit_in_bytes <= memory.memsw.limit_in_bytes must hold: what grows is written from the
    /// outside in, what shrinks from the inside out.
    private func setMemoryAndSwap(_ folder: String, _ memory: ControlGroupLimits.Memory) throws(Fault) {
        let limit = memory.limit.flatMap { $0 == 0 ? nil : $0 }
        var swap = memory.swap.flatMap { $0 == 0 ? nil : $0 }
        let hasSwap = ControlGroupFolder.exists(folder + "/memory.memsw.limit_in_bytes")
        // Lifting the memory limit lifts the other one too, which would stand below it.
        if limit == -1, swap == nil, hasSwap { swap = -1 }
        // A kernel that doesn't count swap has no file; no limit is what it does anyway.
        if swap == -1, !hasSwap { swap = nil }
        if let limit, limit > 0, memory.checkBeforeUpdate,
            let usage = ControlGroupFolder.number(folder, "memory.usage_in_bytes"),
            UInt64(limit) < usage
        {
            throw Fault(.invalid, "memory limit \(limit) is below what is in use now, \(usage) bytes")
        }
        guard let swap else {
            if let limit { try setLimit(folder, limit) }
            return
        }
        if let limit, swap != -1, limit > 0, swap < limit {
            throw Fault(.invalid, "Minimum memoryswap limit should be larger than memory limit, see usage")
        }
        let present = ControlGroupFolder.number(folder, "memory.memsw.limit_in_bytes") ?? .max
        if swap == -1 || UInt64(max(swap, 0)) >= present {
            try setSwap(folder, swap)
            if let limit { try setLimit(folder, limit) }
        } else {
            if let limit { try setLimit(folder, limit) }
            try setSwap(folder, swap)
        }
    }

    private func setSwap(_ folder: String, _ bytes: Int64) throws(Fault) {
        try ControlGroupFolder.write(folder, "memory.memsw.limit_in_bytes", "\(bytes)", "memory and swap")
    }

    private func setLimit(_ folder: String, _ bytes: Int64) throws(Fault) {
        do throws(KernelError) {
            try KernelFile.write(folder + "/memory.limit_in_bytes", "\(bytes)")
        } catch {
            if error.errno == EBUSY {
                let usage = ControlGroupFolder.number(folder, "memory.usage_in_bytes") ?? 0
                let peak = ControlGroupFolder.number(folder, "memory.max_usage_in_bytes") ?? 0
                throw Fault(
                    .conflict, "unable to set memory limit to \(bytes) (current usage: \(usage), peak usage: \(peak))",
                    cause: error)
            }
            if error.errno == EINVAL, let swap = ControlGroupFolder.number(folder, "memory.memsw.limit_in_bytes"),
                bytes > 0, UInt64(bytes) > swap
            {
                throw Fault(
                    .invalid,
                    "Memory limit should be smaller than already set memoryswap limit, update the memoryswap at the same time",
                    cause: error)
            }
            throw ControlGroupFolder.fault(error, "memory.limit_in_bytes", "\(bytes)", "memory")
        }
    }

    func apply(cpu: ControlGroupLimits.CPU) throws(Fault) {
        let wantsCPU =
            cpu.shares ?? 0 != 0 || cpu.quota ?? 0 != 0 || cpu.period ?? 0 != 0 || cpu.burst != nil
            || cpu.idle != nil || cpu.realtimePeriod ?? 0 != 0 || cpu.realtimeRuntime ?? 0 != 0
        guard wantsCPU else { return }
        let folder = try folder("cpu", for: "CPU time")
        if let idle = cpu.idle { try ControlGroupFolder.write(folder, "cpu.idle", "\(idle)", "CPU idleness") }
        // An idle group has no weight of its own: the kernel refuses shares then.
        if let shares = cpu.shares, shares != 0, cpu.idle != 1 { try setShares(folder, shares) }
        if let period = cpu.realtimePeriod, period != 0 {
            try ControlGroupFolder.write(folder, "cpu.rt_period_us", "\(period)", "the realtime period")
        }
        if let runtime = cpu.realtimeRuntime, runtime != 0 {
            try ControlGroupFolder.write(folder, "cpu.rt_runtime_us", "\(runtime)", "realtime CPU time")
        }
        try setQuota(folder, cpu)
    }

    /// The kernel silently moves shares into its range: say so instead.
    private func setShares(_ folder: String, _ shares: UInt64) throws(Fault) {
        try ControlGroupFolder.write(folder, "cpu.shares", "\(shares)", "CPU shares")
        guard let actual = ControlGroupFolder.number(folder, "cpu.shares") else { return }
        if shares > actual { throw Fault(.invalid, "the maximum allowed cpu-shares is \(actual)") }
        if shares < actual { throw Fault(.invalid, "the minimum allowed cpu-shares is \(actual)") }
    }

    /// The kernel checks quota, period and burst against each other at each write, so a change of several may pass in
    /// one order only: what was refused is tried again after the others.
    private func setQuota(_ folder: String, _ cpu: ControlGroupLimits.CPU) throws(Fault) {
        var writes: [(file: String, value: String, what: String)] = []
        if let period = cpu.period, period != 0 { writes.append(("cpu.cfs_period_us", "\(period)", "the CPU period")) }
        if let quota = cpu.quota, quota != 0 { writes.append(("cpu.cfs_quota_us", "\(quota)", "the CPU quota")) }
        if let burst = cpu.burst { writes.append(("cpu.cfs_burst_us", "\(burst)", "the CPU burst")) }
        var refused: [(file: String, value: String, what: String)] = []
        for write in writes {
            do throws(KernelError) {
                try KernelFile.write("\(folder)/\(write.file)", write.value)
            } catch {
                guard error.errno == EINVAL, writes.count > 1 else {
                    throw ControlGroupFolder.fault(error, write.file, write.value, write.what)
                }
                refused.append(write)
            }
        }
        for write in refused { try ControlGroupFolder.write(folder, write.file, write.value, write.what) }
    }

    func apply(cpuset: ControlGroupLimits.CPU) throws(Fault) {
        for (file, value, what) in [
            ("cpuset.cpus", cpuset.cpus, "the CPU set"), ("cpuset.mems", cpuset.mems, "the memory nodes"),
        ] {
            guard let value, !value.isEmpty else { continue }
            try ControlGroupFolder.write(try folder("cpuset", for: what), file, value, what)
        }
    }

    func apply(blockIO: ControlGroupLimits.BlockIO) throws(Fault) {
        guard blockIO != ControlGroupLimits.BlockIO() else { return }
        let folder = try folder("blkio", for: "block I/O")
        // The BFQ scheduler's files stand in for CFQ's, which kernels since 5.0 lack.
        let isBFQ = !ControlGroupFolder.exists(folder + "/blkio.weight")
        let weightFile = isBFQ ? "blkio.bfq.weight" : "blkio.weight"
        if let weight = blockIO.weight, weight != 0 {
            try ControlGroupFolder.write(folder, weightFile, "\(weight)", "the block I/O weight")
        }
        if let weight = blockIO.leafWeight, weight != 0 {
            try ControlGroupFolder.write(folder, "blkio.leaf_weight", "\(weight)", "the block I/O leaf weight")
        }
        for entry in blockIO.weights {
            if let weight = entry.weight, weight != 0 {
                let file = isBFQ ? "blkio.bfq.weight_device" : "blkio.weight_device"
                try ControlGroupFolder.write(folder, file, "\(entry.device) \(weight)", "the block I/O weight")
            }
            if let weight = entry.leafWeight, weight != 0 {
                try ControlGroupFolder.write(
                    folder, "blkio.leaf_weight_device", "\(entry.device) \(weight)", "the block I/O leaf weight")
            }
        }
        for (file, rates) in [
            ("read_bps", blockIO.readBytes), ("write_bps", blockIO.writeBytes),
            ("read_iops", blockIO.readOperations), ("write_iops", blockIO.writeOperations),
        ] {
            for entry in rates {
                try ControlGroupFolder.write(
                    folder, "blkio.throttle.\(file)_device", "\(entry.device) \(entry.rate)",
                    "block I/O of \(entry.device)")
            }
        }
    }
}
