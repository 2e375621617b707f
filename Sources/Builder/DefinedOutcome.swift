import DockerModel
import NIOConcurrencyHelpers

// A build whose outcome is in a cache from elsewhere, which has the outcome's own layers and not those of the stages that
// they were copied from: found by what every step is told, without running any.
extension Build {
    /// Nil: something has to run.
    func definedOutcome(_ listener: any BuildListener) async throws -> StageState? {
        guard inputs.cache != nil, plan.stages.count > 1, request.usesCache, request.uncachedStages.isEmpty else {
            return nil
        }
        let kept = BuildRecording()
        var tasks: [Int: Task<StageState, any Error>] = [:]
        do {
            for stage in plan.stages {
                let needed = tasks.filter { stage.needs.contains($0.key) }
                let mode = StageRun.Mode.define(finds: plan.outcomeStages.contains(stage.index))
                let state = try await StageRun(self, stage, needed, kept, mode: mode).run()
                try await kept.endOfStage(stage.index)
                tasks[stage.index] = Task { state }
            }
        } catch {
            // What is wrong besides is found, and told, when it runs.
            try Task.checkCancellation()
            return nil
        }
        try await kept.tell(listener)
        return try await tasks[plan.target]?.value
    }
}

/// What a build would have told, for the case that it counts.
private final class BuildRecording: BuildListener {
    private enum Entry {
        case event(BuildEvent, BuildStep)
        case end(Int)
    }

    private let entries = NIOLockedValueBox<[Entry]>([])

    func hear(_ event: BuildEvent, of step: BuildStep) async throws {
        entries.withLockedValue { $0.append(.event(event, step)) }
    }

    func endOfStage(_ index: Int) async throws { entries.withLockedValue { $0.append(.end(index)) } }

    func tell(_ listener: any BuildListener) async throws {
        for entry in entries.withLockedValue({ $0 }) {
            switch entry {
            case .event(let event, let step): try await listener.hear(event, of: step)
            case .end(let index): try await listener.endOfStage(index)
            }
        }
    }
}
