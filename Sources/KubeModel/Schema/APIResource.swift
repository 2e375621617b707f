/// Group and version: `apps/v1`, or `v1` in the core group.
package struct GroupVersion: Sendable, Hashable, CustomStringConvertible {
    package let group: String, version: String

    package init(_ group: String, _ version: String) {
        self.group = group
        self.version = version
    }

    /// From an `apiVersion`; nil when it has more than one slash or an empty part.
    package init?(apiVersion: String) {
        let parts = apiVersion.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2, !parts.contains(where: \.isEmpty) else { return nil }
        self.init(parts.count == 2 ? String(parts[0]) : "", String(parts[parts.count - 1]))
    }

    package var description: String { group.isEmpty ? version : "\(group)/\(version)" }
}

/// One served resource of one group-version, as discovery tells of it; built in or made by a CustomResourceDefinition.
package struct APIResource: Sendable {
    package let groupVersion: GroupVersion
    package let kind: String
    /// `pods`.
    package let plural: String
    package var singular: String
    package var shortNames: [String] = []
    package var categories: [String] = []
    package var isNamespaced: Bool
    package var verbs: [String]
    package var subresources: [Subresource] = []
    /// The object's own type.
    package let type: SchemaType
    /// The version whose form is stored; objects of other versions of the kind are converted. Usually this one.
    package var storageVersion: String
    /// The group whose form is stored; another than this one for `events.k8s.io` alone.
    package var storageGroup: String
    /// Discovery's `storageVersionHash`; "" for what isn't stored.
    package var storageVersionHash = ""
    /// `PodList`.
    package var listKind: String
    /// Whether a deletion answers with the object as it was, in place of a Status.
    package var returnsDeleted = false
    /// Whether a custom resource: pruned and defaulted by its own schema, no protobuf, no strategic merge.
    package var isCustom = false

    package struct Subresource: Sendable {
        /// `status`, `scale`, `exec`, …
        package let name: String
        package let kind: String
        /// Of the kind, where it is of another group-version than the resource (`autoscaling/v1` Scale).
        package let groupVersion: GroupVersion
        package let verbs: [String]
        /// Nil when the subresource has no object (`proxy`, `exec`).
        package let type: SchemaType?

        package init(name: String, kind: String, groupVersion: GroupVersion, verbs: [String], type: SchemaType?) {
            self.name = name
            self.kind = kind
            self.groupVersion = groupVersion
            self.verbs = verbs
            self.type = type
        }
    }

    package init(
        groupVersion: GroupVersion, kind: String, plural: String, singular: String, isNamespaced: Bool,
        verbs: [String], type: SchemaType
    ) {
        self.groupVersion = groupVersion
        self.kind = kind
        self.plural = plural
        self.singular = singular
        self.isNamespaced = isNamespaced
        self.verbs = verbs
        self.type = type
        storageVersion = groupVersion.version
        listKind = kind + "List"
        storageGroup = groupVersion.group
    }

    /// `deployments.apps`, `pods`: how messages name the resource.
    package var qualifiedName: String {
        groupVersion.group.isEmpty ? plural : "\(plural).\(groupVersion.group)"
    }

    package func subresource(_ name: String) -> Subresource? { subresources.first { $0.name == name } }
}
