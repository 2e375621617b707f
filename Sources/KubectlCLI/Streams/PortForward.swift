import CommandLine
import Glibc
import JSON
import KubeClient
import KubeModel
import NIOCore
import NIOPosix
import Wire

struct PortForwardOptions: Sendable {
    var addresses = ["localhost"], given: [String] = [], timeout: Int64 = 60_000_000_000
}

extension VerbTree {
    static func portForward() -> Verb {
        Verb(
            "port-forward", group: .debugging, "Forward one or more local ports to a pod",
            usage: "port-forward TYPE/NAME [options] [LOCAL_PORT:]REMOTE_PORT [...[LOCAL_PORT_N:]REMOTE_PORT_N]",
            options: PortForwardOptions(),
            flags: [
                .strings("address", \.given, "Addresses to listen on").showing("[localhost]"),
                .duration("pod-running-timeout", \.timeout, "How long to wait for a pod").showing("1m0s"),
            ]
        ) { options, parsed, session in
            guard parsed.arguments.count > 1 else {
                throw session.misuse("TYPE/NAME and list of ports are required for port-forward")
            }
            try await Forwarding(options: options, session: session).run(parsed.arguments)
        }
    }
}

/// Listens on ports of this machine and carries each connection to a port of a pod.
struct Forwarding: Sendable {
    let options: PortForwardOptions
    let session: Session

    struct Pair: Sendable { let local: Int, remote: Int }

    func run(_ arguments: [String]) async throws {
        let name = arguments[0]
        var service: Item?
        if name.hasPrefix("svc/") || name.hasPrefix("service/") || name.hasPrefix("services/") {
            var selection = Selection()
            selection.arguments = [name]
            service = try await session.select(selection).all().first
        }
        let pod = try await PodChoice(session: session).pod(name, within: Double(options.timeout) / 1e9)
        let ports = try arguments.dropFirst().map { ($0, try remote($0, pod, service)) }
        let phase = pod.object["status"]["phase"].plain
        guard phase == "Running" else {
            throw Refusal("unable to forward port because pod is not running. Current status=\(phase)")
        }
        try await listen(try ports.map { try pair($0, remote: $1, isOfService: service != nil) }, pod)
    }

    // MARK: Ports

    /// The pod's port, which may be named.
    private func remote(_ text: String, _ pod: Item, _ service: Item?) throws -> Int {
        let wanted = text.parts(":").last ?? ""
        if let service { return try target(wanted, service, pod) }
        guard let port = Int(wanted) ?? Self.containerPort(wanted, pod) else {
            throw Refusal("Pod '\(pod.name)' does not have a named port '\(wanted)'")
        }
        return port
    }

    private func pair(_ text: String, remote: Int, isOfService: Bool) throws -> Pair {
        let parts = text.parts(":")
        guard parts.count <= 2 else { throw Refusal("invalid port format '\(text)'") }
        guard (1...65_535).contains(remote) else { throw Refusal("remote port must be > 0") }
        if parts.count == 1 { return Pair(local: isOfService ? Int(text) ?? remote : remote, remote: remote) }
        guard !parts[0].isEmpty else { return Pair(local: 0, remote: remote) }
        guard let local = Int(parts[0]), (0...65_535).contains(local) else {
            throw Refusal(
                "error parsing local port '\(parts[0])': strconv.ParseUint: parsing \(parts[0].quoted): invalid syntax")
        }
        return Pair(local: local, remote: remote)
    }

    private static func containerPort(_ name: String, _ pod: Item) -> Int? {
        (pod.object["spec"]["containers"].array ?? []).flatMap { $0["ports"].array ?? [] }
            .first { $0["name"].string == name }?["containerPort"].int
    }

    private func target(_ text: String, _ service: Item, _ pod: Item) throws -> Int {
        let ports = service.object["spec"]["ports"].array ?? []
        let found = ports.first { port in Int(text).map { $0 == port["port"].int } ?? (port["name"].string == text) }
        guard let found else {
            throw Refusal(
                Int(text) == nil
                    ? "Service '\(service.name)' does not have a named port '\(text)'"
                    : "Service \(service.name) does not have a service port \(text)")
        }
        if service.object["spec"]["clusterIP"].string == "None" { return found["port"].int ?? 0 }
        if let number = found["targetPort"].int, number > 0 { return number }
        guard let name = found["targetPort"].string else { return found["port"].int ?? 0 }
        guard let number = Self.containerPort(name, pod) else {
            throw Refusal("Pod '\(pod.name)' does not have a named port '\(name)'")
        }
        return number
    }

    // MARK: Listening

