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

    private struct State {
        var lines: [Line: ByteBuffer] = [:]
        var trees: [Int64: (key: String, tree: JSON)] = [:]
    }

    /// What is kept, in events; all watchers of an event come for it within moments.
    private static let kept = 512

    private let state = NIOLockedValueBox(State())

    func tree(_ value: StoredValue) throws(APIStatus) -> JSON {
        let known = state.withLockedValue { $0.trees[value.modRevision] }
        if let known, known.key == value.key { return known.tree }
        let tree = try ObjectStore.decode(value)
        state.withLockedValue { state in
            if state.trees.count >= Self.kept { state.trees.removeAll(keepingCapacity: true) }
            state.trees[value.modRevision] = (value.key, tree)
        }
        return tree
    }

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
}
