import JSON

/// `v1` PodTemplate.
enum PodTemplateKind {
    static let rules: KindRules = {
        var rules = KindRules(group: "", kind: "PodTemplate")
        rules.countsGeneration = true
        rules.allowsCreateOnUpdate = true
        rules.defaults = { object in
            if !object.has("template") { object["template"] = [:] }
            object.edit("template", PodTemplateRules.applyDefaults)
        }
        rules.prepareForCreate = { $0["metadata", "generation"] = 1 }
        rules.prepareForUpdate = { new, old in KindRules.countGeneration(&new, old, part: "template") }
        rules.validate = { PodTemplateRules.validate($0["template"], FieldPath("template")) }
        rules.validateUpdate = { new, _ in PodTemplateRules.validate(new["template"], FieldPath("template")) }
        rules.warnings = { new, old in
            PodSpecRules.warnings(template: new["template"], old: old?["template"], FieldPath("template"))
        }
        rules.table = KindTable([.objectName, .init("Containers"), .init("Images"), .init("Pod Labels")]) { object, _ in
            return [
                KindTable.Cell.name(object), KindTable.Cell.containers(object["template"]),
                KindTable.Cell.images(object["template"]),
                KindTable.Cell.labels(object["template", "metadata", "labels"]),
            ]
        }
        return rules
    }()
}
