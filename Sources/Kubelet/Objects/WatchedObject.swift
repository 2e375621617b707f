import JSON
import KubeClient
import KubeModel
import Logging
import NIOConcurrencyHelpers

/// One config map or secret, followed by a watch of that name alone.
final class WatchedObject: Sendable {
    enum Knowledge { case nothing, absent, present(JSON) }

    private struct State {
        var knowledge = Knowledge.nothing
        /// The store's revision at which that was so.
        var revision: Int64 = -1
        /// Somebody new asks, who may know of a later state than the watch has told yet.
        var isDoubted = true
    }

    /// Pause before another try when the server can't be reached or refuses, doubled up to the most.
    private static let firstPause = Duration.milliseconds(100), longestPause = Duration.seconds(10)

    private let api: any ObjectAPI
    private let reference: ObjectReference
    private let log: Logger
    private let changed: @Sendable () -> Void
    private let state = NIOLockedValueBox(State())

    /// - Parameter changed: called after the object was created, changed or deleted.
    init(_ api: any ObjectAPI, _ reference: ObjectReference, log: Logger, changed: @escaping @Sendable () -> Void) {
        self.api = api
        self.reference = reference
        self.log = log
        self.changed = changed
    }

    var known: JSON? {
        if case .present(let object) = state.withLockedValue({ $0.knowledge }) { object } else { nil }
    }

    func doubt() { state.withLockedValue { $0.isDoubted = true } }

    /// The object as the watch has it; asks the server first when that may be too old for whoever asks.
    func object() async throws(APIStatus) -> JSON {
        let (knowledge, isDoubted) = state.withLockedValue { ($0.knowledge, $0.isDoubted) }
        switch knowledge {
        case .present(let object) where !isDoubted: return object
        case .absent where !isDoubted: throw reference.notFound
        default: return try await read()
        }
    }

    private func read() async throws(APIStatus) -> JSON {
        do throws(APIStatus) {
            let object = try await api.get(reference.resource, reference.namespace, reference.name)
            take(object, at: Self.revision(object["metadata"]["resourceVersion"].string))
            state.withLockedValue { $0.isDoubted = false }
            return object
        } catch {
            if error.code == 404 { throw reference.notFound }
            // Without the server the last state is better than none.
            if error.code >= 500, let known { return known }
            throw error
        }
    }

    /// Until its task is cancelled.
    func run() async {
        let selection = ObjectSelection(fields: "metadata.name=\(reference.name)")
        var pause = Self.firstPause
        while !Task.isCancelled {
            do {
                let list = try await api.list(reference.resource, reference.namespace, selection)
                take(list.items.first, at: Self.revision(list.resourceVersion))
                pause = Self.firstPause
                try await follow(selection, from: list.resourceVersion)
            } catch {
                if Task.isCancelled { return }
                log.debug("watch of \(reference.kind) \(reference.namespace)/\(reference.name): \(error)")
                try? await Task.sleep(for: pause)
                pause = min(pause * 2, Self.longestPause)
            }
        }
    }

    private func follow(_ selection: ObjectSelection, from start: String) async throws {
        var version = start
        while !Task.isCancelled {
            let watch = try await api.watch(reference.resource, reference.namespace, selection, after: version)
            for try await events in watch {
                for event in events {
                    switch event {
                    case .added(let object), .modified(let object):
                        version = object["metadata"]["resourceVersion"].string ?? version
                        take(object, at: Self.revision(version))
                    case .deleted(let last):
                        version = last["metadata"]["resourceVersion"].string ?? version
                        take(Optional<JSON>.none, at: Self.revision(version))
                    case .bookmark(let revision): version = revision
                    }
                }
            }
        }
    }

    private static func revision(_ text: String?) -> Int64 { text.flatMap { Int64($0) } ?? 0 }

    /// What was so at a revision; older news than what is known changes nothing.
    private func take(_ object: JSON?, at revision: Int64) {
        let isNews = state.withLockedValue { state -> Bool in
            guard revision > state.revision else { return false }
            state.revision = revision
            let old = state.knowledge
            state.knowledge = object.map { .present($0) } ?? .absent
            switch (old, object) {
            case (.present(let old), let new?):
                return old["metadata"]["resourceVersion"] != new["metadata"]["resourceVersion"]
            case (.present, nil), (.absent, .some), (.nothing, .some): return true
            case (.absent, nil), (.nothing, nil): return false
            }
        }
        if isNews { changed() }
    }
}
