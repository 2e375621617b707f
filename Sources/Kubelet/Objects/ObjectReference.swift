import JSON
import KubeClient
import KubeModel

/// A config map or secret, by its name.
package struct ObjectReference: Sendable, Hashable {
    package enum Kind: String, Sendable { case configMap = "configmap", secret = "secret" }

    package let kind: Kind
    package let namespace: String
    package let name: String

    package init(_ kind: Kind, _ namespace: String, _ name: String) {
        self.kind = kind
        self.namespace = namespace
        self.name = name
    }

    var resource: ResourceID { kind == .configMap ? .configMaps : .secrets }

    /// The kubelet names the kind in the singular, unlike the server.
    var notFound: APIStatus {
        APIStatus(
            code: 404, reason: "NotFound", message: "\(kind.rawValue) \"\(name)\" not found",
            details: ["name": .string(name), "kind": .string(kind.rawValue)])
    }
}

extension ObjectReference {
    /// All that a pod refers to: by variables, volumes, and as secrets for image pulls.
    package static func all(of pod: JSON) -> Set<ObjectReference> {
        let spec = pod["spec"], namespace = pod["metadata"]["namespace"].string ?? ""
        var found: Set<ObjectReference> = []
        func add(_ kind: Kind, _ name: JSON) {
            guard let name = name.string, !name.isEmpty else { return }
            found.insert(ObjectReference(kind, namespace, name))
        }
        for container in PodContainers.all(pod) {
            for source in container["envFrom"].array ?? [] {
                add(.configMap, source["configMapRef"]["name"])
                add(.secret, source["secretRef"]["name"])
            }
            for variable in container["env"].array ?? [] {
                add(.configMap, variable["valueFrom"]["configMapKeyRef"]["name"])
                add(.secret, variable["valueFrom"]["secretKeyRef"]["name"])
            }
        }
        for volume in spec["volumes"].array ?? [] {
            add(.configMap, volume["configMap"]["name"])
            add(.secret, volume["secret"]["secretName"])
            for source in volume["projected"]["sources"].array ?? [] {
                add(.configMap, source["configMap"]["name"])
                add(.secret, source["secret"]["name"])
            }
        }
        for secret in spec["imagePullSecrets"].array ?? [] { add(.secret, secret["name"]) }
        return found
    }
}

enum PodContainers {
    /// Init containers, containers and ephemeral ones, in this order.
    static func all(_ pod: JSON) -> [JSON] {
        let spec = pod["spec"]
        return ["initContainers", "containers", "ephemeralContainers"].flatMap { spec[$0].array ?? [] }
    }
}
