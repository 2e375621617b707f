import Linux

/// A published port's socket and, where packets can't be rewritten, its relay.
final class HeldPort: Sendable {
    let binding: PortBinding
    private let hold: PortHold?
    private let relay: (any PortRelay)?

    /// Takes the port and, for IPv6, begins to relay.
    init(_ binding: PortBinding, lease: Lease) throws {
        self.binding = binding
        let hold = try PortHold.take(binding)
        self.hold = hold
        guard let hold, let host = IPAddress(binding.hostIP), !host.isV4,
            let target = lease.address ?? lease.address6
        else {
            relay = nil
            return
        }
        do {
            relay = try Relays.start(hold, to: target, port: binding.containerPort)
        } catch {
            hold.release()
            throw error
        }
    }

    /// A port that someone else has meanwhile.
    init(unheld binding: PortBinding) {
        self.binding = binding
        hold = nil
        relay = nil
    }

    func release() {
        relay?.stop()
        hold?.release()
    }
}
