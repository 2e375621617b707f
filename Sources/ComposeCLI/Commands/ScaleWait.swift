import CommandLine
import Compose
import DockerCLI
import JSON

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

struct ComposeWaitOptions: Sendable { var down = false }

extension ComposeTree {
    static func wait() -> ComposeCommand {
        ComposeCommand(
            "wait", "Block until containers of all (or specified) services stop.",
            usage: "SERVICE [SERVICE...] [OPTIONS]", count: .atLeast(1), options: ComposeWaitOptions(),
            flags: [.toggle("down-project", \.down, "Take the project down when the first container stops")]
        ) { options, parsed, context in
            let existing = try await Existing.load(context, parsed.arguments, all: false)
            guard !existing.containers.isEmpty else {
                throw Failure("no containers for project \(GoText.quote(existing.project.name))")
            }
            let session = context.session
            let code = try await withThrowingTaskGroup(of: (String, Int32).self) { group in
                for container in existing.containers {
                    group.addTask {
                        (container.name, try await ExitWait.arm(session, container.id, .notRunning).code())
                    }
                }
                var last: Int32 = 0
                while let (name, code) = try await group.next() {
                    context.out.line("container \(GoText.quote(name)) exited with status code \(code)")
                    if code != 0 { last = code }
                    if options.down {
                        group.cancelAll()
                        return code
                    }
                }
                return last
            }
            if options.down { try await Down(options: DownOptions(), context: context).run([]) }
            return code
        }
    }
}
