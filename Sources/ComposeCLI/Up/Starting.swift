import CommandLine
import Compose
import DockerCLI
import JSON

/// Starts a project's containers in the order of dependencies, waiting for what is depended on.
struct Starting: Sendable {
    let context: ComposeContext
    let project: Project
    let api: ProjectAPI
    let progress: ProgressReport
    /// Seconds that all waits together may take; nil: no limit.
    var waitSeconds: Int?
    /// Shows what hooks print; nil: nothing is shown.
    var logs: LogPrinter?

    func run() async throws {
        let containers = Dictionary(grouping: try await api.containers(), by: \.service)
        try await DependencyOrder(project, limit: context.options.parallel).forEach { name in
            guard let service = project.services[name], service.json["provider"].object == nil else { return }
            try await waitForDependencies(of: service, containers)
            let own = containers[name] ?? []
            guard !own.isEmpty || service.scale == 0 || context.options.dryRun else {
                throw Failure("service \(GoText.quote(name)) has no container to start")
            }
            for container in own where !container.isRunning { try await start(container, service) }
        }
    }

    func start(_ container: ProjectContainer, _ service: Service) async throws {
        if context.options.dryRun { return }
        try await FileReferences.inject(api, project, service, into: container.id)
        try await progress.step(container.title, "Starting", "Started") {
            try await api.start(container.id)
            for hook in service.json["post_start"].array ?? [] {
                try await Hook(api: api, logs: logs).run(hook, in: container, service)
            }
        }
    }

    /// Waits for what a service depends on that isn't of the project.
    func waitForDependencies(of service: Service) async throws {
        try await waitForDependencies(of: service, Dictionary(grouping: try await api.containers(), by: \.service))
    }

    private func waitForDependencies(of service: Service, _ containers: [String: [ProjectContainer]]) async throws {
        let waits = service.dependencies.filter { dependency in
            dependency.condition != .started && (project.services[dependency.service]?.scale ?? 0) > 0
        }
        for dependency in waits where (containers[dependency.service] ?? []).isEmpty {
            guard dependency.required else {
                context.warn("\(service.name) is missing dependency \(dependency.service)")
                continue
            }
            throw Failure("\(service.name) is missing dependency \(dependency.service)")
        }
        let waiting = Waiting(context: context, api: api, progress: progress)
        try await Deadline.within(seconds: waitSeconds, "timeout waiting for dependencies") {
            try await Parallel.forEach(waits) { dependency in
                try await waiting.run(dependency, containers[dependency.service] ?? [])
            }
        }
    }

    /// `--wait`: until every service runs, or is healthy where it has a check.
    func waitForAll() async throws {
        let containers = Dictionary(grouping: try await api.containers(), by: \.service)
        let waiting = Waiting(context: context, api: api, progress: progress)
        let names = project.serviceNames.filter { (project.services[$0]?.scale ?? 0) > 0 }
        try await Deadline.within(seconds: waitSeconds, "application not healthy after \(waitSeconds ?? 0)s") {
            try await Parallel.forEach(names) { try await waiting.untilUp(containers[$0] ?? []) }
        }
    }
}

enum Deadline {
    /// Runs the work; after the time is over, throws the sentence.
    static func within(
        seconds: Int?, _ message: String, _ work: @escaping @Sendable () async throws -> Void
    ) async throws {
        guard let seconds, seconds > 0 else { return try await work() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await work() }
            group.addTask {
                try await Task.sleep(for: .seconds(seconds))
                throw Failure(message)
            }
            try await group.next()
            group.cancelAll()
        }
    }
}
