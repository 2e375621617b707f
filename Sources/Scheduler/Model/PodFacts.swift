import JSON
import KubeClient
import KubeModel

/// What scheduling looks at of a pod, read once.
final class PodFacts: Sendable {
    let object: JSON
    let key: ObjectKey
    let uid: String
    let group: PodGroup
    let priority: Int
    /// "" while it has no node.
    let nodeName: String
    /// The node that makes room for it; "" for none.
    let nominatedNode: String
    let isTerminating: Bool
    let requests: PodRequests
    let ports: [HostPort]
    let tolerations: [Toleration]
    let nodeDemand: NodeDemand
    let preferredNodes: [PreferredNodes]
    let affinity: PodAffinity?
    let spread: [SpreadConstraint]
    /// Of init containers, containers and image volumes, in that order, with a tag or digest each.
    let images: [String]
    /// Containers that `images` counts for.
    let containerCount: Int
    let claims: [PodClaim]
    /// Names of what holds it back from scheduling.
    let gates: [String]
    /// Whether lower priorities may be evicted for it.
    let mayPreempt: Bool
    /// Seconds since 1970; nil before it started.
    let startTime: Double?

    struct PreferredNodes: Sendable, Equatable {
        let term: NodeSelectorTerm
        let weight: Int
    }

    init(_ object: JSON, _ groups: inout PodGroups) {
        let (metadata, spec, status) = (object["metadata"], object["spec"], object["status"])
        self.object = object
        key = ObjectKey(object)
        uid = metadata["uid"].string ?? ""
        group = groups.group(key.namespace, metadata["labels"].stringMap)
        priority = spec["priority"].int ?? 0
        nodeName = spec["nodeName"].string ?? ""
        nominatedNode = status["nominatedNodeName"].string ?? ""
        isTerminating = !metadata["deletionTimestamp"].isNull
        requests = PodRequests(object)
        ports = HostPort.of(spec)
        tolerations = (spec["tolerations"].array ?? []).map { Toleration($0) }
        nodeDemand = NodeDemand(spec)
        let affinity = spec["affinity"]
        preferredNodes = Self.preferred(affinity["nodeAffinity"])
        self.affinity = PodAffinity(affinity, of: key.namespace)
        spread = (spec["topologySpreadConstraints"].array ?? []).compactMap {
            SpreadConstraint($0, labels: metadata["labels"].stringMap)
        }
        let containers = (spec["initContainers"].array ?? []) + (spec["containers"].array ?? [])
        containerCount = containers.count
        let volumes = spec["volumes"].array ?? []
        images =
            (containers.map { $0["image"].string ?? "" } + volumes.compactMap { $0["image"]["reference"].string })
            .map(NodeImages.name)
        claims = volumes.compactMap { PodClaim($0, of: metadata["name"].string ?? "") }
        gates = (spec["schedulingGates"].array ?? []).compactMap { $0["name"].string }
        mayPreempt = spec["preemptionPolicy"].string != "Never"
        startTime = status["startTime"].string.flatMap { try? Timestamp(parsing: $0) }?.time
    }

    private static func preferred(_ affinity: JSON) -> [PreferredNodes] {
        (affinity["preferredDuringSchedulingIgnoredDuringExecution"].array ?? []).compactMap { entry in
            let term = NodeSelectorTerm(entry["preference"])
            guard let weight = entry["weight"].int, weight != 0, !term.isEmpty else { return nil }
            return PreferredNodes(term: term, weight: weight)
        }
    }
}

/// A volume of a pod that is a claim's.
struct PodClaim: Sendable, Equatable {
    let name: String
    /// Whether the claim is made for this pod, from its `ephemeral` volume.
    let isEphemeral: Bool

    init?(_ volume: JSON, of pod: String) {
        if let name = volume["persistentVolumeClaim"]["claimName"].string {
            (self.name, isEphemeral) = (name, false)
        } else if !volume["ephemeral"].isNull {
            (name, isEphemeral) = ("\(pod)-\(volume["name"].string ?? "")", true)
        } else {
            return nil
        }
    }
}
