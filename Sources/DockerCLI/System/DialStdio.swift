import CommandLine
import NIOCore
import Wire

extension CommandTree {
    /// The far end of `ssh://`: this process's standard streams are a connection to its daemon.
    static func dialStdio() -> DockerCommand {
        DockerCommand(
            "dial-stdio", group: .hidden, "Join standard input and output to the daemon. Called by docker over ssh.",
            usage: "", count: .none, options: 0
        ) { _, _, session in
            try await DialStdio(session: session, connection: try session.client.transport.dial()).run()
            return 0
        }
    }
}

private struct DialStdio: Sendable {
    let session: Session
    let connection: any RawConnection

    /// Largest read of standard input, in bytes.
    private static let inputBytes = 32 << 10

    /// Ends with the daemon's side. A read of standard input that is under way then ends with the process.
    func run() async throws {
        let input = Task {
            while let bytes = try? await session.input.read(Self.inputBytes), !bytes.isEmpty {
                do { try await connection.write(ByteBuffer(bytes: bytes)) } catch { return }
            }
            await connection.closeWrite()
        }
        defer { input.cancel() }
        while let chunk = try await connection.read() {
            guard session.out.write(chunk.readableBytesView) else { break }
        }
        await connection.close()
    }
}
