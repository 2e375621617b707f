import JSON

/// `admissionregistration.k8s.io` MutatingAdmissionPolicy: expressions that may change requests. Their language is for
/// whoever compiles them; this checks what surrounds them.
enum MutatingAdmissionPolicy {
    private static let operations = ["*", "CONNECT", "CREATE", "UPDATE"]
    /// A patch's type, its member, and the other type's.
    private static let patches = [
        (type: "ApplyConfiguration", own: "applyConfiguration", other: "jsonPatch"),
        (type: "JSONPatch", own: "jsonPatch", other: "applyConfiguration"),
    ]

    static let rules: KindRules = {
        var rules = KindRules(group: AdmissionRules.group, kind: "MutatingAdmissionPolicy")
        rules.allowsUnconditionalUpdate = false
        rules.defaults = ValidatingAdmissionPolicy.rules.defaults
        rules.countGeneration()
        rules.validate = { faults($0["spec"], old: nil) }
        rules.validateUpdate = { faults($0["spec"], old: $1["spec"]) }
        rules.table = KindTable([
            .objectName,
            .init("Mutations", type: "integer", "The changes that it makes."),
            .init("ParamKind", "What its parameters are."),
            .objectAge,
        ]) { object, now in
            [
                KindTable.Cell.name(object), .init(object["spec"].list("mutations").count),
                AdmissionPolicyMatch.paramKindCell(object["spec"]["paramKind"]), KindTable.Cell.age(object, now),
            ]
        }
        return rules
    }()

    private static func faults(_ spec: JSON, old: JSON?) -> [FieldError] {
        let path = FieldPath("spec")
        var faults = ValidatingAdmissionPolicy.policyFaults(spec, old: old, path)
        faults += operationFaults(spec["matchConstraints"], path["matchConstraints"])
        let mutations = spec.list("mutations")
        if mutations.isEmpty {
            faults.append(.required(path["mutations"], "mutations must contain at least one item"))
        }
        faults += mutations.enumerated().flatMap { mutationFaults($1, path["mutations"][$0]) }
        return faults + SpecFaults.missingOrUnsupported(spec, path, "reinvocationPolicy", ["IfNeeded", "Never"])
    }

    /// A deletion can't be changed.
    private static func operationFaults(_ match: JSON, _ path: FieldPath) -> [FieldError] {
        match.list("resourceRules").flatMap { rule in
            rule["operations"].strings.filter { $0 == "DELETE" }.map {
                SpecFaults.notSupported(path["resourceRules"]["operations"], .string($0), operations)
            }
        }
    }

    private static func mutationFaults(_ mutation: JSON, _ path: FieldPath) -> [FieldError] {
        let faults = SpecFaults.missingOrUnsupported(mutation, path, "patchType", patches.map(\.type))
        guard faults.isEmpty, let patch = patches.first(where: { $0.type == mutation.text("patchType") }) else {
            return faults
        }
        if !mutation.has(patch.own) {
            return [.required(path[patch.own], "must be specified when patchType is \(patch.type)")]
        }
        if mutation.has(patch.other) {
            let detail = "must not be specified when patchType is \(patch.type)"
            return [.invalid(path[patch.other], .string("{\(patch.other)}"), detail)]
        }
        return AdmissionRules.blank(mutation[patch.own], path[patch.own], "expression", "")
    }
}
