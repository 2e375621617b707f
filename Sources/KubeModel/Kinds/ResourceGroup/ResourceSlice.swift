import JSON

/// `resource.k8s.io` ResourceSlice: devices that a driver has, on a node or for many.
enum ResourceSlice {
    static let rules: KindRules = {
        var rules = KindRules(group: DeviceNames.group, kind: "ResourceSlice")
        rules.countGeneration()
        rules.validate = { ResourceSliceFaults.all($0["spec"], old: .null, FieldPath("spec")) }
        rules.validateUpdate = { ResourceSliceFaults.all($0["spec"], old: $1["spec"], FieldPath("spec")) }
        rules.selectableFields = { object in
            ["spec.nodeName": object["spec"].text("nodeName"), "spec.driver": object["spec"].text("driver")]
        }
        rules.table = KindTable([
            .objectName,
            .init("Node", "The node that has the devices."),
            .init("Driver", "The devices' driver."),
            .init("Pool", "The pool that the slice is a part of."),
            .objectAge,
        ]) { object, now in
            let spec = object["spec"]
            return [
                KindTable.Cell.name(object), .string(spec.text("nodeName")), .string(spec.text("driver")),
                .string(spec["pool"].text("name")), KindTable.Cell.age(object, now),
            ]
        }
        return rules
    }()
}
