import Fault
import JSON
import KubeAPIServer
import KubeClient
import KubeModel
import NIOCore
import NIOHTTP1
import Wire

/// Logs, commands and ports of other nodes' pods, from those nodes' kubelets.
package struct RemotePods: NodeInterface {
    private let api: any ObjectAPI
    private let tls: TLSFiles

    /// - Parameters:
    ///   - api: of a user who may get nodes.
    ///   - certificate: the API server's own as a client of kubelets, PEM.
    ///   - key: its key, PEM.
    package init(_ api: any ObjectAPI, certificate: String, key: String) {
        self.api = api
        // As the original unless it is given an authority: kubelets' certificates are made by themselves.
        tls = TLSFiles(authority: nil, certificate: certificate, key: key, verify: false)
    }

    private func client(of pod: JSON) async throws(APIStatus) -> HTTPClient {
        let name = pod["spec"].text("nodeName")
        let node = try await api.get(.nodes, "", name)
        let address = node["status"].list("addresses").first { $0.text("type") == "InternalIP" }?.text("address")
        guard let address else {
            throw .internalError("no preferred addresses found; known addresses: []")
        }
        let port = node["status"]["daemonEndpoints"]["kubeletEndpoint"]["Port"].int ?? 10_250
        return HTTPClient(.tcp(host: address, port: port), tls: tls)
    }

    private static func path(_ verb: String, _ pod: JSON, _ container: String?, _ query: [(String, String)]) -> String {
        var path = "/\(verb)/\(pod["metadata"].text("namespace"))/\(pod["metadata"].text("name"))"
        if let container { path += "/\(container)" }
        let pairs = query.map { "\($0.0)=\(escaped($0.1))" }
        return pairs.isEmpty ? path : path + "?" + pairs.joined(separator: "&")
    }

    private static func escaped(_ text: String) -> String {
        var out = ""
        for byte in text.utf8 {
            let scalar = Unicode.Scalar(byte)
            if byte < 0x80, scalar.properties.isAlphabetic || "0123456789-._~".unicodeScalars.contains(scalar) {
                out.unicodeScalars.append(scalar)
            } else {
                out += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }
        return out
    }

    private static func unreachable(_ error: any Error, _ client: HTTPClient) -> APIStatus {
        guard case .tcp(let host, let port) = client.endpoint else { return .internalError(sentence(error)) }
        return .internalError("error dialing backend: \(DialReason.text(error, "\(host):\(port)"))")
    }

    /// What a kubelet answered instead.
    private static func refusal(_ answer: HTTPAnswer) async -> APIStatus {
        let text = (try? await answer.body(upTo: 64 << 10)).map { String(buffer: $0) } ?? ""
        let code = Int(answer.status.code)
        let reason =
            [400: "BadRequest", 401: "Unauthorized", 403: "Forbidden", 404: "NotFound"][code] ?? "InternalError"
        return APIStatus(code: code, reason: reason, message: text)
    }

    // MARK: Logs

    package func log(of pod: JSON, _ options: PodLogOptions) async throws(APIStatus)
        -> AsyncThrowingStream<ByteBuffer, any Error>
    {
        var query: [(String, String)] = []
        if options.follows { query.append(("follow", "true")) }
        if options.isPrevious { query.append(("previous", "true")) }
        if options.hasTimestamps { query.append(("timestamps", "true")) }
        if let lines = options.tailLines { query.append(("tailLines", "\(lines)")) }
        if let seconds = options.sinceSeconds { query.append(("sinceSeconds", "\(seconds)")) }
        if let time = options.sinceTime { query.append(("sinceTime", time)) }
        if let bytes = options.limitBytes { query.append(("limitBytes", "\(bytes)")) }
        if options.stream != "All" { query.append(("stream", options.stream)) }
        let client = try await client(of: pod)
        let answer: HTTPAnswer
        do {
            answer = try await client.send(.GET, Self.path("containerLogs", pod, options.container, query))
        } catch {
            throw Self.unreachable(error, client)
        }
        guard answer.status == .ok else { throw await Self.refusal(answer) }
        return AsyncThrowingStream(unfolding: {
            try await withTaskCancellationHandler {
                try await answer.nextBodyPart()
            } onCancel: {
                answer.cancel()
            }
        })
    }

    // MARK: Commands

    package func exec(in pod: JSON, _ options: PodStreamOptions, _ streams: any CommandStreams) async throws(APIStatus)
        -> CommandEnd
    { try await run("exec", pod, options, streams) }

    package func attach(to pod: JSON, _ options: PodStreamOptions, _ streams: any CommandStreams)
        async throws(APIStatus) -> CommandEnd
    { try await run("attach", pod, options, streams) }

    private func run(
        _ verb: String, _ pod: JSON, _ options: PodStreamOptions, _ streams: any CommandStreams
    ) async throws(APIStatus) -> CommandEnd {
        var query = options.command.map { ("command", $0) }
        if options.takesInput { query.append(("input", "1")) }
        if options.givesOutput { query.append(("output", "1")) }
        if options.givesError { query.append(("error", "1")) }
        if options.isTerminal { query.append(("tty", "1")) }
        let path = Self.path(verb, pod, options.container, query)
        let socket = try await open(path, "v5.channel.k8s.io", pod)
        return await withTaskGroup(of: Void.self) { group in
            group.addTask {
                while let bytes = try? await streams.readInput() {
                    do { try await Self.send(SocketStreams.Channel.input, bytes, socket) } catch { return }
                }
                if Task.isCancelled { return }
                let end = ByteBuffer(bytes: [SocketStreams.Channel.input])
                try? await Self.send(SocketStreams.Channel.close, end, socket)
            }
            group.addTask {
                while let size = await streams.nextSize() {
                    let text: JSON = ["Width": JSON(size.width), "Height": JSON(size.height)]
                    try? await Self.send(SocketStreams.Channel.size, ByteBuffer(bytes: text.bytes()), socket)
                }
            }
            defer { group.cancelAll() }
            let end = await withTaskCancellationHandler {
                await Self.receive(socket, streams)
            } onCancel: {
                Task { await socket.close() }
            }
            await socket.close()
            return end
        }
    }

    private func open(_ path: String, _ name: String, _ pod: JSON) async throws(APIStatus) -> WebSocketMessages {
        let client = try await client(of: pod)
        do {
            switch try await client.webSocket(path, headers: HTTPHeaders(), protocols: [name]) {
            case .messages(let socket, _): return socket
            case .answer(let answer): throw await Self.refusal(answer)
            }
        } catch let status as APIStatus {
            throw status
        } catch {
            throw Self.unreachable(error, client)
        }
    }

    private static func send(_ channel: UInt8, _ bytes: ByteBuffer, _ socket: WebSocketMessages) async throws {
        var message = ByteBuffer(bytes: [channel])
        message.writeImmutableBuffer(bytes)
        try await socket.write(message)
    }

    /// Hands on what the command says, until its end.
    private static func receive(_ socket: WebSocketMessages, _ streams: any CommandStreams) async -> CommandEnd {
        while var message = try? await socket.read() {
            guard let channel = message.readInteger(as: UInt8.self) else { continue }
            switch channel {
            case SocketStreams.Channel.output where message.readableBytes > 0: try? await streams.writeOutput(message)
            case SocketStreams.Channel.error where message.readableBytes > 0: try? await streams.writeError(message)
            case SocketStreams.Channel.status:
                if let status = try? JSON(parsing: Array(message.readableBytesView)) { return end(status) }
            default: continue
            }
        }
        return .failed("the connection to the node broke off")
    }

    private static func end(_ status: JSON) -> CommandEnd {
        if status.text("status") == "Success" { return .exited(0) }
        let causes = status["details"].list("causes")
        if status.text("reason") == "NonZeroExitCode",
            let code = causes.first(where: { $0.text("reason") == "ExitCode" }).flatMap({ Int($0.text("message")) })
        {
            return .exited(code)
        }
        return .failed(status.text("message"))
    }

    // MARK: Ports

    package func forward(to pod: JSON, port: Int, _ connection: any RawConnection) async throws(APIStatus) {
        let socket = try await open(
            Self.path("portForward", pod, nil, [("port", "\(port)")]), "v4.channel.k8s.io", pod)
        let failure = await withTaskGroup(of: Void.self) { group -> String? in
            group.addTask {
                while let bytes = try? await connection.read() {
                    do { try await Self.send(0, bytes, socket) } catch { break }
                }
                await socket.close()
            }
            defer { group.cancelAll() }
            // Each channel's first message names the port.
            var named: Set<UInt8> = []
            var failure: String?
            while var message = try? await socket.read() {
                guard let channel = message.readInteger(as: UInt8.self) else { continue }
                if named.insert(channel).inserted { continue }
                if channel == 1 {
                    failure = String(buffer: message)
                    break
                }
                do { try await connection.write(message) } catch { break }
            }
            await connection.closeWrite()
            await socket.close()
            return failure
        }
        if let failure { throw .internalError(failure) }
    }
}
