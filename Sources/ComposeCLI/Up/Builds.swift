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
    var pushes = false
    var memory = ""

    /// Builds the services' images; those that are another's context first.
    func build(_ names: [String]) async throws {
        for name in ordered(names) {
            guard let service = project.services[name], service.isBuilt else { continue }
            let image = service.imageName(project: project.name)
            progress.event(image, .working, "Building")
            if context.options.dryRun { continue }
            let place = service.json["build", "context"].string ?? "."
            let inline = service.json["build", "dockerfile_inline"].string
            var session = context.session.with(out: isQuiet ? Output { _ in true } : context.err)
            if let inline { session = session.with(input: Self.input(inline)) }
            let code: Int32
            do {
                code = try await session.docker(["build"] + options(service, image, hasInline: inline != nil) + [place])
            } catch {
                progress.event(image, .error, "Error")
                throw Failure("failed to solve: service \(name): \(error)", exitCode: 17)
            }
            guard code == 0 else { throw Failure("", exitCode: 17) }
            progress.event(image, .done, "Built")
        }
    }

    private func ordered(_ names: [String]) -> [String] {
        var all: [String] = []
        func add(_ name: String) {
            guard !all.contains(name), let service = project.services[name] else { return }
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

    private func options(_ service: Service, _ image: String, hasInline: Bool) throws -> [String] {
        let build = service.json["build"]
        var options = ["-t", image]
        for tag in build["tags"].strings { options += ["-t", tag] }
        if hasInline {
            options += ["-f", "-"]
        } else if let file = build["dockerfile"].string {
            options += ["-f", PathText.join(build["context"].string ?? ".", file)]
        }
        for (name, value) in build["args"].object ?? JSONObject() {
            options += ["--build-arg", value.string.map { "\(name)=\($0)" } ?? name]
        }
        for argument in arguments { options += ["--build-arg", argument] }
        for (name, value) in build["labels"].stringMap.sorted(by: { $0.key < $1.key }) {
            options += ["--label", "\(name)=\(value)"]
        }
        for label in [
            (Label.project, project.name), (Label.service, service.name), (Label.version, Label.composeVersion),
        ] {
            options += ["--label", "\(label.0)=\(label.1)"]
        }
        if let target = build["target"].string { options += ["--target", target] }
        if let network = build["network"].string { options += ["--network", network] }
        for source in build["cache_from"].strings { options += ["--cache-from", source] }
        for host in build["extra_hosts"].strings {
            options += ["--add-host", host.cut("=").map { "\($0.0):\($0.1)" } ?? host]
        }
        if let size = build["shm_size"].string { options += ["--shm-size", size] }
        for (name, value) in build["ulimits"].object ?? JSONObject() {
            options += [
                "--ulimit",
                "\(name)=" + (value.int.map { "\($0)" } ?? "\(value["soft"].int ?? 0):\(value["hard"].int ?? 0)"),
            ]
        }
        if let platform = build["platforms"].strings.first ?? service.json["platform"].string {
            options += ["--platform", platform]
        }
        if ignoresCache || build["no_cache"].bool == true { options.append("--no-cache") }
        if pulls || build["pull"].bool == true { options.append("--pull") }
        if !memory.isEmpty { options += ["--memory", memory] }
        for key in ["secrets", "ssh", "additional_contexts", "cache_to", "entitlements"] where !build[key].isNull {
            throw Failure(
                "services.\(service.name).build.\(key) needs BuildKit, which `docker build` of this version doesn't use"
            )
        }
        return options
    }
}
