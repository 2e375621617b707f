import JSON

/// One rule of a role, ready for matching (`rbac.authorization.k8s.io/v1` PolicyRule).
package struct PolicyRule: Sendable, Hashable {
    package var verbs: [String]
    package var groups: [String] = []
    package var resources: [String] = []
    /// Empty: objects of every name.
    package var names: [String] = []
    /// Paths that are no resource; a trailing `*` stands for the rest.
    package var urls: [String] = []

    package init(
        verbs: [String], groups: [String] = [], resources: [String] = [], names: [String] = [], urls: [String] = []
    ) {
        self.verbs = verbs
        self.groups = groups
        self.resources = resources
        self.names = names
        self.urls = urls
    }

    package init(_ json: JSON) {
        verbs = json["verbs"].strings
        groups = json["apiGroups"].strings
        resources = json["resources"].strings
        names = json["resourceNames"].strings
        urls = json["nonResourceURLs"].strings
    }

    package static func list(_ role: JSON) -> [PolicyRule] { (role["rules"].array ?? []).map { PolicyRule($0) } }

    /// Members as the API's own encoder orders them.
    package var json: JSON {
        var rule: JSON = [:]
        if !groups.isEmpty { rule["apiGroups"] = JSON(groups) }
        if !urls.isEmpty { rule["nonResourceURLs"] = JSON(urls) }
        if !names.isEmpty { rule["resourceNames"] = JSON(names) }
        if !resources.isEmpty { rule["resources"] = JSON(resources) }
        rule["verbs"] = JSON(verbs)
        return rule
    }

    package static func covers(url pattern: String, _ path: String) -> Bool {
        if pattern == path { return true }
        guard pattern.hasSuffix("*") else { return false }
        var prefix = pattern[...]
        while prefix.hasSuffix("*") { prefix.removeLast() }
        return path.hasPrefix(prefix)
    }
}
