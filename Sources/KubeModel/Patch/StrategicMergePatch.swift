import JSON

/// Strategic merge patch: a merge patch that knows which lists are merged by key (apimachinery `strategicpatch`).
///
/// The schema says, per field, whether a list is merged and by which key. The patch itself may say more:
/// `$patch: replace|delete`, `$retainKeys`, `$setElementOrder/…`, `$deleteFromPrimitiveList/…`.
package enum StrategicMergePatch {
    static let directive = "$patch"
    static let retainKeys = "$retainKeys"
    static let elementOrder = "$setElementOrder"
    static let deletions = "$deleteFromPrimitiveList"

    /// Fails with 400 for a malformed patch, 422 or 500 for one that doesn't fit the object, as the original does.
    ///
    /// What the patch adds isn't checked here: unknown members, and directives in new parts, are the decoder's to find.
    /// - Parameter type: of the object; nil for a part that the schema doesn't know.
    package static func apply(_ patch: JSON, to original: JSON, type: SchemaType?) throws(APIStatus) -> JSON {
        guard let changes = patch.object else {
            throw .badRequest(
                "json: cannot unmarshal \(GoText.kind(patch)) into Go value of type map[string]interface {}")
        }
        return .object(try merge(changes, into: original.object ?? JSONObject(), type))
    }

    // MARK: Objects

    static func merge(_ patch: JSONObject, into original: JSONObject, _ type: SchemaType?) throws(APIStatus)
        -> JSONObject
    {
        if let marker = patch[directive] { return try replacement(patch, marker) }
        var result = original
        var patch = patch
        if let list = patch[retainKeys] {
            patch[retainKeys] = nil
            try retain(list, patch, &result)
        }
        for (key, order) in patch where key.hasPrefix(elementOrder) {
            patch[key] = nil
            try applyOrder(key, order, &patch, &result, type)
        }
        for (key, change) in patch {
            if key.hasPrefix(deletions) {
                try deletePrimitives(try name(key, deletions, .primitiveList), change, &result, type)
            } else if change == .null {
                result[key] = nil
            } else {
                try mergeMember(key, change, &result, type)
            }
        }
        return result
    }

    private static func mergeMember(_ key: String, _ change: JSON, _ result: inout JSONObject, _ type: SchemaType?)
        throws(APIStatus)
    {
        switch (result[key], change) {
        case (.object, .object) where type?.field(key)?.patchStrategy.contains(.replace) == true:
            result[key] = change
        case (.object(let old), .object(let new)):
            result[key] = .object(try merge(new, into: old, memberType(key, of: type)))
        case (.array(let old), .array(let new)):
            let list = StrategicList(key, of: type)
            result[key] = .array(list.isMerged ? try list.merge(new, into: old) : new)
        default:
            result[key] = withoutDirectives(withoutNulls(change))
        }
    }

    /// What an object becomes whose patch says `$patch: replace` or `$patch: delete`.
    private static func replacement(_ patch: JSONObject, _ marker: JSON) throws(APIStatus) -> JSONObject {
        switch marker {
        case "replace":
            var rest = patch
            rest[directive] = nil
            return rest
        case "delete": return JSONObject()
        default: throw badDirective(marker, patch)
        }
    }

    /// `$retainKeys`: what isn't listed goes, and the patch may set only what is.
    private static func retain(_ list: JSON, _ patch: JSONObject, _ result: inout JSONObject) throws(APIStatus) {
        guard let names = list.array else { throw BadFormat.retainKeys.status }
        let kept = Set(names)
        for (key, value) in patch where value != .null {
            if key.hasPrefix(deletions) || key.hasPrefix(elementOrder) { continue }
            guard kept.contains(.string(key)) else { throw BadFormat.retainKeys.status }
        }
        result = result.filter { kept.contains(.string($0.key)) }
    }

    private static func deletePrimitives(
        _ key: String, _ values: JSON, _ result: inout JSONObject, _ type: SchemaType?
    ) throws(APIStatus) {
        if values == .null {
            result[key] = nil
            return
        }
        guard case .array(let old) = result[key], case .array(let gone) = values else { return }
        let list = StrategicList(key, of: type)
        result[key] = .array(try list.delete(gone, from: old))
    }

    private static func applyOrder(
        _ key: String, _ order: JSON, _ patch: inout JSONObject, _ result: inout JSONObject, _ type: SchemaType?
    ) throws(APIStatus) {
        guard let order = order.array else { throw badType("[]interface {}", order) }
        let field = try name(key, elementOrder, .elementOrder)
        let (old, new) = (result[field], patch[field])
        if let old, old.array == nil { throw badType("[]interface {}", old) }
        if let new, new.array == nil { throw badType("[]interface {}", new) }
        let list = StrategicList(field, of: type)
        try list.check(new?.array ?? [], follows: order)
        let merged: [JSON]
        switch (old?.array, new?.array) {
        case (nil, nil): return
        case (let old?, nil): merged = old
        case (nil, let new?): merged = withoutDirectives(.array(new))?.array ?? []
        case (let old?, let new?): merged = list.isMerged ? try list.merge(new, into: old) : new
        }
        patch[field] = nil
        result[field] = .array(
            try list.ordered(merged, by: order, serverOrder: old?.array ?? [], elements: [old?.array, new?.array]))
    }

    // MARK: Parts

    private static func name(_ key: String, _ prefix: String, _ format: BadFormat) throws(APIStatus) -> String {
        guard key.utf8.count > prefix.utf8.count, key.utf8.dropFirst(prefix.utf8.count).first == UInt8(ascii: "/")
        else { throw format.status }
        return String(key.dropFirst(prefix.count + 1))
    }

    private static func memberType(_ key: String, of type: SchemaType?) -> SchemaType? {
        if case .map(let value) = type?.shape { return value }
        return type?.field(key)?.type
    }

    /// Parts of the patch that become parts of the object don't bring directives along; nil: nothing is left.
    static func withoutDirectives(_ json: JSON) -> JSON? {
        switch json {
        case .object(let members):
            if members.place(of: directive) != nil { return nil }
            var kept = JSONObject()
            for (key, value) in members { kept[key] = withoutDirectives(value) }
            return .object(kept)
        case .array(let elements): return .array(elements.compactMap(withoutDirectives))
        default: return json
        }
    }

    /// A null says "remove", where there is nothing to remove too.
    static func withoutNulls(_ json: JSON) -> JSON {
        switch json {
        case .object(let members):
            var kept = JSONObject()
            for (key, value) in members where value != .null { kept[key] = withoutNulls(value) }
            return .object(kept)
        case .array(let elements): return .array(elements.map(withoutNulls))
        default: return json
        }
    }

    // MARK: Failures

    enum BadFormat {
        case primitiveList, retainKeys, elementOrder

        var status: APIStatus {
            switch self {
            case .primitiveList: .badRequest("invalid patch format of primitive list")
            case .retainKeys: .badRequest("invalid patch format of retainKeys")
            case .elementOrder: .badRequest("invalid patch format of setElementOrder list")
            }
        }
    }

    static func badDirective(_ marker: JSON, _ map: JSONObject) -> APIStatus {
        PatchFailure.unknown("unknown patch type: \(GoText.value(marker)) in map: \(GoText.value(.object(map)))")
    }

    static func badType(_ expected: String, _ actual: JSON) -> APIStatus {
        PatchFailure.unknown("expected a \(expected), but received a \(GoText.type(actual))")
    }

    static func noMergeKey(_ map: JSONObject, _ key: String) -> APIStatus {
        PatchFailure.unknown(
            "map: \(GoText.value(.object(map))) does not contain declared merge key: \(key)")
    }
}
