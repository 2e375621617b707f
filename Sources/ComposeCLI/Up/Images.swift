import NIOHTTP1
import CommandLine
import Compose
import DockerCLI
import JSON
import OCI

/// Images of a project's services: pulled or built when they have to be.
struct Images: Sendable {
    let context: ComposeContext
    let project: Project
    let api: ProjectAPI
    let progress: ProgressReport
    var buildsAlways = false
    var neverBuilds = false
    var isQuietPull = false
    var isQuietBuild = false

    /// Pulls at the same time.
    static let parallelPulls = 3

    /// IDs of the services' images, by service.
    func ensure() async throws -> [String: String] {
        var toPull: [String] = [], toBuild: [String] = []
        var ids: [String: String] = [:]
        for name in project.serviceNames {
            guard let service = project.services[name], service.json["provider"].object == nil else { continue }
            let image = try await local(service)
            ids[name] = image?["Id"].string
            switch decision(service, image) {
            case .pull: toPull.append(name)
            case .build: toBuild.append(name)
            case .nothing: break
            case .missing: throw Failure("No such image: \(service.imageName(project: project.name))")
            }
        }
        try await pull(toPull, ignoresFailures: false)
        if !toBuild.isEmpty {
            try await Builds(context: context, project: project, progress: progress, isQuiet: isQuietBuild).build(
                toBuild)
        }
        guard !context.options.dryRun else { return ids }
        for name in toPull + toBuild {
            ids[name] = try await project.services[name].flatMapAsync { try await local($0)?["Id"].string }
        }
        return ids
    }

    private enum Decision { case pull, build, nothing, missing }

    private func decision(_ service: Service, _ image: JSON?) -> Decision {
        let policy = service.pullPolicy
        let isThere = image != nil
        if let interval = PullPolicy.interval(policy), let image, !service.isBuilt {
            let tagged = Timestamp(rfc3339: image["Metadata", "LastTagTime"].string ?? "")
            return tagged.map { Timestamp.now().since($0) < interval } == true ? .nothing : .pull
        }
        if service.isBuilt {
            if buildsAlways || policy == "build" { return neverBuilds ? (isThere ? .nothing : .missing) : .build }
            if isThere { return policy == "always" ? .pull : .nothing }
            if neverBuilds { return service.image.isEmpty || policy == "never" ? .missing : .pull }
            return .build
        }
        if policy == "always" || policy == "refresh" { return .pull }
        if isThere { return .nothing }
        return policy == "never" ? .missing : .pull
    }

    private func local(_ service: Service) async throws -> JSON? {
        try await api.find("/images/\(PercentEncoding.path(service.imageName(project: project.name)))/json")
    }

    /// Pulls the services' images; each image once.
    func pull(_ names: [String], ignoresFailures: Bool) async throws {
        var byImage: [String: String] = [:]
        for name in names {
            if let image = project.services[name]?.image, !image.isEmpty { byImage[image] = byImage[image] ?? name }
        }
        guard !context.options.dryRun, !byImage.isEmpty else { return }
        var failures: [any Error] = []
        let wanted = byImage.sorted { $0.value < $1.value }
        await withTaskGroup(of: (any Error)?.self) { group in
            var next = 0
            func begin() {
                guard next < wanted.count else { return }
                let (image, name) = wanted[next]
                next += 1
                group.addTask {
                    do {
                        try await one(image, name)
                        return nil
                    } catch { return error }
                }
            }
            for _ in 0..<Self.parallelPulls { begin() }
            while let failure = await group.next() {
                if let failure { failures.append(failure) }
                begin()
            }
        }
        if let first = failures.first, !ignoresFailures { throw first }
    }

    private func one(_ image: String, _ name: String) async throws {
        let reference = try Reference(parsing: image).withDefaultTag
        var query: Query = [
            ("fromImage", reference.name), ("tag", reference.digest.map { "\($0)" } ?? reference.tag ?? ""),
        ]
        let platform =
            project.services[name]?.json["platform"].string ?? project.environment["DOCKER_DEFAULT_PLATFORM"] ?? ""
        if !platform.isEmpty { query.append(("platform", platform)) }
        if !isQuietPull { progress.event(name, .working, "Pulling") }
        do {
            let answer = try await api.client.send(
                .POST, "/images/create", query,
                headers: RegistryAuth.headers(context.session, registry: reference.registry))
            let documents = api.client.documents(answer)
            while let message = try await documents.next() {
                if let fault = message["errorDetail", "message"].string ?? message["error"].string {
                    throw Failure(fault)
                }
                guard !isQuietPull, let id = message["id"].string, let status = message["status"].string,
                    message["progressDetail"]["total"].isNull, id != reference.tag
                else { continue }
                let isDone = ["Pull complete", "Already exists", "Download complete"].contains(status)
                progress.event(id, isDone ? .done : .working, status, parent: name)
            }
            if !isQuietPull { progress.event(name, .done, "Pulled") }
        } catch {
            progress.event(name, .error, "Error", details: "")
            throw error
        }
    }
}

extension Optional where Wrapped: Sendable {
    fileprivate func flatMapAsync<T>(_ work: (Wrapped) async throws -> T?) async rethrows -> T? {
        guard let self else { return nil }
        return try await work(self)
    }
}
