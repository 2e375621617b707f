import JSON
import KubeClient
import KubeModel

/// One object, or what was asked for instead of it: its place and, once it was read, its tree.
struct Item: Sendable {
    let resource: ServedResource
    /// "" for resources that have none.
    var namespace: String
    var name: String
    /// Null while nothing was read.
    var object: JSON = .null
    /// The file that it came from; "": the server.
    var source = ""
    var subresource = ""

    var path: String { resource.id.path(namespace: namespace, name: name, subresource: subresource) }
    /// Where it is created.
    var folder: String { resource.id.path(namespace: namespace) }
    /// `deployment.apps/web`.
    var label: String { "\(resource.objectName)/\(name)" }
    /// `deployment.apps "web"`.
    var quotedLabel: String { "\(resource.objectName) \(name.quoted)" }
    var isManifest: Bool { !source.isEmpty }

    /// Named by the kind that its subresource `scale` has.
    var asScale: Item {
        let scale = ServedResource(
            group: "autoscaling", version: "v1", name: "scales", singular: "scale", kind: "Scale", isNamespaced: true,
            verbs: [], shortNames: [], categories: [], subresources: [], subresourceKinds: [:])
        return Item(resource: scale, namespace: namespace, name: name, object: object)
    }

    mutating func take(_ tree: JSON) {
        object = tree
        name = tree["metadata"]["name"].string ?? name
        if resource.isNamespaced { namespace = tree["metadata"]["namespace"].string ?? namespace }
    }
}
