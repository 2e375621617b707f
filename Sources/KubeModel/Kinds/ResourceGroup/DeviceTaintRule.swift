import JSON

/// `resource.k8s.io` DeviceTaintRule: taints devices from outside. When it was added is for the server to fill in.
enum DeviceTaintRule {
    static let rules: KindRules = {
        var rules = KindRules(group: DeviceNames.group, kind: "DeviceTaintRule")
        rules.keepStatusApart()
        rules.countGeneration()
        rules.validate = { faults($0["spec"], old: .null) }
        rules.validateUpdate = { faults($0["spec"], old: $1["spec"]) }
        rules.validateStatusUpdate = { new, _ in
            ConditionFaults.all(new["status"]["conditions"], FieldPath("status.conditions"))
        }
        rules.table = KindTable([
            .objectName,
            .init("Key", "The taint's key."),
            .init("Value", "The taint's value."),
            .init("Effect", "What it does to pods."),
            .init("TimeAdded", "The time since it was added."),
            .objectAge,
        ]) { object, now in
            let taint = object["spec"]["taint"]
            return [KindTable.Cell.name(object)] + ["key", "value", "effect"].map { .string(taint.text($0)) }
                + [.string(AgeText.since(taint["timeAdded"], now: now)), KindTable.Cell.age(object, now)]
        }
        return rules
    }()

    private static func faults(_ spec: JSON, old: JSON) -> [FieldError] {
        let (selector, path) = (spec["deviceSelector"], FieldPath("spec"))
        let at = path["deviceSelector"]
        var faults: [FieldError] = []
        if let driver = selector["driver"].string { faults += StorageNames.driverFaults(driver, at["driver"]) }
        if let pool = selector["pool"].string { faults += DeviceNames.pool(pool, at["pool"]) }
        if let device = selector["device"].string { faults += DeviceNames.label(device, at["device"]) }
        return faults + ResourceSliceFaults.taintFaults(spec["taint"], old: old["taint"], path["taint"])
    }
}
