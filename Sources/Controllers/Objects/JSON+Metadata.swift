import JSON
import KubeModel

/// What every controller reads of an object's metadata.
extension JSON {
    var objectName: String { self["metadata"].text("name") }
    var objectNamespace: String { self["metadata"].text("namespace") }
    var uid: String { self["metadata"].text("uid") }
    var labels: JSON { self["metadata"]["labels"] }
    var generation: Int { self["metadata"]["generation"].int ?? 0 }
    var isBeingDeleted: Bool { !self["metadata"]["deletionTimestamp"].isNull }
    var finalizers: [String] { self["metadata"]["finalizers"].strings }
    var ownerReferences: [JSON] { self["metadata"].list("ownerReferences") }

    /// The reference to the controlling owner; nil when there is none.
    var controllerReference: JSON? { OwnerReferences.controller(of: self) }

    func annotation(_ name: String) -> String? { self["metadata"]["annotations"][name].string }

    /// Nil when there is no such time or it can't be read.
    func time(_ name: String) -> Timestamp? { self[name].string.flatMap { try? Timestamp(parsing: $0) } }

    /// Nil for objects that have none yet.
    var creationTime: Timestamp? { self["metadata"].time("creationTimestamp") }

    mutating func setAnnotation(_ name: String, _ value: String) {
        var metadata = self["metadata"]
        var annotations = metadata["annotations"]
        annotations[name] = .string(value)
        metadata["annotations"] = annotations
        self["metadata"] = metadata
    }

    /// Sets a member, or removes it when the value is 0, as `omitempty` does.
    mutating func setCount(_ name: String, _ value: Int) {
        if value == 0 { remove(name) } else { self[name] = JSON(value) }
    }
}
