import CommandLine
import Compose
import DockerCLI
import JSON

/// Builds services' images, each by a run of `docker build`.
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

    /// Builds the services' images; those that are another's context first.
    func build(_ names: [String]) async throws {
        for name in ordered(names) {
            guard let service = project.anyService(name), service.isBuilt else { continue }
            let image = service.imageName(project: project.name)
            progress.event(image, .working, "Building")
            if context.options.dryRun { continue }
            do { try await build(service) } catch {
                progress.event(image, .error, "Error")
                let sentence = "\(error)"
                let plain = sentence.hasPrefix("ERROR: ") ? String(sentence.dropFirst("ERROR: ".count)) : sentence
                throw Failure("target \(name): \(plain)", exitCode: 17)
            }
            progress.event(image, .done, "Built")
        }
    }

    private func build(_ service: Service) async throws {
        let words = BuildWords(service: service, project: project)
        var environment = context.session.environment
        let isMany = pushesPlatforms && words.isForSeveralPlatforms
        var line = ["build"] + options(isMany: isMany)
        line += try words.words(allPlatforms: isMany, environment: &environment)
        let nothing = Output { _ in true }
        var session = context.session.with(
            out: isQuiet ? nothing : context.err, err: isQuiet ? nothing : context.err, environment: environment)
        if let inline = words.inline { session = session.with(input: Self.input(inline)) }
        progress.pause()
        let code = try await session.docker(line)
        guard code == 0 else { throw Failure("the build failed", exitCode: code) }
    }

    private func options(isMany: Bool) -> [String] {
        var options: [String] = []
        for argument in arguments { options += ["--build-arg", argument] }
        for agent in agents { options += ["--ssh", agent] }
        if ignoresCache { options.append("--no-cache") }
        if pulls { options.append("--pull") }
        if !memory.isEmpty { options += ["--memory", memory] }
        if isMany { options.append("--push") }
        let styles = ["json": "rawjson", "": "auto"]
        let style = isQuiet ? "quiet" : style.isEmpty ? context.options.progress : style
        return options + ["--progress", styles[style] ?? style]
    }

    private func ordered(_ names: [String]) -> [String] {
        var all: [String] = []
        func add(_ name: String) {
            guard !all.contains(name), let service = project.anyService(name) else { return }
            for (_, place) in service.json["build", "additional_contexts"].object ?? JSONObject() {
                if let text = place.string, text.hasPrefix("service:") { add(String(text.dropFirst("service:".count))) }
            }
            if !all.contains(name) { all.append(name) }
        }
        for name in names.sorted() { add(name) }
        return all
    }

    /// One reading of a text.
    private static func input(_ text: String) -> Input {
        let rest = OneText(text)
        return Input(isTerminal: false, read: { rest.take($0) })
    }
}
