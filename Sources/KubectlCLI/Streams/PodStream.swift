import CommandLine
import Fault
import Glibc
import JSON
import KubeClient
import KubeModel
import NIOConcurrencyHelpers
import NIOCore
import Wire

/// A command's or container's standard streams over a WebSocket: every message begins with its channel's number
/// (`v5.channel.k8s.io`).
struct PodStream: Sendable {
    enum Channel {
        static let input: UInt8 = 0, output: UInt8 = 1, error: UInt8 = 2, status: UInt8 = 3, resize: UInt8 = 4
        /// With the number of the channel that ends.
        static let close: UInt8 = 255
    }

    /// Best first: only version 5 can tell that the input has ended.
    static let protocols = ["v5.channel.k8s.io", "v4.channel.k8s.io"]
    /// Largest piece of input, in bytes.
    private static let inputBytes = 32 << 10

    let session: Session
    let takesInput: Bool
    let isTerminal: Bool
    /// Where output goes; nil: to this process's.
    var output: (@Sendable (ByteBufferView) async -> Void)?
    /// Where input comes from; nil: this process's.
    var source: (@Sendable () async throws -> ByteBuffer?)?
    /// Typed, they end the stream and leave the command running; nil: none do.
    var detachKeys: DetachKeys?

    init(session: Session, takesInput: Bool, isTerminal: Bool) {
        self.session = session
        self.takesInput = takesInput
        self.isTerminal = isTerminal
    }

    /// Until the command has ended. Throws its exit code as `Exit`.
    func run(_ path: String, _ query: KubeConnection.Query) async throws {
        let (socket, name) = try await open(path, query)
        let restore = takesInput && isTerminal && source == nil ? session.input.makeRaw() : nil
        defer { restore?() }
        let input = Task { if takesInput { await pump(socket, endsInput: name.hasPrefix("v5")) } }
        let sizes = isTerminal ? watchSize(socket) : nil
        defer {
            input.cancel()
            sizes?.cancel()
        }
        let status = try await receive(socket)
        await socket.close()
        try Self.check(status)
    }

    private func open(_ path: String, _ query: KubeConnection.Query) async throws -> (WebSocketMessages, String) {
        do {
            return try await session.connection.socket(path, query, protocols: Self.protocols)
        } catch let status as APIStatus {
            throw Refusal("unable to upgrade connection: \(status.message)")
        }
    }

    private func receive(_ socket: WebSocketMessages) async throws -> JSON? {
        while var message = try await socket.read() {
            guard let channel: UInt8 = message.readInteger() else { continue }
            switch channel {
            case Channel.output:
                if let output {
                    await output(message.readableBytesView)
                } else {
                    session.out.write(message.readableBytesView)
                }
            case Channel.error: session.err.write(message.readableBytesView)
            case Channel.status:
                return try? JSON(parsing: Array(message.readableBytesView))
            default: continue
            }
        }
        return nil
    }

    private func pump(_ socket: WebSocketMessages, endsInput: Bool) async {
        var filter = detachKeys.map(DetachFilter.init)
        while !Task.isCancelled {
            var message = ByteBuffer(bytes: [Channel.input])
            if let source {
                guard let piece = try? await source() else { break }
                message.writeImmutableBuffer(piece)
            } else {
                guard let bytes = try? await session.input.read(Self.inputBytes), !bytes.isEmpty else { break }
                guard let passed = filter == nil ? bytes : filter?.pass(bytes) else { return await socket.close() }
                message.writeBytes(passed)
            }
            do { try await socket.write(message) } catch { return }
        }
        if endsInput, !Task.isCancelled { try? await socket.write(ByteBuffer(bytes: [Channel.close, Channel.input])) }
    }

    private func watchSize(_ socket: WebSocketMessages) -> Task<Void, Never> {
        let session = session
        let send: @Sendable () async -> Void = {
            guard let size = session.out.size() else { return }
            var message = ByteBuffer(bytes: [Channel.resize])
            message.writeString("{\"Width\":\(size.columns),\"Height\":\(size.rows)}")
            try? await socket.write(message)
        }
        Task { await send() }
        return Signals.forEach([SIGWINCH]) { _ in await send() }
    }

    /// How the command ended.
    static func check(_ status: JSON?) throws {
        guard let status, status["status"].string != "Success" else { return }
        if status["reason"].string == "NonZeroExitCode" {
            let causes = status["details"]["causes"].array ?? []
            let code = causes.first { $0["reason"].string == "ExitCode" }?["message"].string.flatMap { Int32($0) } ?? 1
            throw CommandEnded(code: code)
        }
        throw Refusal(status["message"].string ?? "error stream protocol error: unknown error")
    }
}

/// The command in the container ended with another code than 0.
struct CommandEnded: Error {
    let code: Int32
}

enum StreamQuery {
    static func of(_ takesInput: Bool, _ isTerminal: Bool) -> KubeConnection.Query {
        var query: KubeConnection.Query = []
        if takesInput { query.append(("stdin", "true")) }
        query.append(("stdout", "true"))
        if isTerminal { query.append(("tty", "true")) } else { query.append(("stderr", "true")) }
        return query
    }
}
