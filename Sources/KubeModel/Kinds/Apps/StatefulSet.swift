import JSON

/// `apps` StatefulSet: pods with lasting names and volumes.
enum StatefulSet {
    static let rules: KindRules = {
        var rules = KindRules(group: "apps", kind: "StatefulSet")
        rules.nameRule = .dnsLabel
        rules.defaults = applyDefaults
        rules.prepareForCreate = { dropUnavailable(&$0, old: .null) }
        rules.prepareForUpdate = { dropUnavailable(&$0, old: $1) }
        rules.keepStatusApart(empty: ["replicas": 0, "availableReplicas": 0])
        rules.countGeneration()
        rules.validate = { validateSpec($0["spec"], isNew: true) }
        rules.validateUpdate = { new, old in
            validateSpec(new["spec"], isNew: false) + fixedFaults(new["spec"], old["spec"])
        }
        rules.validateStatusUpdate = { new, old in
            validateStatus(new["status"]) + WorkloadStatus.collisionFaults(new["status"], old["status"])
        }
        rules.warnings = warnings
        rules.table = table
        return rules
    }()

    /// `maxUnavailable` is off in 1.36: it is kept only where it was.
    private static func dropUnavailable(_ object: inout JSON, old: JSON) {
        guard !old["spec", "updateStrategy", "rollingUpdate"].has("maxUnavailable") else { return }
        object.edit("spec") { spec in
            spec.edit("updateStrategy") { $0.edit("rollingUpdate") { $0.remove("maxUnavailable") } }
        }
    }

    private static func applyDefaults(_ object: inout JSON) {
        object.edit("spec") { spec in
            spec.fillZero("podManagementPolicy", "OrderedReady")
            spec.fillMissing("updateStrategy", [:])
            spec.edit("updateStrategy") { strategy in
                if strategy.text("type").isEmpty {
                    strategy["type"] = "RollingUpdate"
                    strategy.fillMissing("rollingUpdate", [:])
                }
                guard strategy.text("type") == "RollingUpdate", strategy.has("rollingUpdate") else { return }
                strategy.edit("rollingUpdate") { $0.fillMissing("partition", 0) }
            }
            spec.fillMissing("persistentVolumeClaimRetentionPolicy", [:])
            spec.edit("persistentVolumeClaimRetentionPolicy") {
                $0.fillZero("whenDeleted", "Retain")
                $0.fillZero("whenScaled", "Retain")
            }
            spec.fillMissing("replicas", 1)
            spec.fillMissing("revisionHistoryLimit", 10)
            spec.edit("template", WorkloadTemplate.applyDefaults)
            spec.editEach("volumeClaimTemplates", applyClaimDefaults)
        }
    }

    /// A claim template is answered as a whole object, as it was stored when the API was young.
    private static func applyClaimDefaults(_ claim: inout JSON) {
        claim["apiVersion"] = "v1"
        claim["kind"] = "PersistentVolumeClaim"
        claim.edit("spec", PersistentVolumeClaimKind.applySpecDefaults)
        claim.fillMissing("status", [:])
        claim.edit("status") { $0.fillZero("phase", "Pending") }
    }

    private static func validateSpec(_ spec: JSON, isNew: Bool) -> [FieldError] {
        let path = FieldPath("spec")
        var faults: [FieldError] = []
        switch spec.text("podManagementPolicy") {
        case "": faults.append(.required(path["podManagementPolicy"]))
        case "OrderedReady", "Parallel": break
        default:
            faults.append(
                .invalid(
                    path["podManagementPolicy"], spec["podManagementPolicy"],
                    "must be 'OrderedReady' or 'Parallel'"))
        }
        faults += validateStrategy(spec["updateStrategy"], path["updateStrategy"])
        faults += validateRetention(
            spec["persistentVolumeClaimRetentionPolicy"], path["persistentVolumeClaimRetentionPolicy"])
        // Claims can't be changed: bad ones of old stay as they are.
        if isNew {
            let claims = path["volumeClaimTemplates"]
            for (index, claim) in spec.list("volumeClaimTemplates").enumerated() {
                faults += ClaimFaults.all(claim["spec"], claims[index]["spec"])
            }
        }
        faults += SpecFaults.negative(spec, path, "replicas", "minReadySeconds")
        if let start = spec["ordinals"]["start"].int, start < 0 {
            faults.append(.invalid(path["ordinals.start"], spec["ordinals"]["start"], SpecFaults.isNegative))
        }
        if isNew, case let service = spec.text("serviceName"), !service.isEmpty {
            faults += SpecFaults.named(path["serviceName"], service, Names.dnsLabel(service))
        }
        faults += validateSelector(spec["selector"], path["selector"])
        if SpecSelector.isUsable(spec["selector"]) {
            faults += WorkloadTemplate.selectorFaults(spec["selector"], spec["template"], path["template"])
            faults += WorkloadTemplate.validate(podTemplate(spec), path["template"])
        }
        return faults
            + WorkloadTemplate.runsForeverFaults(spec["template"], path["template"], workload: "StatefulSet")
    }

    /// The template as its pods will be: a volume for each claim, in place of the template's own of that name. What the
    /// controller sets by itself isn't checked.
    private static func podTemplate(_ spec: JSON) -> JSON {
        var template = spec["template"]
        let claims = spec.list("volumeClaimTemplates").map { $0["metadata"].text("name") }
        template.edit("spec") { pod in
            pod.remove("subdomain")
            pod.remove("hostname")
            if claims.isEmpty { return }
            let own = pod.list("volumes").filter { !claims.contains($0.text("name")) }
            let added = claims.map { name -> JSON in
                ["name": .string(name), "persistentVolumeClaim": ["claimName": .string(name)]]
            }
            pod["volumes"] = .array(added + own)
        }
        return template
    }

