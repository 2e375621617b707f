import CommandLine
import Compose
import DockerCLI
import Glibc
import JSON
import Wire
import NIOConcurrencyHelpers

/// `up` without `-d`: starts containers, prints what they write until all have ended, and stops them at a signal.
struct AttachedProject: Sendable {
    enum StopReason: Sendable { case nothing, anyExit, failure }

    let context: ComposeContext
    let project: Project
    let api: ProjectAPI
    let printer: LogPrinter
    var shown: Set<String> = []
    var timestamps = false
    var stopsOn = StopReason.nothing
    var exitCodeFrom = ""
    /// Seconds; nil: the containers' own.
    var stopSeconds: Int?

    init(context: ComposeContext, project: Project, api: ProjectAPI, printer: LogPrinter) {
        self.context = context
        self.project = project
        self.api = api
        self.printer = printer
    }

    /// Exit code after a signal, as a shell counts it: 128 + SIGINT.
    private static let interrupted: Int32 = 130

    private enum Happening: Sendable {
        case event(JSON)
        case eventsEnded((any Error)?)
        case started((any Error)?)
        case signal
    }

    private struct Progress {
        var running: Set<String> = []
        /// Containers that are to be started and that no event has told of yet.
        var pending: Set<String> = []
        var names: [String: String] = [:]
        var reading: [String: Task<Void, Never>] = [:]
        /// When each container's newest output begins: what it wrote in earlier runs isn't shown.
        var since: [String: String] = [:]
        let began = AttachedProject.moment(Timestamp.now())
        var hasStarted = false
        var signals = 0
        var exitCode: Int32 = 0
        var hasExitCode = false
        var isStopping = false
        var failure: (any Error)?
    }

    func run(starting: Starting, watch: WatchRun?) async throws -> Int32 {
        let containers = try await api.containers().filter { project.services[$0.service] != nil }
        let visible = containers.filter { shown.contains($0.service) }
        let names = visible.map { $0.shortName(project: project.name) }
        printer.register(names)
        context.out.line("Attaching to \(names.sorted().joined(separator: ", "))")
        let (happenings, report) = AsyncStream.makeStream(of: Happening.self)
        let events = try await api.events()
        let pump = Task { await pumpEvents(events, report) }
        let signals = Signals.forEach([SIGINT, SIGTERM]) { _ in report.yield(.signal) }
        let start = Task {
            do {
                try await starting.run()
                report.yield(.started(nil))
            } catch { report.yield(.started(error)) }
        }
        let watching = watch.map { run in Task { try? await run.run() } }
        defer {
            events.cancel()
            for task in [pump, signals, start] { task.cancel() }
            watching?.cancel()
        }
        var state = Progress()
        for container in containers {
            state.names[container.id] = container.shortName(project: project.name)
            guard container.isRunning else {
                state.pending.insert(container.id)
                continue
            }
            state.running.insert(container.id)
            if shown.contains(container.service) { read(container.id, &state) }
        }
        for await happening in happenings {
            try await take(happening, &state)
            if state.hasStarted, state.running.isEmpty, state.pending.isEmpty, !(watch != nil && state.signals == 0) {
                break
            }
        }
        for task in state.reading.values { await task.value }
        if let failure = state.failure, state.signals == 0 { throw failure }
        return state.signals > 0 ? Self.interrupted : state.exitCode
    }

    private func pumpEvents(_ answer: HTTPAnswer, _ report: AsyncStream<Happening>.Continuation) async {
        let stream = api.client.documents(answer)
        do {
            while let event = try await stream.next() { report.yield(.event(event)) }
            report.yield(.eventsEnded(nil))
        } catch { report.yield(.eventsEnded(error)) }
    }

