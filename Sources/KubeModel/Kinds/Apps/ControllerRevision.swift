import JSON

/// `apps` ControllerRevision: one state of a workload's template, kept for its history.
enum ControllerRevision {
    static let rules: KindRules = {
        var rules = KindRules(group: "apps", kind: "ControllerRevision")
        rules.validate = validate
        rules.validateUpdate = { new, old in
            validate(new) + SpecFaults.changed(new, old, FieldPath(), "data")
        }
        rules.table = KindTable([
            .objectName,
            .init("Controller", "What it belongs to."),
            .init("Revision", "Its place in the history."),
            .objectAge,
        ]) { object, now in
            [
                KindTable.Cell.name(object), .string(controller(of: object)), KindTable.Cell.count(object["revision"]),
                KindTable.Cell.age(object, now),
            ]
        }
        return rules
    }()

    @Sendable private static func validate(_ object: JSON) -> [FieldError] {
        let faults = SpecFaults.negative(object, FieldPath(), "revision")
        let data = object["data"]
        if data.object != nil { return faults }
        let why = data.isNull ? "data is mandatory" : "data must be a valid JSON object"
        return [.required(FieldPath("data"), why)] + faults
    }

    /// `daemonset.apps/web`.
    private static func controller(of object: JSON) -> String {
        let owners = object["metadata"].list("ownerReferences")
        guard let owner = owners.first(where: { $0.flag("controller") }) else { return "<none>" }
        let group = GroupVersion(apiVersion: owner.text("apiVersion"))?.group ?? ""
        let kind = group.isEmpty ? owner.text("kind") : "\(owner.text("kind")).\(group)"
        return "\(kind.lowercased())/\(owner.text("name"))"
    }
}
