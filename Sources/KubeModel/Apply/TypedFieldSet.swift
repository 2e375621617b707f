import JSON

extension ApplyType {
    /// The paths that a value has: those of its leaves, its lists' elements, and of what the schema doesn't name.
    func fieldSet(of value: JSON) -> FieldSet { paths(of: value).below }

    /// - Returns: whether the value is a leaf itself, and the paths below it.
    private func paths(of value: JSON) -> (isLeaf: Bool, below: FieldSet) {
        let shape = shape(of: value)
        switch (shape, value) {
        case (.map, .object(let members)): return (false, memberPaths(members))
        case (.set, .array(let items)), (.keyed, .array(let items)): return (false, elementPaths(items, shape))
        case (.map, _), (.set, _), (.keyed, _): return (false, FieldSet())
        default: return (true, FieldSet())
        }
    }

    private func memberPaths(_ members: JSONObject) -> FieldSet {
        var entries: [FieldSet.Entry] = []
        entries.reserveCapacity(members.count)
        for (name, value) in members {
            let (type, isDeclared) = member(name)
            let (isLeaf, below) = type.paths(of: value)
            let entry = FieldSet.Entry(
                element: .field(name), isMember: isLeaf || !isDeclared || value.isNullOrEmptyObject, children: below)
            if !entry.isVoid { entries.append(entry) }
        }
        return FieldSet(entries)
    }

    /// Of an element that is there twice only its path is taken.
    private func elementPaths(_ items: [JSON], _ shape: Shape) -> FieldSet {
        var entries: [FieldSet.Entry] = []
        entries.reserveCapacity(items.count)
        let type = element
        for item in items {
            guard let element = try? pathElement(item, shape) else { continue }
            entries.append(.init(element: element, isMember: true, children: type.paths(of: item).below))
        }
        let set = FieldSet(entries)
        guard zip(set.entries, set.entries.dropFirst()).contains(where: { $0.element == $1.element }) else {
            return set
        }
        var single: [FieldSet.Entry] = []
        for entry in set.entries {
            if let last = single.last, last.element == entry.element {
                single[single.count - 1].children = FieldSet()
            } else {
                single.append(entry)
            }
        }
        return FieldSet(single)
    }

    /// With the fields that the schema names and that only have paths below them.
    func withNamedFields(_ set: FieldSet) -> FieldSet {
        set.map { entry in
            guard !entry.children.isEmpty else { return entry }
            var entry = entry
            switch entry.element {
            case .field(let name):
                let (type, isDeclared) = member(name)
                if isDeclared { entry.isMember = true }
                entry.children = type.withNamedFields(entry.children)
            case .key: entry.children = element.withNamedFields(entry.children)
            default: entry.children = ApplyType.deduced.withNamedFields(entry.children)
            }
            return entry
        }
    }

    /// The set after the schema has changed: what is atomic now is owned as a whole.
    func reconciled(_ set: FieldSet) -> FieldSet {
        set.map { entry in
            guard !entry.children.isEmpty, let type = below(entry.element), type.type != nil else { return entry }
            if type.isAtomicPlace { return .init(element: entry.element, isMember: true) }
            var entry = entry
            entry.children = type.reconciled(entry.children)
            return entry
        }
    }

    /// Whether `reconciled` would change nothing.
    func isReconciled(_ set: FieldSet) -> Bool {
        set.entries.allSatisfy { entry in
            guard !entry.children.isEmpty, let type = below(entry.element), type.type != nil else { return true }
            return !type.isAtomicPlace && type.isReconciled(entry.children)
        }
    }

    private func below(_ element: PathElement) -> ApplyType? {
        switch element {
        case .field(let name): member(name).type
        case .key: self.element
        case .value, .index: nil
        }
    }

    /// Whether objects and lists at this place are owned as a whole, whatever they hold.
    private var isAtomicPlace: Bool {
        guard let type else { return false }
        return switch type.shape {
        case .object, .map, .list: shape(of: .null).isLeaf
        case .any: !type.preservesUnknown
        default: false
        }
    }
}

extension JSON {
    var isNullOrEmptyObject: Bool {
        switch self {
        case .null: true
        case .object(let members): members.isEmpty
        default: false
        }
    }
}
