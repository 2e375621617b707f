import JSON

/// `resource.k8s.io` ResourceClaimTemplate: what each pod's own claim is made from.
enum ResourceClaimTemplate {
    static let rules: KindRules = {
        var rules = KindRules(group: DeviceNames.group, kind: "ResourceClaimTemplate")
        rules.defaults = { object in
            object.edit("spec") { $0.edit("spec", DeviceClaimFaults.applyDefaults) }
        }
        rules.validate = { object in
            let (metadata, path) = (object["spec"]["metadata"], FieldPath("spec"))
            return MetadataRules.validateAnnotations(metadata["annotations"], path["metadata"]["annotations"])
                + MetadataRules.validateLabels(metadata["labels"], path["metadata"]["labels"])
                + DeviceClaimFaults.all(object["spec"]["spec"], path["spec"])
        }
        rules.validateUpdate = { new, old in SpecFaults.changed(new["spec"], old["spec"], FieldPath("spec")) }
        rules.table = .nameAndAge
        return rules
    }()
}
