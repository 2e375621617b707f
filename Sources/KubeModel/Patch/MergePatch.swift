import JSON

/// JSON merge patch (RFC 7386) as the API server applies it.
package enum MergePatch {
    /// Fails with 400 when the patch is no object.
    package static func apply(_ patch: JSON, to original: JSON) throws(APIStatus) -> JSON {
        guard let changes = patch.object else {
            throw PatchFailure.decoding(patch, into: "map[string]interface {}")
        }
        guard case .object(var members) = original else { return .object(withoutNulls(changes)) }
        merge(changes, into: &members)
        return .object(members)
    }

    private static func merge(_ patch: JSONObject, into original: inout JSONObject) {
        for (key, change) in patch {
            if change == .null {
                original[key] = nil
                continue
            }
            original.modify(key) { value in
                switch (value, change) {
                case (.object(var members), .object(let changes)):
                    value = nil
                    merge(changes, into: &members)
                    value = .object(members)
                case (.object, _): value = change
                default: value = withoutNulls(change)
                }
            }
        }
    }

    /// Members that are null say "remove", where there is nothing to remove too. Elements of lists stay.
    private static func withoutNulls(_ json: JSON) -> JSON {
        switch json {
        case .object(let members): .object(withoutNulls(members))
        case .array(let elements): .array(elements.map(withoutNulls))
        default: json
        }
    }

    private static func withoutNulls(_ members: JSONObject) -> JSONObject {
        var kept = JSONObject()
        for (key, value) in members where value != .null { kept[key] = withoutNulls(value) }
        return kept
    }
}
