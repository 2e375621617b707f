import CommandLine
import JSON
import KubeClient
import KubeModel

struct ExecOptions: Sendable {
    var files = FileOptions(), container = "", stdin = false, tty = false, quiet = false,
        timeout: Int64 = 60_000_000_000, detachKeys = ""
}

extension VerbTree {
    static func exec() -> Verb {
        Verb(
            "exec", group: .debugging, "Execute a command in a container",
            usage: "exec (POD | TYPE/NAME) [-c CONTAINER] [flags] -- COMMAND [args...] [options]",
            options: ExecOptions(),
            flags: [
                .strings("filename", short: "f", \.files.filenames, "File, folder or URL of the pod"),
                .text("container", short: "c", \.container, "Container; else the annotated one, or the first"),
                .toggle("stdin", short: "i", \.stdin, "Hand on standard input"),
                .toggle("tty", short: "t", \.tty, "Give the command a terminal"),
                .toggle("quiet", short: "q", \.quiet, "Print only what the command prints"),
                .duration("pod-running-timeout", \.timeout, "How long to wait for a pod").showing("1m0s"),
            ]
        ) { options, parsed, session in
            var command: [String] = [], name = ""
            let dash = parsed.dashAt
            if !parsed.arguments.isEmpty, dash != 0 { name = parsed.arguments[0] }
            if let dash, dash <= 1 {
                command = Array(parsed.arguments[dash...])
            } else if parsed.arguments.count > 1 || (!parsed.arguments.isEmpty && !options.files.filenames.isEmpty) {
                throw session.misuse(
                    "exec [POD] [COMMAND] is not supported anymore. Use exec [POD] -- [COMMAND] instead")
            }
            guard !name.isEmpty || !options.files.filenames.isEmpty else {
                throw Refusal("pod, type/name or --filename must be specified")
            }
            guard !command.isEmpty else { throw Refusal("you must specify at least one command for the container") }
            let choice = PodChoice(session: session)
            let pod: Item
            if name.isEmpty {
                var selection = options.files.selection()
                selection.latest = true
                guard let first = try await session.select(selection).all().first else {
                    throw Refusal("cannot exec into multiple objects at a time")
                }
                pod = first
            } else {
                pod = try await choice.pod(name, within: Double(options.timeout) / 1e9)
            }
            let phase = pod.object["status"]["phase"].plain
            if phase == "Succeeded" || phase == "Failed" {
                throw Refusal("cannot exec into a container in a completed pod; current phase is \(phase)")
            }
            let container = try choice.container(options.container, in: pod, isQuiet: options.quiet)
            var isTerminal = options.tty && options.stdin
            if isTerminal, !session.input.isTerminal {
                isTerminal = false
                if !options.quiet {
                    session.err.line("Unable to use a TTY - input is not a terminal or the right kind of file")
                }
            }
            let query =
                command.map { ("command", $0) } + [("container", container)] + StreamQuery.of(options.stdin, isTerminal)
            do {
                try await PodStream(session: session, takesInput: options.stdin, isTerminal: isTerminal)
                    .run("\(pod.path)/exec", query)
            } catch let ended as CommandEnded {
                session.err.line("command terminated with exit code \(ended.code)")
                throw Exit(ended.code)
            }
        }
    }

    static func attach() -> Verb {
        Verb(
            "attach", group: .debugging, "Attach to a running container",
            usage: "attach (POD | TYPE/NAME) -c CONTAINER [options]", options: ExecOptions(),
            flags: [
                .text("container", short: "c", \.container, "Container; else the annotated one, or the first"),
                .toggle("stdin", short: "i", \.stdin, "Hand on standard input"),
                .toggle("tty", short: "t", \.tty, "Use the container's terminal"),
                .toggle("quiet", short: "q", \.quiet, "Print only what the container prints"),
                .duration("pod-running-timeout", \.timeout, "How long to wait for a pod").showing("1m0s"),
                .text("detach-keys", \.detachKeys, default: PodAttachment.usualKeys, "Keys that leave the container"),
            ]
        ) { options, parsed, session in
            guard !parsed.arguments.isEmpty else { throw Refusal("at least 1 argument is required for attach") }
            guard parsed.arguments.count == 1 else {
                throw Refusal(
                    "expected POD, TYPE/NAME, or TYPE NAME, (at most 2 arguments) saw \(parsed.arguments.count): [\(parsed.arguments.joined(separator: " "))]"
                )
            }
            let choice = PodChoice(session: session)
            let pod = try await choice.pod(parsed.arguments[0], within: Double(options.timeout) / 1e9)
            let phase = pod.object["status"]["phase"].plain
            if phase == "Succeeded" || phase == "Failed" {
                throw Refusal("cannot attach a container in a completed pod; current phase is \(phase)")
            }
            let container: String
            do { container = try choice.container(options.container, in: pod, isQuiet: options.quiet) } catch {
                throw Refusal("cannot attach to the container: \(error)")
            }
            try await PodAttachment(
                session: session, item: pod, container: container, takesInput: options.stdin,
                wantsTerminal: options.tty, isQuiet: options.quiet, detachKeys: options.detachKeys
            ).attach()
        }
    }
}
