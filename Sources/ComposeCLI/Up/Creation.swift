import CommandLine
import Compose
import DockerCLI
import JSON

/// Everything up to containers that exist: images, networks, volumes, containers.
struct Creation: Sendable {
    let context: ComposeContext
    let project: Project
    let api: ProjectAPI
    let progress: ProgressReport
    let options: CreateOptions
    /// Services that were asked for by name.
    var asked: [String] = []

    func run() async throws {
        try checkNames()
        var images = Images(context: context, project: project, api: api, progress: progress)
        images.buildsAlways = options.build
        images.neverBuilds = options.noBuild
        images.isQuietPull = options.quietPull
        images.isQuietBuild = options.quietBuild
        let imageIDs = try await images.ensure()
        var resources = Resources(context: context, project: project.withoutUnused(), api: api, progress: progress)
        resources.assumesYes = options.yes
        var convergence = Convergence(context: context, project: project, api: api, progress: progress)
        convergence.networks = try await resources.networks()
        convergence.volumes = try await resources.volumes()
        convergence.images = imageIDs
        convergence.options = options.settings
        convergence.asked = Set(asked)
        try await orphans()
        try await convergence.run()
    }

    private func checkNames() throws {
        var owners: [String: String] = [:]
        for name in project.serviceNames {
            guard let given = project.services[name]?.containerName, !given.isEmpty else { continue }
            if let other = owners[given] {
                throw Failure("container name \(GoText.quote(given)) is already in use by service \(other)")
            }
            owners[given] = name
        }
    }

    private func orphans() async throws {
        let variables = project.environment
        let ignores = variables["COMPOSE_IGNORE_ORPHANS"].flatMap { try? GoValue.bool($0) } ?? false
        let removes =
            options.removeOrphans || variables["COMPOSE_REMOVE_ORPHANS"].flatMap { try? GoValue.bool($0) } ?? false
        let known = Set(project.services.keys).union(project.disabled.keys)
        let orphans = try await api.containers().filter { !known.contains($0.service) }
        guard !orphans.isEmpty, !(ignores && !removes) else { return }
        guard removes else {
            let names = orphans.map(\.name).joined(separator: " ")
            return context.warn(
                "Found orphan containers ([\(names)]) for this project. If you removed or renamed this service in your compose file, you can run this command with the --remove-orphans flag to clean it up."
            )
        }
        let removal = Removal(context: context, project: project, api: api, progress: progress)
        try await Parallel.forEach(orphans) {
            try await removal.stopAndRemove($0, nil, timeout: options.timeout, volumes: false)
        }
    }
}
