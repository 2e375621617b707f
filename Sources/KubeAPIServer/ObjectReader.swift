import JSON

/// What admission and authorization read of the cluster: newest state, from memory, in the storage version.
package protocol ObjectReader: Sendable {
    /// The object; nil when there is none. `namespace` is "" for cluster-scoped resources.
    func object(group: String, resource: String, namespace: String, name: String) -> JSON?
    /// All objects of a resource, in one namespace or ("") in all.
    func objects(group: String, resource: String, namespace: String) -> [JSON]
    /// The pods that are bound to the node, in one namespace or ("") in all.
    func pods(on node: String, namespace: String) -> [JSON]
}

extension ObjectReader {
    package func pods(on node: String, namespace: String) -> [JSON] {
        objects(group: "", resource: "pods", namespace: namespace).filter { $0["spec", "nodeName"].string == node }
    }
}
