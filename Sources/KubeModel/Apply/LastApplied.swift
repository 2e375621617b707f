import JSON

/// What kubectl's client-side apply left behind, for those who move from it to server-side apply: the annotation with
/// the configuration that it applied last.
enum LastApplied {
    static let annotation = "kubectl.kubernetes.io/last-applied-configuration"
    /// The manager for which the annotation counts.
    static let manager = "kubectl"

    /// Keeps the annotation up to date, so that one may go back to client-side apply. Where it doesn't fit it goes.
    static func update(_ object: inout JSON, with config: JSON) {
        let annotations = object["metadata"]["annotations"]
        guard let old = annotations[annotation].string, !old.isEmpty else { return }
        var config = config
        if config["metadata"]["annotations"].object != nil {
            var rest = config["metadata"]["annotations"]
            rest.remove(annotation)
            config["metadata", "annotations"] = rest
        }
        object["metadata", "annotations", annotation] = .string(sorted(config).text + "\n")
        let size = (object["metadata"]["annotations"].object ?? JSONObject()).reduce(0) {
            $0 + $1.key.utf8.count + ($1.value.string?.utf8.count ?? 0)
        }
        guard size > MetadataRules.annotationsLimit else { return }
        var rest = object["metadata"]["annotations"]
        rest.remove(annotation)
        object["metadata", "annotations"] = rest
    }

    private static func sorted(_ json: JSON) -> JSON {
        switch json {
        case .object(let members):
            .object(JSONObject(members.sortedByKey().map { ($0.key, sorted($0.value)) }))
        case .array(let items): .array(items.map(sorted))
        default: json
        }
    }

    /// The conflicts that count. For kubectl, fields that still are as the annotation has them don't: client-side apply
    /// set them, and that was kubectl too.
    static func conflicts(
        _ conflicts: [ApplyConflict.Conflict], _ applier: FieldManagers.Identity, live: JSON, _ fields: ManagedFields
    ) -> [ApplyConflict.Conflict] {
        guard !conflicts.isEmpty, applier.name == manager,
            let allowed = unchanged(live, fields)
        else { return conflicts }
        return conflicts.map { ($0.manager, $0.fields.subtracting(allowed)) }.filter { !$0.fields.isEmpty }
    }

    private static func unchanged(_ live: JSON, _ fields: ManagedFields) -> FieldSet? {
        guard let text = live["metadata"]["annotations"][annotation].string, !text.isEmpty,
            let last = try? JSON(parsing: text), last["apiVersion"].string == fields.version
        else { return nil }
        let type = ApplyType(fields.type)
        guard (try? type.validate(last)) != nil else { return nil }
        let difference = type.compare(last, live)
        return type.fieldSet(of: last).subtracting(difference.modified).subtracting(difference.added)
            .subtracting(difference.removed)
    }
}
