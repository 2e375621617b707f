import JSON

/// `networking.k8s.io` Ingress: HTTP from outside to Services.
enum Ingress {
    /// What an Ingress named its class with before `spec.ingressClassName`.
    private static let classAnnotation = "kubernetes.io/ingress.class"

    static let rules: KindRules = {
        var rules = KindRules(group: "networking.k8s.io", kind: "Ingress")
        rules.keepStatusApart(empty: ["loadBalancer": [:]])
        rules.countGeneration()
        rules.validate = { object in
            var faults = IngressSpec.faults(object["spec"], .init())
            let (annotation, name) = (object["metadata"]["annotations"][classAnnotation].string, object["spec"])
            if let annotation, let name = name["ingressClassName"].string, name != annotation {
                let detail = "must match `ingressClassName` when both are specified"
                faults.append(.invalid(FieldPath("annotations")[classAnnotation], .string(annotation), detail))
            }
            return faults
        }
        rules.validateUpdate = { new, old in IngressSpec.faults(new["spec"], .init(old: old["spec"])) }
        rules.validateStatusUpdate = { new, old in
            let path = FieldPath("status.loadBalancer.ingress")
            let before = points(old).map { $0.text("ip") }
            return points(new).enumerated().flatMap { pointFaults($1, before: before, path[$0]) }
        }
        rules.warnings = { new, old in
            guard old == nil, new["metadata"]["annotations"].has(classAnnotation) else { return [] }
            return ["annotation \"\(classAnnotation)\" is deprecated, please use 'spec.ingressClassName' instead"]
        }
        rules.table = table
        return rules
    }()

    private static func points(_ object: JSON) -> [JSON] { object["status"]["loadBalancer"].list("ingress") }

    private static func pointFaults(_ point: JSON, before: [String], _ path: FieldPath) -> [FieldError] {
        let (ip, host) = (point.text("ip"), point.text("hostname"))
        var faults = ip.isEmpty ? [] : Names.legacyIP(path["ip"], ip, old: before)
        if host.isEmpty { return faults }
        faults += SpecFaults.named(path["hostname"], host, Names.dnsSubdomain(host))
        if IPAddress(host) != nil {
            faults.append(.invalid(path["hostname"], .string(host), IngressSpec.isAddress))
        }
        return faults
    }

    private static let table = KindTable([
        .objectName,
        .init("Class", "The IngressClass that serves it."),
        .init("Hosts", "The hosts that it is for."),
        .init("Address", "Where it can be reached."),
        .init("Ports", "The ports that it is served at."),
        .objectAge,
    ]) { object, now in
        let spec = object["spec"]
        let addresses = Set(points(object).map { $0.text("ip").isEmpty ? $0.text("hostname") : $0.text("ip") })
        return [
            KindTable.Cell.name(object), KindTable.Cell.text(spec["ingressClassName"], or: "<none>"),
            .string(hosts(spec.list("rules"))),
            .string(addresses.filter { !$0.isEmpty }.sorted().joined(separator: ",")),
            spec.list("tls").isEmpty ? "80" : "80, 443", KindTable.Cell.age(object, now),
        ]
    }

    private static func hosts(_ rules: [JSON]) -> String {
        let most = 3
        var (list, isClipped): ([String], Bool) = ([], false)
        for host in rules.map({ $0.text("host") }) {
            if list.count == most { isClipped = true }
            if !isClipped, !host.isEmpty { list.append(host) }
        }
        if list.isEmpty { return "*" }
        let shown = list.joined(separator: ",")
        return isClipped ? "\(shown) + \(rules.count - most) more..." : shown
    }
}
