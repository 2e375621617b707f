import CLinux
import Fault
import JSON
import Linux
import Logging
import Synchronization

// Containers come and go. A lease is recorded before anything is made, so that whatever a crash leaves is found again.
extension NetworkManager {
    /// Joins a container to a network. Throws Docker's words for a port that is taken, naming the container that
    /// holds it where one of ours does; nothing is left behind then.
    package func attach(_ request: AttachRequest, network: String) async throws -> EndpointState {
        try await blocking { try self.attachNow(request, network) }
    }

    private func attachNow(_ request: AttachRequest, _ ref: String) throws -> EndpointState {
        let network = try find(ref)
        let lease = try reserve(request, network)
        do {
            try leaseFiles.save(lease)
            switch network.driver {
            case .host: return lease.state
            case .none:
                try Endpoints.raiseLoopback(request.namespacePath)
                return lease.state
            case .bridge, .macvlan, .ipvlan: return try join(request, network, lease)
            }
        } catch {
            release(lease, deletingLink: true)
            throw error
        }
    }

    /// Takes addresses and names; nothing in the kernel yet.
    private func reserve(_ request: AttachRequest, _ network: NetworkRecord) throws -> Lease {
        let key = LeaseKey(container: request.containerID, network: network.id)
        return try state.withLock { state in
            guard state.networks[network.id] != nil else { throw Self.notFound(network.name) }
            if state.leases[key] != nil {
                throw Fault(
                    .denied, "endpoint with name \(request.containerName) already exists in network \(network.name)")
            }
            var lease = Lease(
                containerID: request.containerID, containerName: request.containerName, networkID: network.id,
                endpointID: Identifier.make())
            if network.driver.hasAddresses {
                let siblings = state.leases.values.filter { $0.containerID == request.containerID }
                try Self.address(&lease, request, network, state, siblings: siblings)
            }
            state.leases[key] = lease
            return lease
        }
    }

    private static func address(
        _ lease: inout Lease, _ request: AttachRequest, _ network: NetworkRecord, _ state: State, siblings: [Lease]
    ) throws {
        let neighbours = state.leases.values.filter { $0.networkID == network.id }
        let taken = Set(
            neighbours.flatMap { [$0.address, $0.address6].compactMap { $0 } } + network.subnets.flatMap(\.kept))
        let asked = try [request.address, request.address6].compactMap { $0 }.map { try Self.parse($0, network) }
        for subnet in network.subnets {
            let address: IPAddress
            if let wanted = asked.first(where: { subnet.prefix.contains($0) }) {
                if taken.contains(wanted) { throw Fault(.denied, "Address already in use") }
                address = wanted
            } else {
                address = try AddressPool.freeAddress(in: subnet.prefix, range: subnet.range, taken: taken)
            }
            let routed = !network.isInternal
            if address.isV4 {
                if lease.address != nil { continue }
                lease.address = address
                lease.prefixLength = subnet.prefix.length
                if routed, !siblings.contains(where: { $0.gateway != nil }) { lease.gateway = subnet.gateway }
            } else {
                if lease.address6 != nil { continue }
                lease.address6 = address
                lease.prefixLength6 = subnet.prefix.length
                if routed, !siblings.contains(where: { $0.gateway6 != nil }) { lease.gateway6 = subnet.gateway }
            }
        }
        if network.driver == .bridge { lease.link = "veth" + lease.endpointID.prefix(7) }
        lease.interface =
            (0...).lazy.map { "eth\($0)" }.first { name in !siblings.contains { $0.interface == name } } ?? "eth0"
        // Links of ipvlan have their parent's.
        if network.driver != .ipvlan { lease.mac = try hardwareAddress(request, lease) }
    }

    private static func parse(_ text: String, _ network: NetworkRecord) throws -> IPAddress {
        guard let address = IPAddress(text) else { throw Fault(.invalid, "invalid IP address: \(text)") }
        if network.name == "bridge" {
            throw Fault(
                .invalid,
                "invalid endpoint settings:\nuser specified IP address is supported on user defined networks only")
        }
        let configured = network.subnets.filter { !$0.isFromPool && $0.prefix.address.isV4 == address.isV4 }
        guard configured.contains(where: { $0.prefix.contains(address) }) else {
            throw Fault(
                .invalid,
                "invalid endpoint settings:\n"
                    + (configured.isEmpty
                        ? "user specified IP address is supported only when connecting to networks with user configured subnets"
                        : "no configured subnet or ip-range contain the IP address \(text)"))
        }
        return address
    }

    private static func hardwareAddress(_ request: AttachRequest, _ lease: Lease) throws -> [UInt8] {
        guard let text = request.macAddress, !text.isEmpty else {
            return (lease.address ?? lease.address6).map(AddressPool.hardwareAddress(for:)) ?? []
        }
        guard let mac = HardwareAddress.parse(text) else { throw Fault(.invalid, "invalid MAC address: \(text)") }
        return mac
    }

