import JSON
import KubeModel

/// What becomes of an object by what its owners are.
enum OwnerVerdict: Equatable {
    /// An owner keeps it.
    case stays
    /// An owner keeps it; the references to the others are dropped.
    case drops(owners: Set<String>)
    /// Its owners wait for it and it has dependents of its own: they go first. `unblocking`: one of these waits too, so
    /// that a circle is possible, and its references are to block nobody.
    case goesInForeground(unblocking: Bool)
    case goes(policy: String)

    enum Owner: Equatable { case solid, absent, waiting }

    /// - Parameters:
    ///   - owners: the state of each owner that the object names, by UID.
    ///   - dependents: whether each of its own dependents waits for dependents.
    init(_ object: JSON, owners: [String: Owner], dependents: [Bool]) {
        let states = object.ownerReferences.map { ($0.text("uid"), owners[$0.text("uid")] ?? .solid) }
        if states.contains(where: { $0.1 == .solid }) {
            let others = states.filter { $0.1 != .solid }.map(\.0)
            self = others.isEmpty ? .stays : .drops(owners: Set(others))
        } else if states.contains(where: { $0.1 == .waiting }), !dependents.isEmpty {
            self = .goesInForeground(unblocking: dependents.contains(true))
        } else if object.finalizers.contains(OwnerGraph.orphanFinalizer) {
            self = .goes(policy: "Orphan")
        } else if object.finalizers.contains(OwnerGraph.foregroundFinalizer) {
            self = .goes(policy: "Foreground")
        } else {
            self = .goes(policy: "Background")
        }
    }
}
