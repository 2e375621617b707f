import JSON

/// `v1` ReplicationController.
enum ReplicationControllerKind {
    static let rules: KindRules = {
        var rules = KindRules(group: "", kind: "ReplicationController")
        rules.dependents = .orphaned
        rules.countsGeneration = true
        rules.defaults = applyDefaults
        rules.prepareForCreate = { controller in
            controller["status"] = ["replicas": 0]
            controller["metadata", "generation"] = 1
        }
        rules.prepareForUpdate = { new, old in
            KindRules.keepStatus(&new, old)
            KindRules.countGeneration(&new, old)
        }
        rules.prepareForStatusUpdate = KindRules.keepAllButStatus
        rules.validate = { faults($0).all }
        rules.validateUpdate = { new, _ in faults(new).all }
        rules.validateStatusUpdate = { new, _ in statusFaults(new["status"]).all }
        rules.warnings = { new, old in
            let names = old == nil ? WorkloadTemplate.nameWarnings(new) : []
            return names
                + PodSpecRules.warnings(
                    template: new["spec", "template"], old: old?["spec", "template"], FieldPath("spec.template"))
        }
        rules.selectableFields = { ["status.replicas": String($0["status", "replicas"].int ?? 0)] }
        rules.table = table
        return rules
    }()

    private static func applyDefaults(_ controller: inout JSON) {
        if !controller.has("spec") { controller["spec"] = [:] }
        controller.edit("spec") { spec in
            spec.fillMissing("replicas", 1)
            spec.edit("template", PodTemplateRules.applyDefaults)
            let labels = spec["template", "metadata", "labels"]
            if spec.map("selector").isEmpty, !labels.isNull { spec["selector"] = labels }
        }
        let labels = controller["spec", "template"]["metadata", "labels"]
        if controller["metadata"].map("labels").isEmpty, !labels.isNull {
            controller["metadata", "labels"] = labels
        }
    }

    private static func faults(_ controller: JSON) -> Faults {
        var faults = Faults()
        let (spec, path) = (controller["spec"], FieldPath("spec"))
        faults.checkNotNegative(spec, "minReadySeconds", path)
        let selector = spec.map("selector")
        if selector.isEmpty { faults.required(path["selector"]) }
        faults.checkNotNegative(spec, "replicas", path)
        let template = spec["template"]
        guard spec.has("template") else {
            faults.required(path["template"])
            return faults
        }
        let labels = template["metadata"].map("labels")
        if selector.contains(where: { labels[$0.key] != $0.value }) {
            faults.invalid(
                path["template"]["metadata"]["labels"], .object(labels),
                "`selector` does not match template `labels`")
        }
        faults.add(PodTemplateRules.validate(template, path["template"]))
        let restart = template["spec"].text("restartPolicy")
        if restart != "Always" {
            faults.notSupported(path["template"]["spec"]["restartPolicy"], .string(restart), ["Always"])
        }
        if template["spec"].has("activeDeadlineSeconds") {
            faults.forbidden(
                path["template"]["spec"]["activeDeadlineSeconds"],
                "activeDeadlineSeconds in ReplicationController is not Supported")
        }
        return faults
    }

    private static func statusFaults(_ status: JSON) -> Faults {
        var faults = Faults()
        let path = FieldPath("status")
        let parts = ["fullyLabeledReplicas", "readyReplicas", "availableReplicas"]
        for name in ["replicas"] + parts + ["observedGeneration"] { faults.checkNotNegative(status, name, path) }
        let all = status["replicas"].int ?? 0
        for name in parts {
            if let count = status[name].int, count > all {
                faults.invalid(path[name], .init(count), "cannot be greater than status.replicas")
            }
        }
        if let available = status["availableReplicas"].int, available > status["readyReplicas"].int ?? 0 {
            faults.invalid(path["availableReplicas"], .init(available), "cannot be greater than readyReplicas")
        }
        return faults
    }

    private static let table = KindTable([
        .objectName, .init("Desired", type: "integer"), .init("Current", type: "integer"),
        .init("Ready", type: "integer"),
        .objectAge, .init("Containers", priority: 1), .init("Images", priority: 1), .init("Selector", priority: 1),
    ]) { object, now in
        let (spec, status) = (object["spec"], object["status"])
        return [
            KindTable.Cell.name(object), .init(spec["replicas"].int ?? 0), .init(status["replicas"].int ?? 0),
            .init(status["readyReplicas"].int ?? 0), KindTable.Cell.age(object, now),
            KindTable.Cell.containers(spec["template"]), KindTable.Cell.images(spec["template"]),
            KindTable.Cell.labels(spec["selector"]),
        ]
    }
}
