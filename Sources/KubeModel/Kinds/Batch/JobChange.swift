import JSON

/// What of a Job may change once it is made.
enum JobChange {
    static func faults(_ new: JSON, _ old: JSON) -> [FieldError] {
        let (path, spec, before) = (FieldPath("spec"), new["spec"], old["spec"])
        var faults = completionsFaults(spec, before, path)
        faults += SpecFaults.changed(spec, before, path, "selector")
        faults += templateFaults(new, old, path["template"])
        faults += SpecFaults.changed(spec, before, path, "completionMode")
        faults += policyFaults(spec, before, path, "podFailurePolicy", JobInternalForm.failurePolicy)
        faults += SpecFaults.changed(spec, before, path, "backoffLimitPerIndex", "managedBy")
        return faults + policyFaults(spec, before, path, "successPolicy", JobInternalForm.successPolicy)
    }

    private static func policyFaults(
        _ spec: JSON, _ before: JSON, _ path: FieldPath, _ member: String, _ form: (JSON) -> JSON
    ) -> [FieldError] {
        SpecFaults.changed(spec[member], before[member], path[member], as: form)
    }

    /// An Indexed Job may grow and shrink, in step with its parallelism.
    private static func completionsFaults(_ new: JSON, _ old: JSON, _ path: FieldPath) -> [FieldError] {
        guard new.text("completionMode") == "Indexed" else {
            return SpecFaults.changed(new, old, path, "completions")
        }
        if new["completions"].int == old["completions"].int || !new.has("completions") { return [] }
        if new["completions"].int == new["parallelism"].int { return [] }
        let detail = "can only be modified in tandem with spec.parallelism"
        return [.invalid(path["completions"], new["completions"], detail)]
    }

    /// A suspended Job without pods may still be told where its pods go and what they get.
    private static func templateFaults(_ new: JSON, _ old: JSON, _ path: FieldPath) -> [FieldError] {
        let template = new["spec"]["template"]
        var before = old["spec"]["template"]
        guard mayChangeTemplate(old) else {
            return SpecFaults.changed(template, before, path, as: PodInternalForm.template)
        }
        before.edit("spec") { allowScheduling(&$0, template["spec"]) }
        for member in ["annotations", "labels"] {
            before["metadata", member] = template["metadata"][member]
        }
        let (pod, podBefore) = (template["spec"], before["spec"])
        var (rest, restBefore) = (template, before)
        rest.remove("spec")
        restBefore.remove("spec")
        var faults: [FieldError] = []
        if !SemanticEquality.equal(rest, restBefore) {
            let form = PodInternalForm.template(template)
            faults.append(SpecFaults.invalid(path, internalForm: form, SpecFaults.isImmutable))
        }
        return faults
            + SpecFaults.changed(pod, allowingResources(podBefore, pod), path["spec"], as: PodInternalForm.of)
    }

    private static func mayChangeTemplate(_ old: JSON) -> Bool {
        let hasStopped = !old["status"].has("startTime") || JobStatus.has("Suspended", old)
        return old["spec"].flag("suspend") && hasStopped && old["status"]["active"].int ?? 0 == 0
    }

    private static func allowScheduling(_ spec: inout JSON, _ new: JSON) {
        let node = new["affinity"]["nodeAffinity"]
        if node.isNull {
            spec.edit("affinity") { $0.remove("nodeAffinity") }
        } else {
            spec["affinity", "nodeAffinity"] = node
        }
        for member in ["nodeSelector", "tolerations", "schedulingGates"] { spec[member] = new[member] }
    }

    /// The old pod spec with the new one's resources, where the containers are the same.
    private static func allowingResources(_ old: JSON, _ new: JSON) -> JSON {
        var out = old
        for member in ["containers", "initContainers"] {
            let containers = new.list(member)
            guard containers.count == old.list(member).count else { continue }
            var index = 0
            out.editEach(member) { container in
                if container.text("name") == containers[index].text("name") {
                    container["resources"] = containers[index]["resources"]
                }
                index += 1
            }
        }
        return out
    }
}
