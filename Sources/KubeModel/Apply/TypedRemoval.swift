import JSON

extension ApplyType {
    /// The value without the set's paths. What loses all its parts becomes null.
    func removing(_ set: FieldSet, from value: JSON) -> JSON {
        let shape = shape(of: value)
        switch (shape, value) {
        case (.scalar, _): return value
        case (.map, .object(let members)):
            var kept = JSONObject()
            kept.reserveCapacity(members.count)
            for (name, value) in members {
                guard let entry = set.entry(.field(name)) else {
                    kept[name] = value
                    continue
                }
                if entry.isMember { continue }
                kept[name] = member(name).type.removing(entry.children, from: value)
            }
            return kept.isEmpty ? .null : .object(kept)
        case (.set, .array(let items)), (.keyed, .array(let items)):
            let type = element
            var kept: [JSON] = []
            kept.reserveCapacity(items.count)
            for item in items {
                guard let element = try? pathElement(item, shape), let entry = set.entry(element) else {
                    kept.append(item)
                    continue
                }
                if entry.isMember { continue }
                kept.append(type.removing(entry.children, from: item))
            }
            return kept.isEmpty ? .null : .array(kept)
        default: return .null
        }
    }
}
