import CommandLine
import Compose

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
        _ container: ProjectContainer, _ begins: String?, _ ends: String,
        _ work: @escaping @Sendable () async throws -> Void
    ) async throws {
        try await progress.step(container.title, begins, ends) {
            if !context.options.dryRun { try await work() }
        }
    }
}
