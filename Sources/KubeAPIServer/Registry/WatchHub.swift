import JSON
import KubeModel
import KubeStorage
import NIOConcurrencyHelpers
import NIOCore

/// What watches share: an event is parsed once, and encoded once for each form that is asked for, however many
/// clients see it.
final class WatchHub: Sendable {
    private struct Form: Hashable {
        let revision: Int64
        let key: String
        let type: String
        let version: GroupVersion
        let shape: String
    }

    private struct State {
        var lines: [Form: ByteBuffer] = [:]
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
        let key = Form(
            revision: value.modRevision, key: value.key, type: type, version: served.groupVersion,
            shape: "\(form.encoding) \(form.shape) \(form.shapeVersion) \(form.isPretty)")
        if let known = state.withLockedValue({ $0.lines[key] }) { return known }
        let line = try make()
        state.withLockedValue { state in
            if state.lines.count >= Self.kept { state.lines.removeAll(keepingCapacity: true) }
            state.lines[key] = line
        }
        return line
    }
}
