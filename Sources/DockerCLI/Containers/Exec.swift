import CommandLine
import JSON

struct ExecOptions: Sendable {
    var detach = false, detachKeys = "", interactive = false, privileged = false, tty = false
    var environment: [String] = [], environmentFiles: [String] = []
    var user = "", workingDirectory = ""
}

extension CommandTree {
    static func exec() -> DockerCommand {
        DockerCommand(
            "exec", group: .common, "Execute a command in a running container",
            usage: "[OPTIONS] CONTAINER COMMAND [ARG...]",
            spellings: ["docker container exec", "docker exec"], count: .atLeast(2), interspersed: false,
            options: ExecOptions(),
            flags: [
                .toggle("detach", short: "d", \.detach, "Run the command in the background"),
                .text("detach-keys", \.detachKeys, "Keys that leave the command"),
                .list("env", short: "e", \.environment, "Environment variable", check: CreateValue.variable),
                .list("env-file", \.environmentFiles, "File of environment variables"),
                .toggle("interactive", short: "i", \.interactive, "Keep STDIN open even when not attached"),
                .toggle("privileged", \.privileged, "Give the command all privileges"),
                .toggle("tty", short: "t", \.tty, "Give the command a terminal"),
                .text("user", short: "u", \.user, "User name or UID (format: \"<name|uid>[:<group|gid>]\")"),
                .text("workdir", short: "w", \.workingDirectory, "Working directory in the container"),
            ], completes: .containers(all: false)
        ) { options, parsed, session in
            try await Exec(session: session, options: options).run(
                parsed.arguments[0], command: Array(parsed.arguments.dropFirst()))
        }
    }
}

struct Exec: Sendable {
    let session: Session
    let options: ExecOptions

    func run(_ name: String, command: [String]) async throws -> Int32 {
        let environment = try KeyValueFile.merged(
            files: options.environmentFiles, given: options.environment, kind: .environment)
        let path = "/containers/\(PercentEncoding.path(name))"
        // A container that isn't there is the first thing to say.
        _ = try await session.client.get("\(path)/json")
        let sendsInput = options.interactive && !options.detach
        if !options.detach { try Run.checkTerminal(session, sendsInput: sendsInput, wantsTerminal: options.tty) }
        let answer = try await session.client.post(
            "\(path)/exec", body: body(command, environment, sendsInput: sendsInput))
        guard let id = answer["Id"].string, !id.isEmpty else { throw Failure("exec ID empty") }
        if options.detach {
            _ = try await session.client.post("/exec/\(id)/start", body: startBody)
            return 0
        }
        return try await attached(id, sendsInput: sendsInput)
    }

    private var keys: String {
        options.detachKeys.isEmpty ? session.configuration.text("detachKeys") ?? "" : options.detachKeys
    }

    private var consoleSize: JSON {
        let size = session.out.size()
        return [JSON(size?.rows ?? 0), JSON(size?.columns ?? 0)]
    }

    private func body(_ command: [String], _ environment: [String], sendsInput: Bool) -> JSON {
        var body: JSON = [
            "User": .string(options.user), "Privileged": .bool(options.privileged), "Tty": .bool(options.tty),
        ]
        if options.tty { body["ConsoleSize"] = consoleSize }
        body["AttachStdin"] = .bool(sendsInput)
        body["AttachStderr"] = .bool(!options.detach)
        body["AttachStdout"] = .bool(!options.detach)
        body["Detach"] = .bool(options.detach)
        body["DetachKeys"] = .string(keys)
        body["Env"] = environment.isEmpty ? .null : JSON(environment)
        body["WorkingDir"] = .string(options.workingDirectory)
        body["Cmd"] = JSON(command)
        return body
    }

    private var startBody: JSON {
        var body: JSON = ["Detach": .bool(options.detach), "Tty": .bool(options.tty)]
        if options.tty { body["ConsoleSize"] = consoleSize }
        return body
    }

    private func attached(_ id: String, sendsInput: Bool) async throws -> Int32 {
        let stream = try await session.client.hijack("/exec/\(id)/start", body: startBody)
        let sizing =
            options.tty && session.input.isTerminal ? TerminalSizing(session: session, path: "/exec/\(id)") : nil
        let signals = sizing.map { AttachedSignals.watch(session, container: "", forwards: false, sizing: $0) }
        defer { signals?.cancel() }
        if let sizing { Task { await sizing.resizeNow() } }
        let streams = AttachedStreams(
            session: session, stream: stream, isTerminal: options.tty, sendsInput: sendsInput, showsOutput: true,
            showsErrors: true, detachKeys: keys)
        if try await streams.run() == .detached { throw Failure("read escape sequence") }
        let result = try await session.client.get("/exec/\(id)/json")
        return Int32(truncatingIfNeeded: result["ExitCode"].int ?? 0)
    }
}
