import CommandLine
import Fault
import JSON
import Wire

extension CommandTree {
    static func run() -> DockerCommand {
        DockerCommand(
            "run", group: .common, "Create and run a new container from an image",
            usage: "[OPTIONS] IMAGE [COMMAND] [ARG...]",
            spellings: ["docker container run", "docker run"], count: .atLeast(1), interspersed: false,
            options: CreateOptions(),
            flags: Flag<CreateOptions>.creating + [
                .toggle("detach", short: "d", \.detach, "Run the container in the background and print its ID"),
                .text("detach-keys", \.detachKeys, "Keys that leave the container"),
                .toggle("sig-proxy", \.signalProxy, default: true, "Hand received signals on to the process"),
                .text(
                    "pull", \.pull, default: "missing",
                    "Whether to pull the image before running (\"always\", \"missing\", \"never\")"),
            ], completes: .images
        ) { options, parsed, session in
            try await Run(session: session, options: options).run(
                image: parsed.arguments[0], command: Array(parsed.arguments.dropFirst()))
        }
    }
}

struct Run: Sendable {
    let session: Session
    let options: CreateOptions

    static let helpHint = "\n\nRun 'docker run --help' for more information"

    func run(image: String, command: [String]) async throws -> Int32 {
        try Self.checkPull(options.pull, "run")
        let body: JSON
        do {
            var maker = CreateBody(options: options, image: image, command: command)
            maker.proxyEnvironment = try Self.proxies(session, options)
            body = try maker.json()
        } catch { throw Self.decorated(error, "run", exitCode: 125) }
        if options.detach {
            guard options.attach.isEmpty else {
                throw Failure("conflicting options: cannot specify both --attach and --detach")
            }
        } else {
            try Self.checkTerminal(session, sendsInput: body["AttachStdin"].bool == true, wantsTerminal: options.tty)
        }
        let id: String
        do { id = try await ContainerCreation(session: session, options: options).create(body) } catch {
            throw Self.status(error)
        }
        let attaches = ["AttachStdin", "AttachStdout", "AttachStderr"].contains { body[$0].bool == true }
        return attaches ? try await attached(id, body) : try await detached(id)
    }

    private func detached(_ id: String) async throws -> Int32 {
        session.out.line(id)
        do { _ = try await session.client.post("/containers/\(id)/start") } catch { throw Self.status(error) }
        return 0
    }

    private func attached(_ id: String, _ body: JSON) async throws -> Int32 {
        let sizing =
            options.tty && session.out.isTerminal
            ? TerminalSizing(session: session, path: "/containers/\(id)") : nil
        let signals = AttachedSignals.watch(session, container: id, forwards: options.signalProxy, sizing: sizing)
        defer { signals.cancel() }
        let streams = try await Attaching.open(
            session, container: id, sendsInput: body["AttachStdin"].bool == true,
            showsOutput: body["AttachStdout"].bool == true, showsErrors: body["AttachStderr"].bool == true,
            isTerminal: options.tty, detachKeys: options.detachKeys)
        let wait = try await ExitWait.arm(session, id, options.autoRemove ? .removed : .nextExit)
        do { _ = try await session.client.post("/containers/\(id)/start") } catch {
            await streams.stream.connection.close()
            if options.autoRemove { _ = try? await wait.code() }
            throw Self.status(error)
        }
        if let sizing { Task { await sizing.resizeNow() } }
        return try await Attaching.finish(streams, wait, detachedExitCode: 0)
    }

    static func checkPull(_ option: String, _ command: String) throws {
        guard ["always", "missing", "never", ""].contains(option) else {
            throw decorated(
                Failure("invalid pull option: '\(option)': must be one of \"always\", \"missing\" or \"never\""),
                command, exitCode: 125)
        }
    }

    static func checkTerminal(_ session: Session, sendsInput: Bool, wantsTerminal: Bool) throws {
        if sendsInput, wantsTerminal, !session.input.isTerminal { throw Failure("the input device is not a TTY") }
    }

    static func proxies(_ session: Session, _ options: CreateOptions) throws -> [String] {
        let given = Set(options.environment.map { $0.cut("=")?.0 ?? $0 })
        guard session.configuration.json["proxies"].object != nil else { return [] }
        return session.configuration.proxyEnvironment(host: try session.client.host, given: given)
    }

    static func decorated(_ error: any Error, _ command: String, exitCode: Int32) -> Failure {
        Failure("docker: \(sentence(error))\n\nRun 'docker \(command) --help' for more information", exitCode: exitCode)
    }

    /// 127: the program isn't there; 126: it may not be run; 125: everything else.
    static func status(_ error: any Error) -> Failure {
        let text = sentence(error)
        let isMissing = [
            "executable file not found", "no such file or directory", "system cannot find the file specified",
        ]
        .contains { text.contains($0) }
        let isRefused = ["permission denied", "is a directory"].contains { text.contains($0) }
        return decorated(error, "run", exitCode: isMissing ? 127 : isRefused ? 126 : 125)
    }
}

/// The part of `run`, `start -a` and `attach` that joins streams.
package enum Attaching {
    package static func open(
        _ session: Session, container: String, sendsInput: Bool, showsOutput: Bool, showsErrors: Bool, isTerminal: Bool,
        detachKeys: String
    ) async throws -> AttachedStreams {
        let keys = detachKeys.isEmpty ? session.configuration.text("detachKeys") ?? "" : detachKeys
        var query: Query = []
        if !keys.isEmpty { query.append(("detachKeys", keys)) }
        for (name, wanted) in [("stderr", showsErrors), ("stdin", sendsInput), ("stdout", showsOutput)] where wanted {
            query.append((name, "1"))
        }
        query.append(("stream", "1"))
        let stream = try await session.client.hijack("/containers/\(PercentEncoding.path(container))/attach", query)
        return AttachedStreams(
            session: session, stream: stream, isTerminal: isTerminal, sendsInput: sendsInput, showsOutput: showsOutput,
            showsErrors: showsErrors, detachKeys: keys)
    }

    /// Copies until the output ends, then gives the exit code. Without output to show, the container's end is the end.
    package static func finish(_ streams: AttachedStreams, _ wait: ExitWait, detachedExitCode: Int32) async throws
        -> Int32
    {
        guard streams.showsOutput || streams.showsErrors else {
            let copying = Task { try await streams.run() }
            let code = try await wait.code()
            copying.cancel()
            return code
        }
        if try await streams.run() == .detached {
            wait.cancel()
            return detachedExitCode
        }
        return try await wait.code()
    }
}
