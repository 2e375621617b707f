import DockerModel
import Dockerfile
import Engine
import Fault
import ImageStore
import JSON
import Linux
import NIOConcurrencyHelpers
import OCI

/// One build from its inputs to its image: stages as tasks that wait for each other.
package final class Build: Sendable {
    let request: BuildRequest
    let inputs: BuildInputs
    let builder: Builder
    package let plan: BuildPlan
    let arguments: BuildArguments
    package let platform: Platform
    /// Keeps the layers that are made until the image has them.
    let lease: Lease
    /// SOURCE_DATE_EPOCH, in nanoseconds: the time of everything that is made; nil: the time when it is made.
    let epoch: Int64?
    private let made = NIOLockedValueBox<[MadeStep]>([])

    package var engine: Engine { builder.engine }

    /// Throws when the Dockerfile or the request can't be understood; nothing has run then.
    package init(_ request: BuildRequest, _ inputs: BuildInputs, on builder: Builder) throws {
        self.request = request
        self.inputs = inputs
        self.builder = builder
        let file = try Dockerfile(inputs.dockerfile, name: request.dockerfile)
        plan = try BuildPlan(file, target: request.target, named: Set(inputs.named.keys))
        platform =
            try request.platform.flatMap { $0.isEmpty ? nil : $0 }
            .map { (text) throws(Fault) in try Platform(parsing: text) } ?? .host
        arguments = try BuildArguments(request, file, target: platform, host: .host)
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

    /// Throws a `StepError` where an instruction failed.
    package func run(_ listener: any BuildListener) async throws -> BuiltImage {
        var state = try await runStages(listener)
        if !request.labels.isEmpty {
            state.settings.set(
                labels: request.labels.sorted { $0.key < $1.key }.map { KeyValue(key: $0.key, value: $0.value) })
        }
        if state.created == nil { state.created = epoch ?? nowNanoseconds() }
        return BuiltImage(
            config: state.document().bytes(), layers: state.layers, platform: state.platform, base: state.base,
            lease: lease, steps: made.withLockedValue { $0 })
    }

    /// - Parameter defined: its key by what it is told alone, for builders that have nothing but a cache.
    func remember(_ step: MadeStep, _ defined: Digest) {
        var other = step
        other.key = defined
        let both = step.key == defined ? [step] : [step, other]
        made.withLockedValue { $0 += both }
    }

    private func runStages(_ listener: any BuildListener) async throws -> StageState {
        if let state = try await definedOutcome(listener) { return state }
        var tasks: [Int: Task<StageState, any Error>] = [:]
        for stage in plan.stages {
            let needed = tasks.filter { stage.needs.contains($0.key) }
            tasks[stage.index] = Task {
                do {
                    let run = StageRun(self, stage, needed, listener)
                    let state = try await run.run()
                    try await listener.endOfStage(stage.index)
                    return state
                } catch {
                    try? await listener.endOfStage(stage.index)
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
}
