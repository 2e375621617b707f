import CommandLine
import Compose
import DockerCLI

struct ScaleOptions: Sendable { var noDependencies = false }

extension ComposeTree {
    static func scale() -> ComposeCommand {
        ComposeCommand(
            "scale", "Scale services", usage: "[SERVICE=REPLICAS...]", count: .atLeast(1), options: ScaleOptions(),
            flags: [.toggle("no-deps", \.noDependencies, "Leave out what services depend on")]
        ) { options, parsed, context in
            var create = CreateOptions()
            create.scale = parsed.arguments
            let names = try parsed.arguments.map { text -> String in
                guard let (name, _) = text.cut("=") else {
                    throw Failure("invalid scale specifier: \(text)")
                }
                return name
            }
            var project = try await context.project(names, withDependencies: !options.noDependencies)
            try create.apply(to: &project)
            let api = try context.api(project.name)
            let progress = try ProgressReport(context)
            // The files' other services are no orphans.
            let creation = Creation(
                context: context, project: project, api: api, progress: progress, options: create, asked: names)
            let starting = Starting(context: context, project: project, api: api, progress: progress)
            try await progress.during {
                try await creation.run()
                try await starting.run()
            }
            return 0
        }
    }
}
