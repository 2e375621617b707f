import JSON
import KubeModel

/// Brings a cluster's bootstrap roles and bindings up to date at start, as the original does: what is missing is added,
/// what an administrator added stays, and objects annotated `autoupdate: "false"` are left alone.
package enum PolicyReconciliation {
    package enum Step: Sendable, Equatable {
        case create(JSON)
        case update(JSON)
        /// Delete (with the old object's uid as precondition), then create: a binding's role can't be changed.
        case recreate(JSON)
        case none
    }

    /// - Parameter existing: what is stored; nil when there is nothing.
    package static func step(_ entry: BootstrapPolicy.Entry, existing: JSON?) -> Step {
        let reconciliation = RoleReconciliation(wanted: entry.object, existing: existing, removesExtra: false)
        if reconciliation.isProtected { return .none }
        return switch reconciliation.operation {
        case .none: .none
        case .create: .create(reconciliation.object)
        case .update: .update(reconciliation.object)
        case .recreate: .recreate(reconciliation.object)
        }
    }
}
