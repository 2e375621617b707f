import BuildProtocol
import Engine
import NIOConcurrencyHelpers
import Protobuf
import Wire

/// All that a build has told so far, as pieces of BuildKit's StatusResponse. Who asks late gets it from the beginning.
final class StatusBoard: Sendable {
    enum Limit {
        /// Bytes of one step's output that are told; BuildKit's own limit.
        static let logBytes = 2 << 20
        /// Bytes of one message to a client.
        static let messageBytes = 1 << 20
    }

    private struct State {
        /// Each is a StatusResponse; put together they are one, too.
        var pieces: [[UInt8]] = []
        var isClosed = false
        var changed = Latch()
        var logged: [String: Int] = [:]
    }

    private let state = NIOLockedValueBox(State())

    private func post(_ piece: [UInt8]) {
        let changed: Latch? = state.withLockedValue { state in
            guard !state.isClosed else { return nil }
            state.pieces.append(piece)
            defer { state.changed = Latch() }
            return state.changed
        }
        changed?.open()
    }

    /// Nothing more comes.
    func close() {
        let changed = state.withLockedValue { state in
            state.isClosed = true
            return state.changed
        }
        changed.open()
    }

    func post(_ vertex: Vertex) { post(ProtobufWriter.message { $0.message(1) { vertex.write(&$0) } }) }

    func post(_ status: VertexStatus) {
        post(ProtobufWriter.message { $0.message(2) { status.write(&$0, at: BuildClock.now()) } })
    }

    /// Output of a step. What goes beyond the limit is left out, and said so once.
    func log(_ vertex: String, stream: Int, _ bytes: some Collection<UInt8>) {
        let (kept, isCut) = state.withLockedValue { state -> (Int, Bool) in
            let logged = state.logged[vertex, default: 0]
            let room = max(0, Limit.logBytes - logged)
            state.logged[vertex] = logged + bytes.count
            return (min(room, bytes.count), logged <= Limit.logBytes && bytes.count > room)
        }
        if kept > 0 { postLog(vertex, stream, bytes.prefix(kept)) }
        if isCut { postLog(vertex, stream, Array("\n[output clipped, log limit 2MiB reached]\n".utf8)[...]) }
    }

    private func postLog(_ vertex: String, _ stream: Int, _ bytes: some Collection<UInt8>) {
        let message = Array(bytes)
        post(
            ProtobufWriter.message {
                $0.message(3) { log in
                    log.text(1, vertex)
                    log.timestamp(2, BuildClock.now())
                    log.number(3, Int64(stream))
                    log.bytes(4, message)
                }
            })
    }

    func warn(_ vertex: String, _ text: String, detail: [String], url: String, source: SourcePlace?) {
        post(
            ProtobufWriter.message {
                $0.message(4) { warning in
                    warning.text(1, vertex)
                    warning.integer(2, 1)
                    warning.bytes(3, Array(text.utf8))
                    for line in detail { warning.bytes(4, Array(line.utf8)) }
                    warning.text(5, url)
                    source?.write(&warning, info: 6, ranges: 7)
                }
            })
    }

    /// Of all that was told so far.
    var bytes: Int { state.withLockedValue { $0.pieces.reduce(0) { $0 + $1.count } } }

    /// How many steps were told of, how many of them had an end or were in the cache already, and how many warnings.
    var steps: (all: Int, completed: Int, cached: Int, warnings: Int) {
        var vertexes: [String: (isCompleted: Bool, isCached: Bool)] = [:]
        var warnings = 0
        for piece in state.withLockedValue({ $0.pieces }) {
            guard let status = try? BuildStatus(piece) else { continue }
            warnings += status.warnings.count
            for vertex in status.vertexes {
                let known = vertexes[vertex.digest] ?? (false, false)
                vertexes[vertex.digest] = (
                    known.isCompleted || vertex.completed != nil, known.isCached || vertex.isCached
                )
            }
        }
        return (
            vertexes.count, vertexes.values.count { $0.isCompleted }, vertexes.values.count { $0.isCached }, warnings
        )
    }

    /// From the beginning on, as it comes; ends after `close`.
    func read(_ send: ([UInt8]) async throws -> Void) async throws {
        var at = 0
        while true {
            let (message, next, isOver, changed) = state.withLockedValue { state in
                var message: [UInt8] = []
                var next = at
                while next < state.pieces.count, message.count < Limit.messageBytes {
                    message += state.pieces[next]
                    next += 1
                }
                return (message, next, state.isClosed && next == state.pieces.count, state.changed)
            }
            at = next
            if !message.isEmpty { try await send(message) }
            if isOver { return }
            if message.isEmpty { await changed.wait() }
            try Task.checkCancellation()
        }
    }
}

/// Nanoseconds since the epoch.
enum BuildClock {
    static func now() -> Int64 { nowNanoseconds() }
}
