import JSON
import KubeClient
import KubeModel
import Linux
import Logging
import NIOConcurrencyHelpers

/// Pods from files on the node: they run with or without an API server, which gets to see a mirror of each.
final class StaticPods: Sendable {
    private struct State {
        /// By UID.
        var pods: [String: JSON] = [:]
    }

    private let parts: PodParts
    private let folder: String
    /// The node's pods as the API has them.
    private let informer: Informer
    private let come: @Sendable (JSON) -> Void
    private let go: @Sendable (String) -> Void
    private let state = NIOLockedValueBox(State())
    private let mirrors = NIOLockedValueBox<ReconcileLoop<ObjectKey>?>(nil)

    /// - Parameters:
    ///   - come: gets each new pod.
    ///   - go: gets the UID of each whose file has gone.
    init(
        _ parts: PodParts, folder: String, informer: Informer, come: @escaping @Sendable (JSON) -> Void,
        go: @escaping @Sendable (String) -> Void
    ) {
        self.parts = parts
        self.folder = folder
        self.informer = informer
        self.come = come
        self.go = go
        let loop = ReconcileLoop<ObjectKey>("mirror pods", workers: 1, log: parts.log) { [weak self] key in
            try await self?.mirror(key) ?? .settled
        }
        mirrors.withLockedValue { $0 = loop }
    }

    /// Until its task is cancelled.
    func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                await self.informer.synced()
                await self.mirrors.withLockedValue { $0 }?.run()
            }
            do {
                try NodeFiles.makeFolder(folder, mode: 0o755)
                let watch = try await FolderWatch(folder)
                scan()
                for await _ in watch.changes { scan() }
            } catch {
                parts.log.error("static pods aren't followed: \(error)", metadata: ["folder": "\(folder)"])
            }
        }
    }

    /// Reads all files anew. A file that can't be read as a pod is told of and passed over.
    func scan() {
        var found: [String: JSON] = [:]
        for name in KernelFile.names(in: folder).sorted() where StaticManifest.isManifest(name) {
            let path = folder + "/" + name
            guard let bytes = try? KernelFile.bytes(path) else { continue }
            do throws(StaticManifest.Fault) {
                let pod = try StaticManifest.pod(
                    bytes, file: path, node: parts.settings.nodeName, time: Timestamp(parts.now()))
                found[pod["metadata"].text("uid")] = pod
            } catch {
                parts.log.warning("static pod: \(error)")
            }
        }
        let before = state.withLockedValue { [found] state in
            defer { state.pods = found }
            return state.pods
        }
        for (uid, pod) in before where found[uid] == nil {
            go(uid)
            changed(ObjectKey(pod))
        }
        for (uid, pod) in found where before[uid] == nil {
            come(pod)
            changed(ObjectKey(pod))
        }
    }

    /// A mirror, or what it shows, has changed.
    func changed(_ key: ObjectKey) { mirrors.withLockedValue { $0 }?.enqueue(key) }

    private func mirror(_ key: ObjectKey) async throws -> Next {
        let pod = state.withLockedValue { $0.pods.values.first { ObjectKey($0) == key } }
        if let mirror = informer.object(key), let shows = StaticManifest.mirrored(mirror) {
            if shows == pod?["metadata"].text("uid"), !mirror["metadata"].has("deletionTimestamp") {
                parts.statuses.writeAgain(shows, over: mirror["status"])
                return .settled
            }
            let options: JSON = ["gracePeriodSeconds": 0, "preconditions": ["uid": mirror["metadata"]["uid"]]]
            do throws(APIStatus) { try await parts.api.delete(.pods, key.namespace, key.name, options) } catch {
                if error.code != 404 { throw error }
            }
            // The news of its end brings us here again.
            return .settled
        }
        guard let pod else { return .settled }
        let name = parts.settings.nodeName
        let node = try await parts.api.get(.nodes, "", name)
        do throws(APIStatus) {
            try await parts.api.create(
                .pods, StaticManifest.mirror(of: pod, nodeName: name, node: node["metadata"]["uid"]))
        } catch {
            if error.reason != "AlreadyExists" { throw error }
        }
        return .settled
    }
}
