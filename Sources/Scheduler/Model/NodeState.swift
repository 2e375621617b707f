import KubeClient

/// A node with the pods that are on it or about to be. Belongs to one scheduling loop, or to one question asked of it.
final class NodeState {
    struct Count {
        var all = 0
        /// Without pods that are being deleted.
        var living = 0
    }

    var facts: NodeFacts
    private(set) var pods: [PodFacts] = []
    private(set) var requested = Resources()
    private(set) var guessed = Resources()
    private(set) var ports: [HostPort: Int] = [:]
    private(set) var groups: [PodGroup: Count] = [:]
    /// Pods that say something of other pods.
    private(set) var withAffinity: [PodFacts] = []
    /// Of these, the ones that other pods must stay away from.
    private(set) var withRequiredApart: [PodFacts] = []
    /// How many pods use a claim: `namespace/name`.
    private(set) var claims: [String: Int] = [:]

    init(_ facts: NodeFacts, pods: [PodFacts] = []) {
        self.facts = facts
        for pod in pods { add(pod) }
    }

    private init(copying other: NodeState) {
        facts = other.facts
        pods = other.pods
        requested = other.requested
        guessed = other.guessed
        ports = other.ports
        groups = other.groups
        withAffinity = other.withAffinity
        withRequiredApart = other.withRequiredApart
        claims = other.claims
    }

    /// To try something out.
    func copy() -> NodeState { NodeState(copying: self) }

    var name: String { facts.name }

    func add(_ pod: PodFacts) {
        pods.append(pod)
        requested += pod.requests.exact
        guessed += pod.requests.guessed
        for port in pod.ports { ports[port, default: 0] += 1 }
        groups[pod.group, default: Count()].all += 1
        if !pod.isTerminating { groups[pod.group, default: Count()].living += 1 }
        if let affinity = pod.affinity {
            withAffinity.append(pod)
            if !affinity.requiredApart.isEmpty { withRequiredApart.append(pod) }
        }
        for claim in pod.claims { claims["\(pod.key.namespace)/\(claim.name)", default: 0] += 1 }
    }

    /// Does nothing when the pod isn't here.
    func remove(_ pod: PodFacts) {
        guard let place = pods.firstIndex(where: { $0 === pod }) else { return }
        pods.swapAt(place, pods.count - 1)
        pods.removeLast()
        requested -= pod.requests.exact
        guessed -= pod.requests.guessed
        for port in pod.ports { Self.lower(&ports, port) }
        var count = groups[pod.group] ?? Count()
        count.all -= 1
        if !pod.isTerminating { count.living -= 1 }
        groups[pod.group] = count.all > 0 ? count : nil
        if pod.affinity != nil {
            withAffinity.removeAll { $0 === pod }
            withRequiredApart.removeAll { $0 === pod }
        }
        for claim in pod.claims { Self.lower(&claims, "\(pod.key.namespace)/\(claim.name)") }
    }

    private static func lower<Key>(_ counts: inout [Key: Int], _ key: Key) {
        let count = (counts[key] ?? 0) - 1
        counts[key] = count > 0 ? count : nil
    }
}
