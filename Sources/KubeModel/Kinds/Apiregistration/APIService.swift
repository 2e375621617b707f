import JSON

/// `apiregistration.k8s.io` APIService: who serves a group's version. Whether it is available is for the server.
enum APIService {
    // The API's own limits.
    private static let groupPriorities = 1...20_000
    private static let versionPriorities = 1...1_000

    static let rules: KindRules = {
        var rules = KindRules(group: "apiregistration.k8s.io", kind: "APIService")
        rules.allowsUnconditionalUpdate = false
        rules.nameRule = .pathSegment
        rules.defaults = { object in
            object.edit("spec") { spec in spec.edit("service") { $0.fillMissing("port", 443) } }
        }
        rules.keepStatusApart()
        rules.validate = validate
        rules.validatesChangesLikeCreations()
        rules.validateStatusUpdate = { new, _ in
            let path = FieldPath("status.conditions")
            return new["status"].list("conditions").enumerated().flatMap { index, condition -> [FieldError] in
                let (status, known) = (condition.text("status"), ["True", "False", "Unknown"])
                if known.contains(status) { return [] }
                return [SpecFaults.notSupported(path[index]["status"], .string(status), known)]
            }
        }
        rules.table = table
        return rules
    }()

    @Sendable private static func validate(_ object: JSON) -> [FieldError] {
        let (spec, path) = (object["spec"], FieldPath("spec"))
        let (group, version) = (spec.text("group"), spec.text("version"))
        let (name, wanted) = (object["metadata"].text("name"), "\(version).\(group)")
        var faults: [FieldError] = []
        if name != wanted, Names.pathSegment(name).isEmpty {
            let detail = "must be `spec.version+\".\"+spec.group`: \(GoText.quoted(wanted))"
            faults.append(.invalid(FieldPath("metadata.name"), .string(name), detail))
        }
        if group.isEmpty, version != "v1" {
            let detail = "only v1 may have an empty group and it better be legacy kube"
            faults.append(.required(path["group"], detail))
        }
        faults += SpecFaults.misnamed(spec, path, "group", check: Names.dnsSubdomain)
        faults += SpecFaults.named(path["version"], version, Names.dns1035(version))
        for (member, range) in [
            ("groupPriorityMinimum", groupPriorities), ("versionPriority", versionPriorities),
        ] where !range.contains(spec[member].int ?? 0) {
            let detail = "must be positive and less than \(range.upperBound)"
            faults.append(.invalid(path[member], .init(spec[member].int ?? 0), detail))
        }
        return faults + (spec.has("service") ? remoteFaults(spec, path) : localFaults(spec, path))
    }

    private static func localFaults(_ spec: JSON, _ path: FieldPath) -> [FieldError] {
        var faults: [FieldError] = []
        let size = CertificateText.decoded(spec["caBundle"]).utf8.count
        if size > 0 {
            let detail = "local APIServices may not have a caBundle"
            faults.append(.invalid(path["caBundle"], .string("\(size) bytes"), detail))
        }
        if spec.flag("insecureSkipTLSVerify") {
            let detail = "local APIServices may not have insecureSkipTLSVerify"
            faults.append(.invalid(path["insecureSkipTLSVerify"], true, detail))
        }
        return faults
    }

    private static func remoteFaults(_ spec: JSON, _ path: FieldPath) -> [FieldError] {
        let (service, at) = (spec["service"], path["service"])
        var faults = SpecFaults.missing(service, at, "namespace") + SpecFaults.missing(service, at, "name")
        let port = service["port"].int ?? 0
        let texts = Names.portNumber(port)
        if !texts.isEmpty {
            let detail = "port is not valid: \(texts.joined(separator: ", "))"
            faults.append(.invalid(at["port"], .init(port), detail))
        }
        if spec.flag("insecureSkipTLSVerify"), !spec.text("caBundle").isEmpty {
            let detail = "may not be true if caBundle is present"
            faults.append(.invalid(path["insecureSkipTLSVerify"], true, detail))
        }
        return faults
    }

    private static let table = KindTable([
        .objectName,
        .init("Service", "The Service that serves it; Local: this server itself."),
        .init("Available", "Whether it is served now."),
        .objectAge,
    ]) { object, now in
        let service = object["spec"]["service"]
        let text = service.isNull ? "Local" : "\(service.text("namespace"))/\(service.text("name"))"
        let condition = object["status"].list("conditions").first { $0.text("type") == "Available" }
        var available = condition?.text("status") ?? "Unknown"
        if let condition, available != "True" { available += " (\(condition.text("reason")))" }
        return [KindTable.Cell.name(object), .string(text), .string(available), KindTable.Cell.age(object, now)]
    }
}
