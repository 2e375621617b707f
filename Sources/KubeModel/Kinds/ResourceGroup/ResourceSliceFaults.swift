import JSON

/// Checks of a ResourceSlice.
enum ResourceSliceFaults {
    // The API's own limits.
    private static let mostDevices = 128
    private static let mostTaintedDevices = 64
    private static let mostCounterSets = 8
    private static let mostCounters = 32
    private static let mostConsumptions = 2
    private static let mostProperties = 32
    private static let mostTaints = 16
    private static let longestValue = 64

    static func all(_ spec: JSON, old: JSON, _ path: FieldPath) -> [FieldError] {
        var faults = StorageNames.driverFaults(spec.text("driver"), path["driver"])
        faults += poolFaults(spec["pool"], path["pool"])
        if !old.isNull {
            faults += SpecFaults.changed(spec["pool"], old["pool"], path["pool"], "name")
            faults += SpecFaults.changed(spec, old, path, "driver", "nodeName")
        }
        faults += placeFaults(spec, path)
        if spec.has("sharedCounters"), spec.has("devices") {
            faults.append(.invalid(path, "", "only one of `sharedCounters` or `devices` is allowed"))
        }
        let devices = spec.list("devices")
        let isSpecial = devices.contains { !$0.list("taints").isEmpty || !$0.list("consumesCounters").isEmpty }
        let before = Dictionary(
            old.list("devices").map { ($0.text("name"), $0) }, uniquingKeysWith: { first, _ in first })
        faults += DeviceNames.unique(
            devices, most: isSpecial ? mostTaintedDevices : mostDevices, key: { $0.text("name") }, path["devices"]
        ) { device, path in
            deviceFaults(
                device, old: before[device.text("name")], isPlacedAlone: spec.flag("perDeviceNodeSelection"), path)
        }
        return faults
            + DeviceNames.unique(
                spec.list("sharedCounters"), most: mostCounterSets, key: { $0.text("name") }, path["sharedCounters"]
            ) { counterFaults($0, name: "name", $1) }
    }

    private static func poolFaults(_ pool: JSON, _ path: FieldPath) -> [FieldError] {
        var faults = DeviceNames.pool(pool.text("name"), path["name"])
        let (count, generation) = (pool["resourceSliceCount"].int ?? 0, pool["generation"].int ?? 0)
        if count <= 0 {
            faults.append(.invalid(path["resourceSliceCount"], .init(count), "must be greater than zero"))
        }
        if generation < 0 {
            let detail = "must be greater than or equal to zero"
            faults.append(.invalid(path["generation"], .init(generation), detail))
        }
        return faults
    }

    /// For which nodes the devices are: said in one way.
    private static func placeFaults(_ spec: JSON, _ path: FieldPath) -> [FieldError] {
        var (faults, ways) = (Faults(), [String]())
        if let node = spec["nodeName"].string {
            if node.isEmpty {
                faults.invalid(path["nodeName"], "", "must be either unset or set to a non-empty string")
            } else {
                ways.append("`nodeName`")
                faults.check(node, path["nodeName"], Names.dnsSubdomain)
            }
        }
        if spec.has("nodeSelector") {
            ways.append("`nodeSelector`")
            let (selector, at) = (spec["nodeSelector"], path["nodeSelector"])
            NodeSelectors.check(selector, at, &faults)
            if selector.list("nodeSelectorTerms").count != 1 {
                let detail = "must have exactly one node selector term"
                faults.add(
                    SpecFaults.invalid(at["nodeSelectorTerms"], selector["nodeSelectorTerms"], detail))
            }
        }
        for member in ["allNodes", "perDeviceNodeSelection"] {
            guard let isSet = spec[member].bool else { continue }
            if isSet {
                ways.append("`\(member)`")
            } else {
                faults.invalid(path[member], false, "must be either unset or set to true")
            }
        }
        let detail =
            "exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required"
        if ways.isEmpty { faults.required(path, detail) }
        if ways.count > 1 {
            faults.invalid(
                path, .string("{\(ways.joined(separator: ", "))}"), "\(detail), but multiple fields are set")
        }
        return faults.all
    }

