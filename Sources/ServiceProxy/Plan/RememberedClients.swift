import JSON
import Linux

/// A client with session affinity, and the endpoint it had last: an element that the kernel made by itself.
struct RememberedClient: Sendable, Hashable {
    let address: IPAddress
    let transport: Transport
    let port: UInt16
    let client: IPAddress
    let endpoint: EndpointPlace
    /// Seconds, from the client's last connection and from now.
    let timeout: Int
    let remaining: Int

    /// For a deletion.
    var keyText: String { "\(address) . \(transport.rawValue) . \(port) . \(client)" }
    var text: String { "\(keyText) timeout \(timeout)s expires \(remaining)s : \(endpoint.address) . \(endpoint.port)" }
}

struct EndpointPlace: Sendable, Hashable {
    let address: IPAddress, port: UInt16
}

extension RememberedClient {
    /// From libnftables' JSON of the affinity map (libnftables-json(5)); what has another form is left out.
    static func all(in answer: String) -> [RememberedClient] {
        let objects = (try? JSON(parsing: answer))?["nftables"].array ?? []
        return objects.flatMap { $0["map"]["elem"].array ?? [] }.compactMap { element in
            let key = element[0]["elem"], parts = key["val"]["concat"], value = element[1]["concat"]
            guard let address = parts[0].string.flatMap({ IPAddress($0) }), let transport = transport(parts[1]),
                let port = parts[2].int.flatMap({ UInt16(exactly: $0) }),
                let client = parts[3].string.flatMap({ IPAddress($0) }),
                let target = value[0].string.flatMap({ IPAddress($0) }),
                let number = value[1].int.flatMap({ UInt16(exactly: $0) }),
                let timeout = key["timeout"].int, let remaining = key["expires"].int, remaining > 0
            else { return nil }
            return RememberedClient(
                address: address, transport: transport, port: port, client: client,
                endpoint: EndpointPlace(address: target, port: number), timeout: timeout, remaining: remaining)
        }
    }

    /// A number where the system has no /etc/protocols.
    private static func transport(_ value: JSON) -> Transport? {
        switch value.int {
        case 6: .tcp
        case 17: .udp
        case 132: .sctp
        default: value.string.flatMap { Transport(rawValue: $0) }
        }
    }
}

extension ElementTable {
    /// The endpoints of all frontends whose clients stay with them.
    var stickyPlaces: [Frontend: Set<EndpointPlace>] {
        var places: [Frontend: Set<EndpointPlace>] = [:]
        for element in elements {
            guard let frontend = element.key.frontend else { continue }
            switch (element.key.map, element.value) {
            case (.sticky, _), (.stickyPorts, _): places[frontend, default: []].formUnion([])
            case (.endpoints, .endpoint(let address, let port)), (.nodeEndpoints, .endpoint(let address, let port)),
                (.endpointsOutside, .endpoint(let address, let port)),
                (.nodeEndpointsOutside, .endpoint(let address, let port)):
                let isSticky = value(ElementKey(frontend.address == nil ? .stickyPorts : .sticky, frontend)) != nil
                if isSticky { places[frontend, default: []].insert(EndpointPlace(address: address, port: port)) }
            default: break
            }
        }
        return places
    }

    /// Those who would be led to an endpoint that is none of their service's any more.
    func astray(_ clients: [RememberedClient]) -> [RememberedClient] {
        if clients.isEmpty { return [] }
        let places = stickyPlaces
        return clients.filter { client in
            let whole = Frontend(address: client.address, transport: client.transport, port: client.port)
            let onNode = Frontend(transport: client.transport, port: client.port)
            return !(places[whole] ?? places[onNode] ?? []).contains(client.endpoint)
        }
    }

    /// Whether a change may have led clients astray.
    func concernsClients(_ changes: ElementChanges) -> Bool {
        changes.removed.contains { key in
            guard let frontend = key.frontend else { return false }
            switch key.map {
            case .sticky, .stickyPorts: return true
            case .endpoints, .endpointsOutside: return value(ElementKey(.sticky, frontend)) != nil
            case .nodeEndpoints, .nodeEndpointsOutside: return value(ElementKey(.stickyPorts, frontend)) != nil
            default: return false
            }
        }
    }
}
