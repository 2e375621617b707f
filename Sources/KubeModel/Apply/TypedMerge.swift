import JSON

extension ApplyType {
    /// The object with what the applied configuration says: leaves of the right win, lists are merged by key.
    ///
    /// What doesn't change is shared with the old object, up to the whole of it, so that a comparison ends there.
    func merge(_ old: JSON, _ applied: JSON) -> JSON { changed(old, by: applied) ?? old }

    /// Nil when the configuration changes nothing. (No `? :` here, where nil would be the JSON null.)
    private func changed(_ old: JSON, by applied: JSON) -> JSON? {
        let shape = shape(of: applied)
        if shape.isLeaf {
            if old == applied { return nil }
            return applied
        }
        switch (shape, old, applied) {
        case (.map, .object(let left), .object(let right)):
            // An empty side has nothing to say.
            if right.isEmpty { return nil }
            if left.isEmpty { return applied }
            return merge(left, right).map(JSON.object)
        case (.set, .array(let left), .array(let right)), (.keyed, .array(let left), .array(let right)):
            if right.isEmpty { return nil }
            if left.isEmpty { return applied }
            return merge(left, right, shape).map(JSON.array)
        case (.map, .object(let left), .null) where !left.isEmpty: return nil
        case (.set, .array(let left), .null) where !left.isEmpty: return nil
        case (.keyed, .array(let left), .null) where !left.isEmpty: return nil
        default:
            if old == applied { return nil }
            return applied
        }
    }

    private func merge(_ old: JSONObject, _ applied: JSONObject) -> JSONObject? {
        var result: JSONObject?
        for at in 0..<applied.count {
            let (name, value) = applied[at: at]
            let change: JSON
            if let before = old.value(of: name, near: at) {
                guard let merged = member(name).type.changed(before, by: value) else { continue }
                change = merged
            } else {
                change = value
            }
            if result == nil { result = old }
            result?[name] = change
        }
        return result
    }

    /// Elements that both have come in the order of the right; others of the left stay before the one they preceded.
    private func merge(_ old: [JSON], _ applied: [JSON], _ shape: Shape) -> [JSON]? {
        let left = elements(old, shape), right = elements(applied, shape)
        if left.known == right.known, left.items.count == old.count { return mergeInOrder(old, right.items) }
        var merge = ListMerge(self, left, right)
        return merge.result()
    }

    /// Both lists have the same elements in the same order, as when a configuration is applied again.
    private func mergeInOrder(_ old: [JSON], _ applied: [JSON]) -> [JSON]? {
        var result: [JSON]?
        let type = element
        for at in old.indices {
            guard let merged = type.changed(old[at], by: applied[at]) else { continue }
            if result == nil { result = old }
            result?[at] = merged
        }
        return result
    }

    /// A list's elements, and what they are known by; others are left out.
    func elements(_ list: [JSON], _ shape: Shape) -> (known: [PathElement], items: [JSON]) {
        var known: [PathElement] = [], items: [JSON] = []
        known.reserveCapacity(list.count)
        items.reserveCapacity(list.count)
        for item in list {
            guard let element = try? pathElement(item, shape) else { continue }
            known.append(element)
            items.append(item)
        }
        return (known, items)
    }
}

/// Two lists of different elements or order becoming one.
private struct ListMerge {
    let type: ApplyType
    let left: (known: [PathElement], items: [JSON]), right: (known: [PathElement], items: [JSON])
    /// By element; one that is there twice is null.
    let old: [PathElement: JSON], new: [PathElement: JSON]
    /// Elements of both sides that are to come, in the order of the right.
    var shared: ArraySlice<PathElement>
    var next: PathElement?
    var merged: Set<PathElement> = []
    var out: [JSON] = []

    init(
        _ type: ApplyType, _ left: (known: [PathElement], items: [JSON]), _ right: (known: [PathElement], items: [JSON])
    ) {
        func byElement(_ list: (known: [PathElement], items: [JSON])) -> [PathElement: JSON] {
            var values: [PathElement: JSON] = [:]
            values.reserveCapacity(list.known.count)
            for (element, item) in zip(list.known, list.items) {
                values[element] = values[element] == nil ? item : .null
            }
            return values
        }
        (self.type, self.left, self.right) = (type, left, right)
        let (old, new) = (byElement(left), byElement(right))
        (self.old, self.new) = (old, new)
        shared = right.known.filter { old[$0] != nil }[...]
        next = shared.popFirst()
    }

    mutating func result() -> [JSON] {
        out.reserveCapacity(max(left.items.count, right.items.count))
        var (l, r) = (0, 0)
        while l < left.known.count || r < right.known.count {
            if l < left.known.count, r < right.known.count {
                let element = left.known[l]
                if element == right.known[r] {
                    take(element)
                    l += 1
                    r += 1
                    next = shared.popFirst()
                    continue
                }
                if new[element] != nil, let next, next != element {
                    l += 1  // It comes later, where the right has it.
                    continue
                }
            }
            if l < left.known.count {
                let element = left.known[l]
                if new[element] == nil {
                    out.append(left.items[l])
                    l += 1
                    continue
                }
                if merged.contains(element) { l += 1 }
            }
            if r < right.known.count {
                let element = right.known[r]
                take(element)
                r += 1
                if next == element { next = shared.popFirst() }
            }
        }
        return out
    }

    private mutating func take(_ element: PathElement) {
        merged.insert(element)
        let value = new[element] ?? .null
        out.append(old[element].map { type.element.merge($0, value) } ?? value)
    }
}
