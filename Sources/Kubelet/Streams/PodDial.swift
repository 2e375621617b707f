import CLinux
import Fault
import Linux
import NIOPosix
import Wire

/// A connection to a port of a pod's own loopback, from inside its network namespace: programs that listen there alone
/// are reached, too. IPv4 is tried before IPv6, as the original's runtimes do.
enum PodDial {
    /// Milliseconds that a connection may take to come about.
    private static let longestConnect = 10_000

    /// Throws `unavailable` with a sentence when nobody listens.
    /// - Parameters:
    ///   - namespace: the path of the network namespace.
    ///   - sandbox: the pod's, for messages.
    static func connect(_ namespace: String, port: Int, sandbox: String) async throws -> any RawConnection {
        let socket = try await NIOThreadPool.singleton.runIfActive {
            try open(namespace, port: UInt16(clamping: port), sandbox: sandbox)
        }
        let line = HTTPDialer { HTTPDialer.Line(socket: socket.release()) { nil } }
        return try await HTTPClient(.tcp(host: "localhost", port: port), dialer: line).dial()
    }

    /// Waits for the kernel's answer.
    static func open(_ namespace: String, port: UInt16, sandbox: String) throws(Fault) -> OwnedDescriptor {
        var refusals: [String] = []
        for family in [AF_INET, AF_INET6] {
            do throws(KernelError) {
                return try open(namespace, family, port)
            } catch {
                let place = family == AF_INET ? "tcp4 127.0.0.1" : "tcp6 [::1]"
                refusals.append("dial \(place):\(port): \(error.call): \(error.reason.lowercased())")
            }
        }
        throw Fault(
            .unavailable,
            "failed to connect to localhost:\(port) inside namespace \"\(sandbox)\", "
                + "IPv4: \(refusals[0]) IPv6 \(refusals[1]) ")
    }

    /// A socket stays in the namespace that it was made in, whoever uses it.
    private static func open(
        _ namespace: String, _ family: Int32, _ port: UInt16
    ) throws(KernelError) -> OwnedDescriptor {
        let there = try OwnedDescriptor.open(namespace, O_RDONLY)
        let made = try NetworkNamespace.visit(there.raw, subject: namespace) { () throws(KernelError) in
            let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
            return OwnedDescriptor(taking: try kernel("socket", namespace) { CLinux.socket(family, type, 0) })
        }
        var time = timeval(tv_sec: longestConnect / 1_000, tv_usec: 0)
        setsockopt(made.raw, SOL_SOCKET, SO_SNDTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
        if family == AF_INET {
            var name = sockaddr_in()
            name.sin_family = sa_family_t(AF_INET)
            name.sin_port = port.bigEndian
            name.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            try connect(made, &name)
        } else {
            var name = sockaddr_in6()
            name.sin6_family = sa_family_t(AF_INET6)
            name.sin6_port = port.bigEndian
            withUnsafeMutableBytes(of: &name.sin6_addr) { $0[15] = 1 }
            try connect(made, &name)
        }
        time.tv_sec = 0
        setsockopt(made.raw, SOL_SOCKET, SO_SNDTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
        return made
    }

    private static func connect<Name>(_ socket: OwnedDescriptor, _ name: inout Name) throws(KernelError) {
        try kernel("connect", "localhost") {
            withUnsafePointer(to: &name) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    CLinux.connect(
                        socket.raw, __CONST_SOCKADDR_ARG(__sockaddr__: $0), socklen_t(MemoryLayout<Name>.size))
                }
            }
        }
    }
}
