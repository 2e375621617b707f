import CommandLine
import Compose
import DockerCLI
import JSON

struct ConfigOptions: Sendable {
    var format = "", output = "", hash = ""
    var quiet = false, services = false, volumes = false, networks = false, models = false, images = false
    var profiles = false, environment = false, variables = false
    var noInterpolate = false, noNormalize = false, noPathResolution = false, noConsistency = false
    var noEnvironment = false, resolveDigests = false, lockDigests = false
}

extension ConfigOptions {
    /// Prints names or hashes, not the files.
    fileprivate var listsNames: Bool {
        services || volumes || networks || models || images || profiles || environment || !hash.isEmpty
    }
}

extension ComposeTree {
    static func config() -> ComposeCommand {
        ComposeCommand(
            "config", "Parse, resolve and render compose file in canonical format", usage: "[OPTIONS] [SERVICE...]",
            count: .atLeast(0), options: ConfigOptions(),
            flags: [
                .toggle("environment", \.environment, "Print the variables that files may use"),
                .text("format", \.format, "Format of the output: yaml or json"),
                .text("hash", \.hash, "Print the hash of services' configuration, one a line"),
                .toggle("images", \.images, "Print the names of images, one a line"),
                .toggle("lock-image-digests", \.lockDigests, "Print an override file with the images' digests"),
                .toggle("models", \.models, "Print the names of models, one a line"),
                .toggle("networks", \.networks, "Print the names of networks, one a line"),
                .toggle("no-consistency", \.noConsistency, "Don't check whether the parts fit each other"),
                .toggle("no-env-resolution", \.noEnvironment, "Don't read services' files of variables"),
                .toggle("no-interpolate", \.noInterpolate, "Leave variables as they are"),
                .toggle("no-normalize", \.noNormalize, "Don't add what is implied"),
                .toggle("no-path-resolution", \.noPathResolution, "Leave paths as they are"),
                .text("output", short: "o", \.output, "Write to a file"),
                .toggle("profiles", \.profiles, "Print the names of profiles, one a line"),
                .toggle("quiet", short: "q", \.quiet, "Check the files and print nothing"),
                .toggle("resolve-image-digests", \.resolveDigests, "Name images by their digests"),
                .toggle("services", \.services, "Print the names of services, one a line"),
                .toggle("variables", \.variables, "Print the variables of the files and their defaults"),
                .toggle("volumes", \.volumes, "Print the names of volumes, one a line"),
            ]
        ) { options, parsed, context in
            try await ConfigCommand(options: options, context: context).run(parsed.arguments)
        }
    }
}

private struct ConfigCommand {
    let options: ConfigOptions
    let context: ComposeContext

    func run(_ services: [String]) async throws -> Int32 {
        if options.variables { return try await variables() }
        if options.noInterpolate, !options.listsNames { return try await model() }
        var project = try await context.project(change: change)
        if options.services { return lines(project.serviceNames) }
        if options.volumes { return lines(project.volumes.keys.sorted()) }
        if options.networks { return lines(project.networks.keys.sorted()) }
        if options.models { return lines(project.models.keys.sorted()) }
        if options.profiles { return lines(profiles(project)) }
        if options.environment { return lines(project.environment.map { "\($0.key)=\($0.value)" }.sorted()) }
        if !options.hash.isEmpty { return try hashes(project) }
        project = try project.selecting(services)
        if options.images {
            return lines(project.serviceNames.compactMap { project.services[$0]?.imageName(project: project.name) })
        }
        if options.resolveDigests || options.lockDigests { try await Digests(context: context).resolve(&project) }
        if options.quiet { return 0 }
        if !context.options.allResources { project = project.withoutUnused() }
        return try write(text(project))
    }

    /// Without variables' values a file means no project yet, only a tree.
    private func model() async throws -> Int32 {
        var request = try await context.source.request()
        change(&request)
        guard !request.files.isEmpty else { throw Failure("no configuration file provided: not found") }
        let json = try Project.model(request, ProjectSource.access)
        if options.quiet { return 0 }
        return try write(options.format == "json" ? json.pretty(indent: "  ") : YAMLText.document(json))
    }

    private func change(_ request: inout LoadRequest) {
        request.interpolates = !options.noInterpolate
        request.normalizes = !options.noNormalize
        request.resolvesPaths = !options.noPathResolution
        request.checksConsistency = !options.noConsistency
        request.resolvesEnvironment = !options.noEnvironment
    }

    private func lines(_ lines: [String]) -> Int32 {
        for line in lines { context.out.line(line) }
        return 0
    }

    private func profiles(_ project: Project) -> [String] {
        Set((Array(project.services.values) + project.disabled.values).flatMap(\.profiles)).sorted()
    }

    private func hashes(_ project: Project) throws -> Int32 {
        let wanted = options.hash == "*" ? project.serviceNames : options.hash.parts(",")
        return lines(try wanted.map { "\($0) \(try project.service($0).configHash)" })
    }

    private func text(_ project: Project) throws -> String {
        if options.lockDigests {
            let images = project.serviceNames.map {
                ($0, ["image": project.services[$0]?.json["image"] ?? .null] as JSON)
            }
            return YAMLText.document(["services": .object(JSONObject(images))])
        }
        switch options.format {
        case "", "yaml": return YAMLText.document(project.yaml())
        case "json": return project.json().pretty(indent: "  ")
        default: throw Failure("unsupported format \(GoText.quote(options.format))")
        }
    }

    private func write(_ text: String) throws -> Int32 {
        if options.output.isEmpty {
            context.out.write(text)
        } else {
            try WholeFile.replace(options.output, with: Array(text.utf8), mode: 0o666)
        }
        return 0
    }

    private func variables() async throws -> Int32 {
        let request = try await context.source.request()
        let all = try FileVariables.all(request, ProjectSource.access)
        var table = TabWriter(minimumWidth: 20, padding: 3)
        table.write("NAME\tREQUIRED\tDEFAULT VALUE\tALTERNATE VALUE\n")
        for variable in all {
            table.write("\(variable.name)\t\(variable.isRequired)\t\(variable.standard)\t\(variable.alternate)\n")
        }
        context.out.write(table.flush())
        return 0
    }
}

/// Names images by what the registry says they are now.
private struct Digests {
    let context: ComposeContext

    func resolve(_ project: inout Project) async throws {
        for name in project.serviceNames {
            guard let image = project.services[name]?.image, !image.isEmpty, !image.contains("@") else { continue }
            let answer = try await context.session.client.get("/distribution/\(PercentEncoding.path(image))/json")
            guard let digest = answer["Descriptor", "digest"].string else { continue }
            project.services[name]?.json["image"] = .string("\(image)@\(digest)")
        }
    }
}
