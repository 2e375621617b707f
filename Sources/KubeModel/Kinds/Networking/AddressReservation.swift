import JSON

/// `networking.k8s.io` IPAddress: an address of the Services' networks that is in use, by its name.
enum AddressReservation {
    static let rules: KindRules = {
        var rules = KindRules(group: "networking.k8s.io", kind: "IPAddress")
        rules.nameRule = .own { name, _ in Names.ip(FieldPath(), name).map(\.detail) }
        rules.validate = validate
        rules.validateUpdate = { new, old in
            let (parent, before) = (new["spec"]["parentRef"], old["spec"]["parentRef"])
            guard !SemanticEquality.equal(parent, before) else { return validate(new) }
            return validate(new) + [
                parent.isNull
                    ? .invalid(path, .null, SpecFaults.isImmutable)
                    : SpecFaults.invalid(path, internalForm: internalForm(parent), SpecFaults.isImmutable)
            ]
        }
        rules.table = table
        return rules
    }()

    private static let path = FieldPath("spec.parentRef")

    @Sendable private static func validate(_ object: JSON) -> [FieldError] {
        let spec = object["spec"]
        return spec.has("parentRef") ? parentFaults(spec["parentRef"], path) : [.required(path)]
    }

    private static func internalForm(_ parent: JSON) -> JSON {
        [
            "Group": .string(parent.text("group")), "Resource": .string(parent.text("resource")),
            "Namespace": .string(parent.text("namespace")), "Name": .string(parent.text("name")),
        ]
    }

    private static func parentFaults(_ parent: JSON, _ path: FieldPath) -> [FieldError] {
        SpecFaults.misnamed(parent, path, "group", check: Names.dnsSubdomain)
            + SpecFaults.missingOrMisnamed(parent, path, "resource", check: Names.pathSegment)
            + SpecFaults.missingOrMisnamed(parent, path, "name", check: Names.pathSegment)
            + SpecFaults.misnamed(parent, path, "namespace", check: Names.pathSegment)
    }

    private static let table = KindTable([
        .objectName,
        .init("ParentRef", "The object that has the address."),
    ]) { object, _ in
        let parent = object["spec"]["parentRef"]
        if parent.isNull { return [KindTable.Cell.name(object), "<none>"] }
        let (group, namespace) = (parent.text("group"), parent.text("namespace"))
        let resource = parent.text("resource") + (group.isEmpty ? "" : ".\(group)")
        let parts = [resource.lowercased()] + (namespace.isEmpty ? [] : [namespace]) + [parent.text("name")]
        return [KindTable.Cell.name(object), .string(parts.joined(separator: "/"))]
    }
}
