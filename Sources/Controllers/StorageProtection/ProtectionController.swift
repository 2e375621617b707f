import JSON
import KubeClient
import KubeModel
import Logging

/// Keeps objects of a kind from going while they are used: puts a finalizer on each, and takes it off one that is to go
/// when nothing uses it any more.
final class ProtectionController: Controller {
    /// What one kind's protection is made of.
    struct Rule: Sendable {
        /// `pvc-protection-controller`.
        let account: String
        let resource: ResourceID
        let finalizer: String
        /// Whether something uses the object; what is asked for it may fail.
        let isUsed: @Sendable (JSON) async throws(APIStatus) -> Bool
    }

    let rule: Rule
    private let loop: ReconcileLoop<ObjectKey>

    init(_ context: ControllerContext, _ rule: Rule) {
        let api = context.api(rule.account)
        let objects = context.informers[rule.resource]
        self.rule = rule
        loop = ReconcileLoop(rule.account, log: context.log) { key in
            guard let object = objects.object(key) else { return .settled }
            var finalizers = object["metadata"].list("finalizers")
            let isProtected = finalizers.contains(.string(rule.finalizer))
            if object["metadata"].has("deletionTimestamp") {
                guard isProtected, try await !rule.isUsed(object) else { return .settled }
                finalizers.removeAll { $0 == .string(rule.finalizer) }
            } else {
                if isProtected { return .settled }
                finalizers.append(.string(rule.finalizer))
            }
            var changed = object
            changed["metadata", "finalizers"] = finalizers.isEmpty ? .null : .array(finalizers)
            do throws(APIStatus) { _ = try await api.update(rule.resource, changed) } catch {
                // It is gone, or news of it is on its way.
                guard error.isNotFound || error.isConflict else { throw error }
            }
            return .settled
        }
        objects.observe { [loop] change in if change.new != nil { loop.enqueue(change.key) } }
    }

    /// What uses the object may have gone.
    func look(_ key: ObjectKey) { loop.enqueue(key) }

    func run() async { await loop.run() }
}
