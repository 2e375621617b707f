import JSON
import KubeClient
import Linux
import Wire

/// What a name within the cluster's domain stands for, before anybody asks for a type of record.
enum Meaning {
    /// There is no such name.
    case nothing
    /// The name is there, maybe only as a part of others, and has these records.
    case records([DNSRecord], additional: [DNSRecord] = [])
    /// A service that is another name.
    case alias(DNSName)
}

/// The names that "Kubernetes DNS-Based Service Discovery" 1.1.0 gives to services, endpoints and pods. A pure function
/// of what is in the cluster.
struct ServiceNames: Sendable {
    enum Limit {
        /// How long an answer may be kept, in seconds; CoreDNS's own.
        static let timeToLive: UInt32 = 30
    }

    static let version = "1.1.0"
    let zone: DNSName
    let names: any ClusterNames
    /// Where this server is: what the zone's own name server's name stands for.
    let servers: [IPAddress]

    /// - Parameter name: in the case that it was asked in, which the records repeat.
    func meaning(of name: DNSName, _ type: DNSType) -> Meaning {
        guard let labels = name.labels(below: zone) else { return .nothing }
        switch labels.last {
        case nil: return .records([record(zone, .ns(nameServer)), start])
        case "svc": return services(labels.dropLast(), name, type)
        case "pod": return pods(labels.dropLast(), name)
        case "dns-version" where labels.count == 1: return .records([record(name, .txt([Array(Self.version.utf8)]))])
        case "dns" where labels == ["ns", "dns"]: return .records(servers.map { address(name, $0) })
        case "dns" where labels.count == 1: return .records([])
        default: return .nothing
        }
    }

    /// The names of an address; empty when it has none.
    func names(of address: IPAddress, asked name: DNSName) -> [DNSRecord] {
        let services = names.services(at: address).compactMap { serviceName(ObjectKey($0)) }
        if !services.isEmpty { return services.map { record(name, .ptr($0)) } }
        var found: [DNSRecord] = []
        for slice in names.slices(at: address) {
            guard let service = slice["metadata"]["labels"][InformerIndex.serviceLabel].string else { continue }
            let key = ObjectKey(slice["metadata"]["namespace"].string ?? "", service)
            for endpoint in NamedEndpoint.all(in: [slice]) where endpoint.address == address {
                guard let target = serviceName(key)?.prefixed(endpoint.label) else { continue }
                let pointer = record(name, .ptr(target))
                if !found.contains(pointer) { found.append(pointer) }
            }
        }
        return found
    }

    // MARK: The zone itself

    private var nameServer: DNSName { zone.prefixed("ns", "dns") ?? zone }

    /// The same serial always: nobody copies this zone.
    var start: DNSRecord {
        record(
            zone,
            .soa(
                DNSAuthority(
                    server: nameServer, mailbox: zone.prefixed("hostmaster") ?? zone, serial: 1, refresh: 7_200,
                    retry: 1_800, expire: 86_400, negative: Limit.timeToLive)))
    }

    // MARK: Services

    private func services(_ labels: ArraySlice<String>, _ name: DNSName, _ type: DNSType) -> Meaning {
        guard let namespace = labels.last else { return .records([]) }
        guard names.hasNamespace(namespace) else { return .nothing }
        let rest = Array(labels.dropLast())
        guard let serviceLabel = rest.last else { return .records([]) }
        guard let service = names.service(namespace, serviceLabel) else { return .nothing }
        if service["spec"]["type"].string == "ExternalName" {
            guard rest.count == 1, let target = DNSName(service["spec"]["externalName"].string ?? "") else {
                return .nothing
            }
            return .alias(target)
        }
        switch rest.count {
        case 1: return whole(service, name, type)
        case 2 where rest[0].hasPrefix("_"): return hasTransport(service, rest[0]) ? .records([]) : .nothing
        case 2: return one(rest[0], of: service, name)
        case 3 where rest[0].hasPrefix("_") && rest[1].hasPrefix("_"):
            return places(service, name) { "_\($0.name)" == rest[0] && "_\($0.transport)" == rest[1] }
        default: return .nothing
        }
    }

