import DockerModel
import Dockerfile
import JSON
import NIOConcurrencyHelpers
import NIOCore
import OCI

/// Tells of a build in the classic stream's words.
struct ClassicListener: BuildListener {
    let output: OrderedOutput
    private let pieces = NIOLockedValueBox<[Int: UTF8Pieces]>([:])

    init(_ output: OrderedOutput) { self.output = output }

    func hear(_ event: BuildEvent, of step: BuildStep) async throws {
        if step.isBorrowed {
            if case .pull(let message) = event { try await output.post(message, lane: step.stage) }
            return
        }
        switch event {
        case .began: try await say("Step \(step.number)/\(step.total) : \(step.instruction.text)\n", step)
        case .cached:
            // A base that is here is nothing to tell.
            if case .from(_) = step.instruction.kind { return }
            try await say(" ---> Using cache\n", step)
        case .running(let id): try await say(" ---> Running in \(id.prefix(12))\n", step)
        case .ran(let id): try await say(" ---> Removed intermediate container \(id.prefix(12))\n", step)
        case .output(let chunk):
            let pieces = pieces.withLockedValue { pieces in
                let known = pieces[step.stage] ?? UTF8Pieces()
                pieces[step.stage] = known
                return known
            }
            let text = pieces.take(chunk.bytes)
            if !text.isEmpty { try await say(text, step) }
        case .pull(let message): try await output.post(message, lane: step.stage)
        case .triggers(let count):
            try await say("# Executing \(count) build trigger\(count == 1 ? "" : "s")\n", step)
        case .ended(let digest): try await say(" ---> \(digest.hex.prefix(12))\n", step)
        case .ready, .failed: return
        }
    }

    private func say(_ text: String, _ step: BuildStep) async throws {
        try await output.say(text, lane: step.stage)
    }

    func endOfStage(_ index: Int) async throws { try await output.end(lane: index) }
}
