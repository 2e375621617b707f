import CLinux
import Fault
import Linux

/// A host port that is ours: a bound socket, so that no other program can take the port while it is published.
/// Packets to it are rewritten before they reach the socket, the relay's excepted.
final class PortHold: Sendable {
    let binding: PortBinding
    private let socket: OwnedDescriptor

    private init(_ binding: PortBinding, _ socket: OwnedDescriptor) {
        self.binding = binding
        self.socket = socket
    }

    /// Connections that wait for the relay; the kernel cuts it to net.core.somaxconn.
    private static let backlog: Int32 = 1024

    /// For the relay, which gets a descriptor of its own.
    func duplicate() throws(KernelError) -> Int32 { try socket.duplicate().release() }

    func release() { socket.close() }

    /// Nil for a transport the kernel has no sockets for (SCTP without its module): then nobody else can take it.
    static func take(_ binding: PortBinding) throws(KernelError) -> PortHold? {
        guard let address = IPAddress(binding.hostIP) else {
            throw KernelError(call: "bind", subject: binding.hostIP, errno: EADDRNOTAVAIL)
        }
        let family = address.isV4 ? AF_INET : AF_INET6
        let stream = binding.transport != .udp
        let type = Int32(stream ? SOCK_STREAM.rawValue : SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let number = binding.transport == .sctp ? Int32(IPPROTO_SCTP) : 0
        let raw = CLinux.socket(family, type | Int32(SOCK_NONBLOCK.rawValue), number)
        if raw < 0 {
            if binding.transport == .sctp { return nil }
            throw KernelError(call: "socket", subject: binding.transport.rawValue, errno: hako_errno())
        }
        let socket = OwnedDescriptor(taking: raw)
        var yes: Int32 = 1
        // Connections that the relay had may linger in TIME_WAIT; a listener still shuts others out.
        if stream { setsockopt(raw, SOL_SOCKET, SO_REUSEADDR, &yes, 4) }
        if !address.isV4 { setsockopt(raw, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &yes, 4) }
        try bind(raw, address, binding)
        if stream { try kernel("listen", "\(binding.hostPort)") { listen(raw, backlog) } }
        return PortHold(binding, socket)
    }

    private static func bind(_ raw: Int32, _ address: IPAddress, _ binding: PortBinding) throws(KernelError) {
        let subject = "\(binding.hostIP):\(binding.hostPort)"
        if address.isV4 {
            var name = sockaddr_in()
            name.sin_family = sa_family_t(AF_INET)
            name.sin_port = binding.hostPort.bigEndian
            name.sin_addr.s_addr = address.bytes.withUnsafeBytes { $0.loadUnaligned(as: UInt32.self) }
            try kernel("bind", subject) {
                withUnsafePointer(to: &name) {
                    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                        CLinux.bind(
                            raw, __CONST_SOCKADDR_ARG(__sockaddr__: $0), socklen_t(MemoryLayout<sockaddr_in>.size))
                    }
                }
            }
        } else {
            var name = sockaddr_in6()
            name.sin6_family = sa_family_t(AF_INET6)
            name.sin6_port = binding.hostPort.bigEndian
            withUnsafeMutableBytes(of: &name.sin6_addr) { $0.copyBytes(from: address.bytes) }
            try kernel("bind", subject) {
                withUnsafePointer(to: &name) {
                    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                        CLinux.bind(
                            raw, __CONST_SOCKADDR_ARG(__sockaddr__: $0), socklen_t(MemoryLayout<sockaddr_in6>.size))
                    }
                }
            }
        }
    }
}
