import CommandLine
import Compose
import DockerCLI
import JSON

struct ComposeExecOptions: Sendable {
    var detach = false, privileged = false, noTerminal: Bool?, interactive = true, terminal = true
    var environment: [String] = []
    var index = 0
    var user = "", folder = ""
}

extension ComposeTree {
    static func exec() -> ComposeCommand {
        ComposeCommand(
            "exec", "Execute a command in a running container", usage: "[OPTIONS] SERVICE COMMAND [ARGS...]",
            count: .atLeast(2), interspersed: false, options: ComposeExecOptions(),
            flags: [
                .toggle("detach", short: "d", \.detach, "Run the command in the background"),
                .list("env", short: "e", \.environment, value: "stringArray", "Environment variable"),
                .int("index", \.index, "Number of the container when a service has several"),
                .toggle("interactive", short: "i", \.interactive, default: true, hidden: true, "Keep STDIN open"),
                .optionalToggle("no-tty", short: "T", \.noTerminal, "Give the command no terminal"),
                .toggle("privileged", \.privileged, "Give the command all privileges"),
                .toggle("tty", short: "t", \.terminal, default: true, hidden: true, "Give the command a terminal"),
                .text("user", short: "u", \.user, "User to run the command as"),
                .text("workdir", short: "w", \.folder, "Working directory of the command"),
            ]
        ) { options, parsed, context in
            let container = try await OneContainer.find(context, parsed.arguments[0], index: options.index)
            var words = ["exec"]
            if options.detach { words.append("-d") } else if options.interactive { words.append("-i") }
            let isTerminal = !(options.noTerminal ?? !(context.out.isTerminal && context.session.input.isTerminal))
            if isTerminal, options.terminal, !options.detach { words.append("-t") }
            if options.privileged { words.append("--privileged") }
            for variable in options.environment { words += ["-e", variable] }
            if !options.user.isEmpty { words += ["-u", options.user] }
            if !options.folder.isEmpty { words += ["-w", options.folder] }
            return try await context.session.docker(words + [container.id] + parsed.arguments.dropFirst())
        }
    }
}
