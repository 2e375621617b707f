import JSON

/// Checks of an EndpointSlice.
enum EndpointSliceFaults {
    // The API's own limits.
    private static let mostEndpoints = 1_000
    private static let mostAddresses = 100
    private static let mostPorts = 20_000
    private static let mostTopologyLabels = 16
    private static let mostHints = 8
    private static let types = ["FQDN", "IPv4", "IPv6"]

    static func all(_ slice: JSON, old: JSON) -> [FieldError] {
        let type = slice.text("addressType")
        var faults = SpecFaults.missingOrUnsupported(slice, FieldPath(), "addressType", types)
        let before = old.list("endpoints").flatMap { $0["addresses"].strings }
        let (endpoints, path) = (slice.list("endpoints"), FieldPath("endpoints"))
        if endpoints.count > mostEndpoints {
            faults.append(.tooMany(path, endpoints.count, max: mostEndpoints))
        } else {
            faults += endpoints.enumerated().flatMap { endpointFaults($1, type, before: before, path[$0]) }
        }
        return faults + portFaults(slice.list("ports"), FieldPath("ports"))
    }

    private static func endpointFaults(_ endpoint: JSON, _ type: String, before: [String], _ path: FieldPath)
        -> [FieldError]
    {
        let (addresses, at) = (endpoint["addresses"].strings, path["addresses"])
        var faults: [FieldError] = []
        if addresses.isEmpty {
            faults.append(.required(at, "must contain at least 1 address"))
        } else if addresses.count > mostAddresses {
            faults.append(.tooMany(at, addresses.count, max: mostAddresses))
        }
        faults += addresses.enumerated().flatMap { addressFaults($1, type, before: before, at[$0]) }
        if let node = endpoint["nodeName"].string {
            faults += SpecFaults.named(path["nodeName"], node, Names.dnsSubdomain(node))
        }
        let topology = endpoint["deprecatedTopology"]
        let topologyPath = path["deprecatedTopology"]
        if topology.stringMap.count > mostTopologyLabels {
            faults.append(.tooMany(topologyPath, topology.stringMap.count, max: mostTopologyLabels))
        }
        faults += MetadataRules.validateLabels(topology, topologyPath)
        if let hostname = endpoint["hostname"].string {
            faults += SpecFaults.named(path["hostname"], hostname, Names.dnsLabel(hostname))
        }
        let hints = endpoint["hints"]
        faults += hintFaults(hints.list("forZones"), path["hints"]["forZones"])
        if hints.list("forZones").count > mostHints { return faults }
        return faults + hintFaults(hints.list("forNodes"), path["hints"]["forNodes"], check: Names.dnsSubdomain)
    }

    private static func addressFaults(_ address: String, _ type: String, before: [String], _ path: FieldPath)
        -> [FieldError]
    {
        if type == "FQDN" { return domainFaults(address, path) }
        guard type == "IPv4" || type == "IPv6" else { return [] }
        var faults = Names.legacyIP(path, address, old: before)
        if !faults.isEmpty { return faults }
        if let parsed = IPAddress(address), parsed.isIPv4 != (type == "IPv4") {
            faults.append(.invalid(path, .string(address), "must be an \(type) address"))
        }
        return faults + reachFaults(address, path)
    }

    /// A name of two parts or more, which may end with a dot.
    private static func domainFaults(_ domain: String, _ path: FieldPath) -> [FieldError] {
        if domain.isEmpty { return [.required(path)] }
        let name = domain.hasSuffix(".") ? String(domain.dropLast()) : domain
        let texts = Names.dnsSubdomain(name)
        if !texts.isEmpty { return [.invalid(path, .string(name), texts.joined(separator: ","))] }
        let labels = name.split(separator: ".").map(String.init)
        if labels.count < 2 {
            let detail = "should be a domain with at least two segments separated by dots"
            return [.invalid(path, .string(name), detail)]
        }
        return labels.filter { !Names.dnsLabel($0).isEmpty }
            .map { .invalid(path, .string($0), Names.dnsLabel($0).joined(separator: ",")) }
    }

    /// An endpoint must be an address that other machines can reach.
    private static func reachFaults(_ text: String, _ path: FieldPath) -> [FieldError] {
        guard let address = IPAddress(text) else {
            return [.invalid(path, .string(text), "must be a valid IP address")]
        }
        func isIn(_ networks: String...) -> Bool { networks.contains { CIDR($0)?.contains(address) ?? false } }
        func fault(_ detail: String) -> FieldError { .invalid(path, .string(text), detail) }
        var faults: [FieldError] = []
        if isIn("0.0.0.0/32", "::/128") { faults.append(fault("may not be unspecified (\(text))")) }
        if isIn("127.0.0.0/8", "::1/128") {
            faults.append(fault("may not be in the loopback range (127.0.0.0/8, ::1/128)"))
        }
        if isIn("169.254.0.0/16", "fe80::/10") {
            faults.append(fault("may not be in the link-local range (169.254.0.0/16, fe80::/10)"))
        }
        if isIn("224.0.0.0/24", "ff02::/16") {
            faults.append(fault("may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)"))
        }
        return faults
    }

    private static func hintFaults(
        _ hints: [JSON], _ path: FieldPath, check: (String) -> [String] = Names.labelValue
    ) -> [FieldError] {
        if hints.count > mostHints { return [.tooMany(path, hints.count, max: mostHints)] }
        let names = hints.map { $0.text("name") }
        let repeated = Set(SpecFaults.repeated(names))
        return names.enumerated().flatMap { index, name -> [FieldError] in
            let at = path[index]["name"]
            let duplicate: [FieldError] = repeated.contains(index) ? [.duplicate(at, .string(name))] : []
            return duplicate + SpecFaults.named(at, name, check(name))
        }
    }

    private static func portFaults(_ ports: [JSON], _ path: FieldPath) -> [FieldError] {
        if ports.count > mostPorts { return [.tooMany(path, ports.count, max: mostPorts)] }
        let repeated = Set(SpecFaults.repeated(ports.map { $0.text("name") }))
        return ports.enumerated().flatMap { index, port -> [FieldError] in
            let (at, name) = (path[index], port.text("name"))
            var faults = SpecFaults.misnamed(port, at, "name", check: Names.dnsLabel)
            if repeated.contains(index) { faults.append(.duplicate(at["name"], .string(name))) }
            if port.has("protocol") {
                faults += SpecFaults.unsupported(port, at, "protocol", ["SCTP", "TCP", "UDP"])
            } else {
                faults.append(.required(at["protocol"]))
            }
            if let application = port["appProtocol"].string {
                faults += SpecFaults.named(at["appProtocol"], application, Names.qualifiedName(application))
            }
            return faults
        }
    }
}
