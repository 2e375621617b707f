import Dispatch
import GRDB
import NIOConcurrencyHelpers

/// Moves the write-ahead log into the database beside the writer, on a connection and a thread of its own, so that
/// writes don't wait for it. The log's file is written from its beginning again once all of it was moved.
///
/// Under a load without pauses that moment never comes: at `Limit.forcedCheckpointPages` the writer stops for it, which
/// is short because little is left to move.
final class Checkpointer: Sendable {
    private struct State {
        var pages = 0
        var isRunning = false
    }

    private let connection: DatabaseQueue
    private let state = NIOLockedValueBox(State())
    private let thread = DispatchQueue(label: "kube-checkpoint", qos: .utility)

    /// Pages of 4 KiB in the log that are moved together.
    private let pages: Int

    init(path: String, pages: Int) throws {
        self.pages = pages
        var configuration = Configuration()
        configuration.label = "kube-checkpoint"
        connection = try DatabaseQueue(path: path, configuration: configuration)
    }

    /// A transaction wrote about so many bytes.
    func wrote(_ bytes: Int) {
        let isDue = state.withLockedValue { state in
            state.pages += 2 + bytes / 4_096
            guard state.pages >= pages, !state.isRunning else { return false }
            state.pages = 0
            state.isRunning = true
            return true
        }
        if isDue { thread.async { self.run() } }
    }

    private func run() {
        // A failure harms nothing: the writer moves the log when it is long, and says so when it can't.
        _ = try? connection.writeWithoutTransaction { try $0.checkpoint(.passive) }
        state.withLockedValue { $0.isRunning = false }
    }

    func close() throws {
        thread.sync {}
        try connection.close()
    }
}
