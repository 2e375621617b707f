import JSON
import Linux

/// One place that serves a service's port, as its endpoint slices tell.
struct ServiceEndpoint: Sendable, Hashable {
    var address: IPAddress
    var port: UInt16
    /// "" when it is on no node.
    var node: String = ""
    var isReady = true
    var isServing = true
    var isTerminating = false
    /// Where it is meant to be used from; empty: not said.
    var zoneHints: [String] = []
    var nodeHints: [String] = []
}

extension ServiceEndpoint {
    /// The endpoints of one port, of one family, in the order of their addresses. Of two with one address the one that
    /// isn't terminating counts: a pod got the address of one that is going.
    static func all(in slices: [JSON], name: String, transport: Transport, family: IPFamily) -> [ServiceEndpoint] {
        var found: [Place: ServiceEndpoint] = [:]
        for slice in slices where slice["addressType"].string == (family == .four ? "IPv4" : "IPv6") {
            for port in slice["ports"].array ?? [] {
                guard port["name"].string ?? "" == name,
                    Transport(kubernetes: port["protocol"].string ?? "") == transport,
                    let number = port["port"].int.flatMap({ UInt16(exactly: $0) }), number > 0
                else { continue }
                for tree in slice["endpoints"].array ?? [] {
                    guard let endpoint = endpoint(tree, port: number) else { continue }
                    let place = Place(address: endpoint.address, port: number)
                    if found[place] == nil || !endpoint.isTerminating { found[place] = endpoint }
                }
            }
        }
        return found.values.sorted { ($0.address, $0.port) < ($1.address, $1.port) }
    }

    private struct Place: Hashable {
        let address: IPAddress, port: UInt16
    }

    private static func endpoint(_ tree: JSON, port: UInt16) -> ServiceEndpoint? {
        guard let address = tree["addresses"][0].string.flatMap({ IPAddress($0) }) else { return nil }
        let conditions = tree["conditions"], hints = tree["hints"]
        return ServiceEndpoint(
            address: address, port: port, node: tree["nodeName"].string ?? "",
            isReady: conditions["ready"].bool ?? true, isServing: conditions["serving"].bool ?? true,
            isTerminating: conditions["terminating"].bool ?? false,
            zoneHints: (hints["forZones"].array ?? []).compactMap { $0["name"].string },
            nodeHints: (hints["forNodes"].array ?? []).compactMap { $0["name"].string })
    }
}
