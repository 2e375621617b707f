import JSON

/// `batch` Job: pods that run to their end.
package enum Job {
    static let rules: KindRules = {
        var rules = KindRules(group: "batch", kind: "Job")
        rules.dependents = .orphaned
        rules.deletionWarning =
            "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them "
            + "or set propagationPolicy=Orphan to suppress this warning"
        rules.defaults = applyDefaults
        rules.prepareForCreate = generateSelector
        rules.keepStatusApart()
        rules.countGeneration()
        rules.validate = { validate($0, requiresPrefixedLabels: true) }
        rules.validateUpdate = { new, old in
            let labels = old["spec"]["template"]["metadata"].map("labels")
            let hadLabels = labels[Label.jobName] != nil && labels[Label.controllerUID] != nil
            // The original checks the spec twice here, and its answer names each fault twice.
            return validate(new, requiresPrefixedLabels: hadLabels) + specFaults(new["spec"])
                + JobChange.faults(new, old)
        }
        rules.validateStatusUpdate = JobStatus.faults
        rules.warnings = { new, old in
            if let old, WorkloadTemplate.isSameGeneration(new, old) { return [] }
            let warnings = old == nil ? WorkloadTemplate.nameWarnings(new) : []
            return warnings + specWarnings(new["spec"], old: old?["spec"] ?? .null, FieldPath("spec"))
        }
        rules.selectableFields = { ["status.successful": String($0["status"]["succeeded"].int ?? 0)] }
        rules.table = JobTable.table
        return rules
    }()

    enum Label {
        static let jobName = "batch.kubernetes.io/job-name"
        static let controllerUID = "batch.kubernetes.io/controller-uid"
        /// The names from before labels of the project had a prefix.
        static let legacyJobName = "job-name", legacyControllerUID = "controller-uid"
    }

    @Sendable private static func applyDefaults(_ object: inout JSON) {
        object.edit("spec") { spec in
            if !spec.has("completions"), !spec.has("parallelism") {
                spec["completions"] = 1
                spec["parallelism"] = 1
            }
            spec.fillMissing("parallelism", 1)
            spec.fillMissing("backoffLimit", spec.has("backoffLimitPerIndex") ? 2_147_483_647 : 6)
            spec.fillMissing("completionMode", "NonIndexed")
            spec.fillMissing("suspend", false)
            let replacement: JSON = spec.has("podFailurePolicy") ? "Failed" : "TerminatingOrFailed"
            spec.fillMissing("podReplacementPolicy", replacement)
            spec.fillMissing("manualSelector", false)
            applySpecDefaults(&spec)
        }
        labelLikeTemplate(&object)
    }

    /// A Job without labels gets its template's.
    private static func labelLikeTemplate(_ object: inout JSON) {
        let labels = object["spec"]["template"]["metadata"]["labels"]
        if !labels.isNull, object["metadata"].map("labels").isEmpty { object["metadata", "labels"] = labels }
    }

    /// The defaults that hold in a CronJob's template too.
    static func applySpecDefaults(_ spec: inout JSON) {
        spec.edit("template", WorkloadTemplate.applyDefaults)
        spec.edit("podFailurePolicy") { policy in
            policy.editEach("rules") { rule in rule.editEach("onPodConditions") { $0.fillZero("status", "True") } }
        }
    }

    /// Gives a new Job its labels and selector from its uid, unless it brings its own selector. For an object that has
    /// name and uid; without a uid nothing is done.
    @Sendable package static func generateSelector(_ object: inout JSON) {
        let (name, uid) = (object["metadata"].text("name"), object["metadata"].text("uid"))
        guard !object["spec"].flag("manualSelector"), !uid.isEmpty else { return }
        object.edit("spec") { spec in
            for (label, value) in [
                (Label.legacyJobName, name), (Label.jobName, name), (Label.legacyControllerUID, uid),
                (Label.controllerUID, uid),
            ] where spec["template"]["metadata"].map("labels")[label] == nil {
                spec["template", "metadata", "labels", label] = .string(value)
            }
            if spec["selector"].map("matchLabels")[Label.controllerUID] == nil {
                spec["selector", "matchLabels", Label.controllerUID] = .string(uid)
            }
        }
        labelLikeTemplate(&object)
    }

    private static func validate(_ object: JSON, requiresPrefixedLabels: Bool) -> [FieldError] {
        let spec = object["spec"]
        var faults = generatedSelectorFaults(object, requiresPrefixedLabels) + specFaults(spec)
        if spec.text("completionMode") == "Indexed", let completions = spec["completions"].int, completions > 0 {
            let hostname = "\(object["metadata"].text("name"))-\(completions - 1)"
            if !Names.dnsLabel(hostname).isEmpty {
                faults.append(
                    .invalid(
                        FieldPath("metadata.name"), .string(object["metadata"].text("name")),
                        "will not able to create pod with invalid DNS label: \(hostname)"))
            }
        }
        return faults
    }

    private static func specFaults(_ spec: JSON) -> [FieldError] {
        let path = FieldPath("spec")
        var faults = JobSpec.faults(spec, path)
        if spec["selector"].isNull {
            faults.append(.required(path["selector"]))
        } else {
            faults += SpecSelector.faults(spec["selector"], path["selector"])
        }
        let labels = spec["template"]["metadata"]["labels"]
        if SpecSelector.isUsable(spec["selector"]), !SpecSelector.matches(spec["selector"], labels) {
            faults.append(
                SpecFaults.invalid(
                    path["template"]["metadata"]["labels"], labels.isNull ? [:] : labels,
                    "`selector` does not match template `labels`"))
        }
        return faults
    }

    /// A generated selector must be just what is generated.
    private static func generatedSelectorFaults(_ object: JSON, _ requiresPrefixedLabels: Bool) -> [FieldError] {
        let spec = object["spec"]
        if spec.flag("manualSelector") || spec["selector"].isNull { return [] }
        let (name, uid) = (object["metadata"].text("name"), object["metadata"].text("uid"))
        var wanted = [(Label.legacyControllerUID, uid), (Label.legacyJobName, name)]
        if requiresPrefixedLabels { wanted += [(Label.controllerUID, uid), (Label.jobName, name)] }
        var faults: [FieldError] = uid.isEmpty ? [.required(FieldPath("metadata.uid"))] : []
        let path = FieldPath("spec.template.metadata.labels")
        let labels = spec["template"]["metadata"]["labels"]
        for (label, value) in wanted {
            if labels.object?[label] == nil {
                faults.append(.required(path[key: label], "must be '\(value)'"))
            } else if labels[label].string != value {
                faults.append(SpecFaults.invalid(path[key: label], labels, "must be '\(value)'"))
            }
        }
        let expected = JSON(Dictionary(wanted, uniquingKeysWith: { first, _ in first }))
        if SpecSelector.isUsable(spec["selector"]), !SpecSelector.matches(spec["selector"], expected) {
            faults.append(
                SpecFaults.invalid(FieldPath("spec.selector"), spec["selector"], "`selector` not auto-generated"))
        }
        return faults
    }

    /// - Parameter old: null for a creation.
    static func specWarnings(_ spec: JSON, old: JSON, _ path: FieldPath) -> [String] {
        var warnings: [String] = []
        if spec.text("completionMode") == "Indexed", spec["completions"].int ?? 0 > JobSpec.Limit.softCompletions,
            spec["parallelism"].int ?? 0 > JobSpec.Limit.parallelismOfMany
        {
            warnings.append(
                "\(path): In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher "
                    + "than 10^4, Kubernetes might not be able to track completedIndexes when a big number of "
                    + "indexes fail")
        }
        return warnings + WorkloadTemplate.warnings(spec["template"], old: old["template"], path["template"])
    }
}
