import CommandLine
import KubeClient

/// Finds the resource that a word on the command line means: plural, singular, short name or kind, perhaps with
/// version and group (`deploy`, `deployments.apps`, `deployments.v1.apps`, `Deployment.v1.apps`).
struct ResourceNames: Sendable {
    let all: [ServedResource]

    init(_ resources: ServedResources) { all = resources.all }

    func find(_ word: String) -> ServedResource? {
        let parts = word.parts(".")
        if parts.count >= 3 {
            let group = parts[2...].joined(separator: ".")
            if let found = best(parts[0], version: parts[1], group: group) { return found }
        }
        // `pods.v1.` has the core group spelled out by its last dot.
        let group = parts.dropFirst().joined(separator: ".")
        return best(parts[0], version: nil, group: parts.count > 1 ? group : nil)
    }

    private func best(_ name: String, version: String?, group: String?) -> ServedResource? {
        let lowered = name.lowercased()
        let named = all.filter { $0.name == lowered || $0.singular == lowered }
        let candidates = [
            named, all.filter { $0.shortNames.contains(name) },
            all.filter { $0.kind == name || $0.kind.lowercased() == lowered },
        ]
        for list in candidates {
            let right = list.filter { version == nil || $0.version == version }
            if let group {
                if let exact = right.first(where: { $0.group == group }) { return exact }
                if !group.isEmpty, let near = right.first(where: { $0.group.hasPrefix(group) }) { return near }
            } else if let first = right.first(where: { $0.group.isEmpty }) ?? right.first {
                return first
            }
        }
        return nil
    }

    /// The resource of a kind in a manifest; nil: the server has none.
    func find(apiVersion: String, kind: String) -> ServedResource? {
        all.first { $0.apiVersion == apiVersion && $0.kind == kind && !$0.verbs.isEmpty }
    }

    /// What a category stands for; nil: it is none. Each group's preferred version only.
    func category(_ word: String) -> [ServedResource]? {
        var seen = Set<String>()
        let members = all.filter { $0.categories.contains(word) && seen.insert($0.qualifiedName).inserted }
        return members.isEmpty ? nil : members
    }

    static func complaint(_ word: String) -> Refusal {
        let (name, group) = word.cut(".") ?? (word, "")
        let place = group.isEmpty ? "" : " in group \(group.quoted)"
        return Refusal("the server doesn't have a resource type \(name.quoted)\(place)")
    }

    /// The same where the original asks its mapper directly: without `error:` before it.
    static func mapperComplaint(_ word: String) -> PlainRefusal {
        let (name, group) = word.cut(".") ?? (word, "")
        let place = group.isEmpty ? "" : " in group \(group.quoted)"
        return PlainRefusal(text: "the server doesn't have a resource type \(name.quoted)\(place)")
    }
}
