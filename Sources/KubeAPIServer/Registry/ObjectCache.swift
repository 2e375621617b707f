import JSON
import KubeStorage
import NIOConcurrencyHelpers

/// All objects of the resources that the server itself reads while it answers others, in memory, as new as the last
/// write that this server acknowledged. It shares the store's bytes; trees are made when first asked for.
///
/// Writes of this server come in before they are acknowledged, those of others by the store's watch. Both may come
/// late, so an entry gives way only to a newer revision, and a deleted one leaves its revision for a while.
package final class ObjectCache: ObjectReader {
    private struct Entry {
        var value: StoredValue
        var tree: JSON?
    }

    private struct Shelf {
        var entries: [String: Entry] = [:]
        /// Counts changes, for those who keep something made from the whole resource.
        var changes = 0

        /// - Parameter deleted: a key's last deletion, 0 for none.
        /// - Returns: whether any of the values was newer than what was here.
        mutating func put(_ values: [StoredValue], _ deleted: (String) -> Int64) -> Bool {
            let before = changes
            if entries.isEmpty { entries.reserveCapacity(values.count) }
            for value in values where deleted(value.key) < value.modRevision {
                if let old = entries[value.key], old.value.modRevision >= value.modRevision { continue }
                entries[value.key] = Entry(value: value)
                changes += 1
            }
            return changes > before
        }
    }

    private struct State {
        /// By a resource's key prefix.
        var shelves: [String: Shelf] = [:]
        var deleted: [String: Int64] = [:]
        /// Who is told of a change, by key prefix.
        var observers: [String: [@Sendable () -> Void]] = [:]
        /// Made when first asked for: only kubelets' requests need it.
        var places: PodPlaces?
    }

    /// Deletions that are remembered against late writes; the watch is never that far behind.
    private static let rememberedDeletions = 4_096

    private let state: NIOLockedValueBox<State>
    private let prefixes: NIOLockedValueBox<[GroupResource: String]>

    package init(_ resources: [GroupResource: String]) {
        prefixes = NIOLockedValueBox(resources)
        var state = State()
        for prefix in resources.values { state.shelves[prefix] = Shelf() }
        self.state = NIOLockedValueBox(state)
    }

    /// Keeps one more resource from now on. Its objects come in as they are written; older ones aren't here.
    func keep(_ resource: GroupResource, _ prefix: String) {
        prefixes.withLockedValue { $0[resource] = prefix }
        state.withLockedValue { if $0.shelves[prefix] == nil { $0.shelves[prefix] = Shelf() } }
    }

    package func object(group: String, resource: String, namespace: String, name: String) -> JSON? {
        guard let prefix = prefix(group, resource) else { return nil }
        return tree(prefix, namespace.isEmpty ? prefix + name : "\(prefix)\(namespace)/\(name)")
    }

    package func objects(group: String, resource: String, namespace: String) -> [JSON] {
        guard let prefix = prefix(group, resource) else { return [] }
        let wanted = namespace.isEmpty ? prefix : "\(prefix)\(namespace)/"
        let keys = state.withLockedValue { state in
            (state.shelves[prefix]?.entries.keys).map { $0.filter { $0.hasPrefix(wanted) } } ?? []
        }
        return keys.sorted().compactMap { tree(prefix, $0) }
    }

    package func pods(on node: String, namespace: String) -> [JSON] {
        guard let prefix = prefix("", "pods") else { return [] }
        let wanted = namespace.isEmpty ? prefix : "\(prefix)\(namespace)/"
        let keys = state.withLockedValue { state in
            var places = state.places ?? PodPlaces()
            if state.places == nil {
                for entry in (state.shelves[prefix]?.entries ?? [:]).values { places.put(entry.value) }
                state.places = places
            }
            return places.keys(on: node).filter { $0.hasPrefix(wanted) }
        }
        return keys.sorted().compactMap { tree(prefix, $0) }
    }

    /// The objects as they are stored, in no order.
    func stored(group: String, resource: String) -> [StoredValue] {
        guard let prefix = prefix(group, resource) else { return [] }
        return state.withLockedValue { $0.shelves[prefix]?.entries.values.map(\.value) ?? [] }
    }

    /// How often the resource has changed since the start.
    package func changes(group: String, resource: String) -> Int {
        guard let prefix = prefix(group, resource) else { return 0 }
        return state.withLockedValue { $0.shelves[prefix]?.changes ?? 0 }
    }

    /// Has `changed` called after every change of one of the resources, before the write is acknowledged.
    func observe(group: String, _ resources: [String], _ changed: @escaping @Sendable () -> Void) {
        for resource in resources {
            guard let prefix = prefix(group, resource) else { continue }
            state.withLockedValue { $0.observers[prefix, default: []].append(changed) }
        }
    }

    /// The same for every resource that is kept.
    func observeAll(_ changed: @escaping @Sendable (GroupResource) -> Void) {
        for (resource, _) in prefixes.withLockedValue({ $0 }) {
            observe(group: resource.group, [resource.resource]) { changed(resource) }
        }
    }

    private func prefix(_ group: String, _ resource: String) -> String? {
        prefixes.withLockedValue { $0[GroupResource(group, resource)] }
    }

    private func tree(_ prefix: String, _ key: String) -> JSON? {
        let (value, known) = state.withLockedValue { state in
            let entry = state.shelves[prefix]?.entries[key]
            return (entry?.value, entry?.tree)
        }
        if let known { return known }
        guard let value, let tree = try? ObjectRecord.decode(value) else { return nil }
        state.withLockedValue { state in
            guard state.shelves[prefix]?.entries[key]?.value.modRevision == value.modRevision else { return }
            state.shelves[prefix]?.entries[key]?.tree = tree
        }
        return tree
    }

    /// Nil when the value isn't the newest that is here.
    func tree(of value: StoredValue) -> JSON? {
        guard let prefix = Self.shelf(of: value.key) else { return nil }
        let isHere = state.withLockedValue {
            $0.shelves[prefix]?.entries[value.key]?.value.modRevision == value.modRevision
        }
        guard isHere, let tree = tree(prefix, value.key) else { return nil }
        return tree["metadata"]["resourceVersion"].string == "\(value.modRevision)" ? tree : nil
    }

    func put(_ value: StoredValue) {
        guard let prefix = Self.shelf(of: value.key) else { return }
        put([value], prefix)
    }

    /// - Parameter prefix: what the keys of all the values begin with, a resource's.
    private func put(_ values: [StoredValue], _ prefix: String) {
        let pods = self.prefix("", "pods")
        let observers = state.withLockedValue { state -> [@Sendable () -> Void] in
            let deleted = state.deleted
            let isChanged = state.shelves[prefix]?.put(values) { deleted[$0] ?? 0 }
            if state.places != nil, prefix == pods {
                for value in values
                where state.shelves[prefix]?.entries[value.key]?.value.modRevision == value.modRevision {
                    state.places?.put(value)
                }
            }
            return isChanged == true ? state.observers[prefix] ?? [] : []
        }
        for changed in observers { changed() }
    }

    func remove(_ key: String, _ revision: Int64) {
        let observers = state.withLockedValue { state -> [@Sendable () -> Void] in
            guard let prefix = Self.shelf(of: key), state.shelves[prefix] != nil else { return [] }
            if let old = state.shelves[prefix]?.entries[key], old.value.modRevision > revision { return [] }
            state.shelves[prefix]?.entries[key] = nil
            state.shelves[prefix]?.changes += 1
            state.places?.remove(key)
            if state.deleted.count >= Self.rememberedDeletions {
                let middle = state.deleted.values.sorted()[state.deleted.count / 2]
                state.deleted = state.deleted.filter { $0.value > middle }
            }
            state.deleted[key] = revision
            return state.observers[prefix] ?? []
        }
        for changed in observers { changed() }
    }

    /// How many objects there are, by qualified resource: `deployments.apps`; in the alphabet's order.
    var counts: [(String, Int)] {
        let prefixes = prefixes.withLockedValue { $0 }
        return state.withLockedValue { state in
            prefixes.map { resource, prefix in
                let name = resource.group.isEmpty ? resource.resource : "\(resource.resource).\(resource.group)"
                return (name, state.shelves[prefix]?.entries.count ?? 0)
            }
        }.sorted { $0.0 < $1.0 }
    }

    /// Reads everything from the store.
    func fill(_ storage: any KubeStorage) async throws(StorageError) {
        for prefix in Set(prefixes.withLockedValue { $0.values }) {
            put(try await storage.list(prefix: prefix, from: nil, limit: nil, at: nil).values, prefix)
        }
    }

    func take(_ event: StorageEvent) {
        if let value = event.value { put(value) } else { remove(event.key, event.revision) }
    }

    /// `/registry/GROUP/RESOURCE/` of a key.
    private static func shelf(of key: String) -> String? {
        var slashes = 0
        for index in key.utf8.indices where key.utf8[index] == UInt8(ascii: "/") {
            slashes += 1
            if slashes == 4 { return String(key[...index]) }
        }
        return nil
    }
}
