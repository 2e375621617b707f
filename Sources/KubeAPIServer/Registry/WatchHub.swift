import JSON
import KubeModel
import KubeStorage
import NIOConcurrencyHelpers
import NIOCore

/// What watches share: an event is parsed once, and encoded once for each form that is asked for, however many
/// clients see it.
final class WatchHub: Sendable {
    /// An event in the form of some of its watchers. A revision is one write of one object.
    private struct Line: Hashable {
        let revision: Int64
        let type: String
        let version: GroupVersion
        let form: AnswerForm

        /// Few lines share a revision, and this is computed for each watcher of each event.
        func hash(into hasher: inout Hasher) { hasher.combine(revision) }
    }

    /// A prefix's events from one revision through another, which no watch gets in part, in one form.
    private struct Piece: Hashable {
        let first: Int64
        let last: Int64
        let prefix: String
        let version: GroupVersion
        let form: AnswerForm

        func hash(into hasher: inout Hasher) { hasher.combine(last) }
    }

    private struct State {
        var lines: [Line: ByteBuffer] = [:]
        var pieces: [Piece: ByteBuffer] = [:]
        var pieceBytes = 0
    }

    /// What is kept, in events; all watchers of an event come for it within moments.
    private static let kept = 512
    /// Bytes of pieces that are kept.
    private static let keptPieceBytes = 4 << 20

    private let trees: ObjectTrees
    private let state = NIOLockedValueBox(State())

    init(_ trees: ObjectTrees) { self.trees = trees }

    func tree(_ value: StoredValue) throws(APIStatus) -> JSON { try trees.tree(value) }

    func encoded(
        _ type: String, _ value: StoredValue, _ served: ServedResource, _ form: AnswerForm,
        make: () throws(APIStatus) -> ByteBuffer
    ) throws(APIStatus) -> ByteBuffer {
        let key = Line(revision: value.modRevision, type: type, version: served.groupVersion, form: form)
        if let known = state.withLockedValue({ $0.lines[key] }) { return known }
        let line = try make()
        state.withLockedValue { state in
            if state.lines.count >= Self.kept { state.lines.removeAll(keepingCapacity: true) }
            state.lines[key] = line
        }
        return line
    }

    /// - Parameters:
    ///   - events: all of the prefix between the first and the last one, not none.
    ///   - make: their lines, of all of them.
    func encoded(
        _ events: [StorageEvent], under prefix: String, _ served: ServedResource, _ form: AnswerForm,
        make: () throws -> ByteBuffer
    ) throws -> ByteBuffer {
        let key = Piece(
            first: events.first?.revision ?? 0, last: events.last?.revision ?? 0, prefix: prefix,
            version: served.groupVersion, form: form)
        if let known = state.withLockedValue({ $0.pieces[key] }) { return known }
        let piece = try make()
        state.withLockedValue { state in
            state.pieceBytes += piece.readableBytes
            if state.pieces.count >= Self.kept || state.pieceBytes > Self.keptPieceBytes {
                state.pieces.removeAll(keepingCapacity: true)
                state.pieceBytes = piece.readableBytes
            }
            state.pieces[key] = piece
        }
        return piece
    }
}
