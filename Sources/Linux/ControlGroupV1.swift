import CLinux
import Fault

/// A container's folders in the v1 hierarchies, and in a v2 hierarchy without controllers beside them (hybrid).
struct LegacyControlGroup: ControlGroup {
    struct Folder: Sendable {
        let hierarchy: ControlGroupLayout.Hierarchy
        let path: String
    }

    let parts: [Folder]
    let unifiedFolder: String?

    var folders: [String] { parts.map(\.path) + (unifiedFolder.map { [$0] } ?? []) }
    var joinFiles: [String] { parts.map { $0.path + "/tasks" } }
    var memberFolder: String { folder("pids") ?? folder("devices") ?? folder("memory") ?? parts.first?.path ?? "" }
    var oomCounterFile: String? { folder("memory").map { $0 + "/memory.oom_control" } }

    func folder(_ controller: String) -> String? {
        parts.first { $0.hierarchy.controllers.contains(controller) }?.path
    }

    /// The controller's folder, or an error that says what to mount.
    func folder(_ controller: String, for what: String) throws(Fault) -> String {
        if let folder = folder(controller) { return folder }
        throw ControlGroupAdvice.missingController(controller, for: what, unified: false)
    }

    func create() throws(Fault) {
        for part in parts {
            do throws(KernelError) {
                let isCpuset = part.hierarchy.controllers.contains("cpuset")
                try ControlGroupFolder.make(part.path, below: part.hierarchy.mountPoint) {
                    folder, _ throws(KernelError) in
                    if isCpuset { try Self.inheritCpuset(folder) }
                }
            } catch {
                throw Fault(.internalFault, "can't make cgroup \(part.path): \(error)", cause: error)
            }
        }
        // Without controllers it only serves killing and joining at birth, so it may fail: on a machine that mounts
        // it read-only for instance.
        guard let unifiedFolder, let slash = unifiedFolder.lastIndex(of: "/") else { return }
        if mkdir(unifiedFolder, 0o755) != 0, hako_errno() == ENOENT {
            try? ControlGroupFolder.make(String(unifiedFolder[..<slash]), below: "") { _, _ in }
            mkdir(unifiedFolder, 0o755)
        }
    }

    /// A new cpuset is empty on v1 and takes no process until it has CPUs and memory nodes: the parent's.
    private static func inheritCpuset(_ folder: String) throws(KernelError) {
        guard let slash = folder.lastIndex(of: "/") else { return }
        let parent = String(folder[..<slash])
        for file in ["cpuset.cpus", "cpuset.mems"] {
            guard KernelFile.line("\(folder)/\(file)") == "", let value = KernelFile.line("\(parent)/\(file)"),
                !value.isEmpty
            else { continue }
            try KernelFile.write("\(folder)/\(file)", value)
        }
    }

    func apply(_ limits: ControlGroupLimits) throws(Fault) {
        guard limits.unified.isEmpty else {
            throw Fault(
                .invalid,
                "linux.resources.unified is for cgroup v2, and this machine has its controllers on v1; use the memory, cpu and pids fields"
            )
        }
        try apply(memory: limits.memory)
        try apply(cpu: limits.cpu)
        try apply(cpuset: limits.cpu)
        try apply(blockIO: limits.blockIO)
        if let pids = limits.pids, pids != 0 {
            let folder = try folder("pids", for: "the number of processes")
            try ControlGroupFolder.write(folder, "pids.max", pids > 0 ? "\(pids)" : "max", "the number of processes")
        }
        for page in limits.hugePages {
            let folder = try folder("hugetlb", for: "huge pages")
            try ControlGroupFolder.write(
                folder, "hugetlb.\(page.size).limit_in_bytes", "\(page.limit)", "huge pages of \(page.size)")
        }
        for device in limits.rdma {
            let folder = try folder("rdma", for: "RDMA")
            try ControlGroupFolder.write(folder, "rdma.max", device.line, "RDMA device \(device.device)")
        }
        if let tag = limits.networkClass, tag != 0 {
            let folder = try folder("net_cls", for: "the network class")
            try ControlGroupFolder.write(folder, "net_cls.classid", "\(tag)", "the network class")
        }
        for entry in limits.networkPriorities {
            let folder = try folder("net_prio", for: "network priorities")
            try ControlGroupFolder.write(
                folder, "net_prio.ifpriomap", "\(entry.interface) \(entry.priority)", "network priorities")
        }
        if let devices = limits.devices { try apply(devices: devices) }
    }

    private func apply(devices: [DeviceRule]) throws(Fault) {
        // Without the controller nothing is fenced in, as in runc: mknod needs a capability besides.
        guard let folder = folder("devices") else { return }
        for rule in DeviceRule.effective(devices).flatMap(\.split) {
            try ControlGroupFolder.write(
                folder, rule.allow ? "devices.allow" : "devices.deny", rule.line, "device rules")
        }
    }

    // MARK: Freezer

    func freeze() throws(Fault) {
        guard let folder = folder("freezer") else { return try UnifiedControlGroup.freeze(unifiedFolder, true) }
        // v1 tells nobody when all stand still, and may need to be asked again when processes were born meanwhile.
        let clock = ContinuousClock(), deadline = clock.now.advanced(by: .milliseconds(ControlGroupLimit.patience))
        var pause = 50_000
        repeat {
            try ControlGroupFolder.write(folder, "freezer.state", "FROZEN", "the freezer")
            if isFrozen { return }
            var time = timespec(tv_sec: 0, tv_nsec: pause)
            nanosleep(&time, nil)
            pause = min(pause * 2, 10_000_000)
        } while clock.now < deadline
        try ControlGroupFolder.write(folder, "freezer.state", "THAWED", "the freezer")
        throw Fault(
            .internalFault,
            "can't freeze cgroup \(folder): a process didn't stop within \(ControlGroupLimit.patience / 1000) s")
    }

    func thaw() throws(Fault) {
        guard let folder = folder("freezer") else { return try UnifiedControlGroup.freeze(unifiedFolder, false) }
        try ControlGroupFolder.write(folder, "freezer.state", "THAWED", "the freezer")
    }

    var isFrozen: Bool {
        if let folder = folder("freezer") { return KernelFile.line(folder + "/freezer.state") == "FROZEN" }
        return unifiedFolder.flatMap { KernelFile.line($0 + "/cgroup.freeze") } == "1"
    }
}

extension ControlGroupLimits.RDMA {
    var line: String {
        device + (handles.map { " hca_handle=\($0)" } ?? "") + (objects.map { " hca_object=\($0)" } ?? "")
    }
}
