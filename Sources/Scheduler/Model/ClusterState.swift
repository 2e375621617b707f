import JSON
import KubeClient

/// All nodes and the pods on them, with pods whose binding is under way; kept up to date change by change, so that a
/// decision copies nothing. Belongs to one scheduling loop.
struct ClusterState {
    private struct Placed {
        var pod: PodFacts
        var node: String
        /// Decided here, and not yet seen to be bound.
        var isAssumed: Bool
    }

    /// In the order in which they are tried: zone by turns.
    private(set) var nodes: [NodeState] = []
    private var byName: [String: NodeState] = [:]
    private var placed: [String: Placed] = [:]
    /// Pods on nodes that aren't there.
    private var strays: [String: [PodFacts]] = [:]
    /// Nodes that have an image, by its name.
    private(set) var imageNodes: [String: Int] = [:]
    /// Pods on nodes that say something of other pods, and how many of these keep others away.
    private(set) var affinityCount = 0
    private(set) var requiredApartCount = 0
    /// Namespaces, services, claims and the like.
    var related = RelatedObjects()

    func node(_ name: String) -> NodeState? { byName[name] }

    // MARK: Nodes

    /// - Returns: what was known of the node before; nil for a new one.
    mutating func setNode(_ facts: NodeFacts) -> NodeFacts? {
        if let known = byName[facts.name] {
            let old = known.facts
            guard old != facts else { return old }
            count(old.images, -1)
            count(facts.images, 1)
            known.facts = facts
            if old.zone != facts.zone { arrange() }
            return old
        }
        byName[facts.name] = NodeState(facts, pods: strays.removeValue(forKey: facts.name) ?? [])
        count(facts.images, 1)
        arrange()
        return nil
    }

    mutating func removeNode(_ name: String) -> NodeFacts? {
        guard let gone = byName.removeValue(forKey: name) else { return nil }
        if !gone.pods.isEmpty { strays[name] = gone.pods }
        count(gone.facts.images, -1)
        arrange()
        return gone.facts
    }

    private mutating func count(_ images: NodeImages, _ change: Int) {
        for image in images.sizes.keys { imageNodes[image, default: 0] += change }
    }

    /// Nodes of different zones follow each other.
    private mutating func arrange() {
        let zones = Dictionary(grouping: byName.values.sorted { $0.name < $1.name }) { $0.facts.zone }
            .sorted { $0.key < $1.key }.map(\.value)
        nodes = []
        nodes.reserveCapacity(byName.count)
        for turn in 0..<(zones.map(\.count).max() ?? 0) {
            for zone in zones where turn < zone.count { nodes.append(zone[turn]) }
        }
    }

    // MARK: Pods

    func placement(of uid: String) -> (pod: PodFacts, node: String, isAssumed: Bool)? {
        placed[uid].map { ($0.pod, $0.node, $0.isAssumed) }
    }

    mutating func place(_ pod: PodFacts, on node: String, isAssumed: Bool = false) {
        _ = removePod(pod.uid)
        placed[pod.uid] = Placed(pod: pod, node: node, isAssumed: isAssumed)
        if let affinity = pod.affinity {
            affinityCount += 1
            if !affinity.requiredApart.isEmpty { requiredApartCount += 1 }
        }
        if let state = byName[node] { state.add(pod) } else { strays[node, default: []].append(pod) }
    }

    /// An assumed pod was seen on its node.
    mutating func confirm(_ uid: String) { placed[uid]?.isAssumed = false }

    /// - Returns: the pod as it was counted; nil when it wasn't.
    mutating func removePod(_ uid: String) -> PodFacts? {
        guard let old = placed.removeValue(forKey: uid) else { return nil }
        if let affinity = old.pod.affinity {
            affinityCount -= 1
            if !affinity.requiredApart.isEmpty { requiredApartCount -= 1 }
        }
        if let state = byName[old.node] {
            state.remove(old.pod)
        } else {
            strays[old.node]?.removeAll { $0 === old.pod }
            if strays[old.node]?.isEmpty == true { strays[old.node] = nil }
        }
        return old.pod
    }
}
