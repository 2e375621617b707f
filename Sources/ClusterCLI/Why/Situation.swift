import JSON
import KubeModel

/// The objects that a diagnosis looks at: one moment of a cluster.
package struct Situation: Sendable {
    /// In seconds since 1970.
    package var now: Double
    /// Of all namespaces, since they fill the nodes.
    package var pods: [JSON] = []
    package var nodes: [JSON] = []
    package var namespaces: [JSON] = []
    /// These of the object's own namespace.
    package var services: [JSON] = []
    package var slices: [JSON] = []
    package var configMaps: [JSON] = []
    package var secrets: [JSON] = []
    package var budgets: [JSON] = []
    package var deployments: [JSON] = []
    package var replicaSets: [JSON] = []
    package var statefulSets: [JSON] = []
    package var daemonSets: [JSON] = []
    package var jobs: [JSON] = []
    package var claims: [JSON] = []
    package var events: [JSON] = []
    /// These two of all namespaces.
    package var allServices: [JSON] = []
    package var storageClasses: [JSON] = []
    /// What containers printed last, by `POD/CONTAINER`.
    package var outputs: [String: String] = [:]

    package init(now: Double) { self.now = now }

    /// What happened to the object, the latest last.
    func events(about object: JSON) -> [JSON] {
        let uid = object["metadata"].text("uid")
        return events.filter { event in
            let about = event["involvedObject"]
            if !uid.isEmpty, !about.text("uid").isEmpty { return about.text("uid") == uid }
            return about.text("name") == object["metadata"].text("name")
                && about.text("kind") == object.text("kind")
        }.sorted { EventTime.of($0) < EventTime.of($1) }
    }

    /// The latest event of a reason whose message satisfies the condition.
    func lastEvent(
        about object: JSON, _ reasons: Set<String>, where isFitting: (String) -> Bool = { _ in true }
    ) -> JSON? {
        events(about: object).last { reasons.contains($0.text("reason")) && isFitting($0.text("message")) }
    }

    func pods(in namespace: String) -> [JSON] { pods.filter { $0["metadata"].text("namespace") == namespace } }

    /// How long ago, `5s`.
    func age(_ timestamp: JSON) -> String { AgeText.since(timestamp, now: now) }

    // MARK: Owners

    static func controller(of object: JSON) -> JSON? {
        (object["metadata"]["ownerReferences"].array ?? []).first { $0["controller"].bool == true }
    }

    func owned(by object: JSON, _ candidates: [JSON]) -> [JSON] {
        let uid = object["metadata"].text("uid")
        return candidates.filter { Self.controller(of: $0)?.text("uid") == uid }
    }

    /// What one changes to change the pod: its deployment, set or job, or the pod itself.
    func changeable(_ pod: JSON) -> Changeable {
        let namespace = pod["metadata"].text("namespace")
        guard let owner = Self.controller(of: pod) else {
            return Changeable(type: "pod", name: pod["metadata"].text("name"), namespace: namespace, object: pod)
        }
        if owner.text("kind") == "ReplicaSet",
            let set = replicaSets.first(where: { $0["metadata"].text("uid") == owner.text("uid") }),
            let above = Self.controller(of: set)
        {
            let deployment = deployments.first { $0["metadata"].text("uid") == above.text("uid") }
            return Changeable(
                type: above.text("kind").lowercased(), name: above.text("name"), namespace: namespace,
                object: deployment ?? .null)
        }
        let known = (replicaSets + statefulSets + daemonSets + jobs).first {
            $0["metadata"].text("uid") == owner.text("uid")
        }
        return Changeable(
            type: owner.text("kind").lowercased(), name: owner.text("name"), namespace: namespace,
            object: known ?? .null)
    }
}

/// An object in the form in which kubectl takes it.
struct Changeable {
    /// `deployment`.
    let type: String
    let name: String
    let namespace: String
    /// Null when it isn't known.
    let object: JSON

    var path: String { "\(type)/\(name)" }

    /// ` -n shop`, or "" in the default namespace.
    var flag: String { Self.flag(namespace) }

    static func flag(_ namespace: String) -> String {
        namespace.isEmpty || namespace == "default" ? "" : " -n \(namespace)"
    }

    var isPod: Bool { type == "pod" }
}

/// When an event was last seen.
enum EventTime {
    /// In seconds since 1970.
    static func of(_ event: JSON) -> Double {
        for text in [
            event["series"].text("lastObservedTime"), event.text("lastTimestamp"), event.text("eventTime"),
            event.text("firstTimestamp"), event["metadata"].text("creationTimestamp"),
        ] where !text.isEmpty {
            if let time = (try? Timestamp(parsing: text)) ?? (try? Timestamp(parsingMicro: text)) { return time.time }
        }
        return 0
    }
}
