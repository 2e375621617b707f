import CommandLine
import JSON

struct AttachCommandOptions: Sendable {
    var detachKeys = "", noInput = false, signalProxy = true
}

extension CommandTree {
    static func attach() -> DockerCommand {
        DockerCommand(
            "attach", "Attach local standard input, output, and error streams to a running container",
            usage: "[OPTIONS] CONTAINER", spellings: ["docker container attach", "docker attach"], count: .exactly(1),
            options: AttachCommandOptions(),
            flags: [
                .text("detach-keys", \.detachKeys, "Keys that leave the container"),
                .toggle("no-stdin", \.noInput, "Leave STDIN alone"),
                .toggle("sig-proxy", \.signalProxy, default: true, "Hand all received signals on to the process"),
            ], completes: .containers(all: false)
        ) { options, parsed, session in
            try await Attach(session: session, options: options).run(parsed.arguments[0])
        }
    }
}

struct Attach: Sendable {
    let session: Session
    let options: AttachCommandOptions

    func run(_ name: String) async throws -> Int32 {
        let container = try await running(name)
        let id = container["Id"].string ?? name
        let isTerminal = container["Config", "Tty"].bool == true
        let wait = try await ExitWait.arm(session, id, .notRunning)
        try Run.checkTerminal(session, sendsInput: !options.noInput, wantsTerminal: isTerminal)
        let sizing =
            isTerminal && session.out.isTerminal ? TerminalSizing(session: session, path: "/containers/\(id)") : nil
        let signals = AttachedSignals.watch(
            session, container: id, forwards: options.signalProxy && !isTerminal, sizing: sizing)
        defer { signals.cancel() }
        let streams = try await Attaching.open(
            session, container: id, sendsInput: !options.noInput && container["Config", "OpenStdin"].bool == true,
            showsOutput: true, showsErrors: true, isTerminal: isTerminal, detachKeys: options.detachKeys)
        _ = try await running(name)
        if let sizing, let size = session.out.size() {
            // A change of size makes a shell draw its prompt again.
            try? await sizing.resize(TerminalSize(rows: size.rows + 1, columns: size.columns + 1))
            await sizing.resizeNow()
        }
        if try await streams.run() == .detached {
            wait.cancel()
            throw Failure("read escape sequence")
        }
        return try await wait.code()
    }

    private func running(_ name: String) async throws -> JSON {
        let container = try await session.client.get("/containers/\(PercentEncoding.path(name))/json")
        let state = container["State"]
        if state["Running"].bool != true { throw Failure("You cannot attach to a stopped container, start it first") }
        if state["Paused"].bool == true { throw Failure("You cannot attach to a paused container, unpause it first") }
        if state["Restarting"].bool == true {
            throw Failure("You cannot attach to a restarting container, wait until it is running")
        }
        return container
    }
}
