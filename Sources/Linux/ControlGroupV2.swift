import CLinux
import Fault

/// A container's folder in the v2 hierarchy (Linux Documentation/admin-guide/cgroup-v2.rst).
struct UnifiedControlGroup: ControlGroup {
    let mountPoint: String
    let folder: String

    /// Controllers that limits may need; those the machine lacks are passed over until one is used.
    static let controllers = ["cpuset", "cpu", "io", "memory", "hugetlb", "pids", "rdma"]

    var folders: [String] { [folder] }
    var joinFiles: [String] { [] }
    var unifiedFolder: String? { folder }
    var memberFolder: String { folder }
    var oomCounterFile: String? { folder + "/memory.events" }

    func create() throws(Fault) {
        do throws(KernelError) {
            try enableControllers(in: mountPoint)
            try ControlGroupFolder.make(folder, below: mountPoint) { folder, isLast throws(KernelError) in
                if !isLast { try enableControllers(in: folder) }
            }
        } catch {
            throw fault(error)
        }
    }

    private func fault(_ error: KernelError) -> Fault {
        let fix: String
        switch error.errno {
        case EBUSY:
            fix =
                "; a group with processes in it can't have children with controllers: move them into a group of their own, or start the engine from a group without other processes"
        case EACCES, EPERM, EROFS:
            fix =
                "; the cgroup tree isn't delegated to this user: run as root, mount /sys/fs/cgroup read-write, or set Delegate=yes in the systemd unit"
        default: fix = ""
        }
        return Fault(.internalFault, "can't make cgroup \(folder): \(error)\(fix)", cause: error)
    }

    /// Hands the parent's controllers on to the children of `folder`, all at once, or one by one when that's refused.
    private func enableControllers(in folder: String) throws(KernelError) {
        let available = Set(
            (KernelFile.line(folder + "/cgroup.controllers") ?? "").split(separator: " ").map(String.init))
        let enabled = Set(
            (KernelFile.line(folder + "/cgroup.subtree_control") ?? "").split(separator: " ").map(String.init))
        let missing = Self.controllers.filter { available.contains($0) && !enabled.contains($0) }
        guard !missing.isEmpty else { return }
        let file = folder + "/cgroup.subtree_control"
        do throws(KernelError) {
            try KernelFile.write(file, missing.map { "+" + $0 }.joined(separator: " "))
        } catch {
            if error.errno == EBUSY, folder == mountPoint {
                // The root of a cgroup namespace (a container's own): what runs there moves one level down.
                try moveMembersDown(of: folder)
                return try KernelFile.write(file, missing.map { "+" + $0 }.joined(separator: " "))
            }
            if error.errno == EBUSY || error.errno == EROFS || error.errno == EACCES { throw error }
            for controller in missing { try? KernelFile.write(file, "+" + controller) }
        }
    }

    private func moveMembersDown(of folder: String) throws(KernelError) {
        let inner = folder + "/init"
        if mkdir(inner, 0o755) != 0, hako_errno() != EEXIST {
            throw KernelError(call: "mkdir", subject: inner, errno: hako_errno())
        }
        for pid in (KernelFile.line(folder + "/cgroup.procs") ?? "").split(separator: "\n") {
            // One that ended meanwhile, or a kernel thread, can't be moved and needn't be.
            try? KernelFile.write(inner + "/cgroup.procs", String(pid))
        }
    }

    // MARK: Freezer

    func freeze() throws(Fault) { try Self.freeze(folder, true) }
    func thaw() throws(Fault) { try Self.freeze(folder, false) }
    var isFrozen: Bool { KernelFile.line(folder + "/cgroup.freeze") == "1" && Self.frozen(folder) == 1 }

    private static func frozen(_ folder: String) -> UInt64? {
        ControlGroupFolder.keyed((try? KernelFile.read(folder + "/cgroup.events")) ?? "")["frozen"]
    }

    /// Writes cgroup.freeze and waits until cgroup.events says that it has happened: the kernel wakes a poll then.
    static func freeze(_ folder: String?, _ wanted: Bool) throws(Fault) {
        guard let folder else {
            throw ControlGroupAdvice.missingController("freezer", for: "running", unified: false)
        }
        let events: OwnedDescriptor
        do throws(KernelError) {
            events = try OwnedDescriptor.open(folder + "/cgroup.events", O_RDONLY)
        } catch {
            throw ControlGroupFolder.fault(error, "cgroup.events", "", "the freezer")
        }
        try ControlGroupFolder.write(folder, "cgroup.freeze", wanted ? "1" : "0", "the freezer")
        let clock = ContinuousClock(), deadline = clock.now.advanced(by: .milliseconds(ControlGroupLimit.patience))
        while frozen(folder) != (wanted ? 1 : 0) {
            let left = clock.now.duration(to: deadline)
            guard left > .zero else {
                if wanted { try? KernelFile.write(folder + "/cgroup.freeze", "0") }
                throw Fault(
                    .internalFault,
                    "can't freeze cgroup \(folder): a process didn't stop within \(ControlGroupLimit.patience / 1000) s"
                )
            }
            // Reading arms the notification; a change between the check above and the poll is seen by the poll.
            var byte = [UInt8](repeating: 0, count: 256)
            lseek(events.raw, 0, SEEK_SET)
            _ = read(events.raw, &byte, byte.count)
            if frozen(folder) == (wanted ? 1 : 0) { return }
            var entry = pollfd(fd: events.raw, events: Int16(POLLPRI), revents: 0)
            poll(&entry, 1, Int32(min(left.components.seconds * 1000 + 1, 1000)))
        }
    }
}