    typealias Connection = NIOAsyncChannel<ByteBuffer, ByteBuffer>

    private func hosts() -> [String] {
        let wanted = options.given.isEmpty ? options.addresses : options.given
        return wanted.flatMap { $0 == "localhost" ? ["127.0.0.1", "::1"] : [$0] }
    }

    private func listen(_ pairs: [Pair], _ pod: Item) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            var isAnybodyThere = false
            for pair in pairs {
                var failures: [String] = [], port = pair.local, listeners: [NIOAsyncChannel<Connection, Never>] = []
                for host in hosts() {
                    do {
                        let listener = try await bind(host, port)
                        port = listener.channel.localAddress?.port ?? port
                        listeners.append(listener)
                        let shown = host.contains(":") ? "[\(host)]" : host
                        session.out.line("Forwarding from \(shown):\(port) -> \(pair.remote)")
                    } catch {
                        let family = host.contains(":") ? "tcp6" : "tcp4",
                            shown = host.contains(":") ? "[\(host)]" : host
                        failures.append(
                            "unable to create listener: Error listen \(family) \(shown):\(port): bind: \(Self.reason(error))"
                        )
                    }
                }
                if listeners.isEmpty {
                    session.err.line(
                        "Unable to listen on port \(port): Listeners failed to create with the following errors: [\(failures.joined(separator: " "))]"
                    )
                    continue
                }
                isAnybodyThere = true
                for listener in listeners {
                    let port = port
                    group.addTask { try await accept(listener, port, pair.remote, pod) }
                }
            }
            guard isAnybodyThere else {
                let list = pairs.map { "{\($0.local) \($0.remote)}" }.joined(separator: " ")
                throw Refusal("unable to listen on any of the requested ports: [\(list)]")
            }
            try await group.waitForAll()
        }
    }

    private static func reason(_ error: any Error) -> String {
        let code = (error as? IOError)?.errnoCode ?? 0
        return code == 0 ? "\(error)" : WholeFile.message(code)
    }

    private func bind(_ host: String, _ port: Int) async throws -> NIOAsyncChannel<Connection, Never> {
        try await ServerBootstrap(group: HTTPClient.sharedLoop)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .bind(host: host, port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try Connection(
                        wrappingChannelSynchronously: channel,
                        configuration: .init(isOutboundHalfClosureEnabled: true))
                }
            }
    }

    private func accept(_ listener: NIOAsyncChannel<Connection, Never>, _ local: Int, _ remote: Int, _ pod: Item)
        async throws
    {
        try await listener.executeThenClose { connections in
            try await withThrowingDiscardingTaskGroup { group in
                for try await connection in connections {
                    session.out.line("Handling connection for \(local)")
                    group.addTask { await carry(connection, remote, pod) }
                }
            }
        }
    }

    // MARK: One connection

    private enum Channel { static let data: UInt8 = 0, error: UInt8 = 1 }

    private func carry(_ connection: Connection, _ remote: Int, _ pod: Item) async {
        do {
            let (socket, _) = try await session.connection.socket(
                "\(pod.path)/portforward", [("ports", "\(remote)")], protocols: ["v4.channel.k8s.io"])
            try await connection.executeThenClose { input, output in
                await withTaskGroup(of: Void.self) { group in
                    group.addTask { await send(input, socket) }
                    await receive(socket, output, remote)
                    group.cancelAll()
                }
            }
            await socket.close()
        } catch {
            session.err.write("E error forwarding port \(remote): \(ErrorText.message(error))\n")
            try? await connection.channel.close()
        }
    }

    private func send(_ input: NIOAsyncChannelInboundStream<ByteBuffer>, _ socket: WebSocketMessages) async {
        do {
            for try await piece in input {
                var message = ByteBuffer(bytes: [Channel.data])
                message.writeImmutableBuffer(piece)
                try await socket.write(message)
            }
        } catch { return }
    }

    /// Each channel's first message is its port's number.
    private func receive(
        _ socket: WebSocketMessages, _ output: NIOAsyncChannelOutboundWriter<ByteBuffer>, _ remote: Int
    ) async {
        var begun: Set<UInt8> = []
        while var message = try? await socket.read() {
            guard let channel: UInt8 = message.readInteger() else { continue }
            if begun.insert(channel).inserted {
                message.moveReaderIndex(forwardBy: min(2, message.readableBytes))
                if message.readableBytes == 0 { continue }
            }
            if channel == Channel.error {
                session.err.line("E an error occurred forwarding \(remote): \(String(buffer: message))")
                break
            }
            do { try await output.write(message) } catch { break }
        }
        output.finish()
    }
}
