/// The stored objects in key order: a B+ tree whose copies share what they have in common.
///
/// Copying the value is O(1) and gives a snapshot that later changes to the original don't touch; a change then copies
/// only the nodes from the root to its leaf, once. Without snapshots nodes are changed in place.
struct ObjectTree: Sendable {
    private var root = Node()

    var count: Int { root.count }

    func get(_ key: String) -> StoredValue? { entry(key)?.stored }

    private func entry(_ key: String) -> Entry? {
        var node = root
        while !node.isLeaf { node = node.children[node.child(for: key)] }
        let place = node.place(of: key)
        return place.found ? node.entries[place.index] : nil
    }

    mutating func put(_ stored: StoredValue) {
        if !isKnownUniquelyReferenced(&root) { root = root.copy() }
        guard let right = root.put(Entry(stored)) else { return }
        root = Node(children: [root, right.node], separators: ["", right.lowest])
    }

    mutating func remove(_ key: String) {
        guard entry(key) != nil else { return }
        if !isKnownUniquelyReferenced(&root) { root = root.copy() }
        root.remove(key)
        while !root.isLeaf && root.children.count == 1 { root = root.children[0] }
    }

    /// Calls `body` for the entries from `bound` on, in order, until it answers false.
    func visit(from bound: Bound, _ body: (StoredValue) -> Bool) { _ = root.visit(from: bound, body) }

    /// How many entries come before `bound`.
    func rank(of bound: Bound) -> Int {
        var node = root
        var rank = 0
        while !node.isLeaf {
            // The child before the first separator that isn't before the bound may hold the bound.
            let next = max(node.separators.partition(from: 1) { !bound.isAfter($0) } - 1, 0)
            for index in 0..<next { rank += node.children[index].count }
            node = node.children[next]
        }
        return rank + node.entries.partition(from: 0) { !bound.isAfter($0.stored.key) }
    }

    /// Up to `limit` of the prefix's wanted entries from `start` on, and how many come after the last that was looked at.
    func page(prefix: String, from start: String?, limit: Int?, where isWanted: ((StoredValue) -> Bool)? = nil) -> (
        values: [StoredValue], remaining: Int
    ) {
        var from = Bound.at(prefix)
        if let start, KeyOrder.compare(start, prefix) > 0 { from = .at(start) }
        let all = max(rank(of: .afterPrefix(prefix)) - rank(of: from), 0)
        let count = min(all, max(limit ?? all, 0))
        var values: [StoredValue] = []
        guard count > 0 else { return (values, all) }
        if isWanted == nil { values.reserveCapacity(count) }
        var seen = 0
        visit(from: from) { value in
            seen += 1
            if isWanted?(value) ?? true { values.append(value) }
            return values.count < count && seen < all
        }
        return (values, all - seen)
    }

    /// A place between two keys.
    enum Bound {
        case at(String)
        case afterPrefix(String)

        func isAfter(_ key: String) -> Bool {
            switch self {
            case .at(let bound): KeyOrder.compare(key, bound) < 0
            case .afterPrefix(let prefix): !KeyOrder.isBeyond(key, prefix: prefix)
            }
        }
    }
}

/// One object. A class, so that a leaf moves and copies one word for each.
final class Entry: Sendable {
    let stored: StoredValue
    init(_ stored: StoredValue) { self.stored = stored }
}

/// Changed only by the one tree that holds it alone (`isKnownUniquelyReferenced`), read by all others: as Swift's own
/// copy-on-write collections do, which the compiler can't see.
private final class Node: @unchecked Sendable {
    /// Most entries or children of a node. 64 words are copied in 0.2 µs when a snapshot shares the node.
    static let most = 64
    /// A node with fewer joins a neighbour that has room.
    static let least = 16

    var entries: [Entry] = []
    var children: [Node] = []
    /// For each child a key that is not after its keys and after all of the child before; the first is never looked at.
    var separators: [String] = []
    /// Entries in and below this node.
    var count = 0

    init() {}

    init(entries: [Entry]) {
        self.entries = entries
        count = entries.count
    }

    init(children: [Node], separators: [String]) {
        self.children = children
        self.separators = separators
        count = children.reduce(0) { $0 + $1.count }
    }

