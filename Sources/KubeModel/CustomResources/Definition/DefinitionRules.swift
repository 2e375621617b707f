import JSON

/// The faults of a CustomResourceDefinition, with the original's paths and sentences.
///
/// The original is laxer with a change of a definition that an older release let pass (schemas that aren't structural,
/// unpruned defaults, …). There can be none here: such definitions were only ever made through `v1beta1`.
enum DefinitionRules {
    enum Limit {
        /// Selectable fields of a version.
        static let selectableFields = 8
    }

    static func errors(_ json: JSON) -> [FieldError] {
        let definition = CustomResourceDefinition(json)
        let plural = definition.names.plural
        var errors: [FieldError] = []
        if !definition.name.isEmpty, definition.name != "\(plural).\(definition.group)" {
            errors.append(
                .of(
                    .invalid, FieldPath("metadata.name"), .string(definition.name),
                    #"must be spec.names.plural+"."+spec.group"#))
        }
        return errors + commonErrors(definition, old: nil)
    }

    static func updateErrors(_ json: JSON, _ oldJSON: JSON) -> [FieldError] {
        commonErrors(CustomResourceDefinition(json), old: CustomResourceDefinition(oldJSON))
    }

    static func statusErrors(_ json: JSON) -> [FieldError] {
        nameErrors(CustomResourceDefinition(json).acceptedNames, FieldPath("status.acceptedNames"))
    }

    private static func commonErrors(_ definition: CustomResourceDefinition, old: CustomResourceDefinition?)
        -> [FieldError]
    {
        var errors = SpecRules(definition, old: old).errors()
        if let old { errors += immutabilityErrors(definition, old) }
        errors += statusErrors(definition.json)
        errors += storedVersionErrors(definition)
        errors += APIApproval.errors(definition, old: old)
        if definition.preservesUnknownFields, old?.preservesUnknownFields != true {
            errors.append(
                .of(
                    .invalid, FieldPath("spec.preserveUnknownFields"), true,
                    "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead"
                ))
        }
        return errors
    }

    private static func immutabilityErrors(_ new: CustomResourceDefinition, _ old: CustomResourceDefinition)
        -> [FieldError]
    {
        var fixed = [["group"], ["names", "plural"]]
        if old.isTrue("Established") { fixed = [["scope"], ["names", "kind"]] + fixed }
        return fixed.compactMap { path in
            let now = path.reduce(new.json["spec"]) { $0[$1] }, before = path.reduce(old.json["spec"]) { $0[$1] }
            let place = path.reduce(FieldPath("spec")) { $0[$1] }
            return now == before ? nil : .of(.invalid, place, now, "field is immutable")
        }
    }

    static func nameErrors(_ names: CustomResourceDefinition.Names, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        func check(_ name: String, _ text: String, isKind: Bool = false) {
            let faults = text.isEmpty ? [] : Names.dns1035(isKind ? text.lowercased() : text)
            guard !faults.isEmpty else { return }
            let prefix = isKind ? "may have mixed case, but should otherwise match: " : ""
            errors.append(.of(.invalid, path[name], .string(text), prefix + faults.joined(separator: ",")))
        }
        func check(all name: String, _ texts: [String]) {
            for (index, text) in texts.enumerated() {
                let faults = Names.dns1035(text)
                if !faults.isEmpty {
                    errors.append(.of(.invalid, path[name][index], .string(text), faults.joined(separator: ",")))
                }
            }
        }
        check("plural", names.plural)
        check("singular", names.singular)
        check("kind", names.kind, isKind: true)
        check("listKind", names.listKind, isKind: true)
        check(all: "shortNames", names.shortNames)
        if !names.kind.isEmpty, names.kind == names.listKind {
            errors.append(
                .of(.invalid, path["listKind"], .string(names.listKind), "kind and listKind may not be the same"))
        }
        check(all: "categories", names.categories)
        return errors
    }

    private static func storedVersionErrors(_ definition: CustomResourceDefinition) -> [FieldError] {
        let path = FieldPath("status.storedVersions")
        let stored = definition.storedVersions
        guard !stored.isEmpty else {
            return [.of(.invalid, path, .null, "must have at least one stored version")]
        }
        let versions = definition.versions
        var errors: [FieldError] = versions.filter { $0.isStorage && !stored.contains($0.name) }.map {
            .of(.invalid, path, JSON(stored), "must have the storage version \($0.name)")
        }
        for (index, name) in stored.enumerated() where !versions.contains(where: { $0.name == name }) {
            errors.append(
                .of(
                    .invalid, path[index], .string(name),
                    "missing from spec.versions; \(name) was previously a storage version, and must remain in "
                        + "spec.versions until a storage migration ensures no data remains persisted in \(name) and "
                        + "removes \(name) from status.storedVersions"))
        }
        return errors
    }
}

/// Who allowed an API in a group of the Kubernetes project (annotation `api-approved.kubernetes.io`).
enum APIApproval: Equatable {
    case invalid, approved, bypassed, missing

    static func isProtected(_ group: String) -> Bool {
        ["k8s.io", "kubernetes.io"].contains { group == $0 || group.hasSuffix(".\($0)") }
    }

    static func state(_ definition: CustomResourceDefinition) -> (state: APIApproval, reason: String) {
        let name = CustomResourceDefinition.approvalAnnotation
        let value = definition.json["metadata", "annotations"][name].string ?? ""
        let see = "see https://github.com/kubernetes/enhancements/pull/1111"
        if value.isEmpty {
            return (.missing, "protected groups must have approval annotation \"\(name)\", \(see)")
        }
        if value.hasPrefix("unapproved") { return (.bypassed, "not approved: \(GoText.quoted(value))") }
        if let end = value.firstRange(of: "://"), end.lowerBound > value.startIndex, SchemaFormats.isRequestURI(value),
            let first = value[end.upperBound...].first, first != "/"
        {
            return (.approved, "approved in \(value)")
        }
        return (
            .invalid,
            "protected groups must have approval annotation \"\(name)\" with either a URL or a reason starting with "
                + "\"unapproved\", \(see)"
        )
    }

    static func errors(_ definition: CustomResourceDefinition, old: CustomResourceDefinition?) -> [FieldError] {
        guard isProtected(definition.group) else { return [] }
        let (state, reason) = state(definition)
        if let old, self.state(old).state == state { return [] }
        let name = CustomResourceDefinition.approvalAnnotation
        let path = FieldPath("metadata.annotations")[key: name]
        switch state {
        case .approved, .bypassed: return []
        case .missing: return [.required(path, reason)]
        case .invalid: return [.of(.invalid, path, definition.json["metadata", "annotations"][name], reason)]
        }
    }
}
