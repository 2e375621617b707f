import JSON

/// `apps` ReplicaSet: keeps a number of pods.
enum ReplicaSet {
    static let rules: KindRules = {
        var rules = KindRules(group: "apps", kind: "ReplicaSet")
        rules.defaults = { object in
            object.edit("spec") { spec in
                spec.fillMissing("replicas", 1)
                spec.edit("template", WorkloadTemplate.applyDefaults)
            }
        }
        rules.keepStatusApart(empty: ["replicas": 0])
        rules.countGeneration()
        rules.validate = { validateSpec($0["spec"]) }
        rules.validateUpdate = { new, old in
            validateSpec(new["spec"])
                + SpecFaults.changed(new["spec"], old["spec"], FieldPath("spec"), "selector")
        }
        rules.validateStatusUpdate = { new, _ in validateStatus(new["status"]) }
        rules.warnings = Deployment.rules.warnings
        rules.selectableFields = { ["status.replicas": String($0["status"]["replicas"].int ?? 0)] }
        rules.table = table
        return rules
    }()

    private static func validateSpec(_ spec: JSON) -> [FieldError] {
        let path = FieldPath("spec")
        return SpecFaults.negative(spec, path, "replicas", "minReadySeconds")
            + selectorFaults(spec["selector"], path["selector"])
            + WorkloadTemplate.replicaFaults(spec["template"], selector: spec["selector"], path["template"])
    }

    /// The selector of a Deployment or ReplicaSet; the original says "deployment" for both.
    static func selectorFaults(_ selector: JSON, _ path: FieldPath) -> [FieldError] {
        if selector.isNull { return [.required(path)] }
        var faults = SpecSelector.faults(selector, path)
        if SpecSelector.isEmpty(selector) {
            faults.append(SpecFaults.invalid(path, selector, "empty selector is invalid for deployment"))
        }
        if !SpecSelector.isUsable(selector) {
            faults.append(SpecFaults.invalid(path, selector, "invalid label selector"))
        }
        return faults
    }

    private static func validateStatus(_ status: JSON) -> [FieldError] {
        let path = FieldPath("status")
        return SpecFaults.negative(
            status, path, "replicas", "fullyLabeledReplicas", "readyReplicas", "availableReplicas",
            "observedGeneration", "terminatingReplicas")
            + WorkloadStatus.replicaFaults(
                status, path, parts: ["fullyLabeledReplicas", "readyReplicas", "availableReplicas"])
    }

    private static let table = KindTable([
        .objectName,
        .init("Desired", type: "integer", "Pods that are wanted."),
        .init("Current", type: "integer", "Pods that there are."),
        .init("Ready", type: "integer", "Pods that are ready."),
        .objectAge, .containers, .images, .podSelector,
    ]) { object, now in
        let (spec, status) = (object["spec"], object["status"])
        return [
            KindTable.Cell.name(object), KindTable.Cell.count(spec["replicas"]),
            KindTable.Cell.count(status["replicas"]), KindTable.Cell.count(status["readyReplicas"]),
            KindTable.Cell.age(object, now), KindTable.Cell.containers(spec["template"]),
            KindTable.Cell.images(spec["template"]), SpecSelector.cell(spec["selector"]),
        ]
    }
}
