import JSON

/// `networking.k8s.io` IngressClass: which controller serves an Ingress.
enum IngressClass {
    /// In bytes; the API's own limit.
    private static let longestController = 250

    static let rules: KindRules = {
        var rules = KindRules(group: "networking.k8s.io", kind: "IngressClass")
        rules.defaults = { object in
            object.edit("spec") { $0.edit("parameters") { $0.fillMissing("scope", "Cluster") } }
        }
        rules.countGeneration()
        rules.validate = { validateSpec($0["spec"]) }
        rules.validateUpdate = { new, old in
            SpecFaults.changed(new["spec"], old["spec"], FieldPath("spec"), "controller") + validateSpec(new["spec"])
        }
        rules.table = table
        return rules
    }()

    private static func validateSpec(_ spec: JSON) -> [FieldError] {
        let path = FieldPath("spec")
        let controller = spec.text("controller")
        var faults: [FieldError] = []
        if controller.utf8.count > longestController {
            faults.append(.tooLong(path["controller"], maxLength: longestController))
        }
        faults += Names.domainPrefixedPath(path["controller"], controller)
        if spec.has("parameters") { faults += parameterFaults(spec["parameters"], path["parameters"]) }
        return faults
    }

    private static func parameterFaults(_ parameters: JSON, _ path: FieldPath) -> [FieldError] {
        var faults = IngressSpec.referenceFaults(parameters, path)
        let at = path["namespace"]
        switch parameters["scope"].string {
        case nil:
            faults.append(.required(path["scope"]))
        case "Namespace":
            guard let namespace = parameters["namespace"].string else {
                return faults + [.required(at, "`parameters.scope` is set to 'Namespace'")]
            }
            faults += SpecFaults.named(at, namespace, Names.dnsLabel(namespace))
        case "Cluster":
            if parameters.has("namespace") {
                faults.append(.forbidden(at, "`parameters.scope` is set to 'Cluster'"))
            }
        case let scope?:
            faults.append(SpecFaults.notSupported(path["scope"], .string(scope), ["Cluster", "Namespace"]))
        }
        return faults
    }

    private static let table = KindTable([
        .objectName,
        .init("Controller", "The controller that serves Ingresses of the class."),
        .init("Parameters", "An object that configures the controller."),
        .objectAge,
    ]) { object, now in
        let (spec, parameters) = (object["spec"], object["spec"]["parameters"])
        var text = "<none>"
        if spec.has("parameters") {
            let group = parameters["apiGroup"].string.map { ".\($0)" } ?? ""
            text = "\(parameters.text("kind"))\(group)/\(parameters.text("name"))"
        }
        return [
            StorageNames.cell(object, isDefault: "ingressclass.kubernetes.io/is-default-class"),
            .string(spec.text("controller")), .string(text),
            KindTable.Cell.age(object, now),
        ]
    }
}
