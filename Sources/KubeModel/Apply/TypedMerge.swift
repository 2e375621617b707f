import JSON

extension ApplyType {
    /// The object with what the applied configuration says: leaves of the right win, lists are merged by key.
    func merge(_ old: JSON, _ applied: JSON) -> JSON {
        let shape = shape(of: applied)
        if shape.isLeaf { return applied }
        switch (shape, old, applied) {
        case (.map, .object(let left), .object(let right)):
            // An empty side has nothing to say, and of two empty ones the right counts.
            if right.isEmpty { return left.isEmpty ? applied : old }
            if left.isEmpty { return applied }
            return .object(merge(left, right))
        case (.set, .array(let left), .array(let right)), (.keyed, .array(let left), .array(let right)):
            if right.isEmpty { return left.isEmpty ? applied : old }
            if left.isEmpty { return applied }
            return .array(merge(left, right, shape))
        case (.map, .object(let left), .null): return left.isEmpty ? applied : old
        case (.set, .array(let left), .null), (.keyed, .array(let left), .null): return left.isEmpty ? applied : old
        default: return applied
        }
    }

    private func merge(_ old: JSONObject, _ applied: JSONObject) -> JSONObject {
        var result = old
        for (name, value) in applied {
            guard let before = old[name] else {
                result[name] = value
                continue
            }
            let merged = member(name).type.merge(before, value)
            result[name] = merged
        }
        return result
    }

    /// Elements that both have come in the order of the right; others of the left stay before the one they preceded.
    private func merge(_ old: [JSON], _ applied: [JSON], _ shape: Shape) -> [JSON] {
        let left = Elements(old, self, shape), right = Elements(applied, self, shape)
        var shared = right.elements.filter { left.values[$0] != nil }[...]
        var next = shared.popFirst()
        var merged: Set<PathElement> = []
        var result: [JSON] = []
        result.reserveCapacity(max(old.count, applied.count))
        var (l, r) = (0, 0)
        let type = element
        func item(_ element: PathElement) -> JSON {
            let value = right.values[element] ?? .null
            return left.values[element].map { type.merge($0, value) } ?? value
        }
        while l < left.elements.count || r < right.elements.count {
            if l < left.elements.count, r < right.elements.count {
                let element = left.elements[l]
                if element == right.elements[r] {
                    merged.insert(element)
                    result.append(item(element))
                    l += 1
                    r += 1
                    next = shared.popFirst()
                    continue
                }
                if right.values[element] != nil, let next, next != element {
                    l += 1  // It comes later, where the right has it.
                    continue
                }
            }
            if l < left.elements.count {
                let element = left.elements[l]
                if right.values[element] == nil {
                    result.append(left.items[l])
                    l += 1
                    continue
                }
                if merged.contains(element) { l += 1 }
            }
            if r < right.elements.count {
                let element = right.elements[r]
                merged.insert(element)
                result.append(item(element))
                r += 1
                if next == element { next = shared.popFirst() }
            }
        }
        return result
    }

    /// A list's elements by what they are known by; one that is there twice is null.
    private struct Elements {
        var elements: [PathElement] = []
        var items: [JSON] = []
        var values: [PathElement: JSON] = [:]

        init(_ list: [JSON], _ type: ApplyType, _ shape: Shape) {
            elements.reserveCapacity(list.count)
            for item in list {
                guard let element = try? type.pathElement(item, shape) else { continue }
                values[element] = values[element] == nil ? item : .null
                elements.append(element)
                items.append(item)
            }
        }
    }
}
