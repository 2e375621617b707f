import JSON
import Linux

/// An endpoint as it has a name: its own, or its address with dashes.
struct NamedEndpoint: Hashable {
    struct Port: Hashable {
        let name: String, transport: String, number: UInt16
    }

    let address: IPAddress
    let label: String
    let ports: [Port]

    /// The ready ones, each once, in the order of their addresses.
    static func all(in slices: [JSON]) -> [NamedEndpoint] {
        var found: [IPAddress: NamedEndpoint] = [:]
        for slice in slices {
            let ports = (slice["ports"].array ?? []).compactMap(port)
            for tree in slice["endpoints"].array ?? [] where tree["conditions"]["ready"].bool ?? true {
                for address in tree["addresses"].strings.compactMap({ IPAddress($0) }) {
                    let more = found[address]?.ports ?? []
                    found[address] = NamedEndpoint(
                        address: address, label: label(tree, address), ports: more + ports.filter { !more.contains($0) }
                    )
                }
            }
        }
        return found.values.sorted { $0.address < $1.address }
    }

    private static func port(_ tree: JSON) -> Port? {
        guard let number = tree["port"].int.flatMap({ UInt16(exactly: $0) }) else { return nil }
        return Port(
            name: tree["name"].string ?? "", transport: (tree["protocol"].string ?? "TCP").lowercased(), number: number)
    }

    private static func label(_ tree: JSON, _ address: IPAddress) -> String {
        if let name = tree["hostname"].string, !name.isEmpty { return name }
        return dashed(address)
    }

    /// `10-244-0-5`; of IPv6, `fd00--5`.
    static func dashed(_ address: IPAddress) -> String {
        String("\(address)".map { $0 == "." || $0 == ":" ? "-" : $0 })
    }

    /// The address that a label of that form tells.
    static func address(dashed label: String) -> IPAddress? {
        guard label.contains("-") else { return nil }
        return IPAddress(String(label.map { $0 == "-" ? "." : $0 }))
            ?? IPAddress(String(label.map { $0 == "-" ? ":" : $0 }))
    }
}
