import CommandLine
import Compose
import DockerCLI
import JSON
import NIOConcurrencyHelpers

/// Makes the containers of a project what they are to be, service by service; nothing is started.
struct Convergence: Sendable {
    let context: ComposeContext
    let project: Project
    let api: ProjectAPI
    let progress: ProgressReport
    var options = CreateSettings()
    /// Services that were asked for by name; the others are there because those depend on them.
    var asked: Set<String> = []
    /// IDs of networks and names of volumes by key, IDs of images by service.
    var networks: [String: String] = [:]
    var volumes: [String: String] = [:]
    var images: [String: String] = [:]

    private let state = NIOLockedValueBox<[String: [ProjectContainer]]>([:])

    init(context: ComposeContext, project: Project, api: ProjectAPI, progress: ProgressReport) {
        self.context = context
        self.project = project
        self.api = api
        self.progress = progress
    }

    /// Names without whose containers are made anew (`--no-recreate` and its kin).
    struct CreateSettings: Sendable {
        var policy = RecreatePolicy.changed
        var dependenciesPolicy = RecreatePolicy.changed
        /// Anonymous volumes of a container that is replaced go to its successor.
        var inherits = true
        /// Seconds; nil: the containers' own.
        var timeout: Int?
    }

    func run() async throws {
        let all = Dictionary(grouping: try await api.containers(), by: \.service)
        state.withLockedValue { $0 = all }
        try await DependencyOrder(project, limit: context.options.parallel).forEach { name in
            try await ensure(name)
        }
    }

    private func containers(_ service: String) -> [ProjectContainer] { state.withLockedValue { $0[service] ?? [] } }

    private func ensure(_ name: String) async throws {
        guard let declared = project.services[name], declared.json["provider"].object == nil else { return }
        let service = try resolved(declared)
        let existing = containers(name)
        let byID = Dictionary(existing.map { ($0.id, $0) }) { first, _ in first }
        let wanted = ServicePlan.Wanted(
            scale: service.scale, configHash: service.configHash, image: images[name] ?? "",
            networks: Set(service.networks.compactMap { networks[$0] }.filter { !$0.isEmpty }),
            volumes: Set(
                (service.json["volumes"].array ?? []).filter { $0["type"].string == "volume" }
                    .compactMap { $0["source"].string.flatMap { volumes[$0] } }))
        let policy = asked.isEmpty || asked.contains(name) ? options.policy : options.dependenciesPolicy
        let plan = ServicePlan.make(wanted, existing.map(\.observed), policy)
        if !plan.recreate.isEmpty { try await stopDependents(of: name) }
        var now = plan.keep.compactMap { byID[$0.id] }
        for container in now where container.isRunning { progress.event(container.title, .done, "Running") }
        let made = try await Parallel.map(steps(plan, byID), limit: context.options.parallel) {
            step -> ProjectContainer? in
            switch step {
            case .remove(let container):
                try await Removal(context: context, project: project, api: api, progress: progress)
                    .stopAndRemove(container, service, timeout: options.timeout, volumes: false)
                return nil
            case .recreate(let container): return try await recreate(service, container)
            case .create(let number): return try await create(service, number)
            }
        }
        now += made.compactMap { $0 }
        state.withLockedValue { [now] in $0[name] = now }
    }

    private enum Step: Sendable { case remove(ProjectContainer), recreate(ProjectContainer), create(Int) }

    private func steps(_ plan: ServicePlan, _ byID: [String: ProjectContainer]) -> [Step] {
        plan.remove.compactMap { byID[$0.id] }.map(Step.remove)
            + plan.recreate.compactMap { byID[$0.id] }.map(Step.recreate) + plan.create.map(Step.create)
    }

    /// With references to other services' containers in place of the services.
    private func resolved(_ service: Service) throws -> Service {
        var own = service
        for (key, what) in [("network_mode", "network namespace"), ("ipc", "IPC namespace"), ("pid", "PID namespace")] {
            guard let text = own.json[key].string, text.hasPrefix("service:") else { continue }
            let other = String(text.dropFirst("service:".count))
            guard let first = containers(other).first else {
                throw Failure("cannot share \(what) with service \(other): container missing")
            }
            own.json[key] = .string("container:\(first.id)")
        }
        let sources = own.json["volumes_from"].strings
        if !sources.isEmpty {
            own.json["volumes_from"] = JSON(
                try sources.map { text in
                    if text.hasPrefix("container:") { return String(text.dropFirst("container:".count)) }
                    let (other, mode) = text.cut(":").map { ($0.0, ":" + $0.1) } ?? (text, "")
                    guard let first = containers(other).first else {
                        throw Failure("cannot share volume with service \(other): container missing")
                    }
                    return first.id + mode
                })
        }
        return own
    }

    /// Services that are to restart with this one are stopped before it is replaced.
    private func stopDependents(of name: String) async throws {
        for (other, service) in project.services
        where service.dependencies.contains(where: { $0.service == name && $0.restart }) {
            for container in containers(other) where container.isRunning && !context.options.dryRun {
                try await progress.step(container.title, "Stopping", "Stopped") {
                    try await api.stop(container.id, timeout: options.timeout)
                }
            }
            state.withLockedValue { all in
                all[other] = all[other]?.map { container in
                    var stopped = container
                    stopped.json["State"] = "exited"
                    return stopped
                }
            }
        }
    }

    private func create(_ service: Service, _ number: Int) async throws -> ProjectContainer? {
        let name = containerName(service, number)
        progress.event("Container \(name)", .working, "Creating")
        if context.options.dryRun { return nil }
        do {
            let made = try await ContainerMaking(context: context, project: project, api: api, images: images)
                .make(service, number: number, name: name)
            progress.event("Container \(name)", .done, "Created")
            return made
        } catch {
            progress.event("Container \(name)", .error, "Error")
            throw error
        }
    }

    private func containerName(_ service: Service, _ number: Int) -> String {
        let separator = context.options.separator
        return service.containerName.isEmpty
            ? [project.name, service.name, "\(number)"].joined(separator: separator) : service.containerName
    }

    private func recreate(_ service: Service, _ old: ProjectContainer) async throws -> ProjectContainer? {
        progress.event(old.title, .working, "Recreate")
        if context.options.dryRun { return nil }
        let number = max(old.number, 1)
        let name = containerName(service, number)
        let temporary = "\(old.id.prefix(12))_\(name)"
        let replaces =
            service.containerName.isEmpty
            ? "\(service.name)\(context.options.separator)\(number)" : service.containerName
        do {
            let made = try await ContainerMaking(context: context, project: project, api: api, images: images)
                .make(
                    service, number: number, name: temporary, finalName: name, replaces: replaces,
                    inheriting: options.inherits ? old : nil)
            try await api.stop(old.id, timeout: options.timeout)
            try await api.remove(old.id, volumes: false, force: false)
            _ = try await api.client.post("/containers/\(made.id)/rename", [("name", name)])
            progress.event(old.title, .done, "Recreated")
            var renamed = made
            renamed.json["Names"] = [.string("/\(name)")]
            return renamed
        } catch {
            progress.event(old.title, .error, "Error")
            throw error
        }
    }
}
