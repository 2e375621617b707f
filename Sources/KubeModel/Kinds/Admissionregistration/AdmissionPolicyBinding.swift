import JSON

/// What ValidatingAdmissionPolicyBinding and MutatingAdmissionPolicyBinding have in common.
enum AdmissionPolicyBinding {
    static func rules(kind: String, isValidating: Bool) -> KindRules {
        var rules = KindRules(group: AdmissionRules.group, kind: kind)
        rules.allowsUnconditionalUpdate = false
        rules.defaults = { object in
            let isFirstDraft = object.text("apiVersion").hasSuffix("/v1alpha1")
            object.edit("spec") { spec in
                if isFirstDraft {
                    spec.edit("paramRef") { $0.fillMissing("parameterNotFoundAction", "Deny") }
                }
                spec.edit("matchResources", AdmissionPolicyMatch.applyDefaults)
            }
        }
        rules.countGeneration()
        rules.validate = { faults($0["spec"], isValidating: isValidating) }
        rules.validatesChangesLikeCreations()
        rules.table = KindTable([
            .objectName,
            .init("PolicyName", "The policy that it puts in force."),
            .init("ParamRef", "The policy's parameters."),
            .objectAge,
        ]) { object, now in
            [
                KindTable.Cell.name(object), .string(object["spec"].text("policyName")),
                AdmissionPolicyMatch.paramRefCell(object["spec"]["paramRef"]), KindTable.Cell.age(object, now),
            ]
        }
        return rules
    }

    private static func faults(_ spec: JSON, isValidating: Bool) -> [FieldError] {
        let path = FieldPath("spec")
        var faults = SpecFaults.missingOrMisnamed(spec, path, "policyName", check: Names.dnsSubdomain)
        faults += AdmissionPolicyMatch.paramRefFaults(spec["paramRef"], path["paramRef"])
        if spec.has("matchResources") {
            faults += AdmissionPolicyMatch.faults(spec["matchResources"], path["matchResources"])
        }
        return isValidating ? faults + actionFaults(spec["validationActions"], path["validationActions"]) : faults
    }

    private static func actionFaults(_ value: JSON, _ path: FieldPath) -> [FieldError] {
        let (actions, known) = (value.strings, ["Audit", "Deny", "Warn"])
        let repeated = Set(SpecFaults.repeated(actions))
        var faults = actions.enumerated().flatMap { index, action -> [FieldError] in
            let text = JSON.string(action)
            return (known.contains(action) ? [] : [SpecFaults.notSupported(path[index], text, known)])
                + (repeated.contains(index) ? [.duplicate(path[index], text)] : [])
        }
        if actions.contains("Deny"), actions.contains("Warn") {
            let detail =
                "must not contain both Deny and Warn (repeating the same validation failure information in the API "
                + "response and headers serves no purpose)"
            faults.append(.invalid(path, value, detail))
        }
        if actions.isEmpty { faults.append(.required(path, "at least one validation action is required")) }
        return faults
    }
}
