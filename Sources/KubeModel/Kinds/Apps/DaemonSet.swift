import JSON

/// `apps` DaemonSet: a pod on every node.
enum DaemonSet {
    /// Where v1 keeps `templateGeneration`, which other versions had in the spec.
    static let templateGeneration = "deprecated.daemonset.template.generation"

    static let rules: KindRules = {
        var rules = KindRules(group: "apps", kind: "DaemonSet")
        rules.defaults = applyDefaults
        rules.prepareForCreate = { object in
            let asked = Int(object["metadata"]["annotations"].text(templateGeneration)) ?? 0
            object["metadata", "annotations", templateGeneration] = .string(String(max(1, asked)))
        }
        rules.prepareForUpdate = { new, old in
            let before = Int(old["metadata"]["annotations"].text(templateGeneration)) ?? 0
            let isChanged = !SemanticEquality.equal(new["spec"]["template"], old["spec"]["template"])
            new["metadata", "annotations", templateGeneration] = .string(String(before + (isChanged ? 1 : 0)))
        }
        rules.keepStatusApart(empty: [
            "currentNumberScheduled": 0, "numberMisscheduled": 0, "desiredNumberScheduled": 0, "numberReady": 0,
        ])
        rules.prepareForStatusUpdate = { new, old in
            KindRules.keepAllButStatus(&new, old)
            let generation = old["metadata"]["annotations"][templateGeneration]
            if !generation.isNull { new["metadata", "annotations", templateGeneration] = generation }
        }
        rules.countGeneration()
        rules.validate = { validateSpec($0["spec"]) }
        rules.validateUpdate = { new, old in
            validateSpec(new["spec"])
                + SpecFaults.changed(new["spec"], old["spec"], FieldPath("spec"), "selector")
        }
        rules.validateStatusUpdate = { new, old in
            SpecFaults.negative(
                new["status"], FieldPath("status"), "currentNumberScheduled", "numberMisscheduled",
                "desiredNumberScheduled", "numberReady", "observedGeneration", "updatedNumberScheduled",
                "numberAvailable", "numberUnavailable", "collisionCount")
                + WorkloadStatus.collisionFaults(new["status"], old["status"])
        }
        rules.warnings = { new, old in
            if let old, WorkloadTemplate.isSameGeneration(new, old) { return [] }
            let before = old?["spec"]["template"] ?? .null
            return WorkloadTemplate.warnings(new["spec"]["template"], old: before, FieldPath("spec.template"))
        }
        rules.table = table
        return rules
    }()

    private static func applyDefaults(_ object: inout JSON) {
        object.edit("spec") { spec in
            spec.fillMissing("updateStrategy", [:])
            spec.edit("updateStrategy") { strategy in
                strategy.fillZero("type", "RollingUpdate")
                guard strategy.text("type") == "RollingUpdate" else { return }
                strategy.fillMissing("rollingUpdate", [:])
                strategy.edit("rollingUpdate") {
                    $0.fillMissing("maxUnavailable", 1)
                    $0.fillMissing("maxSurge", 0)
                }
            }
            spec.fillMissing("revisionHistoryLimit", 10)
            spec.edit("template", WorkloadTemplate.applyDefaults)
        }
    }

    private static func validateSpec(_ spec: JSON) -> [FieldError] {
        let path = FieldPath("spec")
        let selector = spec["selector"]
        var faults = SpecSelector.faults(selector, path["selector"])
        faults += WorkloadTemplate.selectorFaults(selector, spec["template"], path["template"])
        if !selector.isNull, SpecSelector.isEmpty(selector) {
            faults.append(
                SpecFaults.invalid(path["selector"], selector, "empty selector is invalid for daemonset"))
        }
        faults += WorkloadTemplate.validate(spec["template"], path["template"])
        faults += WorkloadTemplate.runsForeverFaults(spec["template"], path["template"], workload: "DaemonSet")
        faults += SpecFaults.negative(spec, path, "minReadySeconds")
        faults += validateStrategy(spec["updateStrategy"], path["updateStrategy"])
        return faults + SpecFaults.negative(spec, path, "revisionHistoryLimit")
    }

    private static func validateStrategy(_ strategy: JSON, _ path: FieldPath) -> [FieldError] {
        switch strategy.text("type") {
        case "OnDelete": return []
        case "RollingUpdate": break
        default: return [SpecFaults.unknownStrategy(path, strategy, ["RollingUpdate", "OnDelete"])]
        }
        let (rolling, path) = (strategy["rollingUpdate"], path["rollingUpdate"])
        if rolling.isNull { return [.required(path)] }
        let (unavailable, surge) = (rolling["maxUnavailable"], rolling["maxSurge"])
        var faults = RollingUpdate.faults(unavailable, path["maxUnavailable"])
        faults += RollingUpdate.faults(surge, path["maxSurge"])
        faults += RollingUpdate.overHundredPercent(unavailable, path["maxUnavailable"])
        faults += RollingUpdate.overHundredPercent(surge, path["maxSurge"])
        switch (RollingUpdate.number(unavailable) != 0, RollingUpdate.number(surge) != 0) {
        case (true, true):
            faults.append(.invalid(path["maxSurge"], surge, "may not be set when maxUnavailable is non-zero"))
        case (false, false): faults.append(.required(path["maxUnavailable"], "cannot be 0 when maxSurge is 0"))
        default: break
        }
        return faults
    }

    private static let table = KindTable([
        .objectName,
        .init("Desired", type: "integer", "Nodes that should run the pod."),
        .init("Current", type: "integer", "Nodes that run it and should."),
        .init("Ready", type: "integer", "Nodes where it is ready."),
        .init("Up-to-date", type: "integer", "Nodes where it is made from the template of now."),
        .init("Available", type: "integer", "Nodes where it has been ready for minReadySeconds."),
        .init("Node Selector", "The labels that a node needs."),
        .objectAge, .containers, .images, .podSelector,
    ]) { object, now in
        let (spec, status) = (object["spec"], object["status"])
        let counts = [
            "desiredNumberScheduled", "currentNumberScheduled", "numberReady", "updatedNumberScheduled",
            "numberAvailable",
        ]
        let template = spec["template"]
        return [KindTable.Cell.name(object)] + counts.map { KindTable.Cell.count(status[$0]) } + [
            SpecSelector.cell(labels: template["spec"]["nodeSelector"]), KindTable.Cell.age(object, now),
            KindTable.Cell.containers(template), KindTable.Cell.images(template),
            SpecSelector.cell(spec["selector"]),
        ]
    }
}
