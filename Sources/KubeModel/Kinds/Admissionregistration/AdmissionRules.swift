import JSON

/// Which requests a webhook or a policy is about.
enum AdmissionRules {
    static let group = "admissionregistration.k8s.io"
    static let failurePolicies = ["Fail", "Ignore"]
    private static let operations = ["*", "CONNECT", "CREATE", "DELETE", "UPDATE"]
    /// The API's own limit.
    private static let mostConditions = 64

    static func applyDefaults(_ rule: inout JSON) { rule.fillMissing("scope", "*") }

    static func matchPolicyFaults(_ object: JSON, _ path: FieldPath) -> [FieldError] {
        SpecFaults.unsupported(object, path, "matchPolicy", ["Equivalent", "Exact"])
    }

    static func faults(_ rule: JSON, _ path: FieldPath) -> [FieldError] {
        let (list, at) = (rule["operations"].strings, path["operations"])
        var faults: [FieldError] = list.isEmpty ? [.required(at)] : []
        faults += onlyWildcard(rule, path, "operations", "operations")
        faults += list.enumerated().filter { !operations.contains($0.element) }
            .map { SpecFaults.notSupported(at[$0.offset], .string($0.element), operations) }
        for (member, words) in [("apiGroups", "API groups"), ("apiVersions", "API versions")] {
            if rule.list(member).isEmpty { faults.append(.required(path[member])) }
            faults += onlyWildcard(rule, path, member, words)
        }
        faults += emptyFaults(rule["apiVersions"].strings, path["apiVersions"])
        faults += resourceFaults(rule["resources"], path["resources"])
        return faults + SpecFaults.unsupported(rule, path, "scope", ["*", "Cluster", "Namespaced"])
    }

    /// A rule that may name objects too.
    static func namedFaults(_ rule: JSON, _ path: FieldPath) -> [FieldError] {
        let (names, at) = (rule["resourceNames"].strings, path["resourceNames"])
        let repeated = Set(SpecFaults.repeated(names))
        let found = names.enumerated().flatMap { index, name -> [FieldError] in
            SpecFaults.named(at[index], name, Names.pathSegment(name))
                + (repeated.contains(index) ? [.duplicate(at[index], .string(name))] : [])
        }
        return found + faults(rule, path)
    }

    private static func onlyWildcard(_ rule: JSON, _ path: FieldPath, _ member: String, _ words: String)
        -> [FieldError]
    {
        let list = rule[member].strings
        guard list.count > 1, list.contains("*") else { return [] }
        return [.invalid(path[member], rule[member], "if '*' is present, must not specify other \(words)")]
    }

    private static func emptyFaults(_ list: [String], _ path: FieldPath) -> [FieldError] {
        list.enumerated().filter { $0.element.isEmpty }.map { .required(path[$0.offset]) }
    }

    private static func resourceFaults(_ value: JSON, _ path: FieldPath) -> [FieldError] {
        let list = value.strings
        if list.isEmpty { return [.required(path)] }
        var faults: [FieldError] = []
        var (allOfResource, everywhere): (Set<String>, Set<String>) = ([], [])
        var (hasWildcard, lastIsPlain) = (false, false)
        for (index, text) in list.enumerated() {
            if text.isEmpty {
                faults.append(.required(path[index]))
                continue
            }
            if text == "*" { hasWildcard = true }
            let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2 else {
                lastIsPlain = text != "*"
                continue
            }
            func clash(_ other: String) {
                let detail = "if '\(other)' is present, must not specify \(text)"
                faults.append(.invalid(path[index], .string(text), detail))
            }
            if allOfResource.contains(parts[0]) { clash("\(parts[0])/*") }
            if everywhere.contains(parts[1]) { clash("*/\(parts[1])") }
            if parts[1] == "*" { allOfResource.insert(parts[0]) }
            if parts[0] == "*" { everywhere.insert(parts[1]) }
        }
        if list.count > 1, list.contains("*/*") {
            faults.append(.invalid(path, value, "if '*/*' is present, must not specify other resources"))
        }
        if hasWildcard, lastIsPlain {
            let detail = "if '*' is present, must not specify other resources without subresources"
            faults.append(.invalid(path, value, detail))
        }
        return faults
    }

    /// Conditions of a match; what their expressions say is for whoever compiles them.
    static func conditionFaults(_ conditions: [JSON], _ path: FieldPath) -> [FieldError] {
        var faults: [FieldError] = []
        if conditions.count > mostConditions {
            faults.append(.tooMany(path, conditions.count, max: mostConditions))
        }
        let repeated = Set(SpecFaults.repeated(conditions.map { $0.text("name") }))
        for (index, condition) in conditions.enumerated() {
            let (at, name) = (path[index], condition.text("name"))
            faults += blank(condition, at, "expression", "")
            faults += SpecFaults.missingOrMisnamed(condition, at, "name", check: Names.qualifiedName)
            if !name.isEmpty, repeated.contains(index) { faults.append(.duplicate(at["name"], .string(name))) }
        }
        return faults
    }

    /// The member must be there, and not be white space only.
    static func blank(_ object: JSON, _ path: FieldPath, _ member: String, _ detail: String) -> [FieldError] {
        isBlank(object.text(member)) ? [.required(path[member], detail)] : []
    }

    static func isBlank(_ text: String) -> Bool { text.allSatisfy(\.isWhitespace) }
}
