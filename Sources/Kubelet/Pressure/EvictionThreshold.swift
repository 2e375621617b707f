import Fault
import KubeModel

/// What a node may run out of, by the names that thresholds are written with.
package enum EvictionSignal: String, Sendable, CaseIterable {
    case memoryAvailable = "memory.available"
    case nodeAvailable = "nodefs.available"
    case nodeFilesFree = "nodefs.inodesFree"
    case imageAvailable = "imagefs.available"
    case imageFilesFree = "imagefs.inodesFree"
    case pidAvailable = "pid.available"

    var pressure: NodePressureKind {
        switch self {
        case .memoryAvailable: .memory
        case .pidAvailable: .pid
        default: .disk
        }
    }

    /// As messages name it.
    var resource: String {
        switch self {
        case .memoryAvailable: "memory"
        case .nodeAvailable, .imageAvailable: "ephemeral-storage"
        case .nodeFilesFree, .imageFilesFree: "inodes"
        case .pidAvailable: "pids"
        }
    }

    /// How its amounts are written.
    var format: Quantity.Format {
        switch self {
        case .memoryAvailable, .nodeAvailable, .imageAvailable: .binarySI
        default: .decimalSI
        }
    }
}

/// A condition of the node, by its type.
enum NodePressureKind: String, Sendable, CaseIterable {
    case memory = "MemoryPressure"
    case disk = "DiskPressure"
    case pid = "PIDPressure"

    /// Of the node's condition, and with `Node` of its event, the reason; and its message.
    func words(_ holds: Bool) -> (reason: String, message: String) {
        switch (self, holds) {
        case (.memory, true): ("HasInsufficientMemory", "kubelet has insufficient memory available")
        case (.memory, false): ("HasSufficientMemory", "kubelet has sufficient memory available")
        case (.disk, true): ("HasDiskPressure", "kubelet has disk pressure")
        case (.disk, false): ("HasNoDiskPressure", "kubelet has no disk pressure")
        case (.pid, true): ("HasInsufficientPID", "kubelet has insufficient PID available")
        case (.pid, false): ("HasSufficientPID", "kubelet has sufficient PID available")
        }
    }
}

/// How little of something may be left: less, and pods are evicted.
package struct EvictionThreshold: Sendable, Hashable {
    enum Value: Sendable, Hashable {
        case amount(Quantity)
        /// Of the capacity: 0 to 1.
        case share(Double)
    }

    /// The original's.
    package static let standardMemory = EvictionThreshold(
        signal: .memoryAvailable, value: .amount(Quantity(100 << 20, .binarySI)))

    let signal: EvictionSignal
    let value: Value
    /// Seconds for which it must be met before pods are evicted, which then get time to end; nil: at once.
    var grace: Double?

    var isSoft: Bool { grace != nil }

    func quantity(of capacity: Int) -> Quantity {
        switch value {
        case .amount(let amount): amount
        case .share(let share): Quantity(Int(Double(capacity) * share), signal.format)
        }
    }

    /// `memory.available<100Mi,nodefs.available<10%`. A share of 0 or 100 percent is none.
    package static func parse(_ text: String) throws(Fault) -> [EvictionThreshold] {
        var thresholds: [EvictionThreshold] = []
        for statement in text.split(separator: ",") {
            let halves = statement.split(separator: "<", maxSplits: 1).map(String.init)
            guard halves.count == 2 else {
                throw Fault(.invalid, "\"\(statement)\" is no eviction threshold: write it as memory.available<100Mi")
            }
            guard let signal = EvictionSignal(rawValue: halves[0]) else {
                let known = EvictionSignal.allCases.map(\.rawValue).joined(separator: ", ")
                throw Fault(.invalid, "\"\(halves[0])\" is no eviction signal; there are \(known)")
            }
            guard !thresholds.contains(where: { $0.signal == signal }) else {
                throw Fault(.invalid, "the eviction signal \(signal.rawValue) is there twice")
            }
            if let value = try value(halves[1], statement) { thresholds.append(.init(signal: signal, value: value)) }
        }
        return thresholds
    }

    /// `memory.available=1m30s,nodefs.available=2m`: seconds for each signal.
    package static func parseGrace(_ text: String) throws(Fault) -> [EvictionSignal: Double] {
        var periods: [EvictionSignal: Double] = [:]
        for statement in text.split(separator: ",") {
            let halves = statement.split(separator: "=", maxSplits: 1).map(String.init)
            guard halves.count == 2, let signal = EvictionSignal(rawValue: halves[0]) else {
                throw Fault(.invalid, "\"\(statement)\" is no grace period: write it as memory.available=1m30s")
            }
            guard let nanoseconds = try? DurationText.parse(halves[1]), nanoseconds >= 0 else {
                throw Fault(.invalid, "\"\(statement)\": \(halves[1]) is no time, as 30s or 1m30s")
            }
            guard periods.updateValue(Double(nanoseconds) / 1e9, forKey: signal) == nil else {
                throw Fault(.invalid, "the eviction signal \(signal.rawValue) is there twice")
            }
        }
        return periods
    }

    private static func value(_ text: String, _ statement: Substring) throws(Fault) -> Value? {
        if text.hasSuffix("%") {
            guard let percent = Double(text.dropLast()), (0...100).contains(percent) else {
                throw Fault(.invalid, "\"\(statement)\": a share is 0% to 100%")
            }
            return percent == 0 || percent == 100 ? nil : .share(percent / 100)
        }
        guard let amount = try? Quantity(parsing: text), amount.sign > 0 else {
            throw Fault(.invalid, "\"\(statement)\": \(text) is no amount, as 100Mi, and no share, as 10%")
        }
        return .amount(amount)
    }
}
