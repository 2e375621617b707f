import JSON

/// What differs between two versions of an object.
struct Comparison {
    var removed = FieldSet(), modified = FieldSet(), added = FieldSet()

    var isSame: Bool { removed.isEmpty && modified.isEmpty && added.isEmpty }

    func without(_ fields: FieldSet) -> Comparison {
        Comparison(
            removed: removed.subtractingRecursively(fields), modified: modified.subtractingRecursively(fields),
            added: added.subtractingRecursively(fields))
    }
}

extension ApplyType {
    func compare(_ old: JSON, _ new: JSON) -> Comparison {
        var level = Level()
        compareShapes(old, new, &level)
        return level.comparison
    }

    /// The differences at one level, not yet in order.
    private struct Level {
        var removed: [FieldSet.Entry] = [], modified: [FieldSet.Entry] = [], added: [FieldSet.Entry] = []

        var comparison: Comparison {
            Comparison(removed: FieldSet(removed), modified: FieldSet(modified), added: FieldSet(added))
        }

        var isEmpty: Bool { removed.isEmpty && modified.isEmpty && added.isEmpty }
    }

    private enum Mark { case none, removed, modified, added }

    private func compare(_ old: JSON?, _ new: JSON?, at element: PathElement, _ level: inout Level) {
        var below = Level()
        let mark = compareShapes(old, new, &below)
        if mark == .none, below.isEmpty { return }
        func entry(_ isMember: Bool, _ children: [FieldSet.Entry]) -> FieldSet.Entry? {
            guard isMember || !children.isEmpty else { return nil }
            return .init(element: element, isMember: isMember, children: FieldSet(children))
        }
        if let entry = entry(mark == .removed, below.removed) { level.removed.append(entry) }
        if let entry = entry(mark == .modified, below.modified) { level.modified.append(entry) }
        if let entry = entry(mark == .added, below.added) { level.added.append(entry) }
    }

    /// - Returns: what became of the value itself; what is below it goes to `level`.
    @discardableResult
    private func compareShapes(_ old: JSON?, _ new: JSON?, _ level: inout Level) -> Mark {
        let newShape = new.map(shape), oldShape = old.map(shape)
        guard let shape = newShape ?? oldShape else { return .none }
        if let oldShape, let newShape, oldShape != newShape {
            // Only values without a type can change their shape.
            if !oldShape.isLeaf { compareParts(old, nil, oldShape, &level) }
            if !newShape.isLeaf { compareParts(nil, new, newShape, &level) }
            return .modified
        }
        if shape.isLeaf || ((old?.isBare ?? true) && (new?.isBare ?? true)) {
            guard let old else { return .added }
            guard let new else { return .removed }
            return ValueOrder.isSame(old, new) ? .none : .modified
        }
        compareParts(old, new, shape, &level)
        return old == nil ? .added : new == nil ? .removed : .none
    }

    private func compareParts(_ old: JSON?, _ new: JSON?, _ shape: Shape, _ level: inout Level) {
        switch shape {
        case .map: compareMembers(old?.object ?? JSONObject(), new?.object ?? JSONObject(), &level)
        default: compareElements(old?.array ?? [], new?.array ?? [], shape, &level)
        }
    }

    private func compareMembers(_ old: JSONObject, _ new: JSONObject, _ level: inout Level) {
        if old.isIdentical(to: new) { return }
        for at in 0..<old.count {
            let (name, value) = old[at: at]
            let other = new.value(of: name, near: at)
            if let other, value.isSameScalar(other) { continue }
            member(name).type.compare(value, other, at: .field(name), &level)
        }
        for at in 0..<new.count {
            let (name, value) = new[at: at]
            if old.value(of: name, near: at) != nil { continue }
            member(name).type.compare(nil, value, at: .field(name), &level)
        }
    }

    private func compareElements(_ old: [JSON], _ new: [JSON], _ shape: Shape, _ level: inout Level) {
        let before = elements(old, shape), after = elements(new, shape)
        let type = element
        if before.known == after.known, Set(before.known).count == before.known.count {
            for at in before.known.indices {
                type.compare(before.items[at], after.items[at], at: before.known[at], &level)
            }
            return
        }
        var order: [PathElement] = []
        var both: [PathElement: (old: [JSON], new: [JSON])] = [:]
        for (element, item) in zip(before.known, before.items) {
            if both[element] == nil { order.append(element) }
            both[element, default: ([], [])].old.append(item)
        }
        for (element, item) in zip(after.known, after.items) {
            if both[element] == nil { order.append(element) }
            both[element, default: ([], [])].new.append(item)
        }
        for element in order {
            guard let (before, after) = both[element] else { continue }
            switch (before.count, after.count) {
            case (...1, ...1): type.compare(before.first, after.first, at: element, &level)
            case (2..., 2...):
                if !ValueOrder.isSame(.array(before), .array(after)) {
                    level.modified.append(.init(element: element, isMember: true))
                }
            case (2..., _):
                if let after = after.first { type.compare(nil, after, at: element, &level) }
                level.removed.append(.init(element: element, isMember: true))
            default:
                if let before = before.first { type.compare(before, nil, at: element, &level) }
                level.added.append(.init(element: element, isMember: true))
            }
        }
    }
}

extension JSON {
    /// Null, or an empty object or list.
    fileprivate var isBare: Bool {
        switch self {
        case .null: true
        case .array(let items): items.isEmpty
        case .object(let members): members.isEmpty
        default: true
        }
    }

    fileprivate func isSameScalar(_ other: JSON) -> Bool {
        switch (self, other) {
        case (.string(let a), .string(let b)): a == b
        case (.int(let a), .int(let b)): a == b
        case (.bool(let a), .bool(let b)): a == b
        default: false
        }
    }
}
