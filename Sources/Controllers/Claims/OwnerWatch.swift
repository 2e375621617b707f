import JSON
import KubeClient
import KubeModel

/// Which owners a dependent's change concerns.
struct OwnerWatch: Sendable {
    /// The owners' kind and group, `ReplicaSet` of `apps`.
    let kind: String
    let group: String
    let owners: Informer
    /// `spec.selector` of an owner.
    let selector: @Sendable (JSON) -> LabelSelector

    init(kind: String, owners: Informer, selector: @escaping @Sendable (JSON) -> LabelSelector = Self.objectSelector) {
        self.kind = kind
        group = owners.resource.group
        self.owners = owners
        self.selector = selector
    }

    /// A `LabelSelector` in `spec.selector`; one that can't be read selects nothing.
    static let objectSelector: @Sendable (JSON) -> LabelSelector = {
        (try? LabelSelector($0["spec"]["selector"])) ?? .nothing
    }

    /// The owner before and after; for what nobody controls all owners in the namespace that select it, when it is new
    /// to that or its labels have changed.
    func keys(_ change: ObjectChange) -> Set<ObjectKey> {
        var keys: Set<ObjectKey> = []
        for object in [change.old, change.new].compactMap({ $0 }) {
            if let owner = owner(of: object) { keys.insert(owner) }
        }
        guard let new = change.new, new.controllerReference == nil, !new.isBeingDeleted else { return keys }
        if let old = change.old, old.labels == new.labels, old.controllerReference == nil { return keys }
        for owner in owners.objects(in: new.objectNamespace) {
            let selector = selector(owner)
            if !selector.isEmpty, selector.matches(new.labels) { keys.insert(ObjectKey(owner)) }
        }
        return keys
    }

    /// Nil when another kind controls the object, or nobody.
    func owner(of object: JSON) -> ObjectKey? {
        guard let reference = object.controllerReference, reference.text("kind") == kind,
            GroupVersion(apiVersion: reference.text("apiVersion"))?.group == group
        else { return nil }
        return ObjectKey(object.objectNamespace, reference.text("name"))
    }
}
