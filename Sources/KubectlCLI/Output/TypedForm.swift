import JSON
import KubeModel

/// Objects of built-in kinds as the original writes them from its own structs: members in the order of their
/// declaration, and those that are always there.
enum TypedForm {
    static func of(_ object: JSON) -> JSON {
        guard let type = BuiltInType.of(object),
            let typed = try? StructuralDecoder.decode(object, as: type, defaults: false).object
        else { return object }
        return typed
    }

    /// - Parameters:
    ///   - kind: `PodList`.
    ///   - keepsKinds: each item says its kind, too.
    static func list(_ list: JSON, keepsKinds: Bool = false) -> JSON {
        let kind = list["kind"].plain, apiVersion = list["apiVersion"].plain
        let own = String(kind.hasSuffix("List") ? kind.dropLast(4) : kind[...])
        let items = (list["items"].array ?? []).map { item in
            var whole = item
            whole["kind"] = .string(own)
            whole["apiVersion"] = .string(apiVersion)
            var typed = of(whole)
            if !keepsKinds { for member in ["kind", "apiVersion"] { typed.remove(member) } }
            return typed
        }
        var metadata = JSONObject()
        for name in ["selfLink", "resourceVersion", "continue", "remainingItemCount"] {
            let value = list["metadata"][name]
            if !value.isNull, value.string != "" { metadata.append(name, value) }
        }
        var out = JSONObject()
        out.append("kind", .string(kind))
        out.append("apiVersion", .string(apiVersion))
        out.append("metadata", .object(metadata))
        // An empty list comes as none.
        out.append("items", items.isEmpty ? JSON.null : .array(items))
        return .object(out)
    }
}
