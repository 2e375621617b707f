import CommandLine
import Compose
import DockerCLI

struct TimeoutOptions: Sendable { var timeout: Int?, noDependencies = false }

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

    static func pause() -> ComposeCommand { pausing("pause", "Pause services", "Paused") }
    static func unpause() -> ComposeCommand { pausing("unpause", "Unpause services", "Unpaused") }

    private static func pausing(_ word: String, _ summary: String, _ done: String) -> ComposeCommand {
        ComposeCommand(word, summary, usage: "[SERVICE...]", count: .atLeast(0), options: 0) { _, parsed, context in
            let existing = try await Existing.load(context, parsed.arguments, all: false)
            try await existing.forEach { container in
                try await existing.step(container, nil, done) {
                    _ = try await existing.api.client.post("/containers/\(container.id)/\(word)")
                }
            }
            return 0
        }
    }
}
