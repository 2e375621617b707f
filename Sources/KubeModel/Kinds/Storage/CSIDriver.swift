import JSON

/// `storage.k8s.io` CSIDriver: what the cluster does for a storage driver.
enum CSIDriver {
    /// In seconds; the API's own limit.
    private static let shortestUpdatePeriod = 10

    static let rules: KindRules = {
        var rules = KindRules(group: StorageNames.group, kind: "CSIDriver")
        rules.allowsUnconditionalUpdate = false
        rules.defaults = applyDefaults
        rules.countGeneration(from: nil) { new, old in !SemanticEquality.equal(new["spec"], old["spec"]) }
        rules.validate = { validateSpec($0["spec"]) }
        rules.validateUpdate = { new, old in
            let (path, new, old) = (FieldPath("spec"), new["spec"], old["spec"])
            return validateSpec(new)
                + SpecFaults.changed(new["attachRequired"], old["attachRequired"], path["attachedRequired"])
                + SpecFaults.changed(new, old, path, "volumeLifecycleModes")
        }
        rules.warnings = { new, old in
            guard old == nil, !new["spec"].list("tokenRequests").isEmpty,
                !new["spec"].has("serviceAccountTokenInSecrets")
            else {
                return []
            }
            return [
                "spec.serviceAccountTokenInSecrets is unset; if supported by this CSI driver, set to true to prevent "
                    + "possible logging of tokens in volume attributes"
            ]
        }
        rules.table = table
        return rules
    }()

    @Sendable private static func applyDefaults(_ object: inout JSON) {
        object.edit("spec") { spec in
            spec.fillMissing("attachRequired", true)
            spec.fillMissing("podInfoOnMount", false)
            spec.fillMissing("storageCapacity", false)
            spec.fillMissing("fsGroupPolicy", "ReadWriteOnceWithFSType")
            if spec.list("volumeLifecycleModes").isEmpty { spec["volumeLifecycleModes"] = ["Persistent"] }
            spec.fillMissing("requiresRepublish", false)
            spec.fillMissing("seLinuxMount", false)
        }
    }

    private static func validateSpec(_ spec: JSON) -> [FieldError] {
        let path = FieldPath("spec")
        func required(_ member: String, _ at: FieldPath) -> [FieldError] { spec.has(member) ? [] : [.required(at)] }
        var faults = required("attachRequired", path["attachedRequired"])
        faults += required("podInfoOnMount", path["podInfoOnMount"])
        faults += required("storageCapacity", path["storageCapacity"])
        faults += SpecFaults.unsupported(
            spec, path, "fsGroupPolicy", ["File", "None", "ReadWriteOnceWithFSType"])
        let requests = spec.list("tokenRequests")
        faults += requestFaults(requests, path["tokenRequests"])
        let modes = ["Persistent", "Ephemeral"]
        faults += spec["volumeLifecycleModes"].strings.filter { !modes.contains($0) }
            .map { SpecFaults.notSupported(path["volumeLifecycleModes"], .string($0), modes) }
        faults += required("seLinuxMount", path["seLinuxMount"])
        if let period = spec["nodeAllocatableUpdatePeriodSeconds"].int, period < shortestUpdatePeriod {
            let detail = "must be greater than or equal to \(shortestUpdatePeriod) seconds"
            faults.append(.invalid(path["nodeAllocatableUpdatePeriodSeconds"], .init(period), detail))
        }
        if spec.has("serviceAccountTokenInSecrets"), requests.isEmpty {
            let detail = "serviceAccountTokenInSecrets is set but no tokenRequests are specified"
            let at = path["serviceAccountTokenInSecrets"]
            faults.append(.invalid(at, spec["serviceAccountTokenInSecrets"], detail))
        }
        return faults
    }

    private static func requestFaults(_ requests: [JSON], _ path: FieldPath) -> [FieldError] {
        let repeated = Set(SpecFaults.repeated(requests.map { $0.text("audience") }))
        return requests.enumerated().flatMap { index, request -> [FieldError] in
            if repeated.contains(index) {
                return [.duplicate(path[index]["audience"], .string(request.text("audience")))]
            }
            return TokenRequest.expirationFaults(request["expirationSeconds"], path[index]["expirationSeconds"])
        }
    }

    private static let table = KindTable([
        .objectName,
        .init("AttachRequired", type: "boolean", "Whether volumes are attached before they are mounted."),
        .init("PodInfoOnMount", type: "boolean", "Whether the driver is told the pod when it mounts."),
        .init("StorageCapacity", type: "boolean", "Whether pods are placed by the capacity that is left."),
        .init("TokenRequests", "Audiences of the tokens that the driver is given."),
        .init("RequiresRepublish", type: "boolean", "Whether volumes are published again from time to time."),
        .init("Modes", "Lives that volumes may have."),
        .objectAge,
    ]) { object, now in
        let spec = object["spec"]
        let audiences = spec.list("tokenRequests").map { $0.text("audience") }.joined(separator: ",")
        let modes = spec["volumeLifecycleModes"].strings.joined(separator: ",")
        return [
            KindTable.Cell.name(object), .bool(spec["attachRequired"].bool ?? true),
            .bool(spec.flag("podInfoOnMount")), .bool(spec.flag("storageCapacity")),
            spec.has("tokenRequests") ? .string(audiences) : "<unset>", .bool(spec.flag("requiresRepublish")),
            .string(modes.isEmpty ? "<none>" : modes), KindTable.Cell.age(object, now),
        ]
    }
}
