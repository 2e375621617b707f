import Fault
import NIOCore
import Protobuf
import Wire

/// Joins RUN instructions to ssh agents of this machine (ssh.proto).
struct AgentService: SessionService {
    let methods = ["/moby.sshforward.v1.SSH/CheckAgent", "/moby.sshforward.v1.SSH/ForwardAgent"]
    /// Paths of agents' sockets, by ID.
    let sockets: [String: String]

    func answer(_ call: GRPCStream) async throws {
        if call.path.hasSuffix("CheckAgent") {
            _ = try socket(try await call.request().text(1))
            return try await call.send([])
        }
        try await join(call, try socket(call.values("buildkit.ssh.id").first ?? ""))
    }

    private func socket(_ id: String) throws -> String {
        let name = id.isEmpty ? "default" : id
        guard let path = sockets[name] else { throw GRPCStatus(.unknown, "unset ssh forward key \(name)") }
        return path
    }

    private func join(_ call: GRPCStream, _ path: String) async throws {
        let agent: any RawConnection
        do { agent = try await HTTPClient(.unix(path: path)).dial() } catch {
            throw GRPCStatus(.unknown, "failed to connect to agent: \(sentence(error))")
        }
        await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                while let message = try await call.receive() {
                    let bytes = try ProtobufFields(message.readableBytesView).bytes(1)
                    try await agent.write(ByteBuffer(bytes: bytes))
                }
                await agent.closeWrite()
                // The agent's last words still go out.
                await agent.closed()
            }
            group.addTask {
                while let bytes = try await agent.read() { try await call.send(bytes: bytes.readableBytesView) }
            }
            defer { group.cancelAll() }
            _ = try? await group.next()
            await agent.close()
        }
    }
}
