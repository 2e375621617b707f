import JSON

/// `storage.k8s.io` VolumeAttributesClass: properties of volumes that can be changed later.
enum VolumeAttributesClass {
    static let rules: KindRules = {
        var rules = KindRules(group: StorageNames.group, kind: "VolumeAttributesClass")
        rules.validate = validate
        rules.validateUpdate = { new, old in
            StorageNames.forbiddenChange(new, old, "driverName", "parameters") + validate(new)
        }
        rules.table = KindTable([
            .objectName,
            .init("DriverName", "The driver that the parameters are for."),
            .objectAge,
        ]) { object, now in
            [
                StorageNames.cell(
                    object, isDefault: "volumeattributesclass.alpha.kubernetes.io/is-default-class"),
                .string(object.text("driverName")), KindTable.Cell.age(object, now),
            ]
        }
        return rules
    }()

    @Sendable private static func validate(_ object: JSON) -> [FieldError] {
        StorageNames.provisionerFaults(object.text("driverName"), FieldPath("driverName"))
            + StorageNames.parameterFaults(object["parameters"], FieldPath("parameters"), mayBeEmpty: false)
    }
}
