import JSON

/// What workloads ask of the pod template that they hold; the pod's own rules live with the pod.
enum WorkloadTemplate {
    static func applyDefaults(_ template: inout JSON) {
        template.edit("spec") { PodSpecRules.applyDefaults(&$0) }
    }

    static func validate(_ template: JSON, _ path: FieldPath) -> [FieldError] {
        PodTemplateRules.validate(template, path)
    }

    /// - Parameter old: null for a creation.
    static func warnings(_ template: JSON, old: JSON, _ path: FieldPath) -> [String] {
        // A bare nil beside a JSON value would be JSON's null.
        PodSpecRules.warnings(template: template, old: old.isNull ? Optional<JSON>.none : old, path)
    }

    /// The selector must select what the template makes.
    static func selectorFaults(_ selector: JSON, _ template: JSON, _ path: FieldPath) -> [FieldError] {
        guard SpecSelector.isUsable(selector) else { return [] }
        if !selector.isNull, SpecSelector.isEmpty(selector) { return [] }
        let labels = template["metadata"]["labels"]
        if SpecSelector.matches(selector, labels) { return [] }
        return [SpecFaults.invalid(path["metadata"]["labels"], labels, "`selector` does not match template `labels`")]
    }

    /// Pods that are kept running can neither end by themselves nor by a deadline.
    static func runsForeverFaults(_ template: JSON, _ path: FieldPath, workload: String) -> [FieldError] {
        let (spec, path) = (template["spec"], path["spec"])
        var faults: [FieldError] = []
        if spec.text("restartPolicy") != "Always" {
            let policy = JSON.string(spec.text("restartPolicy"))
            faults.append(SpecFaults.notSupported(path["restartPolicy"], policy, ["Always"]))
        }
        if spec.has("activeDeadlineSeconds") {
            faults.append(
                .forbidden(
                    path["activeDeadlineSeconds"], "activeDeadlineSeconds in \(workload) is not Supported"))
        }
        return faults
    }

    /// What Deployments and ReplicaSets ask (`ValidatePodTemplateSpecForReplicaSet`).
    static func replicaFaults(_ template: JSON, selector: JSON, _ path: FieldPath) -> [FieldError] {
        guard SpecSelector.isUsable(selector) else { return [] }
        return selectorFaults(selector, template, path) + validate(template, path)
            + runsForeverFaults(template, path, workload: "ReplicaSet")
    }

    /// A name that pods inherit should be a DNS label.
    static func nameWarnings(_ object: JSON) -> [String] {
        let texts = Names.dnsLabel(object["metadata"].text("name"))
        if texts.isEmpty { return [] }
        return [
            "metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; "
                + "a DNS label is recommended: \(GoText.list(texts))"
        ]
    }

    /// Whether an update changed what its generation counts: only then does it warn.
    static func isSameGeneration(_ new: JSON, _ old: JSON) -> Bool {
        new["metadata"]["generation"].int == old["metadata"]["generation"].int
    }
}
