import NIOCore

/// What readers see: the state at the last durable revision, and a few older ones whose lists aren't finished.
struct CurrentState: Sendable {
    private(set) var tree: ObjectTree
    private(set) var revision: Int64
    var compacted: Int64
    private var paged: [Paged] = []
    /// Bytes of values overwritten or deleted since the start: what a snapshot keeps in memory is at most how much this
    /// has grown since.
    private var replacedBytes = 0

    private struct Paged {
        let revision: Int64
        let tree: ObjectTree
        let replacedBytes: Int
    }

    init(_ loaded: LoadedState) {
        tree = loaded.tree
        revision = loaded.revision
        compacted = loaded.compacted
    }

    mutating func apply(_ events: [StorageEvent]) {
        for event in events {
            if let value = event.value { tree.put(value) } else { tree.remove(event.key) }
            replacedBytes += event.previous?.value.readableBytes ?? 0
            revision = event.revision
        }
        while let oldest = paged.first, replacedBytes - oldest.replacedBytes > Limit.pagedSnapshotBytes {
            paged.removeFirst()
        }
    }

    /// The state as it was at `revision`, when it is in memory.
    func snapshot(at revision: Int64) -> ObjectTree? {
        revision == self.revision ? tree : paged.first { $0.revision == revision }?.tree
    }

    /// Keeps a snapshot for the next pages of a list.
    mutating func keep(_ tree: ObjectTree, at revision: Int64) {
        guard !paged.contains(where: { $0.revision == revision }) else { return }
        paged.append(Paged(revision: revision, tree: tree, replacedBytes: replacedBytes))
        if paged.count > Limit.pagedSnapshots { paged.removeFirst() }
    }
}
