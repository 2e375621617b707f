import CLinux
import DockerModel
import JSON
import KubeModel
import NIOCore

/// A command that the kubelet itself runs in a container, for probes and hooks.
enum ContainerCommand {
    /// Bytes of output that are kept; what comes after is read and dropped.
    private static let outputLimit = 10 * 1_024

    struct Outcome: Sendable, Equatable {
        var exitCode: Int
        /// Both streams as they came.
        var output: String
    }

    /// - Parameter timeout: in seconds; then `TimedOut` is thrown and the process killed. Nil: no limit.
    static func run(
        _ command: [String], in id: String, _ engine: any ContainerBackend, timeout: Double?
    ) async throws -> Outcome {
        let exec = try await engine.createExec(
            id, body: ["Cmd": JSON(command), "AttachStdout": true, "AttachStderr": true]
        ).text("Id")
        guard let joined = try await engine.startExec(exec, body: ["Detach": false, "Tty": false]) else {
            return Outcome(exitCode: 0, output: "")
        }
        do {
            let output = try await timed(timeout) { try await read(joined.output) }
            let end = try await engine.inspectExec(exec)
            return Outcome(exitCode: end["ExitCode"].int ?? 0, output: output)
        } catch {
            // An in-process engine shares our process numbers.
            if let pid = try? await engine.inspectExec(exec)["Pid"].int, pid > 1 { kill(pid_t(pid), SIGKILL) }
            joined.output.cancel()
            throw error
        }
    }

    private static func timed<T: Sendable>(
        _ timeout: Double?, _ work: @escaping @Sendable () async throws -> T
    ) async throws -> T {
        guard let timeout else { return try await work() }
        return try await within(timeout, work)
    }

    private static func read(_ source: OutputSource) async throws -> String {
        var kept = ByteBuffer()
        while let chunk = try await source.next() {
            let room = outputLimit - kept.readableBytes
            guard room > 0 else { continue }
            kept.writeBytes(chunk.bytes.readableBytesView.prefix(room))
        }
        return String(buffer: kept)
    }
}
