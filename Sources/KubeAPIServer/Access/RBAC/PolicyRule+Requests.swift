import KubeModel

extension PolicyRule {
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
