import JSON
import KubeClient

/// Services with their endpoint slices as the API tells of them, and which of them have changed since somebody looked.
struct ServiceBook: Sendable {
    struct Entry: Sendable {
        var service: JSON?
        /// By name.
        var slices: [String: JSON] = [:]
    }

    struct News: Sendable {
        var zone: String
        /// An entry without a service: it is gone, or not there yet.
        var services: [ObjectKey: Entry] = [:]
    }

    private static let headless = "service.kubernetes.io/headless"
    private static let zoneLabel = "topology.kubernetes.io/zone"

    private(set) var entries: [ObjectKey: Entry] = [:]
    /// The node's own zone.
    private(set) var zone = ""
    private var changed: Set<ObjectKey> = []
    private var isAllChanged = false

    mutating func take(service change: ObjectChange) {
        entries[change.key, default: Entry()].service = change.new
        note(change.key)
    }

    mutating func take(slice change: ObjectChange) {
        if let old = change.old, let service = Self.service(of: old) {
            entries[service]?.slices[change.key.name] = nil
            note(service)
        }
        if let new = change.new, let service = Self.service(of: new) {
            entries[service, default: Entry()].slices[change.key.name] = new
            note(service)
        }
    }

    /// - Returns: whether something that matters has changed.
    mutating func take(ownNode node: JSON) -> Bool {
        let zone = node["metadata"]["labels"][Self.zoneLabel].string ?? ""
        guard zone != self.zone else { return false }
        self.zone = zone
        isAllChanged = true
        return true
    }

    /// What has changed since the last call.
    mutating func takeNews() -> News {
        let keys = isAllChanged ? changed.union(entries.keys) : changed
        (changed, isAllChanged) = ([], false)
        var news = News(zone: zone)
        for key in keys { news.services[key] = entries[key] ?? Entry() }
        return news
    }

    /// Services that are gone stay noted until they are taken.
    private mutating func note(_ service: ObjectKey) {
        changed.insert(service)
        if let entry = entries[service], entry.service == nil, entry.slices.isEmpty { entries[service] = nil }
    }

    private static func service(of slice: JSON) -> ObjectKey? {
        let labels = slice["metadata"]["labels"]
        guard labels[headless].isNull, let name = labels[InformerIndex.serviceLabel].string, !name.isEmpty else {
            return nil
        }
        return ObjectKey(slice["metadata"]["namespace"].string ?? "", name)
    }
}
