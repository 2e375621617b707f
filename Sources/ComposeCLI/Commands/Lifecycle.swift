import CommandLine
import Compose
import DockerCLI
import JSON

struct TimeoutOptions: Sendable { var timeout: Int?, noDependencies = false }

/// What commands on existing containers share: the project, its containers, and the order of services.
struct Existing: Sendable {
    let context: ComposeContext
    let project: Project
    let api: ProjectAPI
    let containers: [ProjectContainer]
    let progress: ProgressReport

    /// Containers of the services that were named; of all that are declared, when none was.
    static func load(
        _ context: ComposeContext, _ services: [String], all: Bool = true, oneOffs: ProjectAPI.OneOffs = .without
    ) async throws -> Existing {
        let (loaded, name) = try await context.projectOrName()
        for service in services
        where loaded != nil && loaded?.services[service] == nil && loaded?.disabled[service] == nil {
            throw ComposeError("no such service: \(service)")
        }
        let api = try context.api(name)
        let containers = try await api.containers(services: services, oneOffs: oneOffs, all: all)
        let project = loaded ?? Project.from(containers, name: name)
        return Existing(
            context: context, project: project, api: api,
            containers: services.isEmpty ? containers.filter { project.services[$0.service] != nil } : containers,
            progress: try ProgressReport(context))
    }

    /// Side by side.
    func forEach(_ work: @escaping @Sendable (ProjectContainer) async throws -> Void) async throws {
        try await progress.during { try await Parallel.forEach(containers, limit: context.options.parallel, work) }
    }

    /// Service after service as they depend on each other.
    func inOrder(
        reversed: Bool, _ work: @escaping @Sendable (ProjectContainer) async throws -> Void
    ) async throws {
        try await progress.during {
            try await DependencyOrder(project, reversed: reversed, limit: context.options.parallel).forEach { name in
                try await Parallel.forEach(containers.filter { $0.service == name }, work)
            }
        }
    }

    /// A step of one container; nothing is done in a dry run.
    func step(
        _ container: ProjectContainer, _ begins: String, _ ends: String,
        _ work: @escaping @Sendable () async throws -> Void
    ) async throws {
        try await progress.step(container.title, begins, ends) {
            if !context.options.dryRun { try await work() }
        }
    }
}

extension ComposeTree {
    private static var timeout: Flag<TimeoutOptions> {
        .optionalInt("timeout", short: "t", \.timeout, "Seconds that containers have to stop")
    }

    static func start() -> ComposeCommand {
        ComposeCommand("start", "Start services", usage: "[SERVICE...]", count: .atLeast(0), options: 0) {
            _, parsed, context in
            let existing = try await Existing.load(context, parsed.arguments)
            guard !existing.containers.isEmpty else {
                let service = parsed.arguments.first ?? existing.project.serviceNames.first ?? ""
                throw Failure("service \(GoText.quote(service)) has no container to start")
            }
            var project = existing.project
            let wanted = Set(existing.containers.map(\.service))
            for name in project.serviceNames where !wanted.contains(name) {
                project.disabled[name] = project.services[name]
                project.services[name] = nil
            }
            let starting = Starting(
                context: context, project: project, api: existing.api, progress: existing.progress)
            try await existing.progress.during { try await starting.run() }
            return 0
        }
    }

    static func stop() -> ComposeCommand {
        ComposeCommand(
            "stop", "Stop services", usage: "[OPTIONS] [SERVICE...]", count: .atLeast(0), options: TimeoutOptions(),
            flags: [timeout]
        ) { options, parsed, context in
            let existing = try await Existing.load(context, parsed.arguments)
            let removal = Removal(
                context: context, project: existing.project, api: existing.api, progress: existing.progress)
            try await existing.inOrder(reversed: true) {
                try await removal.stop($0, existing.project.services[$0.service], timeout: options.timeout)
            }
            return 0
        }
    }

    static func restart() -> ComposeCommand {
        ComposeCommand(
            "restart", "Restart service containers", usage: "[OPTIONS] [SERVICE...]", count: .atLeast(0),
            options: TimeoutOptions(),
            flags: [.toggle("no-deps", \.noDependencies, "Leave services alone that restart with these"), timeout]
        ) { options, parsed, context in
            let existing = try await Existing.load(context, [])
            for name in parsed.arguments where existing.project.services[name] == nil {
                throw ComposeError("no such service: \(name)")
            }
            let chosen = restarted(parsed.arguments, existing.project, withDependents: !options.noDependencies)
            try await existing.inOrder(reversed: false) { container in
                guard chosen.contains(container.service) else { return }
                try await existing.step(container, "Restarting", "Started") {
                    let query: Query = options.timeout.map { [("t", "\($0)")] } ?? []
                    _ = try await existing.api.client.post("/containers/\(container.id)/restart", query)
                }
            }
            return 0
        }
    }

    /// The services, and those that are to restart when these do.
    static func restarted(_ names: [String], _ project: Project, withDependents: Bool) -> Set<String> {
        guard !names.isEmpty else { return Set(project.services.keys) }
        var chosen = Set(names)
        guard withDependents else { return chosen }
        var hasGrown = true
        while hasGrown {
            let more = project.services.values.filter { service in
                !chosen.contains(service.name)
                    && service.dependencies.contains { $0.restart && chosen.contains($0.service) }
            }
            hasGrown = !more.isEmpty
            chosen.formUnion(more.map(\.name))
        }
        return chosen
    }

    static func pause() -> ComposeCommand { pausing("pause", "Pause services", "Pausing", "Paused") }
    static func unpause() -> ComposeCommand { pausing("unpause", "Unpause services", "Unpausing", "Unpaused") }

    private static func pausing(_ word: String, _ summary: String, _ begins: String, _ ends: String) -> ComposeCommand {
        ComposeCommand(word, summary, usage: "[SERVICE...]", count: .atLeast(0), options: 0) { _, parsed, context in
            let existing = try await Existing.load(context, parsed.arguments, all: false)
            try await existing.forEach { container in
                try await existing.step(container, begins, ends) {
                    _ = try await existing.api.client.post("/containers/\(container.id)/\(word)")
                }
            }
            return 0
        }
    }
}

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
