import JSON

/// `storage.k8s.io` CSIStorageCapacity: the room that a driver has for a class's volumes in a part of the cluster.
enum CSIStorageCapacity {
    static let rules: KindRules = {
        var rules = KindRules(group: StorageNames.group, kind: "CSIStorageCapacity")
        rules.allowsUnconditionalUpdate = false
        rules.validate = validate
        rules.validateUpdate = {
            validate($0) + SpecFaults.changed($0, $1, FieldPath(), "nodeTopology", "storageClassName")
        }
        return rules
    }()

    @Sendable private static func validate(_ object: JSON) -> [FieldError] {
        let name = object.text("storageClassName")
        var faults = SpecSelector.faults(object["nodeTopology"], FieldPath("nodeTopology"))
        faults += SpecFaults.named(FieldPath("storageClassName"), name, Names.dnsSubdomain(name))
        if let capacity = Quantity(object["capacity"]), capacity.sign < 0 {
            let text = JSON.string(capacity.description)
            faults.append(.invalid(FieldPath("capacity"), text, SpecFaults.isNegative))
        }
        return faults
    }
}
