import JSON

/// `storage.k8s.io` CSINode: the storage drivers on a node.
enum CSINode {
    /// In bytes; CSI's own limit.
    private static let longestNodeID = 256

    static let rules: KindRules = {
        var rules = KindRules(group: StorageNames.group, kind: "CSINode")
        rules.allowsUnconditionalUpdate = false
        rules.validate = { validateDrivers($0["spec"].list("drivers")) }
        rules.validateUpdate = { new, old in
            validateDrivers(new["spec"].list("drivers"))
                + changedDrivers(new["spec"].list("drivers"), old["spec"].list("drivers"))
        }
        rules.table = KindTable([
            .objectName,
            .init("Drivers", type: "integer", "Drivers on the node."),
            .objectAge,
        ]) { object, now in
            [
                KindTable.Cell.name(object), .init(object["spec"].list("drivers").count),
                KindTable.Cell.age(object, now),
            ]
        }
        return rules
    }()

    private static let path = FieldPath("spec.drivers")

    private static func validateDrivers(_ drivers: [JSON]) -> [FieldError] {
        let repeated = Set(SpecFaults.repeated(drivers.map { $0.text("name") }))
        return drivers.enumerated().flatMap { driverFaults($1, isRepeated: repeated.contains($0), path[$0]) }
    }

    private static func driverFaults(_ driver: JSON, isRepeated: Bool, _ path: FieldPath) -> [FieldError] {
        let (name, id) = (driver.text("name"), driver.text("nodeID"))
        var faults = StorageNames.driverFaults(name, path["name"])
        faults += SpecFaults.missing(driver, path, "nodeID")
        if id.utf8.count > longestNodeID {
            let detail = "must be \(longestNodeID) characters or less"
            faults.append(.invalid(path["nodeID"], .string(id), detail))
        }
        faults += SpecFaults.negative(driver["allocatable"], path["allocatable"], "count")
        if isRepeated { faults.append(.duplicate(path["name"], .string(name))) }
        let keys = driver["topologyKeys"].strings
        let repeated = Set(SpecFaults.repeated(keys))
        for (index, key) in keys.enumerated() {
            if key.isEmpty { faults.append(.required(path)) }
            if repeated.contains(index) { faults.append(.duplicate(path, .string(key))) }
            faults += SpecFaults.named(path, key, Names.qualifiedName(key))
        }
        return faults
    }

    /// A driver may be added and removed; of one that stays only the room for volumes may change.
    private static func changedDrivers(_ new: [JSON], _ old: [JSON]) -> [FieldError] {
        old.flatMap { before in
            new.filter { $0.text("name") == before.text("name") }.flatMap { after -> [FieldError] in
                let parts = ["nodeID", "topologyKeys"]
                if parts.allSatisfy({ SemanticEquality.equal(after[$0], before[$0]) }) { return [] }
                let form: JSON = [
                    "Name": after["name"], "NodeID": after["nodeID"], "TopologyKeys": after["topologyKeys"],
                    "Allocatable": .null,
                ]
                return [SpecFaults.invalid(path, internalForm: form, SpecFaults.isImmutable)]
            }
        }
    }
}
