import Builder
import DockerModel
import Engine
import Fault
import JSON
import Logging
import NIOHTTP1
import NIOCore
import Protobuf
import Wire

/// The builder as BuildKit's clients know it (`docker buildx`, `docker build` with it, Compose): each build has a
/// session, in which the daemon calls the client for files, secrets and keys, and calls of the client's own: Solve and
/// Status (Control/), and the frontend's bridge (Gateway/). What builds is the module Builder.
package final class BuildKit: Sendable {
    let builder: Builder
    let log: Logger
    let sessions = Meeting<String, Session>()
    let jobs = Meeting<String, Job>()
    let history = BuildHistory()
    /// Results that clients hold, for builds that begin with them.
    let results = Meeting<String, Target>()

    var engine: Engine { builder.engine }

    package init(builder: Builder, log: Logger) {
        self.builder = builder
        self.log = log
    }

    /// Throws when a session can't begin; before the connection has left HTTP.
    package func check(session headers: HTTPHeaders) throws(Fault) {
        let id = headers.first(name: SessionHeader.id) ?? ""
        guard !id.isEmpty, id.utf8.count <= SessionLimit.idBytes else {
            throw Fault(.invalid, "a session needs its ID in the header \(SessionHeader.id)")
        }
        guard sessions[id] == nil else { throw Fault(.invalid, "session \(id) already exists") }
        guard sessions.count < SessionLimit.sessions else {
            throw Fault(.unavailable, "too many sessions: \(SessionLimit.sessions) are open")
        }
    }

    /// A client that lets itself be called, until it goes.
    package func session(_ raw: any RawConnection, _ headers: HTTPHeaders) async throws {
        let connection = try await GRPCConnection.over(raw, handler: nil)
        let session = Session(connection, headers)
        guard sessions.put(session, session.id) else {
            connection.close()
            return
        }
        log.debug("session begins", metadata: ["session": "\(session.id)"])
        await connection.closed()
        sessions.remove(session.id)
        session.end()
        log.debug("session ends", metadata: ["session": "\(session.id)"])
    }

    /// A client that calls, until it goes.
    package func grpc(_ raw: any RawConnection) async throws {
        let connection = try await GRPCConnection.over(raw) { try await self.answer($0) }
        await connection.closed()
    }

    func answer(_ call: GRPCStream) async throws {
        log.debug("call", metadata: ["path": "\(call.path)"])
        let parts = call.path.split(separator: "/")
        guard parts.count == 2 else { throw Self.unknown(call) }
        do {
            switch parts[0] {
            case "moby.buildkit.v1.Control": try await control(String(parts[1]), call)
            case "moby.buildkit.v1.frontend.LLBBridge": try await bridge(String(parts[1]), call)
            case "grpc.health.v1.Health" where parts[1] == "Check":
                _ = try await call.request()
                try await call.send(ProtobufWriter.message { $0.integer(1, 1) })
            default: throw Self.unknown(call)
            }
        } catch let fault as ProtobufFault {
            throw GRPCStatus(.internalFault, "grpc: error unmarshalling request: \(fault)")
        } catch let fault as Fault {
            throw GRPCStatus(fault)
        }
    }

    static func unknown(_ call: GRPCStream) -> GRPCStatus {
        let parts = call.path.split(separator: "/")
        let known = ["moby.buildkit.v1.Control", "moby.buildkit.v1.frontend.LLBBridge"]
        if parts.count == 2, known.contains(String(parts[0])) {
            return GRPCStatus(.unimplemented, "unknown method \(parts[1]) for service \(parts[0])")
        }
        return GRPCStatus(.unimplemented, "unknown service \(parts.first.map(String.init) ?? call.path)")
    }
}

extension GRPCStatus {
    init(of error: any Error) {
        switch error {
        case let status as GRPCStatus: self = status
        case let fault as Fault: self.init(fault)
        case is CancellationError: self.init(.cancelled, "context canceled")
        default: self.init(.unknown, sentence(error))
        }
    }

    init(_ fault: Fault) {
        switch fault.kind {
        case .notFound: self.init(.notFound, fault.message)
        default: self.init(.unknown, fault.message)
        }
    }
}

extension GRPCStream {
    /// The one message that a caller sends.
    func request() async throws -> ProtobufFields {
        guard let message = try await receive() else { throw GRPCStatus(.internalFault, "the call has no message") }
        return try ProtobufFields(message.readableBytesView)
    }

    func reply(_ write: (inout ProtobufWriter) -> Void) async throws { try await send(ProtobufWriter.message(write)) }
}
