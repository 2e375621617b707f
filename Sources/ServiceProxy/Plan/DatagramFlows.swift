import JSON
import KubeClient
import Linux

/// Where datagrams to services may go: the kernel keeps a flow's endpoint for as long as the client sends, whatever the
/// rules say since, so that flows to other places are to be forgotten.
struct DatagramFlows: Sendable, Equatable {
    /// The serving endpoints of each frontend that has any. A service without endpoints ends no flow.
    private(set) var places: [Frontend: Set<EndpointPlace>] = [:]

    var isEmpty: Bool { places.isEmpty }

    init() {}

    init(_ services: some Sequence<ServiceBook.Entry>, _ family: IPFamily) {
        for entry in services {
            guard let service = entry.service else { continue }
            for port in ServicePort.all(of: service) where port.transport == .udp {
                let endpoints = ServiceEndpoint.all(
                    in: Array(entry.slices.values), name: port.name, transport: .udp, family: family)
                let serving = Set(
                    endpoints.filter(\.isServing).map { EndpointPlace(address: $0.address, port: $0.port) })
                if serving.isEmpty { continue }
                for address in family.of(port.clusterIPs + port.externalIPs + port.balancerIPs) {
                    places[Frontend(address: address, transport: .udp, port: port.port)] = serving
                }
                if let number = port.nodePort { places[Frontend(transport: .udp, port: number)] = serving }
            }
        }
    }

    func isStale(_ flow: TrackedFlow) -> Bool {
        guard flow.isDatagram else { return false }
        let there = EndpointPlace(address: flow.answeredBy, port: flow.answeringPort)
        let whole = Frontend(address: flow.destination, transport: .udp, port: flow.port)
        let onNode = Frontend(transport: .udp, port: flow.port)
        return (places[whole] ?? places[onNode]).map { !$0.contains(there) } ?? false
    }
}
