import CommandLine
import Compose
import DockerCLI
import JSON
import Wire

struct ComposeLogsOptions: Sendable {
    var follow = false, noColor = false, noPrefix = false, timestamps = false
    var tail = "all", since = "", until = ""
    var index = 0
}

extension ComposeTree {
    static func logs() -> ComposeCommand {
        ComposeCommand(
            "logs", "View output from containers", usage: "[OPTIONS] [SERVICE...]", count: .atLeast(0),
            options: ComposeLogsOptions(),
            flags: [
                .toggle("follow", short: "f", \.follow, "Go on with what is logged from now on"),
                .int("index", \.index, "Number of the container when a service has several"),
                .toggle("no-color", \.noColor, "Print without colours"),
                .toggle("no-log-prefix", \.noPrefix, "Print lines without containers' names"),
                .text("since", \.since, "Show logs since a time or a while ago (e.g. \"42m\")"),
                .text("tail", short: "n", \.tail, default: "all", "Number of lines from the end of each log"),
                .toggle("timestamps", short: "t", \.timestamps, "Show the time of each line"),
                .text("until", \.until, "Show logs before a time or a while ago (e.g. \"42m\")"),
            ]
        ) { options, parsed, context in
            try await LogsCommand(options: options, context: context).run(parsed.arguments)
        }
    }
}

private struct LogsCommand {
    let options: ComposeLogsOptions
    let context: ComposeContext

    func run(_ services: [String]) async throws -> Int32 {
        let (project, name) = try await context.projectOrName()
        for service in services where project != nil && project?.services[service] == nil {
            throw ComposeError("no such service: \(service)")
        }
        let api = try context.api(name)
        var containers = try await api.containers(services: services)
        if services.isEmpty, let project {
            containers = containers.filter { project.services[$0.service] != nil }
        }
        if options.index > 0 { containers = containers.filter { $0.number == options.index } }
        let printer = LogPrinter(
            out: context.out, err: context.err,
            colors: !options.noColor && context.options.ansi != "never"
                && (context.out.isTerminal || context.options.ansi == "always"), prefixes: !options.noPrefix)
        printer.register(containers.map { $0.shortName(project: name) })
        let reading = try reading(api, printer)
        guard options.follow else {
            try await Parallel.forEach(containers) { try await reading.print($0.id, as: $0.shortName(project: name)) }
            return 0
        }
        try await follow(containers, services, api, reading)
        return 0
    }

    private func reading(_ api: ProjectAPI, _ printer: LogPrinter) throws -> LogReading {
        var reading = LogReading(api: api, printer: printer)
        reading.follow = options.follow
        reading.timestamps = options.timestamps
        reading.tail = options.tail
        if !options.since.isEmpty { reading.since = try TimeArgument.parse(options.since, "since") }
        if !options.until.isEmpty { reading.until = try TimeArgument.parse(options.until, "until") }
        return reading
    }

    /// Prints what is there, and what containers write that start later, until none runs.
    private func follow(
        _ containers: [ProjectContainer], _ services: [String], _ api: ProjectAPI, _ reading: LogReading
    ) async throws {
        let events = try await api.events()
        defer { events.cancel() }
        let stream = api.client.documents(events)
        let name = api.project
        try await withThrowingTaskGroup(of: Void.self) { group in
            var running = Set(containers.filter(\.isRunning).map(\.id))
            for container in containers {
                group.addTask { try await reading.print(container.id, as: container.shortName(project: name)) }
            }
            while !running.isEmpty, let event = try await stream.next() {
                let id = event["Actor", "ID"].string ?? ""
                let attributes = event["Actor", "Attributes"]
                let service = attributes[Label.service].string ?? ""
                guard services.isEmpty || services.contains(service) else { continue }
                switch event["Action"].string ?? "" {
                case "die": running.remove(id)
                case "start":
                    running.insert(id)
                    var later = reading
                    later.since = "\(event["time"].int ?? 0)"
                    later.tail = "all"
                    let own = later
                    let short = ProjectContainer(["Names": [attributes["name"]]]).shortName(project: name)
                    group.addTask { try await own.print(id, as: short) }
                default: break
                }
            }
            try await group.waitForAll()
        }
    }
}