    private func isHeadless(_ service: JSON) -> Bool { service["spec"]["clusterIP"].string == "None" }

    private func clusterIPs(_ service: JSON) -> [IPAddress] {
        let several = service["spec"]["clusterIPs"].strings
        return (several.isEmpty ? [service["spec"]["clusterIP"].string ?? ""] : several).compactMap { IPAddress($0) }
    }

    private func endpoints(_ service: JSON) -> [NamedEndpoint] {
        NamedEndpoint.all(in: names.slices(of: ObjectKey(service)))
    }

    private func whole(_ service: JSON, _ name: DNSName, _ type: DNSType) -> Meaning {
        if type == .srv { return places(service, name) { _ in true } }
        let addresses = isHeadless(service) ? endpoints(service).map(\.address) : clusterIPs(service)
        return .records(addresses.map { address(name, $0) })
    }

    private func one(_ label: String, of service: JSON, _ name: DNSName) -> Meaning {
        let found = endpoints(service).filter { $0.label.lowercased() == label }
        return found.isEmpty ? .nothing : .records(found.map { address(name, $0.address) })
    }

    private func hasTransport(_ service: JSON, _ label: String) -> Bool {
        ports(service).contains { "_\($0.transport)" == label }
    }

    private func ports(_ service: JSON) -> [NamedEndpoint.Port] {
        (service["spec"]["ports"].array ?? []).compactMap { tree in
            guard let number = tree["port"].int.flatMap({ UInt16(exactly: $0) }) else { return nil }
            return NamedEndpoint.Port(
                name: (tree["name"].string ?? "").lowercased(),
                transport: (tree["protocol"].string ?? "TCP").lowercased(), number: number)
        }
    }

    /// SRV records of the ports: of a headless service one for each endpoint, with the endpoint's own port.
    private func places(_ service: JSON, _ name: DNSName, where isWanted: (NamedEndpoint.Port) -> Bool) -> Meaning {
        guard let own = serviceName(ObjectKey(service)) else { return .nothing }
        var found: [(port: UInt16, target: DNSName, addresses: [IPAddress])] = []
        if isHeadless(service) {
            for endpoint in endpoints(service) {
                guard let target = own.prefixed(endpoint.label) else { continue }
                found += endpoint.ports.filter(isWanted).map { ($0.number, target, [endpoint.address]) }
            }
        } else {
            found = ports(service).filter(isWanted).map { ($0.number, own, clusterIPs(service)) }
        }
        if found.isEmpty, !ports(service).contains(where: isWanted) { return .nothing }
        let share = UInt16(100 / max(1, found.count))
        let records = found.map {
            record(name, .srv(priority: 0, weight: max(1, share), port: $0.port, target: $0.target))
        }
        var additional: [DNSRecord] = []
        for place in found {
            for address in place.addresses.map({ self.address(place.target, $0) }) where !additional.contains(address) {
                additional.append(address)
            }
        }
        return .records(records, additional: additional)
    }

    // MARK: Pods

    /// `10-244-0-5.default.pod`: the address that the name tells, whether there is such a pod or not, as clusters made
    /// by kubeadm answer.
    private func pods(_ labels: ArraySlice<String>, _ name: DNSName) -> Meaning {
        guard let namespace = labels.last else { return .records([]) }
        guard names.hasNamespace(namespace) else { return .nothing }
        guard labels.count <= 2 else { return .nothing }
        guard labels.count == 2, let label = labels.first else { return .records([]) }
        return NamedEndpoint.address(dashed: label).map { .records([address(name, $0)]) } ?? .nothing
    }

    // MARK: Records

    private func serviceName(_ key: ObjectKey) -> DNSName? { zone.prefixed(key.name, key.namespace, "svc") }

    private func record(_ name: DNSName, _ data: DNSData) -> DNSRecord {
        DNSRecord(name, timeToLive: Limit.timeToLive, data)
    }

    private func address(_ name: DNSName, _ address: IPAddress) -> DNSRecord {
        record(name, address.isV4 ? .a(address.bytes) : .aaaa(address.bytes))
    }
}
