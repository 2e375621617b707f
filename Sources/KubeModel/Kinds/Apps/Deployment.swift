import JSON

/// `apps` Deployment: replaces ReplicaSets by one another.
enum Deployment {
    static let rules: KindRules = {
        var rules = KindRules(group: "apps", kind: "Deployment")
        rules.defaults = applyDefaults
        rules.keepStatusApart()
        rules.countGeneration { new, old in
            !SemanticEquality.equal(new["spec"], old["spec"])
                || !SemanticEquality.equal(new["metadata"]["annotations"], old["metadata"]["annotations"])
        }
        rules.prepareForStatusUpdate = { new, old in
            let (status, metadata) = (new["status"], new["metadata"])
            new = old
            new["metadata"] = metadata
            new["metadata", "labels"] = old["metadata"]["labels"]
            if old["metadata"]["labels"].isNull { new.edit("metadata") { $0.remove("labels") } }
            new["status"] = status
        }
        rules.validate = { validateSpec($0["spec"]) }
        rules.validateUpdate = { new, old in
            validateSpec(new["spec"])
                + SpecFaults.changed(new["spec"], old["spec"], FieldPath("spec"), "selector")
        }
        rules.validateStatusUpdate = { new, old in
            validateStatus(new["status"]) + WorkloadStatus.collisionFaults(new["status"], old["status"])
        }
        rules.warnings = { new, old in
            let path = FieldPath("spec.template")
            guard let old else {
                return WorkloadTemplate.nameWarnings(new)
                    + WorkloadTemplate.warnings(new["spec"]["template"], old: .null, path)
            }
            if WorkloadTemplate.isSameGeneration(new, old) { return [] }
            return WorkloadTemplate.warnings(new["spec"]["template"], old: old["spec"]["template"], path)
        }
        rules.table = table
        return rules
    }()

    private static func applyDefaults(_ object: inout JSON) {
        object.edit("spec") { spec in
            spec.fillMissing("replicas", 1)
            spec.fillMissing("strategy", [:])
            spec.edit("strategy") { strategy in
                strategy.fillZero("type", "RollingUpdate")
                guard strategy.text("type") == "RollingUpdate" else { return }
                strategy.fillMissing("rollingUpdate", [:])
                strategy.edit("rollingUpdate") {
                    $0.fillMissing("maxUnavailable", "25%")
                    $0.fillMissing("maxSurge", "25%")
                }
            }
            spec.fillMissing("revisionHistoryLimit", 10)
            spec.fillMissing("progressDeadlineSeconds", 600)
            spec.edit("template", WorkloadTemplate.applyDefaults)
        }
    }

    private static func validateSpec(_ spec: JSON) -> [FieldError] {
        let path = FieldPath("spec")
        var faults = SpecFaults.negative(spec, path, "replicas")
        faults += ReplicaSet.selectorFaults(spec["selector"], path["selector"])
        faults += WorkloadTemplate.replicaFaults(spec["template"], selector: spec["selector"], path["template"])
        faults += validateStrategy(spec["strategy"], path["strategy"])
        faults += SpecFaults.negative(spec, path, "minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds")
        if let deadline = spec["progressDeadlineSeconds"].int, deadline <= spec["minReadySeconds"].int ?? 0 {
            faults.append(
                .invalid(
                    path["progressDeadlineSeconds"], spec["progressDeadlineSeconds"],
                    "must be greater than minReadySeconds"))
        }
        return faults
    }

    private static func validateStrategy(_ strategy: JSON, _ path: FieldPath) -> [FieldError] {
        let rolling = strategy["rollingUpdate"]
        switch strategy.text("type") {
        case "Recreate":
            if rolling.isNull { return [] }
            let detail = "may not be specified when strategy `type` is 'Recreate'"
            return [.forbidden(path["rollingUpdate"], detail)]
        case "RollingUpdate":
            let path = path["rollingUpdate"]
            if rolling.isNull { return [.required(path, "this should be defaulted and never be nil")] }
            let (unavailable, surge) = (rolling["maxUnavailable"], rolling["maxSurge"])
            var faults = RollingUpdate.faults(unavailable, path["maxUnavailable"])
            faults += RollingUpdate.faults(surge, path["maxSurge"])
            if RollingUpdate.number(unavailable) == 0, RollingUpdate.number(surge) == 0 {
                faults.append(
                    .invalid(path["maxUnavailable"], unavailable, "may not be 0 when `maxSurge` is 0"))
            }
            return faults + RollingUpdate.overHundredPercent(unavailable, path["maxUnavailable"])
        default: return [SpecFaults.unknownStrategy(path, strategy, ["Recreate", "RollingUpdate"])]
        }
    }

    private static func validateStatus(_ status: JSON) -> [FieldError] {
        let path = FieldPath("status")
        return SpecFaults.negative(
            status, path, "observedGeneration", "replicas", "updatedReplicas", "readyReplicas", "availableReplicas",
            "unavailableReplicas", "collisionCount", "terminatingReplicas")
            + WorkloadStatus.replicaFaults(
                status, path, parts: ["updatedReplicas", "readyReplicas", "availableReplicas"])
    }

    private static let table = KindTable([
        .objectName,
        .init("Ready", "Pods that are ready, of those wanted."),
        .init("Up-to-date", "Pods made from the template of now."),
        .init("Available", "Pods that have been ready for minReadySeconds."),
        .objectAge, .containers, .images, .podSelector,
    ]) { object, now in
        let (spec, status) = (object["spec"], object["status"])
        let ready = "\(status["readyReplicas"].int ?? 0)/\(spec["replicas"].int ?? 0)"
        return [
            KindTable.Cell.name(object), .string(ready), KindTable.Cell.count(status["updatedReplicas"]),
            KindTable.Cell.count(status["availableReplicas"]), KindTable.Cell.age(object, now),
            KindTable.Cell.containers(spec["template"]), KindTable.Cell.images(spec["template"]),
            .string(SpecSelector.text(spec["selector"]) ?? "<invalid>"),
        ]
    }
}
