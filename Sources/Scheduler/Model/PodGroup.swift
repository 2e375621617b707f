import JSON

/// Pods of one namespace with the same labels, which all selectors see as one: those of a ReplicaSet, as a rule.
/// Compared by identity, so that counting pods on nodes by a selector costs one comparison a group.
final class PodGroup: Sendable, Hashable {
    let namespace: String
    let labels: [String: String]

    init(namespace: String, labels: [String: String]) {
        self.namespace = namespace
        self.labels = labels
    }

    static func == (a: PodGroup, b: PodGroup) -> Bool { a === b }
    func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}

/// Finds each pod's group, one object for all pods that are in it; forgets groups that have no pods any more.
struct PodGroups {
    private struct Key: Hashable {
        let namespace: String
        let labels: [String: String]
    }

    private struct Entry { weak var group: PodGroup? }

    private var groups: [Key: Entry] = [:]
    /// Size at which groups without pods are looked for.
    private var limit = 256

    mutating func group(_ namespace: String, _ labels: [String: String]) -> PodGroup {
        let key = Key(namespace: namespace, labels: labels)
        if let known = groups[key]?.group { return known }
        if groups.count >= limit {
            groups = groups.filter { $0.value.group != nil }
            limit = max(256, groups.count * 2)
        }
        let new = PodGroup(namespace: namespace, labels: labels)
        groups[key] = Entry(group: new)
        return new
    }
}
