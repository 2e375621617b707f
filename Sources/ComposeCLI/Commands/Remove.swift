import CommandLine
import Compose
import DockerCLI

struct RemoveOptions: Sendable { var force = false, stop = false, volumes = false, all = false }

extension ComposeTree {
    static func rm() -> ComposeCommand {
        ComposeCommand(
            "rm", "Removes stopped service containers", usage: "[OPTIONS] [SERVICE...]", count: .atLeast(0),
            options: RemoveOptions(),
            flags: [
                .toggle("all", short: "a", \.all, hidden: true, "Has no effect"),
                .toggle("force", short: "f", \.force, "Don't ask"),
                .toggle("stop", short: "s", \.stop, "Stop containers first"),
                .toggle("volumes", short: "v", \.volumes, "Remove anonymous volumes of the containers too"),
            ]
        ) { options, parsed, context in
            var existing = try await Existing.load(context, parsed.arguments)
            let removal = Removal(
                context: context, project: existing.project, api: existing.api, progress: existing.progress)
            if options.stop {
                let now = existing
                try await now.inOrder(reversed: true) {
                    try await removal.stop($0, now.project.services[$0.service], timeout: nil)
                }
                existing = try await Existing.load(context, parsed.arguments)
            }
            let stopped = existing.containers.filter { !$0.isRunning && $0.state != "paused" || context.options.dryRun }
            guard !stopped.isEmpty else {
                context.err.line("No stopped containers")
                return 0
            }
            let message = "Going to remove \(stopped.map(\.name).joined(separator: ", "))"
            if options.force {
                context.out.line(message)
            } else {
                guard try await context.session.confirms("? \(message)") else { return 0 }
            }
            try await existing.progress.during {
                try await Parallel.forEach(stopped) { try await removal.remove($0, volumes: options.volumes) }
            }
            return 0
        }
    }
}