    private static func validateSelector(_ selector: JSON, _ path: FieldPath) -> [FieldError] {
        if selector.isNull { return [.required(path)] }
        var faults = SpecSelector.faults(selector, path)
        if SpecSelector.isEmpty(selector) {
            faults.append(SpecFaults.invalid(path, selector, "empty selector is invalid for statefulset"))
        }
        if !SpecSelector.isUsable(selector) { faults.append(SpecFaults.invalid(path, selector, "")) }
        return faults
    }

    private static func validateStrategy(_ strategy: JSON, _ path: FieldPath) -> [FieldError] {
        let rolling = strategy["rollingUpdate"]
        switch strategy.text("type") {
        case "": return [.required(path)]
        case "OnDelete":
            if rolling.isNull { return [] }
            let detail = "only allowed for updateStrategy 'RollingUpdate'"
            let form = internalForm(strategy)["RollingUpdate"]
            return [SpecFaults.invalid(path["rollingUpdate"], internalForm: form, detail)]
        case "RollingUpdate":
            let path = path["rollingUpdate"]
            var faults = SpecFaults.negative(rolling, path, "partition")
            guard rolling.has("maxUnavailable") else { return faults }
            let unavailable = rolling["maxUnavailable"]
            faults += RollingUpdate.faults(unavailable, path["maxUnavailable"])
            if RollingUpdate.number(unavailable) == 0 {
                faults.append(.invalid(path["maxUnavailable"], unavailable, "cannot be 0"))
            }
            return faults + RollingUpdate.overHundredPercent(unavailable, path["maxUnavailable"])
        default:
            return [
                SpecFaults.invalid(path, internalForm: internalForm(strategy), "must be 'RollingUpdate' or 'OnDelete'")
            ]
        }
    }

    private static func internalForm(_ strategy: JSON) -> JSON {
        let rolling = strategy["rollingUpdate"]
        let form: JSON = [
            "Partition": .init(rolling["partition"].int ?? 0), "MaxUnavailable": rolling["maxUnavailable"],
        ]
        return ["Type": .string(strategy.text("type")), "RollingUpdate": rolling.isNull ? .null : form]
    }

    private static func validateRetention(_ policy: JSON, _ path: FieldPath) -> [FieldError] {
        if policy.isNull { return [] }
        return ["whenDeleted", "whenScaled"].filter { !["Retain", "Delete"].contains(policy.text($0)) }
            .map { SpecFaults.notSupported(path[$0], .string(policy.text($0)), ["Retain", "Delete"]) }
    }

    /// All but a few fields are as they were made.
    private static func fixedFaults(_ new: JSON, _ old: JSON) -> [FieldError] {
        var new = new
        for member in [
            "replicas", "ordinals", "template", "updateStrategy", "revisionHistoryLimit", "minReadySeconds",
            "persistentVolumeClaimRetentionPolicy",
        ] { new[member] = old[member] }
        if SemanticEquality.equal(new, old) { return [] }
        return [
            .forbidden(
                FieldPath("spec"),
                "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', "
                    + "'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and "
                    + "'minReadySeconds' are forbidden")
        ]
    }

    private static func validateStatus(_ status: JSON) -> [FieldError] {
        let path = FieldPath("status")
        return SpecFaults.negative(
            status, path, "replicas", "readyReplicas", "currentReplicas", "updatedReplicas", "availableReplicas",
            "observedGeneration", "collisionCount")
            + WorkloadStatus.replicaFaults(
                status, path, parts: ["readyReplicas", "currentReplicas", "updatedReplicas", "availableReplicas"],
                ready: "status.readyReplicas")
    }

    @Sendable private static func warnings(_ new: JSON, _ old: JSON?) -> [String] {
        let (path, template) = (FieldPath("spec.template"), new["spec"]["template"])
        var warnings: [String] = []
        if old.map({ !WorkloadTemplate.isSameGeneration(new, $0) }) ?? true {
            let before = old?["spec"]["template"] ?? .null
            warnings += WorkloadTemplate.warnings(template, old: before, path)
            let claims = FieldPath("spec.volumeClaimTemplates")
            for (index, claim) in new["spec"].list("volumeClaimTemplates").enumerated() {
                warnings += PersistentVolumeClaimKind.specWarnings(claim["spec"], claims[index]["spec"])
            }
        }
        if let limit = new["spec"]["revisionHistoryLimit"].int, limit < 0 {
            warnings.append(
                "spec.revisionHistoryLimit: a negative value retains all historical revisions; "
                    + "a value >= 0 is recommended")
        }
        return warnings
    }

    private static let table = KindTable([
        .objectName, .init("Ready", "Pods that are ready, of those wanted."), .objectAge, .containers, .images,
    ]) { object, now in
        let (spec, status) = (object["spec"], object["status"])
        let ready = "\(status["readyReplicas"].int ?? 0)/\(spec["replicas"].int ?? 0)"
        return [
            KindTable.Cell.name(object), .string(ready), KindTable.Cell.age(object, now),
            KindTable.Cell.containers(spec["template"]), KindTable.Cell.images(spec["template"]),
        ]
    }
}
