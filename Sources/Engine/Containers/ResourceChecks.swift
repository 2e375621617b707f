import Fault
import JSON
import Linux

extension CreateChecks {
    static func checkResources(_ host: JSON, processors: Int) throws(Fault) {
        try checkMemory(host)
        try checkProcessor(host, processors: processors)
        let weight = host["BlkioWeight"].int ?? 0
        if weight != 0, !(10...1000).contains(weight) {
            throw Fault(.invalid, "Range of blkio weight is from 10 to 1000")
        }
        for limit in host["Ulimits"].array ?? [] {
            guard let name = limit["Name"].string, let soft = limit["Soft"].int, let hard = limit["Hard"].int else {
                throw Fault(.invalid, "invalid ulimit: name, soft and hard limit are needed")
            }
            guard ResourceLimit.names.contains(name.lowercased()) else {
                throw Fault(.invalid, "invalid ulimit type: \(name)")
            }
            if hard != -1, soft == -1 || soft > hard {
                throw Fault(.invalid, "ulimit soft limit must be less than or equal to hard limit: \(soft) > \(hard)")
            }
        }
    }

    private static func checkMemory(_ host: JSON) throws(Fault) {
        let memory = host["Memory"].int ?? 0, swap = host["MemorySwap"].int ?? 0
        let reservation = host["MemoryReservation"].int ?? 0
        if memory != 0, memory < minimumMemory { throw Fault(.invalid, "Minimum memory limit allowed is 6MB") }
        if memory > 0, swap > 0, swap < memory {
            throw Fault(.invalid, "Minimum memoryswap limit should be larger than memory limit, see usage")
        }
        if memory == 0, swap > 0 {
            throw Fault(.invalid, "You should always set the Memory limit when using Memoryswap limit, see usage")
        }
        if let swappiness = host["MemorySwappiness"].int, swappiness < -1 || swappiness > 100 {
            throw Fault(.invalid, "Invalid value: \(swappiness), valid memory swappiness range is 0-100")
        }
        if reservation > 0, reservation < minimumMemory {
            throw Fault(.invalid, "Minimum memory reservation allowed is 6MB")
        }
        if memory > 0, reservation > 0, memory < reservation {
            throw Fault(.invalid, "Minimum memory limit can not be less than memory reservation limit, see usage")
        }
    }

    private static func checkProcessor(_ host: JSON, processors: Int) throws(Fault) {
        let nano = host["NanoCpus"].int ?? 0, period = host["CpuPeriod"].int ?? 0, quota = host["CpuQuota"].int ?? 0
        if nano > 0, period > 0 {
            throw Fault(.invalid, "Conflicting options: Nano CPUs and CPU Period cannot both be set")
        }
        if nano > 0, quota > 0 {
            throw Fault(.invalid, "Conflicting options: Nano CPUs and CPU Quota cannot both be set")
        }
        if nano < 0 || nano > processors * 1_000_000_000 {
            throw Fault(
                .invalid,
                "range of CPUs is from 0.01 to \(processors).00, as there are only \(processors) CPUs available")
        }
        if period != 0, !(1_000...1_000_000).contains(period) {
            throw Fault(
                .invalid, "CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)")
        }
        if quota > 0, quota < 1_000 {
            throw Fault(.invalid, "CPU cfs quota can not be less than 1ms (i.e. 1000)")
        }
        let cpus = host["CpusetCpus"].string ?? ""
        guard let wanted = processorList(cpus) else {
            throw Fault(.invalid, "Invalid value \(cpus) for cpuset cpus: invalid format: \(cpus)")
        }
        if let last = wanted.max(), last >= processors {
            throw Fault(
                .invalid, "Requested CPUs are not available - requested \(cpus), available: 0-\(processors - 1)")
        }
        let nodes = host["CpusetMems"].string ?? ""
        guard let wantedNodes = processorList(nodes) else {
            throw Fault(.invalid, "Invalid value \(nodes) for cpuset mems: invalid format: \(nodes)")
        }
        let online = KernelFile.line("/sys/devices/system/node/online") ?? "0"
        if !Set(wantedNodes).isSubset(of: processorList(online) ?? [0]) {
            throw Fault(
                .invalid, "Requested memory nodes are not available - requested \(nodes), available: \(online)")
        }
    }

    /// `0-2,7` as numbers; nil when it isn't such a list. At most 8192, the kernel's own maximum.
    static func processorList(_ text: String) -> [Int]? {
        var result: [Int] = []
        for part in text.split(separator: ",") {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
            guard let first = ends.first.flatMap({ $0 }), let last = ends.last.flatMap({ $0 }), ends.count <= 2,
                first >= 0, first <= last, last < 8_192
            else { return nil }
            result += first...last
        }
        return result
    }
}

/// Names of setrlimit(2) as Docker writes them: lower case, without RLIMIT_.
enum ResourceLimit {
    static let names: Set<String> = [
        "as", "core", "cpu", "data", "fsize", "locks", "memlock", "msgqueue", "nice", "nofile", "nproc", "rss",
        "rtprio", "rttime", "sigpending", "stack",
    ]
}
