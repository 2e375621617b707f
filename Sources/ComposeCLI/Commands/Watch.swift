import CommandLine
import Compose
import DockerCLI

struct WatchOptions: Sendable { var noUp = false, prune = true, quiet = false }

extension ComposeTree {
    static func watch() -> ComposeCommand {
        ComposeCommand(
            "watch", "Watch build context for service and rebuild/refresh containers when files are updated",
            usage: "[SERVICE...]", count: .atLeast(0), options: WatchOptions(),
            flags: [
                .toggle("no-up", \.noUp, "Don't build and start services first"),
                .toggle(
                    "prune", \.prune, default: true,
                    "Accepted for the original's sake: images are left to `image prune`"),
                .toggle("quiet", \.quiet, "Build without showing output"),
            ]
        ) { options, parsed, context in
            let project = try await context.project(parsed.arguments)
            let api = try context.api(project.name)
            let progress = try ProgressReport(context)
            let printer = LogPrinter(out: context.out, err: context.err, colors: false, prefixes: true)
            var run = WatchRun(context: context, project: project, api: api, printer: printer)
            run.isQuietBuild = options.quiet
            guard try !run.rules().isEmpty else {
                throw Failure(
                    "none of the selected services is configured for watch, consider setting a 'develop' section")
            }
            if !options.noUp {
                var create = CreateOptions()
                create.build = true
                create.quietBuild = options.quiet
                let creation = Creation(
                    context: context, project: project, api: api, progress: progress, options: create,
                    asked: parsed.arguments)
                let starting = Starting(context: context, project: project, api: api, progress: progress)
                try await progress.during {
                    try await creation.run()
                    try await starting.run()
                }
            }
            try await run.run()
            return 0
        }
    }
}
