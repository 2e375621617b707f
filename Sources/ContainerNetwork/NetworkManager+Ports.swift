import CLinux
import Fault
import Linux
import Synchronization

// Host ports for containers.
extension NetworkManager {
    private enum Limit {
        /// Ports tried when any will do: all of them, once.
        static let ephemeralTries = PortTable.ephemeral.count
    }

    /// Takes all the ports or none.
    func takePorts(_ request: AttachRequest, _ network: NetworkRecord, _ lease: Lease) throws -> [PortBinding] {
        let key = LeaseKey(container: lease.containerID, network: lease.networkID)
        var held: [HeldPort] = []
        do {
            for port in request.ports {
                let addresses = Self.hostAddresses(port.hostIP, network, isIPv6There: Self.hostHasIPv6)
                held += try take(port, on: addresses, lease)
            }
        } catch {
            let taken = held
            state.withLock { state in for port in taken { state.ports.remove(port.binding) } }
            for port in taken { port.release() }
            throw error
        }
        let taken = held
        state.withLock { $0.holds[key] = taken }
        return taken.map(\.binding)
    }

    /// No address means every one: both families, where the host has both.
    static func hostAddresses(_ asked: String, _ network: NetworkRecord, isIPv6There: Bool) -> [String] {
        let text = asked.isEmpty ? network.hostAddress : asked
        if text.isEmpty { return isIPv6There ? ["0.0.0.0", "::"] : ["0.0.0.0"] }
        return [text.hasPrefix("[") && text.hasSuffix("]") ? String(text.dropFirst().dropLast()) : text]
    }

    static var hostHasIPv6: Bool {
        access("/proc/net/if_inet6", R_OK) == 0 && KernelFile.line("/proc/sys/net/ipv6/conf/all/disable_ipv6") != "1"
    }

    /// The same port number on each of the addresses.
    private func take(_ port: PortBinding, on addresses: [String], _ lease: Lease) throws -> [HeldPort] {
        guard port.hostPort == 0 else { return try takeAll(port, on: addresses, lease) }
        for _ in 0..<Limit.ephemeralTries {
            var chosen = port
            chosen.hostPort = state.withLock { $0.ports.nextEphemeral() }
            do {
                return try takeAll(chosen, on: addresses, lease)
            } catch let fault as Fault where fault.kind == .conflict {
                continue
            }
        }
        throw failure(lease, "all ports are allocated")
    }

    private func takeAll(_ port: PortBinding, on addresses: [String], _ lease: Lease) throws -> [HeldPort] {
        var held: [HeldPort] = []
        do {
            for address in addresses {
                var binding = port
                binding.hostIP = address
                held.append(try takeOne(binding, lease))
            }
        } catch {
            let taken = held
            state.withLock { state in for port in taken { state.ports.remove(port.binding) } }
            for port in taken { port.release() }
            throw error
        }
        return held
    }

    private func takeOne(_ binding: PortBinding, _ lease: Lease) throws -> HeldPort {
        guard let address = IPAddress(binding.hostIP) else {
            throw Fault(.invalid, "invalid IP address: \(binding.hostIP)")
        }
        let shown = address.isV4 ? "\(address):\(binding.hostPort)" : "[\(address)]:\(binding.hostPort)"
        let holder = state.withLock { state -> String? in
            if let holder = state.ports.holder(of: binding) { return holder }
            state.ports.add(binding, holder: lease.containerName)
            return nil
        }
        if let holder {
            throw failure(
                lease,
                "Bind for \(shown) failed: port is already allocated (container \"\(holder)\" has it: stop that container, or publish another port)"
            )
        }
        do {
            return try HeldPort(binding, lease: lease)
        } catch {
            state.withLock { $0.ports.remove(binding) }
            throw failure(lease, hostPortSentence(binding, shown, lease, error))
        }
    }

    private func hostPortSentence(_ binding: PortBinding, _ shown: String, _ lease: Lease, _ error: any Error) -> String
    {
        let inside = (lease.address ?? lease.address6)?.description ?? ""
        var reason = "\(error)"
        if let error = error as? KernelError {
            reason = error.errno == EADDRINUSE ? "address already in use" : error.reason.lowercased()
            if error.errno == EADDRINUSE, let owner = PortOwner.find(binding.hostPort, binding.transport) {
                reason += " (process \(owner.pid), \(owner.name), has it)"
            }
        }
        return
            "failed to bind host port for \(shown):\(inside):\(binding.containerPort)/\(binding.transport.rawValue): \(reason)"
    }

    private func failure(_ lease: Lease, _ sentence: String) -> Fault {
        Fault(
            .conflict,
            "failed to set up container networking: driver failed programming external connectivity on endpoint \(lease.containerName) (\(lease.endpointID)): \(sentence)"
        )
    }
}
