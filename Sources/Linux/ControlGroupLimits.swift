import CLinux

/// What a control group's members may use: `linux.resources` of the OCI runtime-spec 1.2, in its units. Nil leaves a
/// setting as it is; -1 lifts a limit where the spec says so.
package struct ControlGroupLimits: Sendable, Equatable {
    package struct Memory: Sendable, Equatable {
        /// Bytes; -1: none.
        package var limit: Int64?
        /// Soft limit in bytes: memory is taken from those over it first.
        package var reservation: Int64?
        /// Memory and swap together, in bytes; -1: none.
        package var swap: Int64?
        /// Bytes of TCP buffers (v1 only).
        package var kernelTCP: Int64?
        /// 0–100 (v1 only).
        package var swappiness: UInt64?
        /// v1 only: processes wait for memory instead of being killed.
        package var disableOOMKiller: Bool?
        /// Refuse a limit that is below what is in use now.
        package var checkBeforeUpdate = false
        package init() {}
    }

    package struct CPU: Sendable, Equatable {
        /// Relative weight in v1's scale, 2–262144; 1024 is the default.
        package var shares: UInt64?
        /// Microseconds a period; -1: no limit.
        package var quota: Int64?
        /// Microseconds.
        package var period: UInt64?
        /// Unused quota that may be saved up, in microseconds.
        package var burst: UInt64?
        package var realtimeRuntime: Int64?
        package var realtimePeriod: UInt64?
        /// CPU list such as "0-2,7".
        package var cpus: String?
        /// Memory node list.
        package var mems: String?
        /// 1: run only when nobody else wants to.
        package var idle: Int64?
        package init() {}
    }

    package struct DeviceNumber: Sendable, Equatable, CustomStringConvertible {
        package var major: Int64
        package var minor: Int64
        package init(major: Int64, minor: Int64) {
            self.major = major
            self.minor = minor
        }
        package var description: String { "\(major):\(minor)" }
    }

    package struct DeviceRate: Sendable, Equatable {
        package var device: DeviceNumber
        /// Bytes or operations a second; 0: no limit.
        package var rate: UInt64
        package init(device: DeviceNumber, rate: UInt64) {
            self.device = device
            self.rate = rate
        }
    }

    package struct DeviceWeight: Sendable, Equatable {
        package var device: DeviceNumber
        package var weight: UInt16?
        package var leafWeight: UInt16?
        package init(device: DeviceNumber, weight: UInt16?, leafWeight: UInt16?) {
            self.device = device
            self.weight = weight
            self.leafWeight = leafWeight
        }
    }

    package struct BlockIO: Sendable, Equatable {
        /// 10–1000.
        package var weight: UInt16?
        package var leafWeight: UInt16?
        package var weights: [DeviceWeight] = []
        package var readBytes: [DeviceRate] = []
        package var writeBytes: [DeviceRate] = []
        package var readOperations: [DeviceRate] = []
        package var writeOperations: [DeviceRate] = []
        package init() {}
    }

    package struct HugePages: Sendable, Equatable {
        /// "2MB", "1GB".
        package var size: String
        /// Bytes.
        package var limit: UInt64
        package init(size: String, limit: UInt64) {
            self.size = size
            self.limit = limit
        }
    }

    package struct RDMA: Sendable, Equatable {
        package var device: String
        package var handles: UInt32?
        package var objects: UInt32?
        package init(device: String, handles: UInt32?, objects: UInt32?) {
            self.device = device
            self.handles = handles
            self.objects = objects
        }
    }

    package var memory = Memory()
    package var cpu = CPU()
    package var blockIO = BlockIO()
    /// Processes and threads; -1: no limit.
    package var pids: Int64?
    package var hugePages: [HugePages] = []
    package var rdma: [RDMA] = []
    /// v1's net_cls tag; nil or 0: none.
    package var networkClass: UInt32?
    package var networkPriorities: [(interface: String, priority: UInt32)] = []
    /// File of the v2 folder to its value. v2 only.
    package var unified: [String: String] = [:]
    /// In order, the last that matches decides; nil: leave as it is.
    package var devices: [DeviceRule]?

    package init() {}

    package static func == (a: Self, b: Self) -> Bool {
        a.memory == b.memory && a.cpu == b.cpu && a.blockIO == b.blockIO && a.pids == b.pids
            && a.hugePages == b.hugePages && a.rdma == b.rdma && a.networkClass == b.networkClass
            && a.networkPriorities.elementsEqual(b.networkPriorities, by: ==) && a.unified == b.unified
            && a.devices == b.devices
    }
}

/// Scales that v1 and v2 disagree on.
package enum ControlGroupScale {
    /// v2's cpu.weight (1–10000, default 100) for v1's cpu.shares (2–262144, default 1024): the curve through the
    /// two ends and the two defaults, as runc 1.3.2 and later has it. The straight line of before gave a default
    /// container 39 of 100. 0 stays 0: not set.
    package static func cpuWeight(shares: UInt64) -> UInt64 {
        if shares == 0 { return 0 }
        if shares <= 2 { return 1 }
        if shares >= 262_144 { return 10_000 }
        let log = hako_log2(Double(shares))
        let exponent = (log * log + 125 * log) / 612 - 7.0 / 34
        // The small term undoes rounding just above a whole number: 1024 must give 100, not 101.
        return UInt64((hako_pow(10, exponent) - 1e-9).rounded(.up))
    }

    /// v2's io.weight (1–10000) for v1's blkio.weight (10–1000): a straight line, as in runc and crun.
    package static func ioWeight(blockIOWeight: UInt16) -> UInt64 {
        blockIOWeight < 10 ? 1 : 1 + (UInt64(blockIOWeight) - 10) * 9999 / 990
    }
}
