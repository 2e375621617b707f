import CLinux
import Fault
import JSON
import Linux

/// A container of the OCI command line: its folder below `--root`, and what the kernel says about its process.
struct OCIContainer {
    enum Status: String { case creating, created, running, paused, stopped }

    enum Limit {
        /// Longest id, in bytes: it is a file name.
        static let id = 255
        /// Largest state or configuration file, in bytes.
        static let document = 16 << 20
        /// Containers a root may hold before listing is refused.
        static let containers = 100_000
    }

    let id: String
    /// Absolute path of its folder.
    let folder: String
    /// id, bundle, pid, startTime, created (nanoseconds), owner, cgroupPath, spec.
    var record: JSON

    var bundle: String { record["bundle"].string ?? "" }
    var spec: JSON { record["spec"] }
    var pid: Int32 { Int32(truncatingIfNeeded: record["pid"].int ?? 0) }
    private var startTime: UInt64 { UInt64(record["startTime"].string ?? "") ?? 0 }
    /// runc's rule: it becomes a file name and part of a cgroup's.
    static func check(_ id: String) throws(Fault) {
        let allowed = id.utf8.allSatisfy { byte in
            (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
                || "_+-.".utf8.contains(byte)
        }
        guard allowed, !id.isEmpty, id != ".", id != "..", id.utf8.count <= Limit.id else {
            throw Fault(.invalid, "invalid container ID format: \(id)")
        }
    }

    init(id: String, root: String, record: JSON) {
        self.id = id
        folder = root + "/" + id
        self.record = record
    }

    /// Throws `notFound` with runc's words.
    static func load(_ id: String, root: String) throws(Fault) -> OCIContainer {
        try check(id)
        let path = "\(root)/\(id)/state.json"
        do {
            return OCIContainer(
                id: id, root: root, record: try JSON(parsing: KernelFile.bytes(path, limit: Limit.document)))
        } catch let error as KernelError where error.errno == ENOENT || error.errno == ENOTDIR {
            throw Fault(.notFound, "container does not exist", cause: error)
        } catch {
            throw Fault(.internalFault, "can't read the state of container \(id) in \(path): \(error)", cause: error)
        }
    }

    func save() throws(Fault) {
        do throws(KernelError) {
            // No fsync: /run doesn't survive the machine, nor does the container.
            let path = folder + "/state.json"
            let file = try OwnedDescriptor.open(path + ".new", O_WRONLY | O_CREAT | O_TRUNC, mode: 0o600)
            try file.writeAll(record.bytes(), subject: path)
            try kernel("rename", path) { rename(path + ".new", path) }
        } catch {
            throw Fault(.internalFault, "can't save the state of container \(id): \(error)", cause: error)
        }
    }

    static func all(root: String) -> [String] {
        guard let stream = opendir(root) else { return [] }
        defer { closedir(stream) }
        var ids: [String] = []
        while let entry = readdir(stream), ids.count < Limit.containers {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if (try? check(name)) != nil, access("\(root)/\(name)/state.json", F_OK) == 0 { ids.append(name) }
        }
        return ids.sorted()
    }

    func group() throws(Fault) -> any ControlGroup {
        try ControlGroups().group(record["cgroupPath"].string ?? id)
    }

    var gate: String { folder + "/" + StateFile.startGate }

    var isAlive: Bool { pid > 0 && Proc.isAlive(pid, startTime: startTime) }

    var status: Status {
        guard pid > 0 else { return .creating }
        guard isAlive else { return .stopped }
        if access(gate, F_OK) == 0 { return .created }
        return (try? group())?.isFrozen == true ? .paused : .running
    }

    /// A descriptor of the process itself, which can't become another's; nil when it is gone.
    func openProcess() -> OwnedDescriptor? {
        let descriptor = hako_pidfd_open(pid, 0)
        guard descriptor >= 0 else { return nil }
        let owned = OwnedDescriptor(taking: descriptor)
        // The pid may have been used again before the descriptor was made, not after.
        return isAlive ? owned : nil
    }

    /// Sends a signal to the first process; false when it is gone.
    func signal(_ number: Int32) -> Bool {
        guard let process = openProcess() else { return false }
        return hako_pidfd_send_signal(process.raw, number) == 0
    }

    /// True when the process has ended in time.
    func waitForEnd(milliseconds: Int32) -> Bool {
        guard let process = openProcess() else { return true }
        var entry = pollfd(fd: process.raw, events: Int16(POLLIN), revents: 0)
        while true {
            let count = poll(&entry, 1, milliseconds)
            if count < 0 && hako_errno() == EINTR { continue }
            return count > 0
        }
    }

    /// The runtime-spec's state document.
    func state(_ status: Status) -> JSON {
        var document: JSON = [
            "ociVersion": "1.2.0", "id": .string(id), "pid": JSON(status == .stopped ? 0 : Int(pid)),
            "status": .string(status.rawValue), "bundle": .string(bundle),
        ]
        if let rootPath = spec["root"]["path"].string {
            document["rootfs"] = .string(
                rootPath.hasPrefix("/") ? rootPath : ControlPath.clean(bundle + "/" + rootPath))
        }
        document["created"] = .string(Timestamp.full(Int64(record["created"].int ?? 0)))
        if spec["annotations"].isPresent { document["annotations"] = spec["annotations"] }
        document["owner"] = record["owner"]
        return document
    }

    /// What hooks read on their stdin.
    func hookState(_ status: Status) -> JSON {
        var document: JSON = [
            "ociVersion": "1.2.0", "id": .string(id), "status": .string(status.rawValue), "bundle": .string(bundle),
        ]
        if status != .stopped { document["pid"] = JSON(pid) }
        if spec["annotations"].isPresent { document["annotations"] = spec["annotations"] }
        return document
    }

    /// Takes the folder away: what is in it is files only.
    func removeFolder() {
        for name in [
            "state.json", "state.json.new", StateFile.startGate, StateFile.exit, StateFile.execs,
            StateFile.monitorSocket, "lock",
        ] {
            unlink(folder + "/" + name)
        }
        rmdir(folder)
    }

    /// Held while a command changes the container; freed with the descriptor.
    func lock() throws(Fault) -> OwnedDescriptor {
        do throws(KernelError) {
            let file = try OwnedDescriptor.open(folder, O_RDONLY | O_DIRECTORY)
            try kernel("flock", folder) { flock(file.raw, LOCK_EX) }
            return file
        } catch {
            throw Fault(.notFound, "container does not exist", cause: error)
        }
    }
}

extension JSON {
    fileprivate var isPresent: Bool { !isNull }
}
