import CommandLine
import JSON
import NIOCore
import NIOHTTP1
import Wire

/// A wait for a container's end that the daemon has already begun: made before the container starts, so that a short
/// run isn't missed.
package struct ExitWait: Sendable {
    private let answer: HTTPAnswer

    package enum Condition: String { case notRunning = "not-running", nextExit = "next-exit", removed }

    /// Returns when the daemon has answered with its head: the wait is armed.
    package static func arm(_ session: Session, _ id: String, _ condition: Condition) async throws -> ExitWait {
        let query: Query = condition == .notRunning ? [] : [("condition", condition.rawValue)]
        return ExitWait(
            answer: try await session.client.send(.POST, "/containers/\(PercentEncoding.path(id))/wait", query))
    }

    /// The exit code. Throws what the daemon says went wrong.
    package func code() async throws -> Int32 {
        let text = try await answer.body(upTo: 1 << 20)
        let result = try JSON(parsing: text.readableBytesView)
        if let message = result["Error", "Message"].string, !message.isEmpty { throw Failure(message) }
        return Int32(truncatingIfNeeded: result["StatusCode"].int ?? 0)
    }

    package func cancel() { answer.cancel() }
}
