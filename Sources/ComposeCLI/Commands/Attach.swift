import CommandLine
import Compose
import DockerCLI
import JSON

struct ComposeAttachOptions: Sendable { var index = 0, keys = "", noInput = false, proxy = true }

extension ComposeTree {
    static func attach() -> ComposeCommand {
        ComposeCommand(
            "attach", "Attach local standard input, output, and error streams to a service's running container",
            usage: "[OPTIONS] SERVICE", count: .exactly(1), options: ComposeAttachOptions(),
            flags: [
                .text("detach-keys", \.keys, "Keys that leave the container"),
                .int("index", \.index, "Number of the container when a service has several"),
                .toggle("no-stdin", \.noInput, "Don't send input"),
                .toggle("sig-proxy", \.proxy, default: true, "Hand received signals on to the process"),
            ]
        ) { options, parsed, context in
            let container = try await OneContainer.find(context, parsed.arguments[0], index: options.index)
            var words = ["attach", "--sig-proxy=\(options.proxy)"]
            if options.noInput { words.append("--no-stdin") }
            if !options.keys.isEmpty { words += ["--detach-keys", options.keys] }
            return try await context.session.docker(words + [container.id])
        }
    }
}
