import Builder
import Fault
import JSON
import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import Protobuf
import Wire

/// What a session's request says of it.
enum SessionHeader {
    static let id = "X-Docker-Expose-Session-Uuid"
    static let name = "X-Docker-Expose-Session-Name"
    static let sharedKey = "X-Docker-Expose-Session-Sharedkey"
    static let method = "X-Docker-Expose-Session-Grpc-Method"
}

enum SessionLimit {
    static let idBytes = 256
    /// Open at once; a build has one, or two with shared mounts.
    static let sessions = 1_000
    /// A secret, in bytes; BuildKit's own limit is 500 KB.
    static let secretBytes = 1 << 20
    /// How long a build waits for the session that it names.
    static let patience = Duration.seconds(10)
}

/// A client that the daemon calls (`/session`): it offers services, by their methods' names.
final class Session: Sendable {
    let id: String
    /// The client's name for the folder that it sends, the same from build to build.
    let sharedKey: String
    let connection: GRPCConnection
    private let methods: Set<String>
    /// Open when the client is gone.
    let gone = Latch()

    init(_ connection: GRPCConnection, _ headers: HTTPHeaders) {
        self.connection = connection
        id = headers.first(name: SessionHeader.id) ?? ""
        sharedKey = headers.first(name: SessionHeader.sharedKey) ?? ""
        methods = Set(headers[SessionHeader.method].map { $0.lowercased() })
    }

    func end() { gone.open() }

    func supports(_ method: String) -> Bool { methods.contains(method.lowercased()) }
}

extension Session: BuildSession {
    func secret(_ id: String) async throws -> [UInt8]? {
        let method = "/moby.buildkit.secrets.v1.Secrets/GetSecret"
        guard supports(method) else { return nil }
        do {
            let answer = try await connection.call(method, ProtobufWriter.message { $0.text(1, id) })
            let bytes = try ProtobufFields(answer.readableBytesView).bytes(1)
            guard bytes.count <= SessionLimit.secretBytes else {
                throw Fault(.invalid, "secret \(id) is larger than \(SessionLimit.secretBytes) bytes")
            }
            return bytes
        } catch let status as GRPCStatus {
            if status.code == .notFound { return nil }
            throw Fault(.invalid, "secret \(id): \(status)", cause: status)
        }
    }

    func credentials(_ registry: String) async -> JSON {
        let method = "/moby.filesync.v1.Auth/Credentials"
        guard supports(method) else { return .null }
        let host = registry == "docker.io" ? "registry-1.docker.io" : registry
        guard let answer = try? await connection.call(method, ProtobufWriter.message { $0.text(1, host) }),
            let fields = try? ProtobufFields(answer.readableBytesView)
        else { return .null }
        let (name, secret) = (fields.text(1), fields.text(2))
        if secret.isEmpty { return .null }
        if name.isEmpty { return ["identitytoken": .string(secret), "serveraddress": .string(registry)] }
        return ["username": .string(name), "password": .string(secret), "serveraddress": .string(registry)]
    }

    func hasAgent(_ id: String) async throws -> Bool {
        let method = "/moby.sshforward.v1.SSH/CheckAgent"
        guard supports(method) else { return false }
        do {
            _ = try await connection.call(method, ProtobufWriter.message { $0.text(1, id) })
            return true
        } catch let status as GRPCStatus {
            if status.code == .unavailable { throw Fault(.unavailable, "\(status)", cause: status) }
            return false
        }
    }

    func joinAgent(
        _ id: String, input: @escaping @Sendable () async throws -> ByteBuffer?,
        output: @escaping @Sendable (ByteBuffer) async throws -> Void
    ) async throws {
        let stream = try await connection.call(
            "/moby.sshforward.v1.SSH/ForwardAgent", metadata: [("buildkit.ssh.id", id)])
        defer { stream.cancel() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                while let piece = try await input() {
                    try await stream.send(ProtobufWriter.message { $0.bytes(1, piece.readableBytesView) })
                }
                try? await stream.closeSend()
                // The agent's last words still come.
                await stream.closed()
            }
            group.addTask {
                while let message = try await stream.receive() {
                    let bytes = try ProtobufFields(message.readableBytesView).bytes(1)
                    try await output(ByteBuffer(bytes: bytes))
                }
            }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    /// A store of content that the client has under the name.
    func store(_ name: String) -> ClientStore { ClientStore(session: self, name: name) }

    /// What a client keeps under an address of its own (`http://buildkit-session/ID`): a tar that came in by its input.
    func upload(_ address: String) async throws -> @Sendable () async throws -> ByteBuffer? {
        let rest = address.dropFirst("http://".count)
        let host = rest.prefix { $0 != "/" }
        let stream = try await connection.call(
            "/moby.upload.v1.Upload/Pull",
            metadata: [("urlpath", String(rest.dropFirst(host.count))), ("urlhost", String(host))])
        return {
            guard let message = try await stream.receive() else { return nil }
            return ByteBuffer(bytes: try ProtobufFields(message.readableBytesView).bytes(1))
        }
    }
}
