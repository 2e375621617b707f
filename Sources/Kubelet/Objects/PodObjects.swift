import JSON
import KubeClient
import KubeModel
import Logging
import NIOConcurrencyHelpers

/// The config maps and secrets that this node's pods refer to: each is watched by its name while a pod refers to it,
/// and no other is ever asked for.
package final class PodObjects: Sendable {
    private struct Entry {
        let object: WatchedObject
        let watch: Task<Void, Never>
        var pods: Set<String>
    }

    private struct State {
        var entries: [ObjectReference: Entry] = [:]
        var references: [String: Set<ObjectReference>] = [:]
        var observers: [@Sendable (Set<String>) -> Void] = []
    }

    private let api: any ObjectAPI
    private let log: Logger
    private let state = NIOLockedValueBox(State())

    package init(_ api: any ObjectAPI, log: Logger) {
        self.api = api
        self.log = log
    }

    deinit { for entry in state.withLockedValue({ $0.entries.values }) { entry.watch.cancel() } }

    /// Has `changed` called with the UIDs of the pods that refer to an object that was created, changed or deleted.
    package func observe(_ changed: @escaping @Sendable (Set<String>) -> Void) {
        state.withLockedValue { $0.observers.append(changed) }
    }

    /// From now on the pod refers to these objects and no others.
    package func refer(_ podUID: String, to references: Set<ObjectReference>) {
        let released = state.withLockedValue { state -> [Task<Void, Never>] in
            let old = state.references[podUID] ?? []
            state.references[podUID] = references.isEmpty ? nil : references
            for reference in references.subtracting(old) { add(podUID, reference, &state) }
            return old.subtracting(references).compactMap { release(podUID, $0, &state) }
        }
        for watch in released { watch.cancel() }
    }

    package func forget(_ podUID: String) { refer(podUID, to: []) }

    /// The object as it is now. Throws NotFound in the kubelet's words, or what the server answers.
    package func object(_ reference: ObjectReference) async throws(APIStatus) -> JSON {
        if let entry = state.withLockedValue({ $0.entries[reference] }) { return try await entry.object.object() }
        do throws(APIStatus) {
            return try await api.get(reference.resource, reference.namespace, reference.name)
        } catch {
            throw error.code == 404 ? reference.notFound : error
        }
    }

    /// The object as far as it is known without asking the server.
    package func known(_ reference: ObjectReference) -> JSON? {
        state.withLockedValue { $0.entries[reference] }?.object.known
    }

    /// How many objects are watched.
    package var count: Int { state.withLockedValue { $0.entries.count } }

    private func add(_ podUID: String, _ reference: ObjectReference, _ state: inout State) {
        if var entry = state.entries[reference] {
            entry.pods.insert(podUID)
            entry.object.doubt()
            state.entries[reference] = entry
            return
        }
        let object = WatchedObject(api, reference, log: log) { [weak self] in self?.tell(reference) }
        state.entries[reference] = Entry(object: object, watch: Task { await object.run() }, pods: [podUID])
    }

    private func release(_ podUID: String, _ reference: ObjectReference, _ state: inout State) -> Task<Void, Never>? {
        state.entries[reference]?.pods.remove(podUID)
        guard let entry = state.entries[reference], entry.pods.isEmpty else { return nil }
        state.entries[reference] = nil
        return entry.watch
    }

    private func tell(_ reference: ObjectReference) {
        let (pods, observers) = state.withLockedValue { ($0.entries[reference]?.pods ?? [], $0.observers) }
        guard !pods.isEmpty else { return }
        for changed in observers { changed(pods) }
    }
}
