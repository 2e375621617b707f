import JSON
import KubeModel
import Logging
import NIOConcurrencyHelpers

/// What changed: nil for the side on which the object isn't there.
package struct ObjectChange: Sendable {
    package let old: JSON?
    package let new: JSON?

    /// The object as it is now, or as it last was.
    package var object: JSON { new ?? old ?? .null }
    package var key: ObjectKey { ObjectKey(object) }
}

/// The objects of one resource in memory, kept up to date by one list and a watch, for all who read them in this
/// process. Observers and indexes are set before it runs.
package final class Informer: Sendable {
    package typealias Index = @Sendable (JSON) -> [String]

    private struct State {
        var objects: [ObjectKey: JSON] = [:]
        var indexes: [String: [String: Set<ObjectKey>]] = [:]
        var isSynced = false
        /// `run` has ended: nobody is to wait any more.
        var isOver = false
        var revision: Int64 = 0
        var observers: [@Sendable (ObjectChange) -> Void] = []
        var whoWaitsForSync: [CheckedContinuation<Void, Never>] = []
        var whoWaitsForRevision: [(revision: Int64, who: CheckedContinuation<Void, Never>)] = []
    }

    /// Pause before another try when the server can't be reached, doubled up to the most.
    private static let firstPause = Duration.milliseconds(50), longestPause = Duration.seconds(5)

    package let resource: ResourceID
    private let api: any ObjectAPI
    private let namespace: String
    private let selection: ObjectSelection
    private let indexes: [String: Index]
    private let log: Logger
    private let state = NIOLockedValueBox(State())

    /// - Parameter indexes: by name, under which values an object is to be found.
    package init(
        _ api: any ObjectAPI, _ resource: ResourceID, namespace: String = "",
        selection: ObjectSelection = ObjectSelection(), indexes: [String: Index] = [:], log: Logger
    ) {
        self.api = api
        self.resource = resource
        self.namespace = namespace
        self.selection = selection
        self.indexes = indexes
        self.log = log
    }

    // MARK: Reading

    package func object(_ key: ObjectKey) -> JSON? { state.withLockedValue { $0.objects[key] } }

    package func object(_ namespace: String, _ name: String) -> JSON? { object(ObjectKey(namespace, name)) }

    /// All objects, in no order.
    package var objects: [JSON] { state.withLockedValue { Array($0.objects.values) } }

    /// Of one namespace, in no order.
    package func objects(in namespace: String) -> [JSON] {
        state.withLockedValue { $0.objects.filter { $0.key.namespace == namespace }.map(\.value) }
    }

    package func objects(by index: String, _ value: String) -> [JSON] {
        state.withLockedValue { state in
            (state.indexes[index]?[value] ?? []).compactMap { state.objects[$0] }
        }
    }

    package var isSynced: Bool { state.withLockedValue { $0.isSynced } }

    /// Has `changed` called for every object that is there at first, and after every change, in order.
    package func observe(_ changed: @escaping @Sendable (ObjectChange) -> Void) {
        let there = state.withLockedValue { state in
            state.observers.append(changed)
            return Array(state.objects.values)
        }
        for object in there { changed(ObjectChange(old: nil, new: object)) }
    }

    /// Returns when the first list is in, or its task is cancelled and `run` has ended.
    package func synced() async {
        await withCheckedContinuation { who in
            let isThere = state.withLockedValue { state in
                if state.isSynced || state.isOver { return true }
                state.whoWaitsForSync.append(who)
                return false
            }
            if isThere { who.resume() }
        }
    }

    /// Returns when the objects are at least as new as a write that answered `object`: who has just written waits for
    /// that before deciding again. Returns at once when `run` has ended.
    package func reached(_ object: JSON) async {
        guard let revision = object["metadata"]["resourceVersion"].string.flatMap({ Int64($0) }) else { return }
        await withCheckedContinuation { who in
            let isThere = state.withLockedValue { state in
                if state.revision >= revision || state.isOver { return true }
                state.whoWaitsForRevision.append((revision, who))
                return false
            }
            if isThere { who.resume() }
        }
    }

    // MARK: Following

    /// Until its task is cancelled.
    package func run() async {
        var pause = Self.firstPause
        while !Task.isCancelled {
            do {
                let list = try await api.list(resource, namespace, selection)
                replace(list)
                pause = Self.firstPause
                try await follow(from: list.resourceVersion)
            } catch {
                if Task.isCancelled { break }
                log.debug("watch of \(resource) begins anew", metadata: ["error": "\(error)"])
                try? await Task.sleep(for: pause)
                pause = min(pause * 2, Self.longestPause)
            }
        }
        let waiting = state.withLockedValue { state in
            state.isOver = true
            defer { (state.whoWaitsForSync, state.whoWaitsForRevision) = ([], []) }
            return state.whoWaitsForSync + state.whoWaitsForRevision.map(\.who)
        }
        for who in waiting { who.resume() }
    }

    /// Watches on, from watch to watch, until one fails.
    private func follow(from start: String) async throws {
        var version = start
        while !Task.isCancelled {
            for try await events in try await api.watch(resource, namespace, selection, after: version) {
                for event in events { version = take(event) ?? version }
            }
        }
    }

    private func replace(_ list: ObjectList) {
        var changes: [ObjectChange] = []
        let (observers, waiting) = state.withLockedValue { state in
            var fresh: [ObjectKey: JSON] = [:]
            for object in list.items { fresh[ObjectKey(object)] = object }
            for (key, old) in state.objects where fresh[key] == nil {
                set(nil, at: key, &state)
                changes.append(ObjectChange(old: old, new: nil))
            }
            for (key, new) in fresh {
                let old = state.objects[key]
                if let old, Self.version(old) == Self.version(new) { continue }
                set(new, at: key, &state)
                changes.append(ObjectChange(old: old, new: new))
            }
            state.isSynced = true
            let whoWaits = state.whoWaitsForSync
            state.whoWaitsForSync = []
            return (state.observers, whoWaits + arrive(at: Int64(list.resourceVersion) ?? 0, &state))
        }
        for change in changes { for changed in observers { changed(change) } }
        for who in waiting { who.resume() }
    }

    /// - Returns: the version to go on from.
    private func take(_ event: ObjectEvent) -> String? {
        let object: JSON
        var isDeletion = false
        switch event {
        case .added(let new), .modified(let new): object = new
        case .deleted(let last): (object, isDeletion) = (last, true)
        case .bookmark(let version):
            let waiting = state.withLockedValue { arrive(at: Int64(version) ?? 0, &$0) }
            for who in waiting { who.resume() }
            return version
        }
        let version = Self.version(object)
        let key = ObjectKey(object)
        // A bare `nil` beside a tree would be a tree, too: the JSON null.
        let new: JSON? = isDeletion ? .none : .some(object)
        let (old, observers, waiting) = state.withLockedValue { state in
            let old = state.objects[key]
            set(new, at: key, &state)
            return (old, state.observers, arrive(at: Int64(version) ?? 0, &state))
        }
        let change = ObjectChange(old: isDeletion ? old ?? object : old, new: new)
        for changed in observers { changed(change) }
        for who in waiting { who.resume() }
        return version
    }

    private static func version(_ object: JSON) -> String { object["metadata"]["resourceVersion"].string ?? "" }

    private func set(_ new: JSON?, at key: ObjectKey, _ state: inout State) {
        for (name, values) in indexes {
            for value in state.objects[key].map(values) ?? [] {
                state.indexes[name]?[value]?.remove(key)
                if state.indexes[name]?[value]?.isEmpty == true { state.indexes[name]?[value] = nil }
            }
            for value in new.map(values) ?? [] { state.indexes[name, default: [:]][value, default: []].insert(key) }
        }
        state.objects[key] = new
    }

    private func arrive(at revision: Int64, _ state: inout State) -> [CheckedContinuation<Void, Never>] {
        state.revision = max(state.revision, revision)
        let now = state.revision
        let whoWaits = state.whoWaitsForRevision.filter { $0.revision <= now }.map(\.who)
        state.whoWaitsForRevision.removeAll { $0.revision <= now }
        return whoWaits
    }
}