    private static func deviceFaults(_ device: JSON, old: JSON?, isPlacedAlone: Bool, _ path: FieldPath)
        -> [FieldError]
    {
        var faults = DeviceNames.label(device.text("name"), path["name"])
        let (attributes, capacity) = (device.map("attributes"), device.map("capacity"))
        let count = attributes.count + capacity.count
        if count > mostProperties {
            let detail = "the total number of attributes and capacities must not exceed \(mostProperties)"
            faults.append(.invalid(path, .init(count), detail))
        }
        for (name, attribute) in attributes.sortedByKey() {
            let at = path["attributes"][key: name]
            faults += DeviceNames.qualified(name, at) + attributeFaults(attribute, at)
        }
        for (name, amount) in capacity.sortedByKey() {
            let at = path["capacity"][key: name]
            faults += DeviceNames.qualified(name, at)
            if amount.has("requestPolicy"), !device.flag("allowMultipleAllocations") {
                faults.append(.forbidden(at["requestPolicy"], "allowMultipleAllocations must be true"))
            }
        }
        if old.map({ !SemanticEquality.equal($0["taints"], device["taints"]) }) ?? true {
            faults += DeviceNames.each(device.list("taints"), most: mostTaints, path["taints"]) {
                taintFaults($0, old: .null, $1)
            }
        }
        faults += DeviceNames.unique(
            device.list("consumesCounters"), most: mostConsumptions, key: { $0.text("counterSet") },
            path["consumesCounters"]
        ) { counterFaults($0, name: "counterSet", $1) }
        return faults + ownPlaceFaults(device, isPlacedAlone: isPlacedAlone, path)
    }

    private static func ownPlaceFaults(_ device: JSON, isPlacedAlone: Bool, _ path: FieldPath) -> [FieldError] {
        let members = ["nodeName", "nodeSelector", "allNodes"]
        let present = members.filter { device.has($0) }
        if !isPlacedAlone {
            let detail =
                "`nodeName`, `nodeSelector` and `allNodes` can only be set if `perDeviceNodeSelection` is set to "
                + "true in the ResourceSlice spec"
            return present.isEmpty ? [] : [.invalid(path, .null, detail)]
        }
        var (faults, ways) = (Faults(), [String]())
        for member in present {
            let at = path[member]
            switch member {
            case "nodeName" where device.text(member).isEmpty: faults.invalid(at, "", "must not be empty")
            case "nodeName": faults.check(device.text(member), at, Names.dnsSubdomain)
            case "nodeSelector": NodeSelectors.check(device[member], at, &faults)
            default:
                if !device.flag(member) { faults.invalid(at, false, "must be either unset or set to true") }
            }
            if device[member] != "", device[member] != false { ways.append("`\(member)`") }
        }
        let detail =
            "exactly one of `nodeName`, `nodeSelector`, or `allNodes` is required when `perDeviceNodeSelection` is "
            + "set to true in the ResourceSlice spec"
        if ways.isEmpty { faults.required(path, detail) }
        if ways.count > 1 { faults.invalid(path, .string("{\(ways.joined(separator: ", "))}"), detail) }
        return faults.all
    }

    private static func attributeFaults(_ attribute: JSON, _ path: FieldPath) -> [FieldError] {
        var faults: [FieldError] = []
        for member in ["string", "version"] where attribute.text(member).utf8.count > longestValue {
            faults.append(.tooLong(path[member], maxLength: longestValue))
        }
        let values = ["bool", "int", "string", "version"].filter { attribute.has($0) }
        if values.count == 1 { return faults }
        let value: JSON = values.isEmpty ? "" : attribute
        return faults + [SpecFaults.invalid(path, value, "exactly one value must be specified")]
    }

    private static func counterFaults(_ set: JSON, name: String, _ path: FieldPath) -> [FieldError] {
        let faults = SpecFaults.missingOrMisnamed(set, path, name, check: Names.dnsLabel)
        let counters = set.map("counters")
        if counters.isEmpty { return faults + [.required(path["counters"])] }
        if counters.count > mostCounters {
            return faults + [.tooMany(path["counters"], counters.count, max: mostCounters)]
        }
        return faults + counters.sortedByKey().flatMap { DeviceNames.label($0.key, path["counters"][key: $0.key]) }
    }

    /// - Parameter old: an effect that it has passes whatever it is.
    static func taintFaults(_ taint: JSON, old: JSON, _ path: FieldPath) -> [FieldError] {
        let (key, effects) = (taint.text("key"), DeviceClaimFaults.effects)
        var faults = SpecFaults.named(path["key"], key, Names.qualifiedName(key))
        faults += SpecFaults.misnamed(taint, path, "value", check: Names.labelValue)
        if !old.isNull, old.text("effect") == taint.text("effect") { return faults }
        return faults + SpecFaults.missingOrUnsupported(taint, path, "effect", effects)
    }
}
