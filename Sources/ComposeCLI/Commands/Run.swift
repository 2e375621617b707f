import CommandLine
import Compose
import DockerCLI
import JSON

struct ComposeRunOptions: Sendable, Creating {
    var create = CreateOptions()
    var detach = false, removes = false, noDependencies = false, servicePorts = false, aliases = false, quiet = false
    var interactive = true, terminal = true
    var noTerminal: Bool?
    var environment: [String] = [], environmentFiles: [String] = [], labels: [String] = [], capAdd: [String] = []
    var capDrop: [String] = [], volumes: [String] = [], publish: [String] = []
    var name = "", user = "", folder = "", entrypoint: String?
}

extension ComposeTree {
    static func run() -> ComposeCommand {
        ComposeCommand(
            "run", "Run a one-off command on a service", usage: "[OPTIONS] SERVICE [COMMAND] [ARGS...]",
            count: .atLeast(1), interspersed: false, options: ComposeRunOptions(),
            flags: [
                .toggle("build", \.create.build, "Build the image first"),
                .list("cap-add", \.capAdd, "Add Linux capabilities"),
                .list("cap-drop", \.capDrop, "Drop Linux capabilities"),
                .toggle("detach", short: "d", \.detach, "Run in the background and print the container's ID"),
                .optionalText("entrypoint", \.entrypoint, "Program instead of the image's entrypoint"),
                .list("env", short: "e", \.environment, value: "stringArray", "Environment variable"),
                .list("env-from-file", \.environmentFiles, value: "stringArray", "File of environment variables"),
                .toggle("interactive", short: "i", \.interactive, default: true, "Keep STDIN open"),
                .list("label", short: "l", \.labels, value: "stringArray", "Label of the container"),
                .text("name", \.name, "Name of the container"),
                .optionalToggle("no-TTY", short: "T", \.noTerminal, "Give the container no terminal"),
                .toggle("no-deps", \.noDependencies, "Leave out what the service depends on"),
                .list("publish", short: "p", \.publish, value: "stringArray", "Publish a container's port"),
                .text(
                    "pull", \.create.pull, default: "policy",
                    "When to pull the image (\"always\"|\"missing\"|\"never\")"),
                .toggle("quiet", short: "q", \.quiet, "Print nothing to STDOUT"),
                .toggle("quiet-build", \.create.quietBuild, "Build without showing output"),
                .toggle("quiet-pull", \.create.quietPull, "Pull without showing progress"),
                .toggle(
                    "remove-orphans", \.create.removeOrphans, "Remove containers of services that the files don't have"),
                .toggle("rm", \.removes, "Remove the container when it ends"),
                .toggle("service-ports", short: "P", \.servicePorts, "Publish the service's ports"),
                .toggle("tty", short: "t", \.terminal, default: true, hidden: true, "Give the container a terminal"),
                .toggle("use-aliases", \.aliases, "Give the container the service's names in its networks"),
                .text("user", short: "u", \.user, "User to run as"),
                .list("volume", short: "v", \.volumes, value: "stringArray", "Mount a folder or volume"),
                .text("workdir", short: "w", \.folder, "Working directory"),
            ]
        ) { options, parsed, context in
            try await OneOffRun(options: options, context: context)
                .run(parsed.arguments[0], command: Array(parsed.arguments.dropFirst()))
        }
    }
}

private struct OneOffRun {
    let options: ComposeRunOptions
    let context: ComposeContext

    func run(_ name: String, command: [String]) async throws -> Int32 {
        if options.servicePorts, !options.publish.isEmpty {
            throw Failure("--service-ports and --publish are incompatible")
        }
        var project = try await context.project([name], withDependencies: !options.noDependencies)
        try options.create.apply(to: &project)
        let service = try changed(project.service(name), command)
        project.services[name] = service
        let api = try context.api(project.name)
        let progress = try ProgressReport(context)
        let images = try await progress.during { [project] in
            try await prepare(project, service, api, progress)
        }
        let slug = (0..<6).map { _ in String(UInt8.random(in: 16...255), radix: 16) }.joined()
        let separator = context.options.separator
        let container =
            options.name.isEmpty ? [project.name, name, "run", slug].joined(separator: separator) : options.name
        let title = "Container \(container)"
        progress.event(title, .working, "Creating")
        if context.options.dryRun { return 0 }
        let sendsInput = options.interactive && !options.detach
        let oneOff = ContainerMaking.OneOff(
            slug: slug, attachesInput: sendsInput, removesItself: options.removes, takesAliases: options.aliases)
        let made = try await ContainerMaking(context: context, project: project, api: api, images: images)
            .make(service, number: 0, name: container, oneOff: oneOff)
        progress.event(title, .done, "Created")
        try await FileReferences.inject(api, project, service, into: made.id)
        if options.detach {
            try await api.start(made.id)
            context.out.line(made.id)
            return 0
        }
        let session = options.quiet ? context.session.with(out: Output { _ in true }) : context.session
        return try await session.docker(["start", "-a"] + (sendsInput ? ["-i"] : []) + [made.id])
    }

