import CLinux

extension NamespaceKind {
    /// CLONE_NEW*.
    var flag: UInt64 {
        switch self {
        case .mount: return 0x0002_0000
        case .uts: return 0x0400_0000
        case .ipc: return 0x0800_0000
        case .network: return 0x4000_0000
        case .pid: return 0x2000_0000
        case .cgroup: return 0x0200_0000
        case .user: return 0x1000_0000
        case .time: return 0x80
        }
    }

    /// Its file in /proc/PID/ns.
    var fileName: String {
        switch self {
        case .mount: return "mnt"
        case .uts: return "uts"
        case .ipc: return "ipc"
        case .network: return "net"
        case .pid: return "pid"
        case .cgroup: return "cgroup"
        case .user: return "user"
        case .time: return "time"
        }
    }

    static let all: [NamespaceKind] = [.user, .mount, .uts, .ipc, .network, .pid, .cgroup, .time]
}

enum CloneFlag {
    static let parent: UInt64 = 0x8000
    static let intoCgroup: UInt64 = 0x2_0000_0000
}

/// A namespace to join, opened before anything changed.
struct OpenNamespace {
    let kind: NamespaceKind
    let descriptor: Int32
    let path: String

    func join() throws(LaunchFailure) {
        try check(.joinNamespace, path) { setns(descriptor, Int32(bitPattern: UInt32(kind.flag))) }
    }
}

/// Writes a process's id maps; `setgroups` stays allowed, as the writer is privileged.
func writeMaps(_ pid: Int32, uids: [IDMapping], gids: [IDMapping]) throws(LaunchFailure) {
    let proc = try HostProc()
    defer { closeDescriptor(proc.descriptor) }
    for (name, maps) in [("uid_map", uids), ("gid_map", gids)] where !maps.isEmpty {
        var lines = ""
        for map in maps {
            lines += decimal(Int(map.inside)) + " " + decimal(Int(map.outside)) + " " + decimal(Int(map.count)) + "\n"
        }
        if !proc.write(decimal(Int(pid)) + "/" + name, lines) {
            throw LaunchFailure(step: .mapUsers, errno: hako_errno(), subject: name)
        }
    }
}

/// A user namespace with these maps that nobody lives in, for an id-mapped mount.
func userNamespace(uids: [IDMapping], gids: [IDMapping]) throws(LaunchFailure) -> Int32 {
    let pid = try check(.mapUsers, "user namespace") { hako_clone3(NamespaceKind.user.flag, SIGCHLD, 0, nil) }
    if pid == 0 {
        _ = hako_prctl(1, UInt(SIGKILL), 0, 0, 0)
        while true { pause() }
    }
    defer {
        kill(pid, SIGKILL)
        _ = attempt { waitpid(pid, nil, 0) }
    }
    try writeMaps(pid, uids: uids, gids: gids)
    return try openHost("/proc/" + decimal(Int(pid)) + "/ns/user", O_RDONLY, step: .mapUsers)
}
