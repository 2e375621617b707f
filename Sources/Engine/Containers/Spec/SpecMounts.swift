import Fault
import JSON

/// The container's mounts in the order in which they are made: Docker's own, then the user's from the root down, so
/// that none covers an earlier one.
extension SpecInput {
    func mountList() throws(Fault) -> [JSON] {
        let destinations = Set(mounts.map(\.destination)).union(temporaryFolders.map(\.destination))
        let own = ownMounts().filter { !destinations.contains($0["destination"].string ?? "") }
        var asked: [(path: String, mount: JSON)] = mounts.map { ($0.destination, bind($0)) }
        for folder in temporaryFolders {
            asked.append((folder.destination, try temporary(folder.destination, folder.options)))
        }
        let sorted = asked.enumerated().sorted {
            (depth($0.element.path), $0.offset) < (depth($1.element.path), $1.offset)
        }
        return own + sorted.map(\.element.mount)
    }

    private func depth(_ path: String) -> Int { path.split(separator: "/").count }

    private func ownMounts() -> [JSON] {
        let guarded = isPrivileged ? "rw" : "ro"
        var result: [JSON] = [
            mount("/proc", "proc", "proc", ["nosuid", "noexec", "nodev"]),
            mount("/dev", "tmpfs", "tmpfs", ["nosuid", "strictatime", "mode=755", "size=65536k"]),
            mount(
                "/dev/pts", "devpts", "devpts",
                [
                    "nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5",
                ]),
        ]
        let canMountSysfs = network != .host || isPrivileged
        result.append(
            canMountSysfs
                ? mount("/sys", "sysfs", "sysfs", ["nosuid", "noexec", "nodev", guarded])
                : mount("/sys", "bind", "/sys", ["rbind", "nosuid", "noexec", "nodev", "ro"]))
        result.append(mount("/sys/fs/cgroup", "cgroup", "cgroup", [cgroupAccess, "nosuid", "noexec", "nodev"]))
        // Shows the queues of whatever IPC namespace the container is in, the host's too: a host needn't have it mounted.
        result.append(mount("/dev/mqueue", "mqueue", "mqueue", ["nosuid", "noexec", "nodev"]))
        let size = record.hostConfig["ShmSize"].int ?? 64 << 20
        if record.hostConfig["IpcMode"].string == "none" { return result }
        if ipc == .host {
            result.append(mount("/dev/shm", "bind", "/dev/shm", ["rbind", "rprivate"]))
        } else if let sharedMemory {
            result.append(mount("/dev/shm", "bind", sharedMemory, ["rbind", "rprivate"]))
        } else {
            result.append(
                mount(
                    "/dev/shm", "tmpfs", "shm",
                    [
                        "nosuid", "noexec", "nodev", "mode=1777", "size=\(size)",
                    ]))
        }
        return result
    }

    private var cgroupAccess: String {
        isPrivileged || record.hostConfig["SecurityOpt"].strings.contains("writable-cgroups=true") ? "rw" : "ro"
    }

    private func mount(_ destination: String, _ type: String, _ source: String, _ options: [String]) -> JSON {
        [
            "destination": .string(destination), "type": .string(type), "source": .string(source),
            "options": JSON(options),
        ]
    }

    private func bind(_ asked: BoundMount) -> JSON {
        var options = [asked.isRecursive ? "rbind" : "bind", asked.isWritable ? "rw" : "ro"]
        if !asked.isWritable, asked.isRecursivelyReadOnly { options.append("rro") }
        options.append(asked.propagation.isEmpty ? "rprivate" : asked.propagation)
        return mount(asked.destination, "bind", asked.source, options)
    }

    // MARK: tmpfs

    /// `--tmpfs` and `--mount type=tmpfs`, each with its mount options.
    private var temporaryFolders: [(destination: String, options: [String])] {
        var result: [(String, [String])] = []
        for (path, options) in record.hostConfig["Tmpfs"].object ?? JSONObject() {
            let words = (options.string ?? "").split(separator: ",").map(String.init)
            result.append((path, Self.standardTemporary + words))
        }
        for point in record.mounts where point.kind == .tmpfs {
            var options = Self.standardTemporary
            if let size = point.options["SizeBytes"].int, size > 0 { options.append("size=\(size)") }
            if let mode = point.options["Mode"].int, mode > 0 { options.append("mode=\(String(mode, radix: 8))") }
            for option in point.options["Options"].array ?? [] {
                options.append(option.strings.joined(separator: "="))
            }
            if !point.isWritable { options.append("ro") }
            result.append((point.destination, options))
        }
        return result
    }

    private static let standardTemporary = ["noexec", "nosuid", "nodev", "rprivate"]
    private static let opposites = ["exec": "noexec", "suid": "nosuid", "dev": "nodev", "rw": "ro"]
    private static let knownFlags: Set<String> = [
        "exec", "noexec", "suid", "nosuid", "dev", "nodev", "ro", "rw", "sync", "async", "noatime", "atime",
        "nodiratime", "diratime", "relatime", "norelatime", "strictatime", "nostrictatime", "private", "rprivate",
        "shared", "rshared", "slave", "rslave", "unbindable", "runbindable", "mand", "nomand", "remount", "dirsync",
    ]
    private static let knownValues: Set<String> = ["size", "mode", "uid", "gid", "nr_inodes", "nr_blocks", "mpol"]

    /// Later options undo earlier ones: `exec` takes away the standard `noexec`.
    private func temporary(_ destination: String, _ words: [String]) throws(Fault) -> JSON {
        var options: [String] = []
        for word in words {
            let name = String(word.prefix { $0 != "=" })
            guard Self.knownFlags.contains(word) || Self.knownValues.contains(name) else {
                throw Fault(.invalid, "invalid tmpfs option [\"\(word)\"]")
            }
            let opposite = Self.opposites[word] ?? Self.opposites.first { $0.value == word }?.key
            options.removeAll { $0 == opposite || $0 == word || (word.contains("=") && $0.hasPrefix(name + "=")) }
            options.append(word)
        }
        return mount(destination, "tmpfs", "tmpfs", options)
    }
}
