import CommandLine
import Compose
import DockerCLI

struct KillOptions: Sendable { var signal = "SIGKILL", removeOrphans = false }

extension ComposeTree {
    static func kill() -> ComposeCommand {
        ComposeCommand(
            "kill", "Force stop service containers", usage: "[OPTIONS] [SERVICE...]", count: .atLeast(0),
            options: KillOptions(),
            flags: [
                .toggle("remove-orphans", \.removeOrphans, "Kill containers of services that the files don't have too"),
                .text("signal", short: "s", \.signal, default: "SIGKILL", "Signal to send"),
            ]
        ) { options, parsed, context in
            let existing = try await Existing.load(context, parsed.arguments, all: false)
            var containers = existing.containers
            if options.removeOrphans { containers = try await existing.api.containers(all: false) }
            guard !containers.isEmpty else {
                context.err.line("no container to kill")
                return 0
            }
            try await existing.progress.during { [containers] in
                try await Parallel.forEach(containers) { container in
                    try await existing.step(container, "Killing", "Killed") {
                        _ = try await existing.api.client.post(
                            "/containers/\(container.id)/kill", [("signal", options.signal)])
                    }
                }
            }
            return 0
        }
    }
}
