import CLinux
import Fault
import JSON
import Linux
import Synchronization

// Networks as the Engine API knows them.
extension NetworkManager {
    static func notFound(_ ref: String) -> Fault { Fault(.notFound, "network \(ref) not found") }

    /// By ID, name, or unique start of the ID.
    func find(_ ref: String) throws -> NetworkRecord {
        let networks = state.withLock { $0.networks }
        let ref = ref == "default" || ref.isEmpty ? "bridge" : ref
        if let network = networks[ref] { return network }
        if let network = networks.values.first(where: { $0.name == ref }) { return network }
        let matches = networks.values.filter { $0.id.hasPrefix(ref) }
        if matches.count > 1 {
            throw Fault(.invalid, "network \(ref) is ambiguous (\(matches.count) matches found based on ID prefix)")
        }
        guard let network = matches.first else { throw Self.notFound(ref) }
        return network
    }

    /// Documents of the Engine API (Network). `Containers` is filled from the leases.
    package func list() async throws -> [JSON] {
        state.withLock { state in
            state.networks.values.sorted { $0.created < $1.created }.map { Self.document($0, state) }
        }
    }

    package func inspect(_ ref: String) async throws -> JSON {
        let network = try find(ref)
        return state.withLock { Self.document($0.networks[network.id] ?? network, $0) }
    }

    private static func document(_ network: NetworkRecord, _ state: State) -> JSON {
        var json = network.document
        let leases = state.leases.values.filter { $0.networkID == network.id }.sorted {
            $0.containerID < $1.containerID
        }
        json["Containers"] = .object(
            JSONObject(
                leases.map { lease in
                    (
                        lease.containerID,
                        [
                            "Name": .string(lease.containerName), "EndpointID": .string(lease.endpointID),
                            "MacAddress": .string(lease.mac.isEmpty ? "" : HardwareAddress.text(lease.mac)),
                            "IPv4Address": .string(lease.address.map { "\($0)/\(lease.prefixLength)" } ?? ""),
                            "IPv6Address": .string(lease.address6.map { "\($0)/\(lease.prefixLength6)" } ?? ""),
                        ] as JSON
                    )
                }))
        return json
    }

    /// The body of `POST /networks/create`; answers `{"Id":…,"Warning":""}`.
    package func create(_ body: JSON) async throws -> JSON {
        try await blocking { try self.createNow(body) }
    }

    private func createNow(_ body: JSON) throws -> JSON {
        let network = try definitions.withLock { _ -> NetworkRecord in
            let kernel = try RouteNetlink.here()
            let onHost = try Self.hostPrefixes(kernel)
            let network = try state.withLock { state in
                let network = try NetworkRequest(body).resolve(
                    existing: Array(state.networks.values), onHost: onHost, localPrefix: state.localPrefix,
                    pools: options.pools)
                try Bridges.checkIPv6(network)
                state.networks[network.id] = network
                return network
            }
            do {
                // Recorded first: what a crash leaves half-made is completed at the next start.
                try save()
                if network.hasIPv6 { HostSettings.forward(ipv6: true, log) }
                try makeLinks(of: network, kernel)
                try loadRules()
            } catch {
                try undo(network, kernel)
                throw error
            }
            return network
        }
        return ["Id": .string(network.id), "Warning": ""]
    }

    private func undo(_ network: NetworkRecord, _ kernel: RouteNetlink) throws {
        state.withLock { _ = $0.networks.removeValue(forKey: network.id) }
        try removeLinks(of: network, kernel)
        try save()
    }

    /// What the network has on the host: its bridge, or the interface that its containers share.
    func makeLinks(of network: NetworkRecord, _ kernel: RouteNetlink) throws {
        if network.driver.isShared { try ParentLinks.make(network, kernel) }
        if network.driver == .bridge { try Bridges.make(network, kernel) }
    }

    func removeLinks(of network: NetworkRecord, _ kernel: RouteNetlink) throws(KernelError) {
        if network.driver.isShared { try ParentLinks.remove(network, kernel) }
        if network.driver == .bridge { try Bridges.remove(network, kernel) }
    }

    /// What the host already reaches: no new network may hide it.
    private static func hostPrefixes(_ kernel: RouteNetlink) throws(KernelError) -> [IPPrefix] {
        let routes = try kernel.routes().compactMap { route -> IPPrefix? in
            guard !route.destination.isEmpty else { return nil }
            return IPAddress(bytes: route.destination).flatMap { IPPrefix(address: $0, length: Int(route.prefix)) }
        }
        return try routes
            + kernel.addresses().compactMap { address in
                IPAddress(bytes: address.address).flatMap { IPPrefix(address: $0, length: Int(address.prefix)) }
            }
    }

    package func remove(_ ref: String) async throws {
        try await blocking {
            try self.definitions.withLock { _ in try self.removeNow(try self.find(ref)) }
        }
    }

    private func removeNow(_ network: NetworkRecord) throws {
        if network.isPredefined {
            throw Fault(.denied, "\(network.name) is a pre-defined network and cannot be removed")
        }
        try state.withLock { state in
            let users = state.leases.values.filter { $0.networkID == network.id }
            if !users.isEmpty {
                let names = users.map { "name:\"\($0.containerName)\" id:\"\($0.containerID.prefix(12))\"" }.sorted()
                throw Fault(
                    .denied,
                    "error while removing network: network \(network.name) has active endpoints (\(names.joined(separator: ", ")))"
                )
            }
            state.networks[network.id] = nil
        }
        try removeLinks(of: network, try RouteNetlink.here())
        try loadRules()
        try save()
    }

    /// A container was renamed.
    package func rename(_ containerID: String, to name: String) {
        let renamed = state.withLock { state in
            for key in state.leases.keys where key.container == containerID { state.leases[key]?.containerName = name }
            return state.leases.values.filter { $0.containerID == containerID }
        }
        for lease in renamed { try? leaseFiles.save(lease) }
    }
}
