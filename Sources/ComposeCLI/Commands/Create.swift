import CommandLine
import Compose

struct CreateCommandOptions: Sendable, Creating { var create = CreateOptions() }

extension ComposeTree {
    static func create() -> ComposeCommand {
        ComposeCommand(
            "create", "Creates containers for a service", usage: "[OPTIONS] [SERVICE...]", count: .atLeast(0),
            options: CreateCommandOptions(), flags: Flag<CreateCommandOptions>.creating
        ) { options, parsed, context in
            try options.create.check()
            var project = try await context.project(parsed.arguments)
            try options.create.apply(to: &project)
            let progress = try ProgressReport(context)
            let creation = Creation(
                context: context, project: project, api: try context.api(project.name), progress: progress,
                options: options.create, asked: parsed.arguments)
            try await progress.during { try await creation.run() }
            return 0
        }
    }
}
