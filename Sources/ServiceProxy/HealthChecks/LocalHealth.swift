import JSON
import KubeClient
import NIOCore
import NIOHTTP1

/// What a load balancer is told that asks on a service's `healthCheckNodePort` whether this node has pods of it: where
/// it has none, the policy `Local` would drop what it sends.
struct LocalHealth: Sendable, Equatable {
    let service: ObjectKey
    let port: UInt16
    /// Pods of the service on this node that are ready.
    let localEndpoints: Int

    /// Nil: the service has no such port.
    init?(_ key: ObjectKey, _ entry: ServiceBook.Entry, node: String) {
        guard let service = entry.service, service["spec"]["type"].string == "LoadBalancer",
            service["spec"]["externalTrafficPolicy"].string == "Local",
            let port = service["spec"]["healthCheckNodePort"].int.flatMap({ UInt16(exactly: $0) }), port > 0
        else { return nil }
        let ports = ServicePort.all(of: service)
        let endpoints = IPFamily.allCases.flatMap { family in
            ports.flatMap { port in
                ServiceEndpoint.all(
                    in: Array(entry.slices.values), name: port.name, transport: port.transport, family: family)
            }
        }
        let local = endpoints.filter { $0.isReady && $0.node == node }
        (self.service, self.port, localEndpoints) = (key, port, Set(local.map(\.address)).count)
    }

    /// The original's answer.
    /// - Parameter proxyIsHealthy: whether this node's rules are what the cluster wants.
    func answer(proxyIsHealthy: Bool) -> (HTTPResponseStatus, HTTPHeaders, ByteBuffer) {
        let body: JSON = [
            "service": ["namespace": .string(service.namespace), "name": .string(service.name)],
            "localEndpoints": .int(Int64(localEndpoints)), "serviceProxyHealthy": .bool(proxyIsHealthy),
        ]
        let headers = HTTPHeaders([
            ("Content-Type", "application/json"), ("X-Content-Type-Options", "nosniff"),
            ("X-Load-Balancing-Endpoint-Weight", "\(localEndpoints)"),
        ])
        return (
            localEndpoints > 0 && proxyIsHealthy ? .ok : .serviceUnavailable, headers,
            ByteBuffer(string: body.pretty(indent: "    "))
        )
    }
}
