import CommandLine
import Compose
import DockerCLI

struct UpOptions: Sendable, Creating {
    var create = CreateOptions()
    var detach = false, noStart = false, noDependencies = false, abortOnExit = false, abortOnFailure = false
    var noColor = false, noPrefix = false, timestamps = false, wait = false, watch = false, menu = false
    var attachDependencies = false
    var attach: [String] = [], noAttach: [String] = []
    var exitCodeFrom = ""
    var waitSeconds = 0
}

extension ComposeTree {
    static func up() -> ComposeCommand {
        ComposeCommand(
            "up", "Create and start containers", usage: "[OPTIONS] [SERVICE...]", count: .atLeast(0),
            options: UpOptions(),
            flags: (Flag<UpOptions>.creating + [
                .toggle("abort-on-container-exit", \.abortOnExit, "Stop everything when a container ends"),
                .toggle("abort-on-container-failure", \.abortOnFailure, "Stop everything when a container fails"),
                .toggle("always-recreate-deps", \.create.recreateDependencies, "Make anew what is depended on too"),
                .list("attach", \.attach, value: "stringArray", "Show the output of these services only"),
                .toggle("attach-dependencies", \.attachDependencies, "Show the output of what is depended on too"),
                .toggle("detach", short: "d", \.detach, "Leave containers running in the background"),
                .text("exit-code-from", \.exitCodeFrom, "End with the exit code of this service's container"),
                .toggle("menu", \.menu, "Accepted for the original's sake: there is no menu"),
                .list("no-attach", \.noAttach, value: "stringArray", "Don't show the output of these services"),
                .toggle("no-color", \.noColor, "Print without colours"),
                .toggle("no-deps", \.noDependencies, "Leave out what services depend on"),
                .toggle("no-log-prefix", \.noPrefix, "Print lines without containers' names"),
                .toggle("no-start", \.noStart, "Create, but don't start"),
                .toggle("quiet-build", \.create.quietBuild, "Build without showing output"),
                .toggle(
                    "renew-anon-volumes", short: "V", \.create.renewsVolumes, "New anonymous volumes for new containers"
                ),
                .optionalInt("timeout", short: "t", \.create.timeout, "Seconds that containers have to stop"),
                .toggle("timestamps", \.timestamps, "Show when lines were written"),
                .toggle("wait", \.wait, "Wait until services run or are healthy"),
                .int("wait-timeout", \.waitSeconds, "Seconds to wait at most"),
                .toggle("watch", short: "w", \.watch, "Watch files and refresh containers"),
            ]).sorted { $0.name < $1.name }
        ) { options, parsed, context in
            try await UpCommand(options: options.implied, context: context).run(parsed.arguments)
        }
    }
}

extension UpOptions {
    fileprivate var implied: UpOptions {
        var own = self
        if !exitCodeFrom.isEmpty, !abortOnFailure { own.abortOnExit = true }
        if wait { own.detach = true }
        return own
    }

    fileprivate func check() throws {
        if abortOnExit, abortOnFailure {
            throw Failure("--abort-on-container-failure cannot be combined with --abort-on-container-exit")
        }
        let follows = attachDependencies || abortOnExit || abortOnFailure || !attach.isEmpty || watch
        if detach, follows {
            throw Failure(
                "--\(wait ? "wait" : "detach") cannot be combined with --abort-on-container-exit, --abort-on-container-failure, --attach, --attach-dependencies or --watch"
            )
        }
        if !attach.isEmpty, attachDependencies { throw Failure("cannot combine --attach and --attach-dependencies") }
        if create.noBuild, watch { throw Failure("--no-build and --watch are incompatible") }
        try create.check()
    }
}

private struct UpCommand {
    let options: UpOptions
    let context: ComposeContext

    func run(_ services: [String]) async throws -> Int32 {
        try options.check()
        var project = try await context.project(services, withDependencies: !options.noDependencies)
        guard !project.services.isEmpty else { throw Failure("no service selected") }
        try options.create.apply(to: &project)
        if !options.exitCodeFrom.isEmpty { _ = try project.service(options.exitCodeFrom) }
        let api = try context.api(project.name)
        let progress = try ProgressReport(context)
        let creation = Creation(
            context: context, project: project, api: api, progress: progress, options: options.create, asked: services)
        let starting = Starting(
            context: context, project: project, api: api, progress: progress,
            waitSeconds: options.waitSeconds > 0 ? options.waitSeconds : nil)
        try await progress.during { [project] in
            try await creation.run()
            guard options.detach, !options.noStart else { return }
            try await starting.run()
            if options.wait, !context.options.dryRun { try await starting.waitForAll() }
            _ = project
        }
        if options.detach || options.noStart { return 0 }
        if context.options.dryRun {
            context.err.line("end of 'compose up' output, interactive run is not supported in dry-run mode")
            return 0
        }
        return try await attached(project, services, api)
    }

    private func attached(
        _ project: Project, _ services: [String], _ api: ProjectAPI
    ) async throws -> Int32 {
        let printer = LogPrinter(
            out: context.out, err: context.err,
            colors: !options.noColor && context.options.ansi != "never"
                && (context.out.isTerminal || context.options.ansi == "always"), prefixes: !options.noPrefix)
        var session = AttachedProject(context: context, project: project, api: api, printer: printer)
        session.shown = try shown(project, services)
        session.timestamps = options.timestamps
        session.stopsOn = options.abortOnExit ? .anyExit : options.abortOnFailure ? .failure : .nothing
        session.exitCodeFrom = options.exitCodeFrom
        session.stopSeconds = options.create.timeout
        var starting = Starting(
            context: context, project: project, api: api, progress: try ProgressReport(context, isQuiet: true))
        starting.logs = printer
        let watch = options.watch ? WatchRun(context: context, project: project, api: api, printer: printer) : nil
        return try await session.run(starting: starting, watch: watch)
    }

    /// Services whose output is shown.
    private func shown(_ project: Project, _ services: [String]) throws -> Set<String> {
        var names: Set<String>
        if !options.attach.isEmpty {
            let unknown = options.attach.filter { project.services[$0] == nil }
            guard unknown.isEmpty else {
                throw Failure("cannot attach to services not included in up: \(unknown.joined(separator: ", "))")
            }
            names = Set(options.attach)
        } else {
            let all = services.isEmpty || options.attachDependencies ? project.serviceNames : services
            names = Set(all.filter { project.services[$0]?.attaches ?? true })
        }
        return names.subtracting(options.noAttach)
    }
}
