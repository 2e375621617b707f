import JSON

/// An object's place in its resource; `namespace` is "" for cluster-scoped ones.
package struct ObjectKey: Sendable, Hashable, CustomStringConvertible {
    package let namespace: String, name: String

    package init(_ namespace: String, _ name: String) {
        self.namespace = namespace
        self.name = name
    }

    package init(_ object: JSON) {
        let metadata = object["metadata"]
        self.init(metadata["namespace"].string ?? "", metadata["name"].string ?? "")
    }

    package var description: String { namespace.isEmpty ? name : "\(namespace)/\(name)" }
}
