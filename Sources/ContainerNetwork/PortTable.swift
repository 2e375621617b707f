import Linux

/// Which published ports are whose: pure, so that a conflict can name the container.
struct PortTable: Sendable {
    private struct Key: Hashable {
        var transport: PortBinding.Transport
        var port: UInt16
    }

    /// Few addresses share a port, so a list does.
    private var holders: [Key: [(address: IPAddress, name: String)]] = [:]
    private var cursor: UInt16 = Self.ephemeral.lowerBound

    /// Where host ports come from that weren't asked for by number (the kernel's default ip_local_port_range).
    static let ephemeral: ClosedRange<UInt16> = 32768...60999

    /// Who holds the port on an overlapping address; nil when it is free.
    func holder(of port: PortBinding) -> String? {
        guard let address = IPAddress(port.hostIP) else { return nil }
        return holders[Key(transport: port.transport, port: port.hostPort)]?.first { held in
            held.address.isV4 == address.isV4
                && (held.address == address || held.address.isUnspecified || address.isUnspecified)
        }?.name
    }

    mutating func add(_ port: PortBinding, holder: String) {
        guard let address = IPAddress(port.hostIP) else { return }
        holders[Key(transport: port.transport, port: port.hostPort), default: []].append((address, holder))
    }

    mutating func remove(_ port: PortBinding) {
        guard let address = IPAddress(port.hostIP) else { return }
        let key = Key(transport: port.transport, port: port.hostPort)
        holders[key]?.removeAll { $0.address == address }
        if holders[key]?.isEmpty == true { holders[key] = nil }
    }

    /// The next port to try when any will do; goes round.
    mutating func nextEphemeral() -> UInt16 {
        defer { cursor = cursor == Self.ephemeral.upperBound ? Self.ephemeral.lowerBound : cursor + 1 }
        return cursor
    }
}
