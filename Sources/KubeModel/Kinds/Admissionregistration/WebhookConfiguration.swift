import JSON

/// What ValidatingWebhookConfiguration and MutatingWebhookConfiguration have in common.
enum WebhookConfiguration {
    private static let noSideEffects = ["None", "NoneOnDryRun"]
    private static let allSideEffects = ["None", "NoneOnDryRun", "Some", "Unknown"]
    private static let knownReviews = ["v1", "v1beta1"]
    /// In seconds; the API's own limits.
    private static let timeouts = 1...30

    static func rules(kind: String, isMutating: Bool) -> KindRules {
        var rules = KindRules(group: AdmissionRules.group, kind: kind)
        rules.allowsUnconditionalUpdate = false
        rules.defaults = { object in
            object.editEach("webhooks") { applyDefaults(&$0, isMutating: isMutating) }
        }
        rules.countGeneration(of: ["webhooks"])
        rules.validate = { faults($0, .init(), isMutating: isMutating) }
        rules.validateUpdate = { new, old in faults(new, .init(new: new, old: old), isMutating: isMutating) }
        rules.table = KindTable([
            .objectName,
            .init("Webhooks", type: "integer", "The webhooks that it holds."),
            .objectAge,
        ]) { object, now in
            [KindTable.Cell.name(object), .init(object.list("webhooks").count), KindTable.Cell.age(object, now)]
        }
        return rules
    }

    private static func applyDefaults(_ hook: inout JSON, isMutating: Bool) {
        hook.fillMissing("failurePolicy", "Fail")
        hook.fillMissing("matchPolicy", "Equivalent")
        hook.fillMissing("namespaceSelector", [:])
        hook.fillMissing("objectSelector", [:])
        hook.fillMissing("timeoutSeconds", 10)
        if isMutating { hook.fillMissing("reinvocationPolicy", "Never") }
        hook.editEach("rules", AdmissionRules.applyDefaults)
        hook.edit("clientConfig") { $0.edit("service") { $0.fillMissing("port", 443) } }
    }

    /// What an update leaves to an object from before the rules were stricter.
    private struct Leniency {
        var ignoresConditions = false
        var needsNoSideEffects = true
        var needsKnownReview = true
        var needsUniqueNames = true
        var selectors = LabelSelector.ValidationOptions()

        init() {}

        init(new: JSON, old: JSON) {
            let (before, after) = (old.list("webhooks"), new.list("webhooks"))
            ignoresConditions =
                before.count == after.count
                && zip(before, after).allSatisfy {
                    SemanticEquality.equal($0["matchConditions"], $1["matchConditions"])
                }
            needsNoSideEffects = before.allSatisfy { noSideEffects.contains($0.text("sideEffects")) }
            needsKnownReview = before.allSatisfy { hook in
                let versions = hook["admissionReviewVersions"].strings
                return versions.isEmpty || versions.contains(where: knownReviews.contains)
            }
            needsUniqueNames = SpecFaults.repeated(before.map { $0.text("name") }).isEmpty
            selectors.allowsInvalidValues = before.contains { hook in
                ["namespaceSelector", "objectSelector"].contains {
                    hook.has($0) && !SpecSelector.faults(hook[$0], FieldPath()).isEmpty
                }
            }
        }
    }

    private static func faults(_ object: JSON, _ leniency: Leniency, isMutating: Bool) -> [FieldError] {
        let (hooks, path) = (object.list("webhooks"), FieldPath("webhooks"))
        let repeated = Set(SpecFaults.repeated(hooks.map { $0.text("name") }))
        return hooks.enumerated().flatMap { index, hook -> [FieldError] in
            var faults = hookFaults(hook, leniency, isMutating: isMutating, path[index])
            faults += reviewFaults(hook, leniency, path[index])
            if leniency.needsUniqueNames, repeated.contains(index), !hook.text("name").isEmpty {
                faults.append(.duplicate(path[index]["name"], hook["name"]))
            }
            return faults
        }
    }

    private static func hookFaults(_ hook: JSON, _ leniency: Leniency, isMutating: Bool, _ path: FieldPath)
        -> [FieldError]
    {
        var faults = Names.fullyQualifiedName(path["name"], hook.text("name"))
        faults += hook.list("rules").enumerated().flatMap { AdmissionRules.faults($1, path["rules"][$0]) }
        faults += SpecFaults.unsupported(hook, path, "failurePolicy", AdmissionRules.failurePolicies)
        faults += AdmissionRules.matchPolicyFaults(hook, path)
        let effects = leniency.needsNoSideEffects ? noSideEffects : allSideEffects
        if hook.has("sideEffects") {
            faults += SpecFaults.unsupported(hook, path, "sideEffects", effects)
        } else {
            let detail = "must specify one of \(effects.joined(separator: ", "))"
            faults.append(.required(path["sideEffects"], detail))
        }
        if let timeout = hook["timeoutSeconds"].int, !timeouts.contains(timeout) {
            let detail = "the timeout value must be between 1 and 30 seconds"
            faults.append(.invalid(path["timeoutSeconds"], .init(timeout), detail))
        }
        for selector in ["namespaceSelector", "objectSelector"] where hook.has(selector) {
            faults += LabelSelector.validate(hook[selector], path[selector], leniency.selectors)
        }
        if isMutating {
            faults += SpecFaults.unsupported(hook, path, "reinvocationPolicy", ["IfNeeded", "Never"])
        }
        faults += WebhookClient.faults(hook["clientConfig"], path["clientConfig"])
        if leniency.ignoresConditions { return faults }
        return faults + AdmissionRules.conditionFaults(hook.list("matchConditions"), path["matchConditions"])
    }

    private static func reviewFaults(_ hook: JSON, _ leniency: Leniency, _ path: FieldPath) -> [FieldError] {
        let (value, at) = (hook["admissionReviewVersions"], path["admissionReviewVersions"])
        let (versions, known) = (value.strings, knownReviews.joined(separator: ", "))
        if versions.isEmpty { return [.required(at, "must specify one of \(known)")] }
        let repeated = Set(SpecFaults.repeated(versions))
        var faults = versions.enumerated().flatMap { index, version -> [FieldError] in
            if repeated.contains(index) { return [.invalid(at[index], .string(version), "duplicate version")] }
            return SpecFaults.named(at[index], version, Names.dns1035(version))
        }
        if leniency.needsKnownReview, !versions.contains(where: knownReviews.contains) {
            faults.append(.invalid(at, value, "must include at least one of \(known)"))
        }
        return faults
    }
}
