import NIOCore
import Protobuf
import Wire

/// Something that the daemon may call while it builds.
protocol SessionService: Sendable {
    /// `/package.Service/Method` of each call that it answers.
    var methods: [String] { get }
    func answer(_ call: GRPCStream) async throws
}

/// One build's connection on which the daemon calls us: for files, secrets, keys, credentials and places for results.
final class ClientSession: Sendable {
    let id: String
    private let connection: GRPCConnection

    private static let health = "/grpc.health.v1.Health/Check"

    /// - Parameter sharedKey: names the folder that is sent, the same from build to build.
    init(_ daemon: BuildDaemon, sharedKey: String, _ services: [any SessionService]) async throws {
        id = Self.randomID()
        var headers = [
            ("X-Docker-Expose-Session-Uuid", id), ("X-Docker-Expose-Session-Name", ""),
            ("X-Docker-Expose-Session-Sharedkey", sharedKey),
        ]
        var table: [String: any SessionService] = [:]
        for service in services {
            for method in service.methods {
                headers.append(("X-Docker-Expose-Session-Grpc-Method", method))
                table[method] = service
            }
        }
        let raw = try await daemon.session(headers)
        let known = table
        connection = try await GRPCConnection.over(raw) { call in
            if call.path == Self.health {
                _ = try await call.receive()
                return try await call.send(ProtobufWriter.message { $0.integer(1, 1) })
            }
            guard let service = known[call.path] else {
                throw GRPCStatus(.unimplemented, "\(call.path) is not offered in this session")
            }
            try await service.answer(call)
        }
    }

    func close() { connection.close() }

    /// As BuildKit's clients make them: 25 letters and digits.
    static func randomID() -> String {
        let letters = Array("0123456789abcdefghijklmnopqrstuvwxyz")
        return String((0..<25).map { _ in letters[Int.random(in: 0..<letters.count)] })
    }
}

extension GRPCStream {
    /// The one message that a caller sends.
    func request() async throws -> ProtobufFields {
        guard let message = try await receive() else { throw GRPCStatus(.internalFault, "the call has no message") }
        return try ProtobufFields(message.readableBytesView)
    }

    /// `BytesMessage`.
    func send(bytes: some Collection<UInt8>) async throws {
        try await send(ProtobufWriter.message { $0.bytes(1, bytes) })
    }
}
