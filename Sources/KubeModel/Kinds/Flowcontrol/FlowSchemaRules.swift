import JSON

/// Checks of a FlowSchema's rules.
enum FlowSchemaRules {
    private static let verbs = [
        "create", "delete", "deletecollection", "get", "list", "patch", "proxy", "update", "watch",
    ]
    /// A kind of subject, and the member that then names it.
    private static let subjects = [
        (kind: "Group", member: "group"), (kind: "ServiceAccount", member: "serviceAccount"),
        (kind: "User", member: "user"),
    ]

    static func faults(_ rule: JSON, _ path: FieldPath) -> [FieldError] {
        let list = rule.list("subjects")
        var faults = list.enumerated().flatMap { subjectFaults($1, path["subjects"][$0]) }
        if list.isEmpty {
            faults.append(.required(path["subjects"], "subjects must contain at least one value"))
        }
        let (resources, others) = (rule.list("resourceRules"), rule.list("nonResourceRules"))
        if resources.isEmpty, others.isEmpty {
            let detail = "at least one of resourceRules and nonResourceRules has to be non-empty"
            faults.append(.required(path, detail))
        }
        faults += resources.enumerated().flatMap { resourceFaults($1, path["resourceRules"][$0]) }
        return faults + others.enumerated().flatMap { otherFaults($1, path["nonResourceRules"][$0]) }
    }

    private static func subjectFaults(_ subject: JSON, _ path: FieldPath) -> [FieldError] {
        let kind = subject.text("kind")
        guard let own = subjects.first(where: { $0.kind == kind })?.member else {
            return [SpecFaults.notSupported(path["kind"], .string(kind), subjects.map(\.kind))]
        }
        var faults: [FieldError] = []
        if subject.has(own) {
            faults += nameFaults(subject[own], isAccount: kind == "ServiceAccount", path[own])
        } else {
            faults.append(.required(path[own], "\(own) is required when subject kind is '\(kind)'"))
        }
        let order = ["serviceAccount", "user", "group"]
        for member in order where member != own && subject.has(member) {
            let other = subjects.first { $0.member == member }?.kind ?? ""
            faults.append(.forbidden(path[member], "\(member) is forbidden when subject kind is not '\(other)'"))
        }
        return faults
    }

    private static func nameFaults(_ subject: JSON, isAccount: Bool, _ path: FieldPath) -> [FieldError] {
        var faults = SpecFaults.missing(subject, path, "name")
        guard isAccount else { return faults }
        if subject.text("name") != "*" {
            faults += SpecFaults.misnamed(subject, path, "name", check: Names.dnsSubdomain)
        }
        return faults
            + SpecFaults.missingOrMisnamed(
                subject, path, "namespace", "must specify namespace for service account", check: Names.dnsLabel)
    }

    private static func verbFaults(_ rule: JSON, _ path: FieldPath) -> [FieldError] {
        let (list, at) = (rule["verbs"].strings, path["verbs"])
        if list.isEmpty { return [.required(at, "verbs must contain at least one value")] }
        if list.contains("*") { return onlyWildcard(rule, path, "verbs", "verbs") }
        if list.allSatisfy(verbs.contains) { return [] }
        return [SpecFaults.notSupported(at, rule["verbs"], verbs)]
    }

    private static func onlyWildcard(_ rule: JSON, _ path: FieldPath, _ member: String, _ words: String)
        -> [FieldError]
    {
        let list = rule[member].strings
        guard list.count > 1, list.contains("*") else { return [] }
        return [.invalid(path[member], rule[member], "if '*' is present, must not specify other \(words)")]
    }

    private static func resourceFaults(_ rule: JSON, _ path: FieldPath) -> [FieldError] {
        var faults = verbFaults(rule, path)
        for (member, one, words) in [
            ("apiGroups", "api group", "api groups"), ("resources", "resource", "resources"),
        ] {
            if rule.list(member).isEmpty {
                faults.append(.required(path[member], "resource rules must supply at least one \(one)"))
            }
            faults += onlyWildcard(rule, path, member, words)
        }
        let (namespaces, at) = (rule["namespaces"].strings, path["namespaces"])
        if namespaces.isEmpty, !rule.flag("clusterScope") {
            let detail = "resource rules that are not cluster scoped must supply at least one namespace"
            faults.append(.required(at, detail))
        }
        if namespaces.contains("*") { return faults + onlyWildcard(rule, path, "namespaces", "namespaces") }
        return faults
            + namespaces.enumerated().flatMap { index, name in
                Names.dnsLabel(name).map {
                    let detail = "each member of this list must be '*' or a DNS-1123 label; \($0)"
                    return FieldError.invalid(at[index], .string(name), detail)
                }
            }
    }

    private static func otherFaults(_ rule: JSON, _ path: FieldPath) -> [FieldError] {
        let (urls, at) = (rule["nonResourceURLs"].strings, path["nonResourceURLs"])
        let faults = verbFaults(rule, path)
        if urls.isEmpty { return faults + [.required(at, "nonResourceURLs must contain at least one value")] }
        if urls.contains("*") {
            return faults + onlyWildcard(rule, path, "nonResourceURLs", "non-resource URLs")
        }
        return faults
            + urls.enumerated().compactMap { index, url in
                problem(url).map { FieldError.invalid(at[index], .string(url), $0) }
            }
    }

    private static func problem(_ url: String) -> String? {
        if url.isEmpty { return "must not be empty" }
        if url == "/" { return nil }
        if !url.hasPrefix("/") { return "must start with slash" }
        if url.contains(" ") { return "must not contain white-space" }
        if url.contains("//") { return "must not contain double slash" }
        let stars = url.utf8.count { $0 == UInt8(ascii: "*") }
        return stars > 1 || stars == 1 && !url.hasSuffix("/*") ? "wildcard can only do suffix matching" : nil
    }
}
