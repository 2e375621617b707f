import JSON

/// `resource.k8s.io` ResourceClaim: devices that pods ask for, and which they got.
enum ResourceClaim {
    // The API's own limits.
    private static let mostConsumers = 256
    private static let mostResults = 32
    private static let mostConditions = 8

    static let rules: KindRules = {
        var rules = KindRules(group: DeviceNames.group, kind: "ResourceClaim")
        rules.defaults = { object in object.edit("spec", DeviceClaimFaults.applyDefaults) }
        rules.keepStatusApart(keepsMetadata: true)
        rules.validate = { DeviceClaimFaults.all($0["spec"], FieldPath("spec")) }
        rules.validateUpdate = { new, old in
            SpecFaults.changedStruct(new["spec"], old["spec"], FieldPath("spec"), "resource.v1.ResourceClaimSpec")
        }
        rules.validateStatusUpdate = statusFaults
        rules.table = KindTable([
            .objectName,
            .init("State", "Whether it has its devices, and whether pods use them."),
            .objectAge,
        ]) { object, now in
            [KindTable.Cell.name(object), .string(state(object)), KindTable.Cell.age(object, now)]
        }
        return rules
    }()

    private static func state(_ object: JSON) -> String {
        let isDeleted = object["metadata"].has("deletionTimestamp")
        var states = isDeleted ? ["deleted"] : []
        if object["status"].has("allocation") {
            states.append("allocated")
            if !object["status"].list("reservedFor").isEmpty { states.append("reserved") }
        } else if !isDeleted {
            states.append("pending")
        }
        return states.joined(separator: ",")
    }

    @Sendable private static func statusFaults(_ new: JSON, _ old: JSON) -> [FieldError] {
        let (status, before, path) = (new["status"], old["status"], FieldPath("status"))
        let (consumers, at) = (status.list("reservedFor"), path["reservedFor"])
        let names = DeviceClaimFaults.names(of: new["spec"]["devices"].list("requests"))
        var faults = DeviceNames.unique(consumers, most: mostConsumers, key: { $0.text("uid") }, at) { one, path in
            ["resource", "name", "uid"].flatMap { SpecFaults.missing(one, path, $0) }
        }
        let results = status["allocation"]["devices"].list("results")
        let allocated = Set(results.map(deviceID))
        faults += DeviceNames.unique(
            status.list("devices"), most: Int.max, key: deviceID, path["devices"]
        ) { deviceFaults($0, allocated, $1) }
        if !consumers.isEmpty {
            if !status.has("allocation") {
                faults.append(.forbidden(at, "may not be specified when `allocated` is not set"))
            } else if new["metadata"].has("deletionTimestamp"),
                consumers.contains(where: { !before.list("reservedFor").contains($0) })
            {
                let detail =
                    "new entries may not be added while `deallocationRequested` or `deletionTimestamp` are set"
                faults.append(.forbidden(at, detail))
            }
        }
        guard status.has("allocation") else { return faults }
        if before.has("allocation") { return faults + SpecFaults.changed(status, before, path, "allocation") }
        return faults + allocationFaults(status["allocation"], names, path["allocation"])
    }

    private static func deviceID(_ device: JSON) -> String {
        let parts = ["driver", "pool", "device"].map { device.text($0) }.joined(separator: "/")
        return device.text("shareID").isEmpty ? parts : "\(parts)/\(device.text("shareID"))"
    }

    private static func deviceFaults(_ device: JSON, _ allocated: Set<String>, _ path: FieldPath) -> [FieldError] {
        var faults = placeFaults(device, path)
        if !allocated.contains(deviceID(device)) {
            let form: JSON = [
                "Driver": .string(device.text("driver")), "Pool": .string(device.text("pool")),
                "Device": .string(device.text("device")), "ShareID": .string(device.text("shareID")),
            ]
            faults.append(
                SpecFaults.invalid(path, internalForm: form, "must be an allocated device in the claim"))
        }
        let conditions = device.list("conditions")
        if conditions.count > mostConditions {
            faults.append(.tooMany(path["conditions"], conditions.count, max: mostConditions))
        }
        faults += ConditionFaults.all(device["conditions"], path["conditions"])
        let (ips, at) = (device["networkData"]["ips"].strings, path["networkData"]["ips"])
        return faults + ips.enumerated().flatMap { Names.interfaceAddress(at[$0], $1) }
    }

    private static func placeFaults(_ device: JSON, _ path: FieldPath) -> [FieldError] {
        StorageNames.driverFaults(device.text("driver"), path["driver"])
            + DeviceNames.pool(device.text("pool"), path["pool"])
            + DeviceNames.label(device.text("device"), path["device"])
    }

    private static func allocationFaults(_ allocation: JSON, _ names: Set<String>, _ path: FieldPath) -> [FieldError] {
        var faults = Faults()
        let (devices, at) = (allocation["devices"], path["devices"])
        faults.add(
            DeviceNames.each(devices.list("results"), most: mostResults, at["results"]) { result, path in
                DeviceClaimFaults.referenceFaults(result.text("request"), names, path["request"])
                    + placeFaults(result, path)
            })
        faults.add(
            DeviceNames.each(devices.list("config"), most: 2 * DeviceNames.mostConfigs, at["config"]) { config, path in
                SpecFaults.missingOrUnsupported(config, path, "source", ["FromClaim", "FromClass"])
                    + DeviceClaimFaults.referenceFaults(config["requests"], names, path["requests"])
                    + DeviceNames.configuration(config, path)
            })
        if allocation.has("nodeSelector") {
            NodeSelectors.check(allocation["nodeSelector"], path["nodeSelector"], &faults)
        }
        return faults.all
    }
}
