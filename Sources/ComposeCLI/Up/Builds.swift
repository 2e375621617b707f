import CommandLine
import Compose
import DockerCLI
import JSON

/// Builds services' images, each as `docker build` does it, told of together.
struct Builds: Sendable {
    let context: ComposeContext
    let project: Project
    let progress: ProgressReport
    var isQuiet = false
    /// Arguments that win over the services' own, `NAME=value`.
    var arguments: [String] = []
    var ignoresCache = false
    var pulls = false
    /// To registries, with all the platforms that services name, in place of being kept here.
    var pushesPlatforms = false
    var memory = ""
    /// More keys and agents, as `--ssh` names them.
    var agents: [String] = []
    /// How builds show their progress; empty: as the project's other work.
    var style = ""

    /// Builds the services' images side by side; those that are another's context before it.
    func build(_ names: [String]) async throws {
        let services = ordered(names).compactMap { project.anyService($0) }.filter(\.isBuilt)
        func tellAll() {
            for service in services {
                let name = context.options.dryRun ? service.name : service.imageName(project: project.name)
                progress.event(name, .done, "Built")
            }
        }
        if context.options.dryRun { return tellAll() }
        progress.pause()
        let nothing = Output { _ in true }
        let items = try services.map { service in
            do { return try item(service) } catch { throw Failure("target \(service.name): \(error)", exitCode: 1) }
        }
        try await BuildGroup(items, style: shownStyle, titled: false)
            .run(on: isQuiet ? nothing : context.err)
        tellAll()
    }

    private func item(_ service: Service) throws -> BuildGroup.Item {
        let words = BuildWords(service: service, project: project)
        var environment = context.session.environment
        let isMany = pushesPlatforms && words.isForSeveralPlatforms
        let line = options(isMany: isMany) + (try words.words(allPlatforms: isMany, environment: &environment))
        let nothing = Output { _ in true }
        var session = context.session.with(out: nothing, err: context.err, environment: environment)
        if let inline = words.inline { session = session.with(input: Self.input(inline)) }
        return BuildGroup.Item(name: service.name, words: line, needs: Set(needs(of: service)), session: session)
    }

    private var shownStyle: String {
        if isQuiet { return "quiet" }
        let style = style.isEmpty ? context.options.progress : style
        return ["json": "rawjson", "": "auto"][style] ?? style
    }

    private func options(isMany: Bool) -> [String] {
        var options: [String] = []
        for argument in arguments { options += ["--build-arg", argument] }
        for agent in agents { options += ["--ssh", agent] }
        if ignoresCache { options.append("--no-cache") }
        if pulls { options.append("--pull") }
        if !memory.isEmpty { options += ["--memory", memory] }
        if isMany { options.append("--push") }
        return options
    }

    /// Services whose images are contexts of this one's.
    private func needs(of service: Service) -> [String] {
        (service.json["build", "additional_contexts"].object ?? JSONObject()).compactMap { _, place in
            guard let text = place.string, text.hasPrefix("service:") else { return nil }
            return String(text.dropFirst("service:".count))
        }
    }

    private func ordered(_ names: [String]) -> [String] {
        var all: [String] = []
        func add(_ name: String) {
            guard !all.contains(name), let service = project.anyService(name) else { return }
            for other in needs(of: service) { add(other) }
            if !all.contains(name) { all.append(name) }
        }
        for name in names.sorted() { add(name) }
        return all
    }

    /// One reading of a text.
    private static func input(_ text: String) -> Input {
        let rest = ReadOnce(Array(text.utf8))
        return Input(isTerminal: false, read: { rest.take($0) })
    }
}
