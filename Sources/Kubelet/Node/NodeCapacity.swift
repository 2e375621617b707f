import CLinux
import JSON
import KubeModel
import Linux

/// What the machine has for pods.
struct NodeCapacity: Sendable, Equatable {
    var processors: Int
    /// Bytes.
    var memory: Int
    /// Bytes of the file system under the kubelet's folder.
    var disk: Int
    var pods: Int

    static func here(_ settings: KubeletSettings) -> NodeCapacity {
        let processors = Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        let total = memory("MemTotal", NodeFiles.read("/proc/meminfo") ?? "") ?? 0
        let memory = min(total, OwnMemory.now?.limit ?? total)
        return NodeCapacity(
            processors: max(1, min(processors, settings.processors ?? processors)),
            memory: min(memory, settings.memory ?? memory), disk: diskSize(settings.rootFolder),
            pods: settings.maximumPods)
    }

    /// A line of proc(5) `meminfo`, in bytes; nil when it isn't there.
    static func memory(_ name: String, _ meminfo: String) -> Int? {
        for line in meminfo.split(separator: "\n") where line.hasPrefix(name + ":") {
            let words = line.split(separator: " ")
            return words.count > 1 ? Int(words[1]).map { $0 * 1_024 } : nil
        }
        return nil
    }

    /// Of the first folder on the way up that exists.
    private static func diskSize(_ path: String) -> Int {
        var path = Substring(path)
        var status = statfs()
        while !path.isEmpty {
            if statfs(String(path), &status) == 0 { return Int(status.f_blocks) * Int(status.f_bsize) }
            path = path.lastIndex(of: "/").map { path[..<$0] } ?? ""
        }
        guard statfs("/", &status) == 0 else { return 0 }
        return Int(status.f_blocks) * Int(status.f_bsize)
    }

    var capacity: JSON {
        [
            "cpu": .string("\(processors)"), "ephemeral-storage": .string("\(disk / 1_024)Ki"), "hugepages-1Gi": "0",
            "hugepages-2Mi": "0", "memory": .string("\(memory / 1_024)Ki"), "pods": .string("\(pods)"),
        ]
    }

    /// Without what is to stay free: below that pods would be evicted at once.
    func allocatable(_ thresholds: [EvictionThreshold]) -> JSON {
        var amounts = capacity
        for threshold in thresholds {
            let (name, whole): (String, Int)
            switch threshold.signal {
            case .memoryAvailable: (name, whole) = ("memory", memory / 1_024 * 1_024)
            case .nodeAvailable: (name, whole) = ("ephemeral-storage", disk / 1_024 * 1_024)
            default: continue
            }
            let left = Quantity(whole, .binarySI) - threshold.quantity(of: whole)
            amounts[name] = .string(left.sign > 0 ? left.description : "0")
        }
        return amounts
    }
}
