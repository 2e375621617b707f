import CLinux
import Synchronization

/// A file descriptor with one owner: closed when the last reference goes, at the latest.
///
/// A class and not a noncopyable struct, since descriptors live in closures, arrays and tasks here.
package final class OwnedDescriptor: Sendable {
    private let slot: Atomic<Int32>

    /// Takes the descriptor over; nobody else may close it from now on.
    package init(taking descriptor: Int32) { slot = Atomic(descriptor) }

    deinit { close() }

    /// The number for system calls; -1 once closed or released. Keep the owner alive across the call.
    package var raw: Int32 { slot.load(ordering: .relaxed) }

    /// The path by which this process reaches the open file, whatever its name is now.
    package var procPath: String { "/proc/self/fd/\(raw)" }

    /// Closes now; further calls do nothing.
    package func close() {
        let descriptor = slot.exchange(-1, ordering: .relaxed)
        // EINTR from close(2) means closed on Linux, so there is nothing to repeat.
        if descriptor >= 0 { _ = CLinux.close(descriptor) }
    }

    /// Gives the descriptor away: the caller closes it.
    package func release() -> Int32 { slot.exchange(-1, ordering: .relaxed) }

    /// A second, close-on-exec descriptor of the same open file.
    package func duplicate() throws(KernelError) -> OwnedDescriptor {
        OwnedDescriptor(taking: try kernel("fcntl F_DUPFD_CLOEXEC", "\(raw)") { hako_duplicate(raw) })
    }

    /// Opens a path of the host's (never one inside a container: see `SafeRoot`), close-on-exec always.
    package static func open(_ path: String, _ flags: Int32, mode: mode_t = 0) throws(KernelError) -> OwnedDescriptor {
        OwnedDescriptor(taking: try kernel("open", path) { hako_open(path, flags | O_CLOEXEC, mode) })
    }

    /// Reads to the end, at most `limit` bytes; a longer file is an EFBIG error rather than a cut one.
    package func readToEnd(limit: Int, subject: String = "") throws(KernelError) -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            let count = try kernel("read", subject) { CLinux.read(raw, &chunk, chunk.count) }
            if count == 0 { return bytes }
            if bytes.count + count > limit { throw KernelError(call: "read", subject: subject, errno: EFBIG) }
            bytes.append(contentsOf: chunk[..<count])
        }
    }

    /// Writes everything, however many calls that takes.
    package func writeAll(_ bytes: some Collection<UInt8>, subject: String = "") throws(KernelError) {
        var rest = Array(bytes)[...]
        while !rest.isEmpty {
            let count = try kernel("write", subject) {
                rest.withUnsafeBytes { CLinux.write(raw, $0.baseAddress, $0.count) }
            }
            rest = rest.dropFirst(count)
        }
    }

    package func status() throws(KernelError) -> stat {
        var result = stat()
        try kernel("fstat", "\(raw)") { fstat(raw, &result) }
        return result
    }
}
