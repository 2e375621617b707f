import JSON
import KubeModel

/// The patch that makes the server's object what a file says: what differs from it is set, and what the file said last
/// time and says no more is removed; all else stays.
enum ThreeWay {
    // MARK: JSON merge patch, for kinds without a schema

    static func merge(last: JSON, wanted: JSON, current: JSON) -> JSON {
        guard let target = wanted.object else { return wanted }
        var patch = JSONObject()
        for (name, value) in target {
            if value.isNull { continue }
            let now = current[name]
            if value.object != nil, now.object != nil {
                let inner = merge(last: last[name], wanted: value, current: now)
                if inner.object?.isEmpty == false { patch[name] = inner }
            } else if value != now {
                patch[name] = value
            }
        }
        for (name, value) in last.object ?? JSONObject() where target[name] == nil && !value.isNull {
            patch[name] = .null
        }
        return .object(patch)
    }

    // MARK: Strategic merge patch

    static func strategic(last: JSON, wanted: JSON, current: JSON, type: SchemaType?) -> JSON {
        .object(object(last, wanted, current, type, retains: false))
    }

    private static func object(_ last: JSON, _ wanted: JSON, _ current: JSON, _ type: SchemaType?, retains: Bool)
        -> JSONObject
    {
        var patch = JSONObject()
        let target = wanted.object ?? JSONObject()
        for (name, value) in target {
            if value.isNull { continue }
            let field = type?.field(name)
            let now = current[name]
            if now.isNull {
                patch[name] = withoutNulls(value)
            } else if value.object != nil, now.object != nil, field?.patchStrategy.contains(.replace) != true {
                let inner = object(
                    last[name], value, now, field.map(\.type).flatMap(Self.valueType),
                    retains: field?.patchStrategy.contains(.retainKeys) == true)
                if !inner.isEmpty { patch[name] = .object(inner) }
            } else if let list = value.array, let there = now.array, let field, field.patchStrategy.contains(.merge) {
                self.list(name, last[name].array ?? [], list, there, field, &patch)
            } else if !SemanticEquality.equal(value, now) || value != now {
                patch[name] = withoutNulls(value)
            }
        }
        for (name, value) in last.object ?? JSONObject() where target[name] == nil && !value.isNull {
            patch[name] = .null
        }
        if retains, !patch.isEmpty {
            patch["$retainKeys"] = JSON(target.filter { !$0.value.isNull }.names.sorted())
        }
        return patch
    }

    /// Of a map, the type of its values stands for each of them.
    private static func valueType(_ type: SchemaType) -> SchemaType? { type }

    private static func withoutNulls(_ value: JSON) -> JSON {
        switch value {
        case .object(let members):
            .object(JSONObject(members.filter { !$0.value.isNull }.map { ($0.key, withoutNulls($0.value)) }))
        case .array(let list): .array(list.map(withoutNulls))
        default: value
        }
    }

    private static func list(
        _ name: String, _ last: [JSON], _ wanted: [JSON], _ current: [JSON], _ field: SchemaField,
        _ patch: inout JSONObject
    ) {
        guard let key = field.patchMergeKey, wanted.allSatisfy({ $0.object != nil }) else {
            return primitives(name, last, wanted, current, &patch)
        }
        let element = elementType(field.type)
        var changes: [JSON] = []
        for item in wanted {
            guard let now = current.first(where: { $0[key] == item[key] }) else {
                changes.append(withoutNulls(item))
                continue
            }
            let before = last.first { $0[key] == item[key] } ?? .null
            var inner = object(before, item, now, element, retains: field.patchStrategy.contains(.retainKeys))
            if !inner.isEmpty {
                inner[key] = item[key]
                changes.append(.object(inner))
            }
        }
        for item in last where !wanted.contains(where: { $0[key] == item[key] }) {
            changes.append(.object(JSONObject([("$patch", "delete"), (key, item[key])])))
        }
        let order = wanted.map { $0[key] }
        let there = current.map { $0[key] }.filter(order.contains)
        guard !changes.isEmpty || there != order else { return }
        patch["$setElementOrder/\(name)"] = .array(order.map { .object(JSONObject([(key, $0)])) })
        if !changes.isEmpty { patch[name] = .array(changes) }
    }

    private static func primitives(
        _ name: String, _ last: [JSON], _ wanted: [JSON], _ current: [JSON], _ patch: inout JSONObject
    ) {
        let added = wanted.filter { !current.contains($0) }
        let removed = last.filter { !wanted.contains($0) }
        guard !added.isEmpty || !removed.isEmpty else { return }
        patch["$setElementOrder/\(name)"] = .array(wanted)
        if !removed.isEmpty { patch["$deleteFromPrimitiveList/\(name)"] = .array(removed) }
        if !added.isEmpty { patch[name] = .array(added) }
    }

    private static func elementType(_ type: SchemaType) -> SchemaType? {
        if case .list(let element, _) = type.shape { return element }
        return nil
    }
}
