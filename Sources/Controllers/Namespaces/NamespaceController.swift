import JSON
import KubeClient
import KubeModel
import Logging

/// Empties namespaces that are being deleted, pods first, and lets them go.
final class NamespaceController: Controller {
    private let loop: ReconcileLoop<String>
    private let namespaces: Informer

    init(_ context: ControllerContext, catalog: ResourceCatalog) {
        let namespaces = context.informers[.namespaces]
        self.namespaces = namespaces
        let turn = NamespaceTurn(
            api: context.api("namespace-controller"), namespaces: namespaces, catalog: catalog, now: context.now)
        loop = ReconcileLoop("namespace-controller", workers: 10, log: context.log) { try await turn.reconcile($0) }
        namespaces.observe { [loop] change in
            if change.new?.isBeingDeleted == true { loop.enqueue(change.object.objectName) }
        }
    }

    /// Something in the namespace is gone: what waited for that may go on.
    func contentGone(_ namespace: String) {
        if namespaces.object("", namespace)?.isBeingDeleted == true { loop.enqueue(namespace) }
    }

    func run() async { await loop.run() }
}

private struct NamespaceTurn: Sendable {
    static let finalizer = "kubernetes"
    /// Seconds after which content that finalizers hold is looked at again, if nothing has told of it.
    private static let finalizerWait = 15.0

    let api: any ObjectAPI
    let namespaces: Informer
    let catalog: ResourceCatalog
    let now: @Sendable () -> Double

    func reconcile(_ name: String) async throws -> Next {
        guard var namespace = namespaces.object("", name), namespace.isBeingDeleted,
            namespace["spec"]["finalizers"].strings.contains(Self.finalizer)
        else { return .settled }
        let pods = catalog.all.filter { $0.resource == .pods }
        var remains = NamespaceRemains()
        var grace = await empty(name, pods, &remains)
        if remains.isEmpty {
            grace = await empty(name, catalog.all.filter { $0.isNamespaced && $0.resource != .pods }, &remains)
            namespace = try await tell(remains, namespace)
        } else {
            // The original says no more than that all is well until the pods are gone.
            namespace = try await tell(NamespaceRemains(failures: remains.failures), namespace)
        }
        guard remains.isEmpty else { return .again(after: .seconds(grace / 2 + 1)) }
        try await finish(namespace)
        return .settled
    }

    /// - Returns: seconds that what is left may take.
    private func empty(_ name: String, _ entries: [CatalogEntry], _ remains: inout NamespaceRemains) async -> Double {
        var wait = 0.0
        for entry in entries {
            do {
                let (objects, seconds) = try await empty(name, entry)
                wait = max(wait, seconds)
                if objects.isEmpty { continue }
                remains.objects["\(entry.resource.resource).\(entry.resource.group)"] = objects.count
                for finalizer in objects.flatMap(\.finalizers) { remains.finalizers[finalizer, default: 0] += 1 }
            } catch {
                remains.failures.append("\(error)")
            }
        }
        return wait
    }

    /// - Returns: what is still there.
    private func empty(_ name: String, _ entry: CatalogEntry) async throws -> (left: [JSON], seconds: Double) {
        let there: [JSON]
        do throws(APIStatus) {
            there = try await api.list(entry.resource, name).items
        } catch {
            // Not served, or its definition is going.
            if error.isNotFound || error.code == 405 { return ([], 0) }
            throw error
        }
        guard !there.isEmpty else { return ([], 0) }
        for object in there where !object.isBeingDeleted {
            try await api.deleteIfThere(
                entry.resource, name, object.objectName, ["propagationPolicy": "Background"])
        }
        let left = try await api.list(entry.resource, name).items
        let graces = left.filter { !PodFacts.isFinished($0) }.map {
            $0["spec"]["terminationGracePeriodSeconds"].double ?? 0
        }
        let isHeld = left.contains { !$0.finalizers.isEmpty }
        return (left, max(entry.resource == .pods ? graces.max() ?? 0 : 0, isHeld ? Self.finalizerWait : 0))
    }

    private func tell(_ remains: NamespaceRemains, _ namespace: JSON) async throws -> JSON {
        let old = namespace["status"].list("conditions")
        let conditions = remains.conditions(old, now: now())
        guard conditions != old else { return namespace }
        var changed = namespace
        changed["status", "phase"] = "Terminating"
        changed["status", "conditions"] = .array(conditions)
        let written = try await api.updateStatus(.namespaces, changed)
        await namespaces.reached(written)
        return written
    }

    private func finish(_ namespace: JSON) async throws {
        var changed = namespace
        changed["spec", "finalizers"] = JSON(
            namespace["spec"]["finalizers"].strings.filter { $0 != Self.finalizer })
        do throws(APIStatus) {
            _ = try await api.update(.namespaces, subresource: "finalize", changed)
        } catch {
            if !error.isNotFound { throw error }
        }
    }
}
