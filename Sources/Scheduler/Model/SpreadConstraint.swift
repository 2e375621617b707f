import JSON
import KubeModel

/// How evenly pods are to lie over the values of a node label. Source: kube-scheduler `podtopologyspread`.
struct SpreadConstraint: Sendable, Equatable {
    let maxSkew: Int
    let topologyKey: String
    /// `DoNotSchedule`, not only a preference.
    let isRequired: Bool
    var selector: LabelSelector
    /// With fewer domains the emptiest counts as empty.
    let minDomains: Int
    /// Whether nodes that the pod's node affinity excludes are left out of the count.
    let honoursAffinity: Bool
    let honoursTaints: Bool

    init(maxSkew: Int, topologyKey: String, isRequired: Bool, selector: LabelSelector) {
        self.maxSkew = maxSkew
        self.topologyKey = topologyKey
        self.isRequired = isRequired
        self.selector = selector
        (minDomains, honoursAffinity, honoursTaints) = (1, true, false)
    }

    /// - Parameter labels: the pod's.
    init?(_ json: JSON, labels: [String: String]) {
        var labelSelector = json["labelSelector"]
        // The API server writes these into the selector of new pods; older pods have only the keys.
        for key in json["matchLabelKeys"].strings where !labelSelector.isNull {
            guard let value = labels[key] else { continue }
            var expressions = labelSelector["matchExpressions"].array ?? []
            expressions.append(["key": .string(key), "operator": "In", "values": [.string(value)]])
            labelSelector["matchExpressions"] = .array(expressions)
        }
        guard let selector = try? LabelSelector(labelSelector) else { return nil }
        self.selector = selector
        maxSkew = json["maxSkew"].int ?? 1
        topologyKey = json["topologyKey"].string ?? ""
        isRequired = json["whenUnsatisfiable"].string != "ScheduleAnyway"
        minDomains = json["minDomains"].int ?? 1
        honoursAffinity = json["nodeAffinityPolicy"].string != "Ignore"
        honoursTaints = json["nodeTaintsPolicy"].string == "Honor"
    }

    /// Whether the node's pods count.
    func counts(_ node: NodeFacts, for pod: PodFacts) -> Bool {
        if honoursAffinity, !pod.nodeDemand.isMet(by: node) { return false }
        return !honoursTaints || pod.tolerations.intolerable(of: node.taints) == nil
    }
}
