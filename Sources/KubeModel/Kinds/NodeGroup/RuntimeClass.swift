import JSON

/// `node.k8s.io` RuntimeClass: which container runtime a pod wants.
enum RuntimeClass {
    static let rules: KindRules = {
        var rules = KindRules(group: "node.k8s.io", kind: "RuntimeClass")
        rules.allowsUnconditionalUpdate = false
        rules.validate = { object in
            SpecFaults.missingOrMisnamed(object, FieldPath(), "handler", check: handler)
                + overheadFaults(object["overhead"].map("podFixed"), FieldPath("overhead.limits"))
                + schedulingFaults(object["scheduling"], FieldPath("scheduling"))
        }
        let validate = rules.validate
        rules.validateUpdate = { validate($0) + SpecFaults.changed($0, $1, FieldPath(), "handler") }
        rules.table = KindTable([
            .objectName,
            .init("Handler", "The runtime's name on the node."),
            .objectAge,
        ]) { object, now in
            [KindTable.Cell.name(object), .string(object.text("handler")), KindTable.Cell.age(object, now)]
        }
        return rules
    }()

    private static func handler(_ name: String) -> [String] { Names.dnsLabel(name) }

    private static func overheadFaults(_ amounts: JSONObject, _ path: FieldPath) -> [FieldError] {
        var faults = Faults()
        ResourceRules.checkLimits(amounts, path, &faults)
        return faults.all
    }

    private static func schedulingFaults(_ scheduling: JSON, _ path: FieldPath) -> [FieldError] {
        var faults = Faults()
        faults.add(MetadataRules.validateLabels(scheduling["nodeSelector"], path["nodeSelector"]))
        let tolerations = scheduling.list("tolerations")
        let forms = tolerations.map { GoForm.of($0, "core.v1.Toleration") }
        for index in SpecFaults.repeated(forms.map(\.text)) {
            faults.duplicate(path["tolerations"][index], forms[index])
        }
        TolerationRules.check(tolerations, path["tolerations"], &faults)
        return faults.all
    }
}
