import JSON
import KubeModel

/// A resource that answers requests: what discovery tells of it, its kind's rules, and where its objects lie.
package struct ServedResource: Sendable {
    package let resource: APIResource
    package let rules: KindRules
    /// `/registry/apps/deployments/`: what the keys of all its objects begin with.
    package let prefix: String
    /// The group-version whose form is stored.
    package let storage: GroupVersion
    /// From this version's form to the stored one and back; nil: they are the same but for `apiVersion`.
    let conversion: Conversion?
    /// Of a custom resource: its definition's schema and paths.
    let custom: CustomResourceKind?

    struct Conversion: Sendable {
        let toStorage: @Sendable (JSON) -> JSON
        let fromStorage: @Sendable (JSON) -> JSON
    }

    init(
        _ resource: APIResource, _ rules: KindRules, prefix: String, storage: GroupVersion,
        conversion: Conversion? = nil
    ) {
        self.resource = resource
        self.rules = rules
        self.prefix = prefix
        self.storage = storage
        self.conversion = conversion
        custom = nil
    }

    /// A version of a custom resource.
    init(_ custom: CustomResourceKind) {
        self.custom = custom
        resource = custom.resource
        rules = custom.rules
        let group = custom.resource.groupVersion.group
        prefix = "/registry/\(group)/\(custom.resource.plural)/"
        storage = GroupVersion(group, custom.resource.storageVersion)
        conversion = nil
    }

    package var groupVersion: GroupVersion { resource.groupVersion }
    /// Whether stored bytes can be answered as they are. A custom resource's can't: its definition may have got defaults
    /// since, or have lost fields.
    var isStoredAsServed: Bool { storage == groupVersion && custom == nil }

    /// `namespace` is "" for cluster-scoped resources.
    func key(_ namespace: String, _ name: String) -> String {
        resource.isNamespaced ? "\(prefix)\(namespace)/\(name)" : "\(prefix)\(name)"
    }

    /// What the keys of one namespace's objects begin with; all objects for "".
    func keyPrefix(_ namespace: String) -> String {
        resource.isNamespaced && !namespace.isEmpty ? "\(prefix)\(namespace)/" : prefix
    }

    func toStorage(_ object: JSON) -> JSON {
        if custom != nil { return CustomResourceKind.converted(object, to: storage) }
        if isStoredAsServed { return object }
        var stored = conversion.map { $0.toStorage(object) } ?? object
        stored["apiVersion"] = .string(storage.description)
        return stored
    }

    func fromStorage(_ object: JSON) -> JSON {
        if let custom { return custom.fromStorage(object) }
        if isStoredAsServed { return object }
        var served = conversion.map { $0.fromStorage(object) } ?? object
        served["apiVersion"] = .string(groupVersion.description)
        return served
    }
}

/// The group and plural of a resource, whatever its version.
package struct GroupResource: Sendable, Hashable {
    package let group: String, resource: String
    package init(_ group: String, _ resource: String) {
        self.group = group
        self.resource = resource
    }
}
