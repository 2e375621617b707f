import JSON

/// `storage.k8s.io` StorageClass: how volumes are made.
enum StorageClass {
    static let rules: KindRules = {
        var rules = KindRules(group: StorageNames.group, kind: "StorageClass")
        rules.defaults = { object in
            object.fillMissing("reclaimPolicy", "Delete")
            object.fillMissing("volumeBindingMode", "Immediate")
        }
        rules.validate = validate
        rules.validateUpdate = { new, old in
            ["parameters", "provisioner", "reclaimPolicy", "volumeBindingMode"].reduce(into: validate(new)) {
                $0 += SpecFaults.changed(new, old, FieldPath(), $1)
            }
        }
        rules.table = table
        return rules
    }()

    @Sendable private static func validate(_ object: JSON) -> [FieldError] {
        let path = FieldPath()
        var faults = StorageNames.provisionerFaults(object.text("provisioner"), path["provisioner"])
        faults += StorageNames.parameterFaults(object["parameters"], path["parameters"], mayBeEmpty: true)
        if !object.text("reclaimPolicy").isEmpty {
            faults += SpecFaults.unsupported(object, path, "reclaimPolicy", ["Delete", "Retain"])
        }
        if object.has("volumeBindingMode") {
            let modes = ["Immediate", "WaitForFirstConsumer"]
            faults += SpecFaults.unsupported(object, path, "volumeBindingMode", modes)
        } else {
            faults.append(.required(path["volumeBindingMode"]))
        }
        return faults + topologyFaults(object.list("allowedTopologies"), path["allowedTopologies"])
    }

    private static func topologyFaults(_ terms: [JSON], _ path: FieldPath) -> [FieldError] {
        // An empty term counts as a repetition of each of the terms, as in the original.
        var seen = Array(repeating: [String: Set<String>](), count: terms.count)
        var faults: [FieldError] = []
        for (index, term) in terms.enumerated() {
            let at = path[index]["matchLabelExpressions"]
            var values: [String: Set<String>] = [:]
            for (index, requirement) in term.list("matchLabelExpressions").enumerated() {
                faults += requirementFaults(requirement, at[index])
                let key = requirement.text("key")
                if values[key] != nil { faults.append(.duplicate(at[index]["key"], .string(key))) }
                values[key] = Set(requirement["values"].strings)
            }
            faults += seen.filter { $0 == values }.map { _ in .duplicate(at, "") }
            seen.append(values)
        }
        return faults
    }

    private static func requirementFaults(_ requirement: JSON, _ path: FieldPath) -> [FieldError] {
        let (values, key) = (requirement["values"].strings, requirement.text("key"))
        var faults: [FieldError] = values.isEmpty ? [.required(path["values"])] : []
        faults += SpecFaults.repeated(values).map { .duplicate(path["values"][$0], .string(values[$0])) }
        return faults + SpecFaults.named(path["key"], key, Names.qualifiedName(key))
    }

    private static let table = KindTable([
        .objectName,
        .init("Provisioner", "What makes the volumes."),
        .init("ReclaimPolicy", "What becomes of a volume whose claim is gone."),
        .init("VolumeBindingMode", "When volumes are made and bound."),
        .init("AllowVolumeExpansion", "Whether volumes may be made larger."),
        .objectAge,
    ]) { object, now in
        [
            StorageNames.cell(
                object, isDefault: "storageclass.kubernetes.io/is-default-class",
                "storageclass.beta.kubernetes.io/is-default-class"),
            .string(object.text("provisioner")), KindTable.Cell.text(object["reclaimPolicy"], or: "Delete"),
            KindTable.Cell.text(object["volumeBindingMode"], or: "Immediate"),
            .bool(object.flag("allowVolumeExpansion")), KindTable.Cell.age(object, now),
        ]
    }
}
