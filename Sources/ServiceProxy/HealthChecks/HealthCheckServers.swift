import JSON
import KubeClient
import Linux
import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import NIOPosix
import Wire

/// The health check ports of services, and the proxy's own: small HTTP servers on all of the node's addresses.
final class HealthCheckServers: Sendable {
    private struct State {
        /// By port.
        var healths: [UInt16: LocalHealth] = [:]
        var servers: [UInt16: HTTPServer] = [:]
        /// The proxy's own health.
        var own: HTTPServer?
        var proxyIsHealthy = false
        /// Whether load balancers may send new connections to the node: not while it is being taken away.
        var nodeIsEligible = true
    }

    /// Open connections of one port.
    private static let connections = 256
    private static let leaving = "ToBeDeletedByClusterAutoscaler"

    private let node: String
    private let host: String
    private let log: Logger
    private let state = NIOLockedValueBox(State())

    init(_ settings: ProxySettings, log: Logger) {
        node = settings.nodeName
        host = settings.nodeAddresses.contains { !$0.isV4 } ? "::" : "0.0.0.0"
        self.log = log
    }

    /// Opens and closes ports as the changed services want it. A port that can't be opened is tried again when its
    /// service changes.
    func update(_ news: ServiceBook.News, proxyIsHealthy: Bool) async {
        let healths = news.services.compactMap { LocalHealth($0.key, $0.value, node: node) }
        let closing = state.withLockedValue { state in
            state.proxyIsHealthy = proxyIsHealthy
            for (port, health) in state.healths where news.services[health.service] != nil {
                state.healths[port] = nil
            }
            for health in healths { state.healths[health.port] = health }
            let gone = state.servers.filter { state.healths[$0.key] == nil }
            for port in gone.keys { state.servers[port] = nil }
            return gone
        }
        for server in closing.values { await server.shutdown(patience: .zero) }
        for health in healths where state.withLockedValue({ $0.servers[health.port] == nil }) {
            let server = await open(health.port, of: "service \(health.service)") { [weak self] _ in
                self?.state.withLockedValue { state in
                    state.healths[health.port]?.answer(proxyIsHealthy: state.proxyIsHealthy)
                }
            }
            state.withLockedValue { $0.servers[health.port] = server }
        }
    }

    func take(ownNode node: JSON) {
        let isLeaving =
            !node["metadata"]["deletionTimestamp"].isNull
            || (node["spec"]["taints"].array ?? []).contains { $0["key"].string == Self.leaving }
        state.withLockedValue { $0.nodeIsEligible = !isLeaving }
    }

    /// The proxy's own health, at `/healthz` (the node's fitness for load balancers included) and `/livez`.
    func serveOwn(port: UInt16) async {
        let server = await open(port, of: "the service proxy") { [weak self] path in
            guard path == "/healthz" || path == "/livez" else { return nil }
            return self?.state.withLockedValue { state in
                let isWell = state.proxyIsHealthy && (path == "/livez" || state.nodeIsEligible)
                let body: JSON = [
                    "serviceProxyHealthy": .bool(state.proxyIsHealthy), "nodeEligible": .bool(state.nodeIsEligible),
                ]
                return (
                    isWell ? .ok : .serviceUnavailable,
                    HTTPHeaders([("Content-Type", "application/json"), ("X-Content-Type-Options", "nosniff")]),
                    ByteBuffer(bytes: body.bytes())
                )
            }
        }
        state.withLockedValue { $0.own = server }
    }

    /// Nil, and a line in the log, when the port is somebody else's.
    private func open(
        _ port: UInt16, of owner: String,
        _ answer: @escaping @Sendable (_ path: String) -> (HTTPResponseStatus, HTTPHeaders, ByteBuffer)?
    ) async -> HTTPServer? {
        let server = HTTPServer(
            group: MultiThreadedEventLoopGroup.singleton, log: log, maximumConnections: Self.connections
        ) { request, responder in
            let (status, headers, body) = answer(request.path) ?? (.notFound, HTTPHeaders(), ByteBuffer())
            try? await responder.send(status, headers, body)
        }
        do {
            try await server.listen(on: .tcp(host: host, port: Int(port)))
            return server
        } catch {
            log.warning("port \(port) for the health of \(owner) can't be opened", metadata: ["error": "\(error)"])
            return nil
        }
    }

    func close() async {
        let servers = state.withLockedValue { state in
            defer { (state.servers, state.own) = ([:], nil) }
            return Array(state.servers.values) + [state.own].compactMap { $0 }
        }
        for server in servers { await server.shutdown(patience: .zero) }
    }
}
