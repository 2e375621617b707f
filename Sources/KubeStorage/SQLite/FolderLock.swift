import Fault
import Glibc

/// A data folder's lock: one server at a time. The kernel frees it when the process ends, however it ends.
final class FolderLock: Sendable {
    private let descriptor: Int32

    /// Throws `conflict` when another process holds it.
    init(folder: String) throws(Fault) {
        let path = folder + "/lock"
        descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw Fault(.internalFault, "can't open \(path): \(String(cString: strerror(errno)))")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            // The descriptor is closed by `deinit`, which runs here too.
            let code = errno
            throw Fault(
                .conflict,
                code == EWOULDBLOCK
                    ? "another server uses the data folder \(folder): stop it, or give this one a --data-dir of its own"
                    : "can't lock \(path): \(String(cString: strerror(code)))")
        }
    }

    func release() { flock(descriptor, LOCK_UN) }

    deinit { close(descriptor) }
}
