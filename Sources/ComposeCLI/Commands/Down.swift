import CommandLine
import Compose
import DockerCLI
import JSON
import NIOHTTP1

struct DownOptions: Sendable {
    var volumes = false, removeOrphans = false
    var images = ""
    var timeout: Int?
}

extension ComposeTree {
    static func down() -> ComposeCommand {
        ComposeCommand(
            "down", "Stop and remove containers, networks", usage: "[OPTIONS] [SERVICES]", count: .atLeast(0),
            options: DownOptions(),
            flags: [
                .toggle("remove-orphans", \.removeOrphans, "Remove containers of services that the files don't have"),
                .text(
                    "rmi", \.images,
                    "Remove the services' images: \"local\" those without a name of their own, or \"all\""),
                .optionalInt("timeout", short: "t", \.timeout, "Seconds that containers have to stop"),
                .toggle("volumes", short: "v", \.volumes, "Remove the files' volumes and containers' anonymous ones"),
            ]
        ) { options, parsed, context in
            guard ["", "all", "local"].contains(options.images) else {
                throw Failure("invalid value for --rmi: \(GoText.quote(options.images))")
            }
            try await Down(options: options, context: context).run(parsed.arguments)
            return 0
        }
    }
}

struct Down: Sendable {
    let options: DownOptions
    let context: ComposeContext

    func run(_ services: [String]) async throws {
        let (loaded, name) = try await context.projectOrName()
        let api = try context.api(name)
        let removesOrphans =
            options.removeOrphans
            || (context.session.environment["COMPOSE_REMOVE_ORPHANS"].flatMap { try? GoValue.bool($0) } ?? false)
        let containers = try await api.containers(oneOffs: removesOrphans ? .with : .without)
        let project: Project
        if let loaded { project = loaded } else { project = try await actual(name, containers, api) }
        for service in services where project.services[service] == nil && loaded != nil {
            throw ComposeError("no such service: \(service)")
        }
        let progress = try ProgressReport(context)
        try await progress.during {
            let removal = Removal(context: context, project: project, api: api, progress: progress)
            let chosen = services.isEmpty ? Set(project.services.keys) : Set(services)
            try await DependencyOrder(project, reversed: true, limit: context.options.parallel).forEach { name in
                guard chosen.contains(name) else { return }
                try await Parallel.forEach(containers.filter { $0.service == name && !$0.isOneOff }) {
                    try await removal.stopAndRemove(
                        $0, project.services[name], timeout: options.timeout, volumes: options.volumes)
                }
            }
            if removesOrphans {
                let known = Set(project.services.keys)
                try await Parallel.forEach(containers.filter { !known.contains($0.service) || $0.isOneOff }) {
                    try await removal.stopAndRemove($0, nil, timeout: options.timeout, volumes: false)
                }
            }
            let others = try await removeOthers(project, api, progress)
            if containers.isEmpty, others == 0 {
                context.warn("Warning: No resource found to remove for project \(GoText.quote(name)).")
            }
        }
    }

    /// The project as the daemon knows it.
    private func actual(_ name: String, _ containers: [ProjectContainer], _ api: ProjectAPI) async throws -> Project {
        var project = Project.from(containers.filter { !$0.isOneOff }, name: name)
        for network in try await api.networks() {
            project.networks[network["Labels", Label.network].string ?? ""] = ["name": network["Name"]]
        }
        for volume in try await api.volumes() {
            project.volumes[volume["Labels", Label.volume].string ?? ""] = ["name": volume["Name"]]
        }
        return project
    }

    /// Networks, images and volumes, side by side; how many there were.
    private func removeOthers(_ project: Project, _ api: ProjectAPI, _ progress: ProgressReport) async throws -> Int {
        var steps: [@Sendable () async throws -> Bool] = []
        for (key, network) in project.networks.sorted(by: { $0.key < $1.key }) where network["external"].bool != true {
            let name = network["name"].string ?? key
            steps.append { try await removeNetwork(key, name, api, progress) }
        }
        for image in images(project) { steps.append { try await removeImage(image, api, progress) } }
        if options.volumes {
            for (key, volume) in project.volumes.sorted(by: { $0.key < $1.key }) where volume["external"].bool != true {
                let name = volume["name"].string ?? key
                steps.append { try await removeVolume(name, api, progress) }
            }
        }
        return try await Parallel.map(steps) { try await $0() }.filter { $0 }.count
    }

    private func images(_ project: Project) -> [String] {
        guard !options.images.isEmpty else { return [] }
        return project.serviceNames.compactMap { project.services[$0] }
            .filter { options.images == "all" || ($0.isBuilt && $0.image.isEmpty) }
            .map { $0.imageName(project: project.name) }
    }

    private func removeNetwork(
        _ key: String, _ name: String, _ api: ProjectAPI, _ progress: ProgressReport
    ) async throws -> Bool {
        let found = try await api.networks().filter {
            $0["Labels", Label.network].string == key && $0["Name"].string == name
        }
        guard !found.isEmpty else { return false }
        let title = "Network \(name)"
        progress.event(title, .working, "Removing")
        if context.options.dryRun { return true }
        for network in found {
            let id = network["Id"].string ?? name
            let full = try await api.find("/networks/\(id)")
            if full?["Containers"].object?.isEmpty == false {
                progress.event(title, .warning, "Resource is still in use")
                continue
            }
            do { _ = try await api.client.json(.DELETE, "/networks/\(id)") } catch let error as DaemonError
                where error.isNotFound
            {} catch {
                progress.event(title, .error, "Error")
                throw Failure("failed to remove network \(name): \(error)")
            }
            progress.event(title, .done, "Removed")
        }
        return true
    }

    private func removeImage(_ image: String, _ api: ProjectAPI, _ progress: ProgressReport) async throws -> Bool {
        let path = "/images/\(PercentEncoding.path(image))"
        guard try await api.find("\(path)/json") != nil else { return false }
        return try await remove("Image \(image)", path, api, progress)
    }

    private func removeVolume(_ name: String, _ api: ProjectAPI, _ progress: ProgressReport) async throws -> Bool {
        let path = "/volumes/\(PercentEncoding.path(name))"
        guard try await api.find(path) != nil else { return false }
        return try await remove("Volume \(name)", path, api, progress)
    }

    private func remove(_ title: String, _ path: String, _ api: ProjectAPI, _ progress: ProgressReport) async throws
        -> Bool
    {
        progress.event(title, .working, "Removing")
        if context.options.dryRun { return true }
        do {
            _ = try await api.client.json(.DELETE, path, path.hasPrefix("/volumes") ? [("force", "1")] : [])
            progress.event(title, .done, "Removed")
        } catch let error as DaemonError where error.status == 409 {
            progress.event(title, .warning, "Resource is still in use")
        } catch let error as DaemonError where error.isNotFound {
            progress.event(title, .done, "Warning: No resource found to remove")
        }
        return true
    }
}
