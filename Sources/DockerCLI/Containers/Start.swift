import CommandLine
import Fault
import JSON
import Wire

struct StartOptions: Sendable {
    var attach = false, interactive = false, detachKeys = "", checkpoint = "", checkpointFolder = ""
}

extension CommandTree {
    static func start() -> DockerCommand {
        DockerCommand(
            "start", "Start one or more stopped containers", usage: "[OPTIONS] CONTAINER [CONTAINER...]",
            spellings: ["docker container start", "docker start"], count: .atLeast(1), options: StartOptions(),
            flags: [
                .toggle("attach", short: "a", \.attach, "Attach to STDOUT and STDERR and hand on signals"),
                .text("checkpoint", \.checkpoint, "Checkpoint to go on from").hidden,
                .text("checkpoint-dir", \.checkpointFolder, "Folder that checkpoints are stored in").hidden,
                .text("detach-keys", \.detachKeys, "Keys that leave the container"),
                .toggle("interactive", short: "i", \.interactive, "Attach to the container's STDIN"),
            ], completes: .containers(all: true)
        ) { options, parsed, session in
            guard options.checkpoint.isEmpty else { throw Failure("checkpoints are not supported in this version") }
            if options.attach || options.interactive {
                guard parsed.arguments.count == 1 else {
                    throw Failure("you cannot start and attach multiple containers at once")
                }
                return try await Start(session: session, options: options).attached(parsed.arguments[0])
            }
            var failed: [String] = []
            for name in parsed.arguments {
                do {
                    _ = try await session.client.post("/containers/\(PercentEncoding.path(name))/start")
                    session.out.line(name)
                } catch {
                    session.err.line(sentence(error))
                    failed.append(name)
                }
            }
            guard failed.isEmpty else {
                throw Failure("Error: failed to start containers: \(failed.joined(separator: ", "))")
            }
            return 0
        }
    }
}

struct Start: Sendable {
    let session: Session
    let options: StartOptions

    func attached(_ name: String) async throws -> Int32 {
        let container = try await session.client.get("/containers/\(PercentEncoding.path(name))/json")
        let id = container["Id"].string ?? name
        let isTerminal = container["Config", "Tty"].bool == true
        let sizing =
            isTerminal && session.out.isTerminal ? TerminalSizing(session: session, path: "/containers/\(id)") : nil
        let signals = AttachedSignals.watch(session, container: id, forwards: !isTerminal, sizing: sizing)
        defer { signals.cancel() }
        let streams = try await Attaching.open(
            session, container: id, sendsInput: options.interactive && container["Config", "OpenStdin"].bool == true,
            showsOutput: true, showsErrors: true, isTerminal: isTerminal, detachKeys: options.detachKeys)
        let removes = container["HostConfig", "AutoRemove"].bool == true
        let wait = try await ExitWait.arm(session, id, removes ? .removed : .nextExit)
        do { _ = try await session.client.post("/containers/\(id)/start") } catch {
            await streams.stream.connection.close()
            if removes { _ = try? await wait.code() }
            throw error
        }
        if let sizing { Task { await sizing.resizeNow() } }
        return try await Attaching.finish(streams, wait, detachedExitCode: 0)
    }
}
