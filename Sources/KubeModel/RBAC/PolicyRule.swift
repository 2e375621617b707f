import JSON
import KubeModel

/// One rule of a role, ready for matching (`rbac.authorization.k8s.io/v1` PolicyRule).
struct PolicyRule: Sendable, Hashable {
    var verbs: [String]
    var groups: [String] = []
    var resources: [String] = []
    /// Empty: objects of every name.
    var names: [String] = []
    /// Paths that are no resource; a trailing `*` stands for the rest.
    var urls: [String] = []

    init(verbs: [String], groups: [String] = [], resources: [String] = [], names: [String] = [], urls: [String] = []) {
        self.verbs = verbs
        self.groups = groups
        self.resources = resources
        self.names = names
        self.urls = urls
    }

    init(_ json: JSON) {
        verbs = json["verbs"].strings
        groups = json["apiGroups"].strings
        resources = json["resources"].strings
        names = json["resourceNames"].strings
        urls = json["nonResourceURLs"].strings
    }

    static func list(_ role: JSON) -> [PolicyRule] { (role["rules"].array ?? []).map { PolicyRule($0) } }

    /// Members as the API's own encoder orders them.
    var json: JSON {
        var rule: JSON = [:]
        if !groups.isEmpty { rule["apiGroups"] = JSON(groups) }
        if !urls.isEmpty { rule["nonResourceURLs"] = JSON(urls) }
        if !names.isEmpty { rule["resourceNames"] = JSON(names) }
        if !resources.isEmpty { rule["resources"] = JSON(resources) }
        rule["verbs"] = JSON(verbs)
        return rule
    }

    func allows(_ request: RequestAttributes) -> Bool {
        guard request.isResource else {
            return matches(verbs, request.verb) && urls.contains { Self.covers(url: $0, request.path) }
        }
        return matches(verbs, request.verb) && matches(groups, request.group)
            && matchesResource(request.resource, request.subresource)
            && (names.isEmpty || names.contains(request.name))
    }

    private func matches(_ list: [String], _ value: String) -> Bool { list.contains { $0 == "*" || $0 == value } }

    private func matchesResource(_ resource: String, _ subresource: String) -> Bool {
        let combined = subresource.isEmpty ? resource : "\(resource)/\(subresource)"
        return resources.contains { rule in
            if rule == "*" || rule == combined { return true }
            return !subresource.isEmpty && rule.hasPrefix("*/") && rule.dropFirst(2) == subresource
        }
    }

    static func covers(url pattern: String, _ path: String) -> Bool {
        if pattern == path { return true }
        guard pattern.hasSuffix("*") else { return false }
        var prefix = pattern[...]
        while prefix.hasSuffix("*") { prefix.removeLast() }
        return path.hasPrefix(prefix)
    }

    /// As the escalation check's message prints it.
    var compactText: String {
        var parts: [String] = []
        if !groups.isEmpty { parts.append("APIGroups:\(GoText.quoted(groups))") }
        if !resources.isEmpty { parts.append("Resources:\(GoText.quoted(resources))") }
        if !urls.isEmpty { parts.append("NonResourceURLs:\(GoText.quoted(urls))") }
        if !names.isEmpty { parts.append("ResourceNames:\(GoText.quoted(names))") }
        if !verbs.isEmpty { parts.append("Verbs:\(GoText.quoted(verbs))") }
        return "{\(parts.joined(separator: ", "))}"
    }
}
