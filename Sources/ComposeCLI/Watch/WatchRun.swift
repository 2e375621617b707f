import CommandLine
import Compose
import DockerCLI
import Dockerfile
import JSON
import NIOHTTP1
import Wire

/// Watches files of services and brings changes to their containers.
struct WatchRun: Sendable {
    let context: ComposeContext
    let project: Project
    let api: ProjectAPI
    let printer: LogPrinter
    var isQuietBuild = false

    /// Changes this close to each other are one.
    private static let quiet = Duration.milliseconds(500)

    func rules() throws -> [WatchRule] {
        try project.serviceNames.flatMap { name -> [WatchRule] in
            guard let service = project.services[name] else { return [] }
            let watches = service.json["develop", "watch"].array ?? []
            let ignore = try watches.isEmpty ? nil : dockerIgnore(service)
            for watch in watches where watch["action"].string == "rebuild" && !service.isBuilt {
                throw Failure("can't watch service \(GoText.quote(name)) with action rebuild without a build context")
            }
            return watches.map { WatchRule(service: name, json: $0, dockerIgnore: ignore) }
        }
    }

    private func dockerIgnore(_ service: Service) throws -> (folder: String, patterns: IgnoreFile)? {
        guard let folder = service.json["build", "context"].string, folder.hasPrefix("/"),
            ProjectSource.access.isFile(folder + "/.dockerignore")
        else { return nil }
        let text = String(decoding: try ProjectSource.access.read(folder + "/.dockerignore"), as: UTF8.self)
        return (folder, IgnoreFile(text))
    }

    private func say(_ text: String, isError: Bool = false) {
        (isError ? context.err : context.out).line("        ⦿ \(text)")
    }

    func run() async throws {
        let rules = try rules()
        guard !rules.isEmpty else {
            throw Failure("none of the selected services is configured for watch, consider setting a 'develop' section")
        }
        let changes = try FileChanges { folder in
            rules.filter { folder.hasPrefix($0.path) }.allSatisfy { $0.ignores(folder) && folder != $0.path }
                && rules.contains { folder.hasPrefix($0.path) }
        }
        for rule in rules { try changes.add(rule.path) }
        say("Watch enabled")
        for rule in rules where rule.syncsAtStart && rule.action.syncs {
            await handle(Set(FolderList.files(below: rule.path)).filter { rule.concerns($0) }, [rule])
        }
        let (batches, report) = AsyncStream.makeStream(of: Set<String>.self)
        let reading = Task {
            while !Task.isCancelled, let next = await changes.next() {
                if !next.isEmpty { report.yield(next) }
            }
            report.finish()
        }
        defer { reading.cancel() }
        let pending = PendingChanges()
        for await batch in batches {
            // The first change of a batch waits for those that come with it.
            guard pending.add(batch) else { continue }
            Task {
                try? await Task.sleep(for: Self.quiet)
                await handle(pending.take(), rules)
            }
        }
    }

    private func handle(_ files: Set<String>, _ rules: [WatchRule]) async {
        var byService: [String: [(WatchRule, Set<String>)]] = [:]
        for rule in rules {
            let own = files.filter { rule.concerns($0) }
            if !own.isEmpty { byService[rule.service, default: []].append((rule, own)) }
        }
        for (service, matches) in byService.sorted(by: { $0.key < $1.key }) {
            do { try await handle(service, matches) } catch {
                say("Error handling changed files for service \(service): \(error)", isError: true)
            }
        }
    }

    private func handle(_ service: String, _ matches: [(WatchRule, Set<String>)]) async throws {
        // A new image has every change in it.
        if matches.contains(where: { $0.0.action == .rebuild }) { return try await rebuild(service) }
        let containers = try await api.containers(services: [service], all: false)
        for (rule, files) in matches where rule.action.syncs {
            say("Syncing service \(GoText.quote(service)) after \(files.count) changes were detected")
            for container in containers { try await sync(files.sorted(), rule, container) }
        }
        if matches.contains(where: { $0.0.action == .restart || $0.0.action == .syncRestart }) {
            for container in containers { _ = try await api.client.post("/containers/\(container.id)/restart") }
            say("service(s) [\(GoText.quote(service))] restarted")
        }
        for (rule, _) in matches where rule.action == .syncExec {
            guard let declared = project.services[service] else { continue }
            for container in containers {
                try await Hook(api: api, logs: printer).run(rule.exec, in: container, declared)
            }
        }
    }

    private func sync(_ files: [String], _ rule: WatchRule, _ container: ProjectContainer) async throws {
        let gone = files.filter { !FolderList.exists($0) }.map { rule.place(of: $0) }
        if !gone.isEmpty, let service = project.services[rule.service] {
            let remove: JSON = ["command": JSON(["rm", "-rf"] + gone)]
            try await Hook(api: api).run(remove, in: container, service)
        }
        for file in files where FolderList.exists(file) {
            let archive = TarPacking(path: file, name: String(rule.place(of: file).dropFirst()))
            let answer = try await api.client.send(
                .PUT, "/containers/\(container.id)/archive", [("path", "/")],
                headers: [("Content-Type", "application/x-tar")], body: .stream { try await archive.next() })
            _ = try await answer.body()
        }
    }

    private func rebuild(_ name: String) async throws {
        say("Rebuilding service(s) [\(GoText.quote(name))] after changes were detected...")
        let progress = try ProgressReport(context)
        let own = try project.selecting([name], withDependencies: false)
        try await Builds(context: context, project: own, progress: progress, isQuiet: isQuietBuild).build([name])
        say("service(s) [\(GoText.quote(name))] successfully built")
        var create = CreateOptions()
        create.noBuild = true
        try await Creation(
            context: context, project: own, api: api, progress: progress, options: create, asked: [name]
        ).run()
        try await Starting(context: context, project: own, api: api, progress: progress).run()
    }
}
