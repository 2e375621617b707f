/// A set of field paths: what a manager owns. A path may be in the set, or only paths below it, or both.
package struct FieldSet: Sendable, Equatable {
    struct Entry: Sendable, Equatable {
        let element: PathElement
        /// Whether the path that ends here is in the set.
        var isMember: Bool
        /// The paths below.
        var children = FieldSet()

        var isVoid: Bool { !isMember && children.entries.isEmpty }
    }

    /// Sorted; none is void.
    private(set) var entries: [Entry] = []

    package init() {}

    /// - Parameter entries: in any order, without repetitions, none void.
    init(_ entries: [Entry]) {
        self.entries = entries
        for at in entries.indices.dropFirst() where entries[at].element < entries[at - 1].element {
            self.entries.sort { $0.element < $1.element }
            break
        }
    }

    private init(sorted entries: [Entry]) { self.entries = entries }

    /// Of paths of plain fields: `[["status"], ["metadata", "labels"]]`.
    package init(fields paths: [[String]]) {
        for path in paths { insert(path.map(PathElement.field)) }
    }

    package var isEmpty: Bool { entries.isEmpty }

    /// How many paths are in the set.
    package var count: Int { entries.reduce(0) { $0 + ($1.isMember ? 1 : 0) + $1.children.count } }

    /// Where the element is, or where it belongs.
    private func place(of element: PathElement) -> (at: Int, isFound: Bool) {
        var (low, high) = (0, entries.count)
        while low < high {
            let middle = (low + high) / 2
            let order = PathElement.compare(entries[middle].element, element)
            if order == 0 { return (middle, true) }
            if order < 0 { low = middle + 1 } else { high = middle }
        }
        return (low, false)
    }

    func entry(_ element: PathElement) -> Entry? {
        let (at, isFound) = place(of: element)
        return isFound ? entries[at] : nil
    }

    package mutating func insert(_ path: [PathElement]) { insert(path[...]) }

    private mutating func insert(_ path: ArraySlice<PathElement>) {
        guard let first = path.first else { return }
        let (at, isFound) = place(of: first)
        if !isFound { entries.insert(Entry(element: first, isMember: false), at: at) }
        if path.count == 1 { entries[at].isMember = true } else { entries[at].children.insert(path.dropFirst()) }
    }

    package func contains(_ path: [PathElement]) -> Bool {
        var set = self
        for (at, element) in path.enumerated() {
            guard let entry = set.entry(element) else { return false }
            if at == path.count - 1 { return entry.isMember }
            set = entry.children
        }
        return false
    }

    // MARK: Of two sets

    private func combine(
        _ other: FieldSet, keepsOwn: Bool, keepsOthers: Bool, _ both: (Entry, Entry) -> Entry
    ) -> FieldSet {
        var result: [Entry] = []
        result.reserveCapacity(entries.count)
        var (left, right) = (0, 0)
        while left < entries.count, right < other.entries.count {
            let (a, b) = (entries[left], other.entries[right])
            let order = PathElement.compare(a.element, b.element)
            if order < 0 {
                if keepsOwn { result.append(a) }
                left += 1
            } else if order > 0 {
                if keepsOthers { result.append(b) }
                right += 1
            } else {
                let entry = both(a, b)
                if !entry.isVoid { result.append(entry) }
                left += 1
                right += 1
            }
        }
        if keepsOwn { result.append(contentsOf: entries[left...]) }
        if keepsOthers { result.append(contentsOf: other.entries[right...]) }
        return FieldSet(sorted: result)
    }

    package func union(_ other: FieldSet) -> FieldSet {
        if isEmpty { return other }
        if other.isEmpty { return self }
        return combine(other, keepsOwn: true, keepsOthers: true) {
            Entry(
                element: $0.element, isMember: $0.isMember || $1.isMember, children: $0.children.union($1.children))
        }
    }

    package func intersection(_ other: FieldSet) -> FieldSet {
        if isEmpty || other.isEmpty { return FieldSet() }
        return combine(other, keepsOwn: false, keepsOthers: false) {
            Entry(
                element: $0.element, isMember: $0.isMember && $1.isMember,
                children: $0.children.intersection($1.children))
        }
    }

    package func subtracting(_ other: FieldSet) -> FieldSet {
        if isEmpty || other.isEmpty { return self }
        return combine(other, keepsOwn: true, keepsOthers: false) {
            Entry(
                element: $0.element, isMember: $0.isMember && !$1.isMember,
                children: $0.children.subtracting($1.children))
        }
    }

    /// Whether no path is in both.
    func isDisjoint(with other: FieldSet) -> Bool {
        var (left, right) = (0, 0)
        while left < entries.count, right < other.entries.count {
            let order = PathElement.compare(entries[left].element, other.entries[right].element)
            if order == 0 {
                if entries[left].isMember && other.entries[right].isMember { return false }
                if !entries[left].children.isDisjoint(with: other.entries[right].children) { return false }
            }
            if order <= 0 { left += 1 }
            if order >= 0 { right += 1 }
        }
        return true
    }

    /// Without the other's paths and all that is below them.
    package func subtractingRecursively(_ other: FieldSet) -> FieldSet {
        if isEmpty || other.isEmpty { return self }
        return combine(other, keepsOwn: true, keepsOthers: false) {
            if $1.isMember { return Entry(element: $0.element, isMember: false) }
            return Entry(
                element: $0.element, isMember: $0.isMember,
                children: $0.children.subtractingRecursively($1.children))
        }
    }

    /// Every entry changed; void ones are dropped.
    func map(_ change: (Entry) -> Entry) -> FieldSet {
        FieldSet(sorted: entries.map(change).filter { !$0.isVoid })
    }

    /// All paths; at every level the ones that end there come first.
    package var paths: [[PathElement]] {
        var list: [[PathElement]] = []
        collect([], into: &list)
        return list
    }

    private func collect(_ prefix: [PathElement], into list: inout [[PathElement]]) {
        for entry in entries where entry.isMember { list.append(prefix + [entry.element]) }
        for entry in entries { entry.children.collect(prefix + [entry.element], into: &list) }
    }
}

extension [PathElement] {
    /// `.spec.template.spec.containers[name="web"].image`.
    var pathText: String { map(\.description).joined() }
}
