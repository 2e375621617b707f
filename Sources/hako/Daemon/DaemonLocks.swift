import CLinux
import Fault
import Linux

/// What keeps two daemons out of each other's way: a lock in each root folder, held as long as the process lives, and
/// the pid file.
struct DaemonLocks {
    private let held: [OwnedDescriptor]
    private let pidPath: String

    /// Throws `conflict` when another daemon holds a folder.
    static func take(_ options: DaemonOptions) throws -> DaemonLocks {
        let held = [try lock(options.execRoot), try lock(options.dataRoot)]
        try KernelFile.replace(options.pidPath, Array("\(getpid())\n".utf8), mode: 0o644)
        return DaemonLocks(held: held, pidPath: options.pidPath)
    }

    private static func lock(_ folder: String) throws -> OwnedDescriptor {
        let path = folder + "/daemon.lock"
        let file = try OwnedDescriptor.open(path, O_RDWR | O_CREAT, mode: 0o600)
        do throws(KernelError) { try kernel("flock", path) { flock(file.raw, LOCK_EX | LOCK_NB) } } catch {
            guard error.errno == EWOULDBLOCK else { throw error }
            throw Fault(
                .conflict,
                "failed to start daemon: another hako daemon uses \(folder); give this one its own --data-root and --exec-root"
            )
        }
        return file
    }

    func release() {
        unlink(pidPath)
        for file in held { file.close() }
    }
}
