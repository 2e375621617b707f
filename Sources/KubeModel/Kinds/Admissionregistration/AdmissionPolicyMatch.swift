import JSON

/// What a policy or its binding is about, and the parameters it takes.
enum AdmissionPolicyMatch {
    static func applyDefaults(_ match: inout JSON) {
        match.fillMissing("matchPolicy", "Equivalent")
        match.fillMissing("namespaceSelector", [:])
        match.fillMissing("objectSelector", [:])
        match.editEach("resourceRules", AdmissionRules.applyDefaults)
        match.editEach("excludeResourceRules", AdmissionRules.applyDefaults)
    }

    static func faults(_ match: JSON, _ path: FieldPath) -> [FieldError] {
        var faults: [FieldError] = []
        if match.has("matchPolicy") {
            faults += AdmissionRules.matchPolicyFaults(match, path)
        } else {
            faults.append(.required(path["matchPolicy"]))
        }
        for selector in ["namespaceSelector", "objectSelector"] {
            if match.has(selector) {
                faults += SpecSelector.faults(match[selector], path[selector])
            } else {
                faults.append(.required(path[selector]))
            }
        }
        for member in ["resourceRules", "excludeResourceRules"] {
            faults += match.list(member).enumerated().flatMap { AdmissionRules.namedFaults($1, path[member][$0]) }
        }
        return faults
    }

    static func paramKindFaults(_ kind: JSON, _ path: FieldPath) -> [FieldError] {
        versionFaults(kind.text("apiVersion"), path["apiVersion"]) + kindFaults(kind.text("kind"), path["kind"])
    }

    private static func versionFaults(_ text: String, _ path: FieldPath) -> [FieldError] {
        if text.isEmpty { return [.required(path)] }
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        if parts.count > 2 {
            return [.invalid(path, .string(text), "unexpected GroupVersion string: \(text)")]
        }
        func wrong(_ part: String, _ texts: [String]) -> [FieldError] {
            texts.isEmpty ? [] : [.invalid(path, .string(part), texts.joined(separator: ","))]
        }
        let (group, version) = (parts.count == 2 ? parts[0] : "", parts[parts.count - 1])
        let faults = group.isEmpty ? [] : wrong(group, Names.dnsSubdomain(group))
        if version.isEmpty { return faults + [.invalid(path, .string(text), "version must be specified")] }
        return faults + wrong(version, Names.dns1035(version))
    }

    private static func kindFaults(_ kind: String, _ path: FieldPath) -> [FieldError] {
        if kind.isEmpty { return [.required(path)] }
        let texts = Names.dns1035(kind.lowercased())
        if texts.isEmpty { return [] }
        let detail = "may have mixed case, but should otherwise match: \(texts.joined(separator: ","))"
        return [.invalid(path, .string(kind), detail)]
    }

    static func paramRefFaults(_ reference: JSON, _ path: FieldPath) -> [FieldError] {
        if reference.isNull { return [] }
        let (name, hasSelector) = (reference.text("name"), reference.has("selector"))
        let exclusive = "name and selector are mutually exclusive"
        var faults: [FieldError] = []
        if !name.isEmpty {
            faults += SpecFaults.named(path["name"], name, Names.pathSegment(name))
            if hasSelector { faults.append(.forbidden(path["name"], exclusive)) }
        }
        if hasSelector {
            faults += SpecSelector.faults(reference["selector"], path["selector"])
            if !name.isEmpty { faults.append(.forbidden(path["selector"], exclusive)) }
        }
        if name.isEmpty, !hasSelector {
            faults.append(.required(path, "one of name or selector must be specified"))
        }
        return faults
            + SpecFaults.missingOrUnsupported(reference, path, "parameterNotFoundAction", ["Deny", "Allow"])
    }

    /// Names that later expressions of a policy may use.
    static func variableFaults(_ variables: [JSON], _ path: FieldPath) -> [FieldError] {
        variables.enumerated().flatMap { index, variable -> [FieldError] in
            let at = path[index]
            var faults = AdmissionRules.blank(variable, at, "name", "name is not specified")
            if faults.isEmpty, !isIdentifier(variable.text("name")) {
                faults.append(.invalid(at["name"], variable["name"], "must be a valid CEL identifier"))
            }
            return faults + AdmissionRules.blank(variable, at, "expression", "expression is not specified")
        }
    }

    private static let reserved: Set<String> = [
        "true", "false", "null", "in", "as", "break", "const", "continue", "else", "for", "function", "if", "import",
        "let", "loop", "package", "namespace", "return", "var", "void", "while",
    ]

    private static func isIdentifier(_ name: String) -> Bool {
        guard let first = name.utf8.first, !(first &- 0x30 < 10), !reserved.contains(name) else { return false }
        return name.utf8.allSatisfy { $0 == UInt8(ascii: "_") || $0 &- 0x30 < 10 || ($0 | 0x20) &- 0x61 < 26 }
    }

    static func paramKindCell(_ kind: JSON) -> JSON {
        kind.isNull ? "<unset>" : .string("\(kind.text("apiVersion"))/\(kind.text("kind"))")
    }

    static func paramRefCell(_ reference: JSON) -> JSON {
        if reference.isNull { return "<unset>" }
        let namespace = reference.text("namespace")
        return .string("\(namespace.isEmpty ? "*" : namespace)/\(reference.text("name"))")
    }
}
