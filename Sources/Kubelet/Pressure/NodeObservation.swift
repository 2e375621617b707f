import CLinux
import Linux

/// What there is and what is left, at one moment.
struct NodeObservation: Sendable, Equatable {
    struct Level: Sendable, Equatable {
        var available: Int, capacity: Int
    }

    /// What couldn't be read is missing.
    var levels: [EvictionSignal: Level] = [:]

    /// Reads a few files of the kernel's and asks two file systems.
    static func here(_ settings: KubeletSettings, memory capacity: Int) -> NodeObservation {
        var observation = NodeObservation()
        observation.levels[.memoryAvailable] = memory(
            capacity: capacity, meminfo: NodeFiles.read("/proc/meminfo") ?? "", own: OwnMemory.now)
        observation.add(settings.rootFolder, .nodeAvailable, .nodeFilesFree)
        if let folder = settings.imageFolder { observation.add(folder, .imageAvailable, .imageFilesFree) }
        observation.levels[.pidAvailable] = processes(
            load: NodeFiles.read("/proc/loadavg") ?? "",
            most: [
                KernelFile.line("/proc/sys/kernel/pid_max"), KernelFile.line("/proc/sys/kernel/threads-max"),
                settings.processIDs.map(String.init),
            ])
        return observation
    }

    /// The node has no more than its container may take, nor more than the machine has left.
    static func memory(capacity: Int, meminfo: String, own: OwnMemory?) -> Level? {
        guard let left = NodeCapacity.memory("MemAvailable", meminfo) else { return nil }
        guard let own else { return Level(available: min(left, capacity), capacity: capacity) }
        return Level(available: max(0, min(left, own.limit - own.workingSet)), capacity: min(capacity, own.limit))
    }

    /// - Parameter load: proc(5) `loadavg`, whose fourth word is `running/all`.
    static func processes(load: String, most: [String?]) -> Level? {
        let words = load.split(separator: " ")
        guard words.count > 3, let all = words[3].split(separator: "/").last.flatMap({ Int($0) }),
            let capacity = most.compactMap({ $0.flatMap { Int($0) } }).min()
        else { return nil }
        return Level(available: max(0, capacity - all), capacity: capacity)
    }

    private mutating func add(_ path: String, _ bytes: EvictionSignal, _ files: EvictionSignal) {
        var status = statfs()
        guard statfs(path, &status) == 0 else { return }
        let size = Int(status.f_bsize)
        levels[bytes] = Level(available: Int(status.f_bavail) * size, capacity: Int(status.f_blocks) * size)
        // File systems that make inodes as they need them count none.
        if status.f_files > 0 {
            levels[files] = Level(available: Int(status.f_ffree), capacity: Int(status.f_files))
        }
    }
}

/// What the node's own container may take, and takes, in bytes.
struct OwnMemory: Sendable, Equatable {
    var limit: Int
    /// Without what the kernel could drop at once.
    var workingSet: Int

    /// Nil when the node's container has no limit.
    static var now: OwnMemory? {
        guard let statistics = (try? ControlGroups())?.top?.statistics(), let limit = statistics.memoryLimit,
            // v1 writes the largest number of pages for none.
            limit < 1 << 60, let usage = statistics.memoryUsage
        else { return nil }
        let idle = statistics.memoryDetails.first { ["total_inactive_file", "inactive_file"].contains($0.0) }?.1
        let whole = statistics.memoryDetails.first { $0.0 == "total_inactive_file" }?.1 ?? idle ?? 0
        return OwnMemory(limit: Int(limit), workingSet: max(0, Int(usage) - Int(whole)))
    }
}
