import CLinux
import ContainerRuntime
import DockerModel
import Fault
import JSON
import Linux
import NIOCore
import NIOPosix
import Synchronization

extension Engine {
    package func containerLogs(_ ref: String, _ options: LogOptions) async throws -> (OutputSource, isTerminal: Bool) {
        let container = try container(ref)
        let record = container.record
        guard options.stdout || options.stderr else {
            throw Fault(.invalid, "Bad parameters: you must choose at least one stream")
        }
        let type = record.hostConfig["LogConfig"]["Type"].string ?? "json-file"
        guard let format = LogFile.Format(rawValue: type), format != .none else {
            throw Fault(
                .notImplemented,
                "configured logging driver does not support reading: container \(record.name) logs to \"\(type)\"")
        }
        var selection = LogSelection()
        selection.stdout = options.stdout
        selection.stderr = options.stderr
        selection.timestamps = options.timestamps
        selection.since = options.since
        selection.until = options.until
        if options.details { selection.details = LogDetails(record).text }
        let files = LogFiles(format: format, path: logPath(record))
        let isFollowing = options.follow && record.state.isRunning
        // Armed before the record is looked at again, so that an end in between isn't missed.
        let watch =
            isFollowing ? try await LogWatch.start(files.path, until: container.outcomes(untilRemoved: false)) : nil
        if isFollowing, !container.record.state.isRunning { watch?.end() }
        watch?.end(at: options.until)
        let reader = LogReader(files, selection, tail: options.tail, isLineByLine: options.follow, watch: watch)
        return (OutputSource(next: { try await reader.next() }, cancel: { reader.cancel() }), record.isTerminal)
    }
}

/// Joins a cursor, which blocks, with a watch, which waits. One reader at a time.
private final class LogReader: Sendable {
    private struct State {
        var waiting: [OutputChunk] = []
        /// Position of the next in `waiting`.
        var at = 0
        var isCancelled = false
    }
    private let state = Mutex(State())
    private let cursor: CursorBox
    private let watch: LogWatch?

    // The cursor is used by one thread at a time, since the source has one reader; the lock says so to the compiler.
    private final class CursorBox: @unchecked Sendable {
        private let lock = Mutex(())
        private var cursor: LogCursor?
        private let open: () throws -> LogCursor
        init(_ open: @escaping () throws -> LogCursor) { self.open = open }

        func read() throws -> (chunks: [OutputChunk], isDone: Bool) {
            try lock.withLock { _ in
                let cursor = try self.cursor ?? open()
                self.cursor = cursor
                let chunks = try cursor.read()
                return (chunks, cursor.isDone)
            }
        }

        func close() { lock.withLock { _ in cursor = nil } }
    }

    init(_ files: LogFiles, _ selection: LogSelection, tail: Int?, isLineByLine: Bool, watch: LogWatch?) {
        cursor = CursorBox { try LogCursor(files, selection, tail: tail, isLineByLine: isLineByLine) }
        self.watch = watch
    }

    func next() async throws -> OutputChunk? {
        while true {
            if let chunk = pop() { return chunk }
            if state.withLock({ $0.isCancelled }) { return nil }
            // Asked before reading: what is written after the end was seen is not the container's.
            let isEnded = watch?.isEnded ?? true
            let (chunks, isDone) = try await NIOThreadPool.singleton.runIfActive { [cursor] in try cursor.read() }
            if !chunks.isEmpty {
                state.withLock { state in
                    state.waiting = chunks
                    state.at = 0
                }
                continue
            }
            if isDone || isEnded { return finish() }
            await watch?.change()
        }
    }

    private func pop() -> OutputChunk? {
        state.withLock { state in
            guard state.at < state.waiting.count else { return nil }
            defer { state.at += 1 }
            return state.waiting[state.at]
        }
    }

    private func finish() -> OutputChunk? {
        cancel()
        return nil
    }

    func cancel() {
        state.withLock { $0.isCancelled = true }
        watch?.stop()
    }
}
