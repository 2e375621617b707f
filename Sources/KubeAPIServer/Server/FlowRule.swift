import JSON
import KubeModel

/// Whom and what a FlowSchema's rule (`PolicyRulesWithSubjects`) is about, read once for all requests.
struct FlowRule: Sendable {
    /// A list of words of which `*` stands for every one.
    private struct Words: Sendable {
        private let hasAll: Bool
        private let words: Set<String>

        init(_ words: [String]) {
            hasAll = words.contains("*")
            self.words = Set(words)
        }

        func contains(_ word: String) -> Bool { hasAll || words.contains(word) }
        func overlaps(_ others: [String]) -> Bool { hasAll || others.contains(where: words.contains) }
    }

    private struct Resources: Sendable {
        let isClusterWide: Bool
        let namespaces: Words, verbs: Words, groups: Words, resources: Words

        init(_ rule: JSON) {
            isClusterWide = rule["clusterScope"].bool ?? false
            namespaces = Words(rule["namespaces"].strings)
            verbs = Words(rule["verbs"].strings)
            groups = Words(rule["apiGroups"].strings)
            resources = Words(rule["resources"].strings)
        }

        func matches(_ request: RequestAttributes) -> Bool {
            let isInScope = request.namespace.isEmpty ? isClusterWide : namespaces.contains(request.namespace)
            guard isInScope, verbs.contains(request.verb), groups.contains(request.group) else { return false }
            return resources.contains(
                request.subresource.isEmpty ? request.resource : "\(request.resource)/\(request.subresource)")
        }
    }

    private struct Paths: Sendable {
        let verbs: Words
        let paths: [String]

        init(_ rule: JSON) {
            verbs = Words(rule["verbs"].strings)
            paths = rule["nonResourceURLs"].strings
        }

        func matches(_ request: RequestAttributes) -> Bool {
            verbs.contains(request.verb)
                && paths.contains { path in
                    path == "*" || path == request.path
                        || path.hasSuffix("/*") && request.path.hasPrefix(path.dropLast())
                }
        }
    }

    /// Service accounts are among them, by their user names.
    private let users: Words
    private let groups: Words
    /// What the user names of all service accounts of some namespaces begin with.
    private let accountPrefixes: [String]
    private let resources: [Resources]
    private let paths: [Paths]

    init(_ rule: JSON) {
        var (users, groups, prefixes): ([String], [String], [String]) = ([], [], [])
        for subject in rule["subjects"].array ?? [] {
            func name(_ member: String) -> String { subject[member]["name"].string ?? "" }
            switch subject["kind"].string {
            case "User": users.append(name("user"))
            case "Group": groups.append(name("group"))
            case "ServiceAccount":
                let start = "system:serviceaccount:\(subject["serviceAccount"]["namespace"].string ?? ""):"
                let account = name("serviceAccount")
                if account == "*" { prefixes.append(start) } else { users.append(start + account) }
            default: break
            }
        }
        self.users = Words(users)
        self.groups = Words(groups)
        accountPrefixes = prefixes
        resources = (rule["resourceRules"].array ?? []).map(Resources.init)
        paths = (rule["nonResourceRules"].array ?? []).map(Paths.init)
    }

    func matches(_ request: RequestAttributes) -> Bool {
        guard isAbout(request.user) else { return false }
        return request.isResource
            ? resources.contains { $0.matches(request) } : paths.contains { $0.matches(request) }
    }

    private func isAbout(_ user: UserInfo) -> Bool {
        users.contains(user.name) || groups.overlaps(user.groups)
            || accountPrefixes.contains { user.name.hasPrefix($0) }
    }
}
