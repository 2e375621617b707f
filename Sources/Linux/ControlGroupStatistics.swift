import CLinux

/// A group's counters, in the kernel's units; `ContainerRuntime` gives them the Engine API's shape.
package struct ControlGroupStatistics: Sendable, Equatable {
    package struct BlockEntry: Sendable, Equatable {
        package var major: UInt64, minor: UInt64
        /// "Read", "Write", "Sync", …; v2: "read", "write".
        package var operation: String
        package var value: UInt64
    }

    /// True for v2's files: the documents' shapes differ.
    package var isUnified = false
    /// Nanoseconds.
    package var cpuTotal: UInt64?
    package var cpuKernel: UInt64?
    package var cpuUser: UInt64?
    /// Nanoseconds a CPU; v1 only.
    package var cpuPerCore: [UInt64] = []
    package var throttlePeriods: UInt64 = 0
    package var throttledPeriods: UInt64 = 0
    /// Nanoseconds.
    package var throttledTime: UInt64 = 0
    /// Bytes.
    package var memoryUsage: UInt64?
    /// The most it ever was; v1, and v2 of kernels since 5.19.
    package var memoryPeak: UInt64?
    /// Bytes; nil: no limit.
    package var memoryLimit: UInt64?
    package var memoryFailures: UInt64?
    /// memory.stat, in the kernel's order.
    package var memoryDetails: [(String, UInt64)] = []
    package var pids: UInt64?
    /// Nil: no limit.
    package var pidsLimit: UInt64?
    package var blockBytes: [BlockEntry] = []
    package var blockOperations: [BlockEntry] = []

    package init() {}

    package static func == (a: Self, b: Self) -> Bool {
        a.cpuTotal == b.cpuTotal && a.memoryUsage == b.memoryUsage && a.pids == b.pids && a.blockBytes == b.blockBytes
            && a.memoryDetails.elementsEqual(b.memoryDetails, by: ==)
    }
}

extension LegacyControlGroup {
    func statistics() -> ControlGroupStatistics {
        var result = ControlGroupStatistics()
        if let folder = folder("cpuacct") {
            result.cpuTotal = ControlGroupFolder.number(folder, "cpuacct.usage")
            result.cpuPerCore = (KernelFile.line(folder + "/cpuacct.usage_percpu") ?? "").split(separator: " ")
                .compactMap { UInt64($0) }
            // In clock ticks of 1/100 s.
            let ticks = ControlGroupFolder.keyed((try? KernelFile.read(folder + "/cpuacct.stat")) ?? "")
            result.cpuKernel = ticks["system"].map { $0 &* 10_000_000 }
            result.cpuUser = ticks["user"].map { $0 &* 10_000_000 }
        }
        if let folder = folder("cpu") {
            let values = ControlGroupFolder.keyed((try? KernelFile.read(folder + "/cpu.stat")) ?? "")
            result.throttlePeriods = values["nr_periods"] ?? 0
            result.throttledPeriods = values["nr_throttled"] ?? 0
            result.throttledTime = values["throttled_time"] ?? 0
        }
        if let folder = folder("memory") {
            result.memoryUsage = ControlGroupFolder.number(folder, "memory.usage_in_bytes")
            result.memoryPeak = ControlGroupFolder.number(folder, "memory.max_usage_in_bytes")
            result.memoryFailures = ControlGroupFolder.number(folder, "memory.failcnt")
            // No limit reads as the largest whole page count.
            result.memoryLimit = ControlGroupFolder.number(folder, "memory.limit_in_bytes").flatMap {
                $0 >= 1 << 62 ? nil : $0
            }
            result.memoryDetails = ControlGroupFolder.pairs((try? KernelFile.read(folder + "/memory.stat")) ?? "")
        }
        if let folder = folder("pids") {
            result.pids = ControlGroupFolder.number(folder, "pids.current")
            result.pidsLimit = ControlGroupFolder.number(folder, "pids.max")
        }
        if let folder = folder("blkio") {
            result.blockBytes = Self.block(folder, "io_service_bytes_recursive")
            result.blockOperations = Self.block(folder, "io_serviced_recursive")
        }
        return result
    }

    /// BFQ counts only on devices that it schedules; the throttling layer counts on all.
    private static func block(_ folder: String, _ file: String) -> [ControlGroupStatistics.BlockEntry] {
        for name in ["blkio.bfq.\(file)", "blkio.throttle.\(file)"] {
            let entries = ((try? KernelFile.read("\(folder)/\(name)")) ?? "").split(separator: "\n").compactMap {
                line in
                let fields = line.split(whereSeparator: { $0 == " " || $0 == ":" })
                return fields.count == 4 ? entry(fields[0], fields[1], String(fields[2]), fields[3]) : nil
            }
            if !entries.isEmpty { return entries }
        }
        return []
    }

    private static func entry(
        _ major: Substring, _ minor: Substring, _ operation: String, _ value: Substring
    ) -> ControlGroupStatistics.BlockEntry? {
        guard let major = UInt64(major), let minor = UInt64(minor), let value = UInt64(value) else { return nil }
        return .init(major: major, minor: minor, operation: operation, value: value)
    }
}

extension UnifiedControlGroup {
    func statistics() -> ControlGroupStatistics {
        var result = ControlGroupStatistics()
        result.isUnified = true
        let cpu = ControlGroupFolder.keyed((try? KernelFile.read(folder + "/cpu.stat")) ?? "")
        // Microseconds there.
        result.cpuTotal = cpu["usage_usec"].map { $0 &* 1000 }
        result.cpuKernel = cpu["system_usec"].map { $0 &* 1000 }
        result.cpuUser = cpu["user_usec"].map { $0 &* 1000 }
        result.throttlePeriods = cpu["nr_periods"] ?? 0
        result.throttledPeriods = cpu["nr_throttled"] ?? 0
        result.throttledTime = (cpu["throttled_usec"] ?? 0) &* 1000
        result.memoryUsage = ControlGroupFolder.number(folder, "memory.current")
        result.memoryPeak = ControlGroupFolder.number(folder, "memory.peak")
        result.memoryLimit = ControlGroupFolder.number(folder, "memory.max")
        result.memoryDetails = ControlGroupFolder.pairs((try? KernelFile.read(folder + "/memory.stat")) ?? "")
        result.memoryFailures = ControlGroupFolder.keyed((try? KernelFile.read(folder + "/memory.events")) ?? "")["max"]
        result.pids = ControlGroupFolder.number(folder, "pids.current")
        result.pidsLimit = ControlGroupFolder.number(folder, "pids.max")
        for line in ((try? KernelFile.read(folder + "/io.stat")) ?? "").split(separator: "\n") {
            let fields = line.split(separator: " ")
            let device = (fields.first ?? "").split(separator: ":").compactMap { UInt64($0) }
            guard device.count == 2 else { continue }
            for field in fields.dropFirst() {
                let pair = field.split(separator: "=")
                guard pair.count == 2, let value = UInt64(pair[1]) else { continue }
                func entry(_ operation: String) -> ControlGroupStatistics.BlockEntry {
                    .init(major: device[0], minor: device[1], operation: operation, value: value)
                }
                switch pair[0] {
                case "rbytes": result.blockBytes.append(entry("read"))
                case "wbytes": result.blockBytes.append(entry("write"))
                case "rios": result.blockOperations.append(entry("read"))
                case "wios": result.blockOperations.append(entry("write"))
                default: break
                }
            }
        }
        return result
    }
}
