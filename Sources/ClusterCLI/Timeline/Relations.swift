import JSON
import KubeModel

/// Which objects belong to the one that is asked about: what it owns, what owns it, a service's pods and endpoints.
struct Relations {
    private struct Known {
        let kind: String
        let namespace: String
        let name: String
        let owner: String
        let labels: JSON
        /// Of a service.
        let selector: JSON
    }

    /// Nil: everything.
    let target: (kind: String, name: String)?
    private var known: [String: Known] = [:]

    init(target: (kind: String, name: String)?) { self.target = target }

    mutating func learn(_ kind: String, _ object: JSON) {
        let metadata = object["metadata"]
        known[metadata.text("uid")] = Known(
            kind: kind, namespace: metadata.text("namespace"), name: metadata.text("name"),
            owner: Situation.controller(of: object)?.text("uid") ?? "", labels: metadata["labels"],
            selector: kind == "Service" ? object["spec"]["selector"] : .null)
    }

    func isRelated(_ uid: String) -> Bool {
        guard let target else { return true }
        guard let object = known[uid] else { return false }
        func isTarget(_ known: Known) -> Bool { known.kind == target.kind && known.name == target.name }
        if isTarget(object) || lineage(object).contains(where: isTarget) { return true }
        for other in known.values where isTarget(other) {
            // What is above the one that is asked about.
            if lineage(other).contains(where: { $0.kind == object.kind && $0.name == object.name }) { return true }
            if other.kind == "Service" { return serves(other, object) }
        }
        return false
    }

    /// Whether an event's object is known yet.
    func isKnown(_ uid: String) -> Bool { known[uid] != nil }

    private func lineage(_ object: Known) -> [Known] {
        var chain: [Known] = []
        var uid = object.owner
        // No real chain is longer; a wrong one could be a circle.
        while chain.count < 8, let above = known[uid] {
            chain.append(above)
            uid = above.owner
        }
        return chain
    }

    private func serves(_ service: Known, _ object: Known) -> Bool {
        guard object.namespace == service.namespace else { return false }
        if object.kind == "EndpointSlice" { return object.labels.text("kubernetes.io/service-name") == service.name }
        let selector = service.selector.stringMap, labels = object.labels.stringMap
        return object.kind == "Pod" && !selector.isEmpty && selector.allSatisfy { labels[$0.key] == $0.value }
    }
}
