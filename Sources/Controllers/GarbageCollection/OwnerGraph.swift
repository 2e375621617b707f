import JSON
import KubeClient
import KubeModel

/// Who belongs to whom: every object by its UID, with owners that nobody has seen yet. A change answers what is to be
/// looked at.
struct OwnerGraph {
    static let orphanFinalizer = "orphan"
    static let foregroundFinalizer = "foregroundDeletion"

    struct Identity: Hashable, Sendable {
        /// Nil when the reference names a kind that isn't served.
        let resource: ResourceID?
        let apiVersion: String, kind: String
        /// Of a reference: its dependent's.
        let namespace: String
        let name: String, uid: String
    }

    struct Node {
        var identity: Identity
        var owners: [JSON] = []
        var dependents: Set<String> = []
        var isBeingDeleted = false
        /// It waits for its dependents to go first.
        var isDeletingDependents = false
        var isOrphaning = false
        /// Named by a dependent and not seen.
        var isVirtual = false
        /// Seen to be gone; dependents still name it.
        var isAbsent = false
    }

    enum Work: Hashable {
        /// Whether the object is to be deleted, or its finalizer to go.
        case judge(uid: String)
        /// The object's dependents are to be let go.
        case orphan(uid: String)
    }

    private(set) var nodes: [String: Node] = [:]

    subscript(uid: String) -> Node? { nodes[uid] }

    var unseen: [String] { nodes.filter { $0.value.isVirtual && !$0.value.isAbsent }.map(\.key) }

    // MARK: Changes

    /// - Parameter find: the kind that a reference names.
    mutating func see(_ object: JSON, _ resource: ResourceID, find: (JSON) -> CatalogEntry?) -> Set<Work> {
        let identity = Identity(
            resource: resource, apiVersion: object.text("apiVersion"), kind: object.text("kind"),
            namespace: object.objectNamespace, name: object.objectName, uid: object.uid)
        let owners = object.ownerReferences
        var work: Set<Work> = []
        let old = nodes[identity.uid]
        var node = old ?? Node(identity: identity)
        if old?.isVirtual == true {
            for dependent in node.dependents where !agrees(dependent, with: identity) {
                work.insert(.judge(uid: dependent))
            }
        }
        node.identity = identity
        node.isVirtual = false
        node.isAbsent = false
        work.formUnion(unblocked(node.owners, owners))
        let gone = Set(node.owners.map { $0.text("uid") }).subtracting(owners.map { $0.text("uid") })
        node.owners = owners
        node.isBeingDeleted = object.isBeingDeleted
        let isOrphaning = object.isBeingDeleted && object.finalizers.contains(Self.orphanFinalizer)
        let isWaiting = object.isBeingDeleted && object.finalizers.contains(Self.foregroundFinalizer)
        if isOrphaning, !node.isOrphaning { work.insert(.orphan(uid: identity.uid)) }
        if isWaiting, !node.isDeletingDependents {
            work.insert(.judge(uid: identity.uid))
            for dependent in node.dependents { work.insert(.judge(uid: dependent)) }
        }
        node.isOrphaning = isOrphaning
        node.isDeletingDependents = isWaiting
        nodes[identity.uid] = node
        for uid in gone { unlink(identity.uid, from: uid) }
        for owner in owners { link(node, to: owner, find, &work) }
        return work
    }

    /// The object is gone, or never was.
    mutating func remove(_ uid: String) -> Set<Work> {
        guard let node = nodes[uid] else { return [] }
        var work = Set(node.dependents.map { Work.judge(uid: $0) })
        for owner in node.owners.map({ $0.text("uid") }) {
            unlink(uid, from: owner)
            if nodes[owner]?.isDeletingDependents == true { work.insert(.judge(uid: owner)) }
        }
        if node.dependents.isEmpty {
            nodes[uid] = nil
        } else {
            // Dependents still name it; it stays until the last of them is gone or has let go.
            nodes[uid]?.isVirtual = true
            nodes[uid]?.isAbsent = true
            nodes[uid]?.owners = []
            nodes[uid]?.isDeletingDependents = false
            nodes[uid]?.isOrphaning = false
        }
        return work
    }

    private mutating func link(
        _ node: Node, to owner: JSON, _ find: (JSON) -> CatalogEntry?, _ work: inout Set<Work>
    ) {
        let uid = owner.text("uid")
        guard !uid.isEmpty else { return }
        if nodes[uid] == nil {
            let entry = find(owner)
            nodes[uid] = Node(
                identity: Identity(
                    resource: entry?.resource, apiVersion: owner.text("apiVersion"), kind: owner.text("kind"),
                    namespace: entry?.isNamespaced == false ? "" : node.identity.namespace, name: owner.text("name"),
                    uid: uid), isVirtual: true)
            work.insert(.judge(uid: uid))
        } else if nodes[uid]?.isAbsent == true {
            work.insert(.judge(uid: node.identity.uid))
        }
        nodes[uid]?.dependents.insert(node.identity.uid)
        guard let known = nodes[uid], !known.isVirtual else { return }
        if !agrees(node.identity.uid, with: known.identity) { work.insert(.judge(uid: node.identity.uid)) }
        if known.isDeletingDependents { work.insert(.judge(uid: node.identity.uid)) }
    }

    private mutating func unlink(_ dependent: String, from owner: String) {
        nodes[owner]?.dependents.remove(dependent)
        if let node = nodes[owner], node.isVirtual, node.dependents.isEmpty { nodes[owner] = nil }
    }

    /// A kind is served that wasn't before: owners of it that nobody has seen can be looked for.
    mutating func learn(_ entry: CatalogEntry) -> Set<Work> {
        var work: Set<Work> = []
        for uid in unseen {
            guard let identity = nodes[uid]?.identity, identity.resource == nil, identity.kind == entry.kind,
                GroupVersion(apiVersion: identity.apiVersion)?.group == entry.resource.group
            else { continue }
            nodes[uid]?.identity = Identity(
                resource: entry.resource, apiVersion: identity.apiVersion, kind: identity.kind,
                namespace: entry.isNamespaced ? identity.namespace : "", name: identity.name, uid: uid)
            work.insert(.judge(uid: uid))
        }
        return work
    }

    // MARK: Questions

    /// Whether the dependent's reference names the owner as it is.
    private func agrees(_ dependent: String, with owner: Identity) -> Bool {
        guard let node = nodes[dependent], let reference = node.owners.first(where: { $0.text("uid") == owner.uid })
        else { return true }
        return reference.text("name") == owner.name && reference.text("kind") == owner.kind
            && (owner.namespace.isEmpty || owner.namespace == node.identity.namespace)
    }

    /// Owners that no longer wait for the dependent.
    private func unblocked(_ old: [JSON], _ new: [JSON]) -> Set<Work> {
        Set(
            old.filter { $0.flag("blockOwnerDeletion") }.map { $0.text("uid") }.filter { uid in
                !new.contains { $0.text("uid") == uid && $0.flag("blockOwnerDeletion") }
            }.map { .judge(uid: $0) })
    }

    /// Dependents that an owner in foreground deletion waits for.
    func blocking(_ uid: String) -> [Node] {
        (nodes[uid]?.dependents ?? []).compactMap { nodes[$0] }.filter { node in
            node.owners.contains { $0.text("uid") == uid && $0.flag("blockOwnerDeletion") }
        }
    }

    func dependents(_ uid: String) -> [Node] { (nodes[uid]?.dependents ?? []).compactMap { nodes[$0] } }
}
