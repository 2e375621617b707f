import CLinux
import Fault
import Linux

/// Sockets inside a container for a name server outside of it, at an address of the container's loopback. They have
/// ports of their own, and rules bring there what is sent to port 53: that one stays free for a name server that runs
/// in the container.
package struct NameSockets: Sendable {
    /// A bound datagram socket, and one that takes connections.
    package let datagrams: OwnedDescriptor
    package let connections: OwnedDescriptor

    private static let table = "hako_names"

    /// - Parameters:
    ///   - namespacePath: the container's network namespace, `/proc/PID/ns/net`.
    ///   - address: the server's, of 127.0.0.0/8.
    package static func open(_ namespacePath: String, address: String) throws -> NameSockets {
        let namespace = try OwnedDescriptor.open(namespacePath, O_RDONLY)
        let (sockets, refusal) = try NetworkNamespace.visit(namespace.raw, subject: namespacePath) {
            () throws(KernelError) -> (NameSockets, Fault?) in
            let (datagrams, datagramPort) = try socket(address, .udp)
            let (connections, connectionPort) = try socket(address, .tcp)
            let sockets = NameSockets(datagrams: datagrams, connections: connections)
            do throws(Fault) {
                // Of a context of its own: its netlink socket belongs to this namespace.
                try Nftables().load(rules(address, datagramPort, connectionPort))
                return (sockets, nil)
            } catch {
                return (sockets, error)
            }
        }
        if let refusal { throw refusal }
        return sockets
    }

    private static func socket(_ address: String, _ transport: PortBinding.Transport) throws(KernelError) -> (
        OwnedDescriptor, port: UInt16
    ) {
        let binding = PortBinding(hostIP: address, hostPort: 0, containerPort: 53, transport: transport)
        guard let hold = try PortHold.take(binding) else {
            throw KernelError(call: "socket", subject: address, errno: EPROTONOSUPPORT)
        }
        let socket = OwnedDescriptor(taking: try hold.duplicate())
        hold.release()
        var name = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        try kernel("getsockname", address) {
            withUnsafeMutablePointer(to: &name) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    getsockname(socket.raw, __SOCKADDR_ARG(__sockaddr__: $0), &length)
                }
            }
        }
        return (socket, UInt16(bigEndian: name.sin_port))
    }

    /// In place of those that an earlier run of the daemon left.
    static func rules(_ address: String, _ datagramPort: UInt16, _ connectionPort: UInt16) -> String {
        """
        add table ip \(table)
        delete table ip \(table)
        table ip \(table) {
            chain output {
                type nat hook output priority -100;
                ip daddr \(address) udp dport 53 dnat to \(address):\(datagramPort)
                ip daddr \(address) tcp dport 53 dnat to \(address):\(connectionPort)
            }
        }

        """
    }
}
