import JSON
import KubeClient
import KubeModel
import NIOConcurrencyHelpers

/// What the garbage collector does to one object. What is decided rests on the object and its owners as they are now,
/// not on caches.
struct GarbageWork: Sendable {
    let api: any ObjectAPI
    let graph: NIOLockedValueBox<OwnerGraph>
    let catalog: ResourceCatalog

    // MARK: Judging

    /// Until an owner that dependents name has been seen, it is asked for this often: its cache may begin late.
    private static let unseenWait = Duration.seconds(1)

    /// - Returns: what else is to be looked at, and whether this is to be looked at again.
    func judge(_ uid: String) async throws -> (more: Set<OwnerGraph.Work>, Next) {
        guard let node = graph.withLockedValue({ $0[uid] }), !node.isAbsent else { return ([], .settled) }
        if node.isVirtual { return try await judgeUnseen(node) }
        if node.isBeingDeleted, !node.isDeletingDependents { return ([], .settled) }
        guard let latest = try await object(node.identity) else {
            return (graph.withLockedValue { $0.remove(uid) }, .settled)
        }
        if node.isDeletingDependents { return (try await finishForeground(node), .settled) }
        if !latest.ownerReferences.isEmpty { try await judge(latest, node) }
        return ([], .settled)
    }

    private func judge(_ latest: JSON, _ node: OwnerGraph.Node) async throws {
        var owners: [String: OwnerVerdict.Owner] = [:]
        for reference in latest.ownerReferences {
            owners[reference.text("uid")] = try await state(reference, node.identity.namespace)
        }
        let dependents = graph.withLockedValue { $0.dependents(node.identity.uid).map(\.isDeletingDependents) }
        switch OwnerVerdict(latest, owners: owners, dependents: dependents) {
        case .stays: break
        case .drops(let owners): try await drop(owners, from: latest, node.identity)
        case .goesInForeground(let unblocking):
            if unblocking { try await unblock(latest, node.identity) }
            try await delete(node.identity, latest, "Foreground")
        case .goes(let policy): try await delete(node.identity, latest, policy)
        }
    }

    /// An owner that dependents name and nobody has seen: when it isn't there, they are looked at.
    private func judgeUnseen(_ node: OwnerGraph.Node) async throws -> (more: Set<OwnerGraph.Work>, Next) {
        let uid = node.identity.uid
        // A kind that isn't served: its definition may come yet.
        guard node.identity.resource != nil else { return ([], .settled) }
        if try await object(node.identity) != nil { return ([], .again(after: Self.unseenWait)) }
        let more = graph.withLockedValue { graph in
            graph[uid]?.isVirtual == true ? graph.remove(uid) : []
        }
        return (more, .settled)
    }

    /// Waits for the dependents that block; the last one's end lets the owner go.
    private func finishForeground(_ node: OwnerGraph.Node) async throws -> Set<OwnerGraph.Work> {
        let blocking = graph.withLockedValue { $0.blocking(node.identity.uid) }
        if blocking.isEmpty {
            try await removeFinalizer(OwnerGraph.foregroundFinalizer, node.identity)
            return []
        }
        return Set(blocking.filter { !$0.isDeletingDependents }.map { .judge(uid: $0.identity.uid) })
    }

    private func state(_ reference: JSON, _ namespace: String) async throws -> OwnerVerdict.Owner {
        guard
            let entry = catalog.find(apiVersion: reference.text("apiVersion"), kind: reference.text("kind"))
        else {
            // A kind that isn't served may come back; its objects are not known to be gone.
            return .solid
        }
        // What has no namespace can't belong to what has one.
        if namespace.isEmpty, entry.isNamespaced { return .solid }
        let owner: JSON
        do throws(APIStatus) {
            owner = try await api.get(entry.resource, entry.isNamespaced ? namespace : "", reference.text("name"))
        } catch {
            if error.isNotFound { return .absent }
            throw error
        }
        guard owner.uid == reference.text("uid") else { return .absent }
        let isWaiting = owner.isBeingDeleted && owner.finalizers.contains(OwnerGraph.foregroundFinalizer)
        return isWaiting ? .waiting : .solid
    }

    // MARK: Orphaning

    func orphan(_ uid: String) async throws {
        guard let node = graph.withLockedValue({ $0[uid] }), !node.isVirtual else { return }
        let dependents = graph.withLockedValue { $0.dependents(uid) }
        for dependent in dependents {
            guard let latest = try await object(dependent.identity) else { continue }
            try await drop([uid], from: latest, dependent.identity)
        }
        try await removeFinalizer(OwnerGraph.orphanFinalizer, node.identity)
    }

    // MARK: Writing

    /// As it is now; nil when it is gone or another one has its name.
    private func object(_ identity: OwnerGraph.Identity) async throws -> JSON? {
        guard let resource = identity.resource else { return nil }
        do throws(APIStatus) {
            let latest = try await api.get(resource, identity.namespace, identity.name)
            return latest.uid == identity.uid ? latest : JSON?.none
        } catch {
            if error.isNotFound { return nil }
            throw error
        }
    }

    private func drop(_ owners: Set<String>, from latest: JSON, _ identity: OwnerGraph.Identity) async throws {
        let kept = latest.ownerReferences.filter { !owners.contains($0.text("uid")) }
        guard kept.count < latest.ownerReferences.count else { return }
        try await change(
            identity,
            [
                "ownerReferences": kept.isEmpty ? JSON.null : .array(kept),
                "resourceVersion": latest["metadata"]["resourceVersion"], "uid": .string(identity.uid),
            ])
    }

    private func unblock(_ latest: JSON, _ identity: OwnerGraph.Identity) async throws {
        let references = latest.ownerReferences.map { reference in
            var reference = reference
            reference["blockOwnerDeletion"] = false
            return reference
        }
        try await change(
            identity, ["ownerReferences": .array(references), "uid": .string(identity.uid)])
    }

    private func removeFinalizer(_ finalizer: String, _ identity: OwnerGraph.Identity) async throws {
        guard let latest = try await object(identity), latest.finalizers.contains(finalizer) else { return }
        let kept = latest.finalizers.filter { $0 != finalizer }
        try await change(
            identity,
            [
                "finalizers": kept.isEmpty ? JSON.null : JSON(kept),
                "resourceVersion": latest["metadata"]["resourceVersion"],
            ])
    }

    private func change(_ identity: OwnerGraph.Identity, _ metadata: JSON) async throws {
        guard let resource = identity.resource else { return }
        do throws(APIStatus) {
            _ = try await api.patch(
                resource, identity.namespace, identity.name, subresource: "", .merge(["metadata": metadata]))
        } catch {
            if !error.isNotFound { throw error }
        }
    }

    /// Only as it was judged; with other owners it would be judged anew.
    private func delete(_ identity: OwnerGraph.Identity, _ latest: JSON, _ policy: String) async throws {
        guard let resource = identity.resource else { return }
        var preconditions: JSON = [
            "uid": .string(identity.uid), "resourceVersion": latest["metadata"]["resourceVersion"],
        ]
        for _ in 0..<2 {
            do throws(APIStatus) {
                return try await api.delete(
                    resource, identity.namespace, identity.name,
                    ["preconditions": preconditions, "propagationPolicy": .string(policy)])
            } catch {
                if error.isNotFound { return }
                guard error.isConflict, preconditions.has("resourceVersion") else { throw error }
                guard let now = try await object(identity) else { return }
                guard now["metadata"]["ownerReferences"] == latest["metadata"]["ownerReferences"] else { throw error }
                preconditions.remove("resourceVersion")
            }
        }
    }
}