    var isLeaf: Bool { children.isEmpty }
    var size: Int { isLeaf ? entries.count : children.count }

    func copy() -> Node { isLeaf ? Node(entries: entries) : Node(children: children, separators: separators) }

    func child(for key: String) -> Int {
        separators.partition(from: 1) { KeyOrder.compare($0, key) > 0 } - 1
    }

    func place(of key: String) -> (index: Int, found: Bool) {
        let index = entries.partition(from: 0) { KeyOrder.compare($0.stored.key, key) >= 0 }
        return (index, index < entries.count && KeyOrder.compare(entries[index].stored.key, key) == 0)
    }

    /// - Returns: the new right neighbour when the node had to be split.
    func put(_ entry: Entry) -> (node: Node, lowest: String)? {
        if isLeaf {
            let place = place(of: entry.stored.key)
            if place.found {
                entries[place.index] = entry
                return nil
            }
            entries.insert(entry, at: place.index)
            count += 1
            return entries.count > Self.most ? splitLeaf(grownAt: place.index) : nil
        }
        let index = child(for: entry.stored.key)
        own(index)
        let before = children[index].count
        let right = children[index].put(entry)
        guard let right else {
            count += children[index].count - before
            return nil
        }
        children.insert(right.node, at: index + 1)
        separators.insert(right.lowest, at: index + 1)
        count += 1
        return children.count > Self.most ? splitInner() : nil
    }

    /// Keys often arrive in order: a leaf that grew at its end stays nearly full.
    private func splitLeaf(grownAt index: Int) -> (node: Node, lowest: String) {
        let middle = index == entries.count - 1 ? entries.count - 2 : entries.count / 2
        let right = Node(entries: Array(entries[middle...]))
        entries = Array(entries[..<middle])
        count = entries.count
        return (right, right.entries[0].stored.key)
    }

    private func splitInner() -> (node: Node, lowest: String) {
        let middle = children.count / 2
        let lowest = separators[middle]
        let right = Node(children: Array(children[middle...]), separators: Array(separators[middle...]))
        children = Array(children[..<middle])
        separators = Array(separators[..<middle])
        count -= right.count
        return (right, lowest)
    }

    func remove(_ key: String) {
        count -= 1
        if isLeaf {
            let place = place(of: key)
            entries.remove(at: place.index)
            return
        }
        let index = child(for: key)
        own(index)
        children[index].remove(key)
        if children[index].size < Self.least { join(index) }
    }

    private func own(_ index: Int) {
        if !isKnownUniquelyReferenced(&children[index]) { children[index] = children[index].copy() }
    }

    /// Joins a child that became small with a neighbour, when both together aren't too big; drops it when it is empty.
    private func join(_ index: Int) {
        if children[index].size == 0 && children.count > 1 {
            children.remove(at: index)
            separators.remove(at: index)
            return
        }
        let left = index + 1 < children.count ? index : index - 1
        guard left >= 0, left + 1 < children.count, children[left].size + children[left + 1].size <= Self.most else {
            return
        }
        let gone = children[left + 1]
        own(left)
        let kept = children[left]
        kept.entries += gone.entries
        if !gone.isLeaf {
            kept.separators += [separators[left + 1]] + gone.separators.dropFirst()
            kept.children += gone.children
        }
        kept.count += gone.count
        children.remove(at: left + 1)
        separators.remove(at: left + 1)
    }

    func visit(from bound: ObjectTree.Bound, _ body: (StoredValue) -> Bool) -> Bool {
        if isLeaf {
            for index in entries.partition(from: 0, where: { !bound.isAfter($0.stored.key) })..<entries.count {
                if !body(entries[index].stored) { return false }
            }
            return true
        }
        for index in max(separators.partition(from: 1) { !bound.isAfter($0) } - 1, 0)..<children.count {
            if !children[index].visit(from: bound, body) { return false }
        }
        return true
    }
}

extension Array {
    /// The first index from `start` on whose element answers true, when all after it do too; `count` for none.
    fileprivate func partition(from start: Int, where isRight: (Element) -> Bool) -> Int {
        var low = start
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if isRight(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
