import JSON

extension CustomResourceDefinition {
    static let rules: KindRules = {
        var rules = KindRules(group: "apiextensions.k8s.io", kind: "CustomResourceDefinition")
        rules.countsGeneration = true
        rules.allowsUnconditionalUpdate = false
        rules.defaults = DefinitionDefaults.set
        rules.prepareForCreate = { new in
            new["status"] = ["conditions": nil, "acceptedNames": ["plural": "", "kind": ""], "storedVersions": []]
            new["metadata", "generation"] = 1
            DefinitionDefaults.noteStorageVersion(&new)
        }
        rules.prepareForUpdate = { new, old in
            if old["status"].isNull { new.remove("status") } else { new["status"] = old["status"] }
            let generation = old["metadata", "generation"].int ?? 0
            new["metadata", "generation"] = JSON(new["spec"] == old["spec"] ? generation : generation + 1)
            DefinitionDefaults.noteStorageVersion(&new)
        }
        rules.prepareForStatusUpdate = { new, old in new["spec"] = old["spec"] }
        rules.validate = DefinitionRules.errors
        rules.validateUpdate = DefinitionRules.updateErrors
        rules.validateStatusUpdate = { new, _ in DefinitionRules.statusErrors(new) }
        rules.warnings = { new, old in DefinitionDefaults.unknownFormats(new, old) }
        rules.table = KindTable([
            KindTable.Column("Name", format: "name"), KindTable.Column("Created At", type: "date"),
        ]) { object, _ in [object["metadata", "name"], object["metadata", "creationTimestamp"]] }
        return rules
    }()
}

/// What the server fills in.
enum DefinitionDefaults {
    @Sendable static func set(_ object: inout JSON) {
        let names = CustomResourceDefinition(object).names
        if names.singular.isEmpty, !names.kind.isEmpty {
            object["spec", "names", "singular"] = .string(names.kind.lowercased())
        }
        if names.listKind.isEmpty, !names.kind.isEmpty {
            object["spec", "names", "listKind"] = .string("\(names.kind)List")
        }
        if object["spec", "conversion"].isNull { object["spec", "conversion"] = ["strategy": "None"] }
        let service = object["spec", "conversion", "webhook", "clientConfig", "service"]
        if !service.isNull, service["port"].isNull {
            object["spec", "conversion", "webhook", "clientConfig", "service", "port"] = 443
        }
        if CustomResourceDefinition(object).storedVersions.isEmpty { noteStorageVersion(&object) }
    }

    /// Objects may be stored in this version from now on.
    static func noteStorageVersion(_ object: inout JSON) {
        let definition = CustomResourceDefinition(object)
        guard let name = definition.storageVersion?.name, !definition.storedVersions.contains(name) else { return }
        object["status", "storedVersions"] = JSON(definition.storedVersions + [name])
    }

    /// A sentence for each format that the server doesn't know and that wasn't there before.
    static func unknownFormats(_ new: JSON, _ old: JSON?) -> [String] {
        func formats(_ object: JSON) -> [String] {
            let spec = DefinitionSpec(object["spec"])
            var found: [String] = []
            for validation in [spec.validation] + spec.versions.map({ $0["schema"] }) {
                guard !validation["openAPIV3Schema"].isNull else { continue }
                JSONSchema(validation["openAPIV3Schema"])?.forEach { node in
                    let isUnknown = !node.format.isEmpty && !SchemaFormats.isKnown(node.format, type: node.type)
                    if isUnknown { found.append(node.format) }
                }
            }
            return found
        }
        let before = Set(old.map(formats) ?? [])
        return formats(new).filter { !before.contains($0) }.map { "unrecognized format \(GoText.quoted($0))" }
    }
}
