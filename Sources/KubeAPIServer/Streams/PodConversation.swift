import JSON
import KubeModel
import NIOCore
import NIOHTTP1
import Wire

/// A client that speaks with a pod's commands or ports, by WebSocket or SPDY/3.1; the pod's node is on the other side.
package struct PodConversation: Sendable {
    private let request: HTTPRequest
    private let responder: any HTTPResponder
    private let node: any NodeInterface

    package init(request: HTTPRequest, responder: any HTTPResponder, node: any NodeInterface) {
        self.request = request
        self.responder = responder
        self.node = node
    }

    private var asksForMessages: Bool { request.headers.lists("websocket", in: "upgrade") }
    private var offeredMessages: [String] {
        request.headers[canonicalForm: "sec-websocket-protocol"].map { String($0) }
    }

    // MARK: exec and attach

    package func run(_ pod: JSON, _ options: PodStreamOptions, attaches: Bool) async throws {
        guard asksForMessages else { return try await runSPDY(pod, options, attaches: attaches) }
        let offered = offeredMessages
        let name = SocketStreams.protocols.first(where: offered.contains)
        guard name != nil || offered.isEmpty else {
            throw APIStatus(
                code: 403, reason: "Forbidden",
                message: "unable to upgrade: none of the client's protocols \(offered) is spoken here: "
                    + "\(SocketStreams.protocols)")
        }
        let streams = SocketStreams(try await responder.upgradeToMessages(choosing: name), name ?? "")
        // An empty message tells the client that the connection stands.
        try? await streams.send(SocketStreams.Channel.output, ByteBuffer())
        await serve(pod, options, attaches: attaches, streams, pump: streams.run) { await streams.finish($0) }
    }

    private func runSPDY(_ pod: JSON, _ options: PodStreamOptions, attaches: Bool) async throws {
        let connection = try await openSPDY(SPDYStreams.protocols)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await connection.run() }
            if let streams = await SPDYStreams.gather(connection, options) {
                await serve(pod, options, attaches: attaches, streams, pump: {}) { await streams.finish($0) }
            }
            await connection.close()
            group.cancelAll()
        }
    }

    private func openSPDY(_ spoken: [String]) async throws -> SPDYConnection {
        guard request.headers.lists("spdy/3.1", in: "upgrade") else {
            throw APIStatus.badRequest("Upgrade request required")
        }
        let offered = request.headers[canonicalForm: "x-stream-protocol-version"].map { String($0) }
        guard let name = spoken.first(where: offered.contains) else {
            throw APIStatus(
                code: 403, reason: "Forbidden",
                message:
                    "unable to upgrade: unable to negotiate protocol: client supports \(offered), server accepts \(spoken)"
            )
        }
        return SPDYConnection(
            try await responder.switchProtocols(
                HTTPHeaders([
                    ("Connection", "Upgrade"), ("Upgrade", "SPDY/3.1"), ("X-Stream-Protocol-Version", name),
                ])))
    }

    private func serve(
        _ pod: JSON, _ options: PodStreamOptions, attaches: Bool, _ streams: any CommandStreams,
        pump: @escaping @Sendable () async -> Void, finish: @escaping @Sendable (CommandEnd) async -> Void
    ) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await pump() }
            let end: CommandEnd
            do throws(APIStatus) {
                end =
                    attaches
                    ? try await node.attach(to: pod, options, streams) : try await node.exec(in: pod, options, streams)
            } catch {
                end = .failed(error.message)
            }
            await finish(end)
            group.cancelAll()
        }
    }

    // MARK: port-forward

    /// - Parameter parameter: the part of the query that lists the ports; only clients of channels need it.
    package func forward(_ pod: JSON, portsIn parameter: String) async throws {
        let forwarding = PortForwarding(pod: pod, node: node)
        guard asksForMessages else {
            return await forwarding.serve(try await openSPDY(["portforward.k8s.io"]))
        }
        let tunnel = "SPDY/3.1+portforward.k8s.io"
        let offered = offeredMessages
        if offered.contains(tunnel) {
            let socket = try await responder.upgradeToMessages(choosing: tunnel)
            return await forwarding.serve(SPDYConnection(SocketTunnel(socket)))
        }
        guard let name = ["v4.channel.k8s.io", "v4.base64.channel.k8s.io"].first(where: offered.contains) else {
            throw APIStatus.badRequest("unable to upgrade: none of the client's protocols \(offered) is spoken here")
        }
        let listed = request.query.filter { $0.name == parameter }.flatMap { $0.value.split(separator: ",") }
        let ports = try listed.map { text throws in
            guard let port = Int(text), (1...65_535).contains(port) else {
                throw APIStatus.badRequest("query parameter \"\(parameter)\" is invalid: \(text)")
            }
            return port
        }
        guard !ports.isEmpty else { throw APIStatus.badRequest("query parameter \"\(parameter)\" is required") }
        await forwarding.serve(try await responder.upgradeToMessages(choosing: name), name, ports)
    }
}
