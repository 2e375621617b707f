import JSON
import KubeClient

/// Objects beside nodes and pods that decide where a pod may go.
struct RelatedObjects: Sendable {
    static let resources: [ResourceID] = [
        .namespaces, .services, .replicationControllers, .replicaSets, .statefulSets, .persistentVolumeClaims,
        .persistentVolumes, .storageClasses, .podDisruptionBudgets,
    ]

    private var objects: [ResourceID: [String: [String: JSON]]] = [:]

    /// - Parameter object: nil when it is gone.
    mutating func set(_ resource: ResourceID, _ key: ObjectKey, _ object: JSON?) {
        objects[resource, default: [:]][key.namespace, default: [:]][key.name] = object
    }

    func object(_ resource: ResourceID, _ namespace: String, _ name: String) -> JSON? {
        objects[resource]?[namespace]?[name]
    }

    func all(_ resource: ResourceID, in namespace: String) -> [JSON] {
        objects[resource]?[namespace].map { Array($0.values) } ?? []
    }

    func all(_ resource: ResourceID) -> [JSON] { (objects[resource] ?? [:]).values.flatMap { $0.values } }

    func labels(ofNamespace name: String) -> [String: String] {
        object(.namespaces, "", name)?["metadata"]["labels"].stringMap ?? [:]
    }
}

extension ResourceID {
    static let persistentVolumes = ResourceID("", "v1", "persistentvolumes")
    static let storageClasses = ResourceID("storage.k8s.io", "v1", "storageclasses")
}
