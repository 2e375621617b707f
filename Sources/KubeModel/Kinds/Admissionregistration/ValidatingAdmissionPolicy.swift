import JSON

/// `admissionregistration.k8s.io` ValidatingAdmissionPolicy: expressions that may refuse requests. Their language is
/// for whoever compiles them; this checks what surrounds them.
enum ValidatingAdmissionPolicy {
    // The API's own limits.
    private static let mostAnnotations = 20
    /// In bytes.
    private static let longestAnnotation = 5_120

    static let rules: KindRules = {
        var rules = KindRules(group: AdmissionRules.group, kind: "ValidatingAdmissionPolicy")
        rules.allowsUnconditionalUpdate = false
        rules.defaults = { object in
            object.edit("spec") { spec in
                spec.fillMissing("failurePolicy", "Fail")
                spec.edit("matchConstraints", AdmissionPolicyMatch.applyDefaults)
            }
        }
        rules.keepStatusApart()
        rules.countGeneration()
        rules.validate = { faults($0, old: nil) }
        rules.validateUpdate = { faults($0, old: $1) }
        rules.validateStatusUpdate = { new, _ in statusFaults(new["status"]) }
        rules.table = KindTable([
            .objectName,
            .init("Validations", type: "integer", "The expressions that must hold."),
            .init("ParamKind", "What its parameters are."),
            .objectAge,
        ]) { object, now in
            [
                KindTable.Cell.name(object), .init(object["spec"].list("validations").count),
                AdmissionPolicyMatch.paramKindCell(object["spec"]["paramKind"]), KindTable.Cell.age(object, now),
            ]
        }
        return rules
    }()

    private static func faults(_ object: JSON, old: JSON?) -> [FieldError] {
        let (spec, path) = (object["spec"], FieldPath("spec"))
        let details = "validations or auditAnnotations must contain at least one item"
        var faults = policyFaults(spec, old: old?["spec"], path)
        let (validations, annotations) = (spec.list("validations"), spec.list("auditAnnotations"))
        if validations.isEmpty, annotations.isEmpty {
            return faults + [.required(path["validations"], details), .required(path["auditAnnotations"], details)]
        }
        faults += validations.enumerated().flatMap { validationFaults($1, path["validations"][$0]) }
        let at = path["auditAnnotations"]
        if annotations.count > mostAnnotations {
            let detail = "must not have more than \(mostAnnotations) auditAnnotations"
            faults.append(.invalid(at, spec["auditAnnotations"], detail))
        }
        let repeated = Set(SpecFaults.repeated(annotations.map { $0.text("key") }))
        for (index, annotation) in annotations.enumerated() {
            faults += annotationFaults(annotation, policy: object["metadata"].text("name"), at[index])
            if repeated.contains(index) { faults.append(.duplicate(at[index]["key"], annotation["key"])) }
        }
        return faults
    }

    /// What validating and mutating policies have in common.
    static func policyFaults(_ spec: JSON, old: JSON?, _ path: FieldPath) -> [FieldError] {
        var faults: [FieldError] = []
        if spec.has("failurePolicy") {
            faults += SpecFaults.unsupported(spec, path, "failurePolicy", AdmissionRules.failurePolicies)
        } else {
            faults.append(.required(path["failurePolicy"]))
        }
        if spec.has("paramKind") {
            faults += AdmissionPolicyMatch.paramKindFaults(spec["paramKind"], path["paramKind"])
        }
        let (match, at) = (spec["matchConstraints"], path["matchConstraints"])
        if match.isNull {
            faults.append(.required(at))
        } else {
            faults += AdmissionPolicyMatch.faults(match, at)
            if match.list("resourceRules").isEmpty { faults.append(.required(at["resourceRules"])) }
        }
        let isUnchanged =
            old.map { old in
                ["paramKind", "matchConditions"].allSatisfy { SemanticEquality.equal(spec[$0], old[$0]) }
            } ?? false
        if !isUnchanged {
            faults += AdmissionRules.conditionFaults(spec.list("matchConditions"), path["matchConditions"])
        }
        return faults + AdmissionPolicyMatch.variableFaults(spec.list("variables"), path["variables"])
    }

    private static func validationFaults(_ validation: JSON, _ path: FieldPath) -> [FieldError] {
        let (message, expression) = (validation.text("message"), validation.text("messageExpression"))
        var faults = AdmissionRules.blank(validation, path, "expression", "expression is not specified")
        let isBlank = "must be non-empty if specified"
        if !expression.isEmpty, AdmissionRules.isBlank(expression) {
            faults.append(.invalid(path["messageExpression"], .string(expression), isBlank))
        }
        if !message.isEmpty, AdmissionRules.isBlank(message) {
            faults.append(.invalid(path["message"], .string(message), isBlank))
        } else if isBroken(message) {
            faults.append(.invalid(path["message"], .string(message), "must not contain line breaks"))
        }
        return faults
            + SpecFaults.unsupported(
                validation, path, "reason", ["Forbidden", "Invalid", "RequestEntityTooLarge"])
    }

    /// Whether there is a line break within the text, its ends aside.
    private static func isBroken(_ text: String) -> Bool {
        guard let first = text.firstIndex(where: { !$0.isWhitespace }),
            let last = text.lastIndex(where: { !$0.isWhitespace })
        else { return false }
        return text[first...last].contains(where: \.isNewline)
    }

    private static func annotationFaults(_ annotation: JSON, policy: String, _ path: FieldPath) -> [FieldError] {
        let key = annotation.text("key")
        var faults: [FieldError] = []
        if policy.isEmpty {
            faults.append(.invalid(path["key"], .string(key), "requires metadata.name be non-empty"))
        } else {
            let full = "\(policy)/\(key)"
            faults += SpecFaults.named(path["key"], full, Names.qualifiedName(full))
        }
        let at = path["valueExpression"]
        let expression = annotation.text("valueExpression")
        if AdmissionRules.isBlank(expression) {
            faults.append(.required(at, "valueExpression is not specified"))
        } else if expression.utf8.count > longestAnnotation {
            faults.append(.required(at, "must not exceed \(longestAnnotation) bytes in length"))
        }
        return faults
    }

    private static func statusFaults(_ status: JSON) -> [FieldError] {
        let path = FieldPath("status")
        let at = path["typeChecking"]["expressionWarnings"]
        let warnings = status["typeChecking"].list("expressionWarnings")
        return warnings.enumerated().flatMap { index, warning in
            SpecFaults.missing(warning, at[index], "warning")
                + AdmissionRules.blank(warning, at[index], "fieldRef", "")
        } + ConditionFaults.all(status["conditions"], path["conditions"])
    }
}
