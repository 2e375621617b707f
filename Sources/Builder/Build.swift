import DockerModel
import Dockerfile
import Engine
import Fault
import ImageStore
import JSON
import Linux
import OCI

/// One build from its context to its image: stages as tasks that wait for each other.
final class Build: Sendable {
    let id: String
    let request: BuildRequest
    let context: BuildContext
    let builder: Builder
    let plan: BuildPlan
    let arguments: BuildArguments
    let platform: Platform
    let output: OrderedOutput
    /// Keeps the layers that are made until the image has them.
    let lease: Lease
    let sink: ProgressSink
    /// SOURCE_DATE_EPOCH, in nanoseconds: the time of everything that is made; nil: the time when it is made.
    let epoch: Int64?

    var engine: Engine { builder.engine }

    init(
        _ id: String, _ request: BuildRequest, _ context: BuildContext, on builder: Builder,
        _ sink: @escaping ProgressSink
    ) async throws {
        self.id = id
        self.request = request
        self.context = context
        self.builder = builder
        self.sink = sink
        for tag in request.tags { _ = try Engine.reference(repository: tag, tag: "") }
        let file = try Dockerfile(context.dockerfile, name: request.dockerfile)
        plan = try BuildPlan(file, target: request.target)
        platform =
            try request.platform.flatMap { $0.isEmpty ? nil : $0 }
            .map { (text) throws(Fault) in try Platform(parsing: text) } ?? .host
        arguments = try BuildArguments(request, file, target: platform, host: .host)
        output = OrderedOutput(lanes: plan.stages.map(\.index), isQuiet: request.isQuiet, sink)
        lease = builder.engine.images.lease()
        if let text = request.arguments["SOURCE_DATE_EPOCH"] ?? nil {
            guard let seconds = Int64(text), seconds >= 0, seconds < 1 << 33 else {
                throw Fault(.invalid, "invalid SOURCE_DATE_EPOCH: \(text)")
            }
            self.epoch = seconds * 1_000_000_000
        } else {
            epoch = nil
        }
    }

    func run() async throws {
        defer { withExtendedLifetime(lease) {} }
        do {
            let state = try await runStages()
            try await finish(state)
        } catch let failure as StepFailure {
            try await output.close([failure.json])
        }
    }

    private func runStages() async throws -> StageState {
        var tasks: [Int: Task<StageState, any Error>] = [:]
        for stage in plan.stages {
            let needed = tasks.filter { stage.needs.contains($0.key) }
            tasks[stage.index] = Task {
                do {
                    let run = StageRun(self, stage, needed)
                    let state = try await run.run()
                    try await self.output.end(lane: stage.index)
                    return state
                } catch {
                    try? await self.output.end(lane: stage.index)
                    throw error
                }
            }
        }
        return try await target(of: tasks)
    }

    /// The first that fails ends the others; nothing of the build runs on when this returns.
    private func target(of tasks: [Int: Task<StageState, any Error>]) async throws -> StageState {
        let cancel: @Sendable () -> Void = { for task in tasks.values { task.cancel() } }
        return try await withTaskCancellationHandler {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for task in tasks.values { group.addTask { _ = try await task.value } }
                do {
                    while try await group.next() != nil {}
                } catch {
                    cancel()
                    for task in tasks.values { _ = await task.result }
                    throw error
                }
            }
            guard let state = try await tasks[plan.target]?.value else {
                throw Fault(.internalFault, "the build has no target")
            }
            return state
        } onCancel: {
            cancel()
        }
    }

    private func finish(_ result: StageState) async throws {
        var state = result
        if !request.labels.isEmpty {
            state.settings.set(
                labels: request.labels.sorted { $0.key < $1.key }.map { KeyValue(key: $0.key, value: $0.value) })
        }
        if state.created == nil { state.created = epoch ?? nowNanoseconds() }
        let config = state.document().bytes()
        let manifest = try await engine.images.makeManifest(config: config, diffIDs: state.layers)
        let image = try await engine.images.register(
            manifest: manifest.bytes, mediaType: manifest.mediaType, config: config, parent: state.base)
        var messages: [JSON] = [["aux": ["ID": .string("\(image.id)")]]]
        if request.isQuiet {
            messages.append(["stream": .string("\(image.id)\n")])
        } else {
            let unused = arguments.unused(in: plan.file)
            if !unused.isEmpty {
                messages.append([
                    "stream": .string("[Warning] One or more build-args \(unused) were not consumed\n")
                ])
            }
            messages.append(["stream": .string("Successfully built \(image.id.hex.prefix(12))\n")])
        }
        for tag in request.tags {
            try await engine.tagImage("\(image.id)", repository: tag, tag: "")
            let name = try Engine.reference(repository: tag, tag: "").familiar
            if !request.isQuiet { messages.append(["stream": .string("Successfully tagged \(name)\n")]) }
        }
        try await output.close(messages)
    }
}
