import JSON
import KubeModel
import KubeStorage
import NIOConcurrencyHelpers
import NIOCore

/// The trees of the newest values, so that what was written or read a moment ago isn't parsed by each who looks at it:
/// watches, and the next change of the same object. They have their resourceVersion.
final class ObjectTrees: Sendable {
    private struct State {
        /// By revision, which is one write of one object.
        var known: [Int64: (key: String, tree: JSON)] = [:]
        /// By key: trees whose write is under way, when they have no revision yet.
        var written: [String: (record: ByteBuffer, tree: JSON)] = [:]
    }

    /// Trees that are kept, of each of the two.
    private static let kept = 512
    /// Largest record, in bytes, whose tree is kept for others than watches.
    private static let largestBytes = 8 << 10

    private let state = NIOLockedValueBox(State())

    func tree(_ value: StoredValue) throws(APIStatus) -> JSON {
        let found = state.withLockedValue { state -> JSON? in
            if let known = state.known[value.modRevision] { return known.key == value.key ? known.tree : nil }
            guard let written = state.written[value.key], written.record == value.value else { return nil }
            var tree = written.tree
            tree["metadata"]["resourceVersion"] = .string("\(value.modRevision)")
            Self.keep(tree, of: value, &state)
            return tree
        }
        if let found { return found }
        let tree = try ObjectStore.decode(value)
        state.withLockedValue { Self.keep(tree, of: value, &$0) }
        return tree
    }

    /// The tree if it is known, else a new one that isn't kept.
    func treeOnce(_ value: StoredValue) throws(APIStatus) -> JSON {
        let known = state.withLockedValue { $0.known[value.modRevision] }
        if let known, known.key == value.key { return known.tree }
        return try value.value.readableBytes > Self.largestBytes ? ObjectStore.decode(value) : tree(value)
    }

    /// To be called before a write: the watches see its event before the writer hears of it.
    func begin(_ key: String, _ record: ByteBuffer, _ tree: JSON) {
        guard record.readableBytes <= Self.largestBytes else { return }
        state.withLockedValue { state in
            if state.written.count >= Self.kept { state.written.removeAll(keepingCapacity: true) }
            state.written[key] = (record, tree)
        }
    }

    /// After a write that `begin` was called for; it may have failed.
    func end(_ key: String, _ record: ByteBuffer, _ revision: Int64?) {
        state.withLockedValue { state in
            guard let written = state.written[key], written.record == record else { return }
            state.written[key] = nil
            guard let revision, state.known[revision] == nil else { return }
            var tree = written.tree
            tree["metadata"]["resourceVersion"] = .string("\(revision)")
            let value = StoredValue(key: key, value: record, createRevision: 0, modRevision: revision)
            Self.keep(tree, of: value, &state)
        }
    }

    private static func keep(_ tree: JSON, of value: StoredValue, _ state: inout State) {
        if state.known.count >= kept { state.known.removeAll(keepingCapacity: true) }
        state.known[value.modRevision] = (value.key, tree)
    }
}