    /// Images, networks and volumes, and what the service depends on, started; IDs of images by service.
    private func prepare(
        _ project: Project, _ service: Service, _ api: ProjectAPI, _ progress: ProgressReport
    ) async throws -> [String: String] {
        var others = project
        others.services[service.name] = nil
        others.disabled[service.name] = service
        if !others.services.isEmpty, !options.noDependencies {
            var create = options.create
            create.build = false
            try await Creation(
                context: context, project: others, api: api, progress: progress, options: create
            ).run()
            let starting = Starting(context: context, project: others, api: api, progress: progress)
            try await starting.run()
            try await starting.waitForDependencies(of: service)
        }
        var own = project
        own.services = [service.name: service]
        var images = Images(context: context, project: own, api: api, progress: progress)
        images.buildsAlways = options.create.build
        images.isQuietPull = options.create.quietPull
        images.isQuietBuild = options.create.quietBuild
        let resources = Resources(context: context, project: own.withoutUnused(), api: api, progress: progress)
        _ = try await resources.networks()
        _ = try await resources.volumes()
        return try await images.ensure()
    }

    /// The service as the options change it.
    private func changed(_ service: Service, _ command: [String]) throws -> Service {
        var own = service
        own.json.remove("container_name")
        own.json.remove("restart")
        own.json.remove("deploy")
        own.json.remove("scale")
        if !command.isEmpty { own.json["command"] = JSON(command) }
        if let entrypoint = options.entrypoint {
            own.json["entrypoint"] = JSON(try ShellWords.split(entrypoint))
            if command.isEmpty { own.json["command"] = .array([]) }
        }
        let usesTerminal = !(options.noTerminal ?? !(context.out.isTerminal && context.session.input.isTerminal))
        own.json["tty"] = .bool(usesTerminal && options.terminal && !options.detach)
        own.json["stdin_open"] = .bool(options.interactive && !options.detach)
        if !options.user.isEmpty { own.json["user"] = .string(options.user) }
        if !options.folder.isEmpty { own.json["working_dir"] = .string(options.folder) }
        try variables(&own)
        for label in options.labels {
            let (name, value) = label.cut("=") ?? (label, "")
            own.json["labels"][name] = .string(value)
        }
        for (key, names) in [("cap_add", options.capAdd), ("cap_drop", options.capDrop)] where !names.isEmpty {
            own.json[key] = JSON(own.json[key].strings.filter { !names.contains($0) } + names)
        }
        if !options.servicePorts { own.json["ports"] = .array([]) }
        if !options.publish.isEmpty { own.json["ports"] = .array(try options.publish.flatMap(ServiceText.ports)) }
        for text in options.volumes {
            let volume = try ServiceText.volume(text, folder: ProjectSource.currentDirectory)
            let target = volume["target"].string
            own.json["volumes"] = .array(
                (own.json["volumes"].array ?? []).filter { $0["target"].string != target } + [volume])
        }
        return own
    }

    private func variables(_ service: inout Service) throws {
        var given: [(String, String?)] = []
        for file in options.environmentFiles {
            let text = String(decoding: try ProjectSource.access.read(ProjectSource.absolute(file)), as: UTF8.self)
            given += try DotEnv.parse(text, file: file) { context.session.environment[$0] }.map { ($0.0, $0.1) }
        }
        given += options.environment.map { text in
            text.cut("=").map { ($0.0, Optional($0.1)) } ?? (text, context.session.environment[text])
        }
        for (name, value) in given { service.json["environment"][name] = value.map { .string($0) } ?? .null }
    }
}