    /// Links, addresses, ports. On a throw the caller releases the lease.
    private func join(_ request: AttachRequest, _ network: NetworkRecord, _ reserved: Lease) throws -> EndpointState {
        var lease = reserved
        // Whoever shares an interface of the host's is reached by its own address.
        let publishes =
            network.driver == .bridge && !network.isInternal && (lease.gateway != nil || lease.gateway6 != nil)
        if publishes, !request.ports.isEmpty {
            lease.ports = try takePorts(request, network, lease)
            let withPorts = lease
            state.withLock { $0.leases[LeaseKey(container: withPorts.containerID, network: network.id)] = withPorts }
            try leaseFiles.save(lease)
        }
        try Endpoints.make(lease, network, namespacePath: request.namespacePath)
        let published = lease.published
        if !published.isEmpty { try rules.load(RuleSet.publish(published, table: options.table)) }
        forgetDatagrams(to: published)
        return lease.state
    }

    /// Idempotent; the veth dies with the namespace.
    package func detach(_ containerID: String, network: String) async throws {
        try await blocking {
            guard let network = try? self.find(network) else { return }
            let lease = self.state.withLock { $0.leases[LeaseKey(container: containerID, network: network.id)] }
            if let lease { self.release(lease, deletingLink: false) }
        }
    }

    package func detachAll(_ containerID: String) async throws {
        try await blocking {
            let leases = self.state.withLock { $0.leases.values.filter { $0.containerID == containerID } }
            for lease in leases { self.release(lease, deletingLink: false) }
        }
    }

    /// Takes a running container off a network. Its default route moves to another of its networks.
    package func disconnect(_ containerID: String, namespacePath: String, network: String) async throws {
        try await blocking {
            let network = try self.find(network)
            let (lease, others) = self.state.withLock { state in
                (
                    state.leases[LeaseKey(container: containerID, network: network.id)],
                    state.leases.values.filter { $0.containerID == containerID && $0.networkID != network.id }
                )
            }
            guard let lease else {
                throw Fault(.denied, "container \(containerID) is not connected to network \(network.name)")
            }
            if network.driver.isShared { try Endpoints.deleteLink(lease, inside: namespacePath) }
            self.release(lease, deletingLink: true)
            guard lease.gateway != nil || lease.gateway6 != nil else { return }
            try self.moveDefaultRoute(to: others, namespacePath)
        }
    }

    private func moveDefaultRoute(to others: [Lease], _ namespacePath: String) throws {
        let heir = others.sorted { $0.interface < $1.interface }.first { other in
            state.withLock { state in
                state.networks[other.networkID].map { $0.driver.hasAddresses && !$0.isInternal } ?? false
            }
        }
        guard var heir, let network = state.withLock({ $0.networks[heir.networkID] }) else { return }
        heir.gateway = network.subnets.first { $0.gateway.isV4 }?.gateway
        heir.gateway6 = network.subnets.first { !$0.gateway.isV4 }?.gateway
        try Endpoints.addDefaultRoutes(heir, network, namespacePath)
        let moved = heir
        state.withLock { $0.leases[LeaseKey(container: moved.containerID, network: moved.networkID)] = moved }
        try leaseFiles.save(moved)
    }

    /// Gives everything back. Failures are logged: what is left is found at the next start.
    private func release(_ lease: Lease, deletingLink: Bool) {
        let key = LeaseKey(container: lease.containerID, network: lease.networkID)
        let (current, held) = state.withLock { state in
            let current = state.leases[key] ?? lease
            for port in current.ports { state.ports.remove(port) }
            return (current, state.holds.removeValue(forKey: key) ?? [])
        }
        let published = current.published
        if !published.isEmpty {
            do { try rules.load(RuleSet.withdraw(published, table: options.table)) } catch {
                // An element may be missing when joining stopped half-way; the whole set says it right.
                state.withLock { _ = $0.leases.removeValue(forKey: key) }
                do { try loadRules() } catch { log.error("rules of \(lease.containerName) stay: \(error)") }
            }
        }
        forgetDatagrams(to: published)
        for port in held { port.release() }
        if deletingLink, !current.link.isEmpty {
            do { try Endpoints.deleteLink(current) } catch { log.error("link \(current.link) stays: \(error)") }
        }
        leaseFiles.remove(current)
        // Last: until here the address is not given to another container.
        state.withLock { _ = $0.leases.removeValue(forKey: key) }
    }

    /// Clients that keep sending reach who has the port now, not who had it.
    private func forgetDatagrams(to ports: [PublishedPort]) {
        let numbers = Set(ports.filter { $0.transport == .udp }.map(\.hostPort))
        do { try ConnectionTable.forgetDatagrams(to: numbers) } catch {
            log.warning("flows to UDP ports \(numbers.sorted()) stay as they were: \(error)")
        }
    }
}