    private func take(_ happening: Happening, _ state: inout Progress) async throws {
        switch happening {
        case .started(let error):
            state.hasStarted = true
            if let error {
                state.failure = error
                if state.signals == 0 { throw error }
            }
        case .eventsEnded(let error): throw error ?? Failure("the daemon's events have ended")
        case .signal:
            state.signals += 1
            (state.pending, state.hasStarted) = ([], true)
            if state.signals == 1 {
                context.out.line("Gracefully Stopping... press Ctrl+C again to force")
                stop(&state)
            } else {
                kill(state.running)
            }
        case .event(let event): take(event, &state)
        }
    }

    private func take(_ event: JSON, _ state: inout Progress) {
        let id = event["Actor", "ID"].string ?? event["id"].string ?? ""
        let attributes = event["Actor", "Attributes"]
        let service = attributes[Label.service].string ?? ""
        guard project.services[service] != nil, attributes[Label.oneOff].string != "True" else { return }
        let name = state.names[id] ?? ProjectContainer(["Names": [attributes["name"]]]).shortName(project: project.name)
        state.names[id] = name
        switch event["Action"].string ?? event["status"].string ?? "" {
        case "start":
            state.running.insert(id)
            state.pending.remove(id)
            guard shown.contains(service) else { return }
            read(id, &state)
        case "die":
            state.running.remove(id)
            state.since[id] = Self.moment(Timestamp(unixNanoseconds: Int64(event["timeNano"].int ?? 0)))
            let code = Int32(attributes["exitCode"].string ?? "") ?? 0
            exited(id, name, service, code, &state)
        case "destroy":
            state.running.remove(id)
            state.pending.remove(id)
        default: break
        }
    }

    /// Seconds with a fraction, how the API takes a time.
    private static func moment(_ time: Timestamp) -> String {
        let digits = "\(time.nanoseconds)"
        return "\(time.seconds)." + String(repeating: "0", count: max(0, 9 - digits.count)) + digits
    }

    private func exited(_ id: String, _ name: String, _ service: String, _ code: Int32, _ state: inout Progress) {
        let task = state.reading[id]
        let (printer, isShown) = (printer, shown.contains(service))
        if isShown {
            // After the last of the container's lines.
            state.reading[id] = Task {
                await task?.value
                printer.status(name, "exited with code \(code)")
            }
        }
        if !exitCodeFrom.isEmpty, service == exitCodeFrom, !state.hasExitCode {
            (state.exitCode, state.hasExitCode) = (code, true)
        }
        guard stopsOn == .anyExit || (stopsOn == .failure && code != 0), !state.isStopping else { return }
        if exitCodeFrom.isEmpty { state.exitCode = code }
        context.err.line("Aborting on container exit...")
        stop(&state)
    }

    private func stop(_ state: inout Progress) {
        guard !state.isStopping else { return }
        state.isStopping = true
        state.pending = []
        let (context, project, api, seconds) = (context, project, api, stopSeconds)
        Task {
            guard let progress = try? ProgressReport(context) else { return }
            await progress.during {
                let removal = Removal(context: context, project: project, api: api, progress: progress)
                let all = Dictionary(grouping: (try? await api.containers(all: false)) ?? [], by: \.service)
                do {
                    try await DependencyOrder(project, reversed: true).forEach { name in
                        try await Parallel.forEach(all[name] ?? []) {
                            try await removal.stop($0, project.services[name], timeout: seconds)
                        }
                    }
                } catch { context.err.line("\(error)") }
            }
        }
    }

    private func kill(_ ids: Set<String>) {
        let api = api
        Task { for id in ids { _ = try? await api.client.post("/containers/\(id)/kill") } }
    }

    private func read(_ id: String, _ state: inout Progress) {
        let earlier = state.reading[id]
        let name = state.names[id] ?? id
        var reading = LogReading(api: api, printer: printer)
        reading.follow = true
        reading.timestamps = timestamps
        reading.since = state.since[id] ?? state.began
        let (own, printer) = (reading, printer)
        state.reading[id] = Task {
            await earlier?.value
            do { try await own.print(id, as: name) } catch { printer.line(name, "\(error)", isError: true) }
        }
    }
}
