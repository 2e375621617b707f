import CLinux
import Fault
import Linux

// System calls for the files that import NIO: the C library as NIO sees it and as `CLinux` does can't meet in one file.

enum ProcessCalls {
    static let kill: Int32 = SIGKILL

    /// Nanoseconds since the epoch.
    static var now: Int64 {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)
    }

    /// Waits for a child of this process and forgets how it ended.
    static func collect(_ pid: Int32) {
        while waitpid(pid, nil, 0) == -1 && hako_errno() == EINTR {}
    }

    static func signal(_ pids: [Int32], _ number: Int32) {
        for pid in pids { _ = CLinux.kill(pid, number) }
    }

    /// Waits until these processes, which were killed, are gone, for at most that long in all.
    static func awaitDeath(_ pids: [Int32], milliseconds: Int32) {
        let end = now + Int64(milliseconds) * 1_000_000
        for pid in pids {
            let descriptor = hako_pidfd_open(pid, 0)
            guard descriptor >= 0 else { continue }
            var waited = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            _ = poll(&waited, 1, Int32(clamping: max(0, (end - now) / 1_000_000)))
            close(descriptor)
        }
    }

    static func makeFolders(_ path: String) throws(KernelError) {
        var made = ""
        for part in path.split(separator: "/") {
            made += "/" + part
            if mkdir(made, 0o711) == -1, hako_errno() != EEXIST {
                throw KernelError(call: "mkdir", subject: made, errno: hako_errno())
            }
        }
    }

    static func openNull() throws(KernelError) -> OwnedDescriptor { try OwnedDescriptor.open("/dev/null", O_RDWR) }

    /// Connects to the monitor of a state folder; nil when none listens there (any more).
    static func dialMonitor(_ folder: String) throws(KernelError) -> OwnedDescriptor? {
        // By way of the folder's descriptor, since a socket's address holds 107 bytes only.
        let opened: OwnedDescriptor
        do throws(KernelError) { opened = try OwnedDescriptor.open(folder, O_PATH | O_DIRECTORY) } catch {
            if error.errno == ENOENT { return nil }
            throw error
        }
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        let made = OwnedDescriptor(taking: try kernel("socket", folder) { socket(AF_UNIX, kind, 0) })
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let path = Array("\(opened.procPath)/\(StateFile.monitorSocket)".utf8)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path) }
        do throws(KernelError) {
            try kernel("connect", folder) { hako_connect_unix(made.raw, &address) }
        } catch {
            if error.errno == ENOENT || error.errno == ECONNREFUSED { return nil }
            throw error
        }
        return made
    }
}
