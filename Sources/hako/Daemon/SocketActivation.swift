import CLinux
import Fault

/// Sockets that systemd opened and passed on: `-H fd://` (sd_listen_fds(3)).
enum SocketActivation {
    static let host = "fd://"
    private static let firstDescriptor: CInt = 3

    /// Once: the variables are taken out of the environment, so that nothing we start takes the sockets for its own.
    static func take() throws(Fault) -> [CInt] {
        defer { for name in ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"] { unsetenv(name) } }
        guard number("LISTEN_PID") == getpid(), let count = number("LISTEN_FDS"), count > 0 else {
            throw Fault(
                .invalid, "no sockets found via socket activation: make sure the service was started by systemd")
        }
        return (firstDescriptor..<firstDescriptor + count).map { descriptor in
            _ = hako_fcntl(descriptor, F_SETFD, Int(FD_CLOEXEC))
            return descriptor
        }
    }

    private static func number(_ name: String) -> CInt? { getenv(name).flatMap { CInt(String(cString: $0)) } }
}
