import JSON

/// Checks of an Ingress's spec.
enum IngressSpec {
    static let isAddress = "must be a DNS name, not an IP address"
    private static let isRelative = "must be an absolute path"

    /// What an update leaves to an object from before the rules were stricter.
    struct Leniency {
        var allowsAnySecretName = false
        var allowsAnyWildcardRule = false

        init() {}

        init(old: JSON) {
            allowsAnySecretName = old.list("tls").contains { !secretFaults($0, FieldPath()).isEmpty }
            allowsAnyWildcardRule = old.list("rules").contains {
                $0.text("host").contains("*") && !ruleFaults($0, FieldPath()).isEmpty
            }
        }
    }

    static func faults(_ spec: JSON, _ leniency: Leniency) -> [FieldError] {
        let path = FieldPath("spec")
        var faults: [FieldError] = []
        if spec.list("rules").isEmpty, !spec.has("defaultBackend") {
            let detail = "either `defaultBackend` or `rules` must be specified"
            faults.append(SpecFaults.invalid(path, spec["rules"], detail))
        }
        if spec.has("defaultBackend") { faults += backendFaults(spec["defaultBackend"], path["defaultBackend"]) }
        for (index, rule) in spec.list("rules").enumerated() {
            let at = path["rules"][index]
            faults += hostFaults(rule, at)
            if rule.text("host").contains("*"), leniency.allowsAnyWildcardRule { continue }
            faults += ruleFaults(rule, at)
        }
        for (index, entry) in spec.list("tls").enumerated() {
            let at = path["tls"][index]
            faults += entry["hosts"].strings.enumerated().flatMap { index, host in
                SpecFaults.named(at["hosts"][index], host, hostTexts(host))
            }
            if !leniency.allowsAnySecretName { faults += secretFaults(entry, at) }
        }
        if let name = spec["ingressClassName"].string {
            faults += SpecFaults.named(path["ingressClassName"], name, Names.dnsSubdomain(name))
        }
        return faults
    }

    private static func secretFaults(_ entry: JSON, _ path: FieldPath) -> [FieldError] {
        SpecFaults.misnamed(entry, path, "secretName", check: Names.dnsSubdomain)
    }

    private static func hostTexts(_ host: String) -> [String] {
        host.contains("*") ? Names.wildcardSubdomain(host) : Names.dnsSubdomain(host)
    }

    private static func hostFaults(_ rule: JSON, _ path: FieldPath) -> [FieldError] {
        let host = rule.text("host")
        if host.isEmpty { return [] }
        let address: [FieldError] =
            IPAddress(host) == nil ? [] : [.invalid(path["host"], .string(host), isAddress)]
        return address + SpecFaults.named(path["host"], host, hostTexts(host))
    }

    private static func ruleFaults(_ rule: JSON, _ path: FieldPath) -> [FieldError] {
        guard rule.has("http") else { return [] }
        let (paths, at) = (rule["http"].list("paths"), path["http"]["paths"])
        if paths.isEmpty { return [.required(at)] }
        return paths.enumerated().flatMap { pathFaults($1, at[$0]) }
    }

    private static func pathFaults(_ entry: JSON, _ path: FieldPath) -> [FieldError] {
        if !entry.has("pathType") { return [.required(path["pathType"], "pathType must be specified")] }
        let (type, text) = (entry.text("pathType"), entry.text("path"))
        func fault(_ detail: String) -> FieldError { .invalid(path["path"], .string(text), detail) }
        var faults: [FieldError] = []
        switch type {
        case "Exact", "Prefix":
            if !text.hasPrefix("/") { faults.append(fault(isRelative)) }
            faults += ["//", "/./", "/../", "%2f", "%2F"].filter { text.contains($0) }
                .map { fault("must not contain '\($0)'") }
            faults += ["/..", "/."].filter { text.hasSuffix($0) }.map { fault("cannot end with '\($0)'") }
        case "ImplementationSpecific":
            if !text.isEmpty, !text.hasPrefix("/") { faults.append(fault(isRelative)) }
        default:
            let types = ["Exact", "ImplementationSpecific", "Prefix"]
            faults.append(SpecFaults.notSupported(path["pathType"], .string(type), types))
        }
        return faults + backendFaults(entry["backend"], path["backend"])
    }

    private static func backendFaults(_ backend: JSON, _ path: FieldPath) -> [FieldError] {
        switch (backend.has("resource"), backend.has("service")) {
        case (true, true): [.invalid(path, "", "cannot set both resource and service backends")]
        case (true, false): referenceFaults(backend["resource"], path["resource"])
        case (false, true): serviceFaults(backend["service"], path)
        case (false, false): [.invalid(path, "", "resource or service backend is required")]
        }
    }

    private static func serviceFaults(_ service: JSON, _ path: FieldPath) -> [FieldError] {
        let (at, port) = (path["service"]["port"], service["port"])
        var faults = SpecFaults.missingOrMisnamed(service, path["service"], "name", check: Names.dnsLabel)
        let (name, number) = (port.text("name"), port["number"].int ?? 0)
        switch (name.isEmpty, number == 0) {
        case (false, false): faults.append(.invalid(path, "", "cannot set both port name & port number"))
        case (false, true): faults += SpecFaults.named(at["name"], name, Names.portName(name))
        case (true, false): faults += Names.portNumber(number).map { .invalid(at["number"], .init(number), $0) }
        case (true, true): faults.append(.required(path, "port name or number is required"))
        }
        return faults
    }

    /// An object that is named by group, kind and name.
    static func referenceFaults(_ reference: JSON, _ path: FieldPath) -> [FieldError] {
        var faults: [FieldError] = []
        if let group = reference["apiGroup"].string {
            faults += SpecFaults.named(path["apiGroup"], group, Names.dnsSubdomain(group))
        }
        return faults
            + SpecFaults.missingOrMisnamed(reference, path, "kind", check: Names.pathSegment)
            + SpecFaults.missingOrMisnamed(reference, path, "name", check: Names.pathSegment)
    }
}
