import JSON

/// A typed window on a CustomResourceDefinition (`apiextensions.k8s.io/v1`).
package struct CustomResourceDefinition: Sendable {
    package var json: JSON

    package init(_ json: JSON) { self.json = json }

    /// Added when a definition is deleted, taken away when its objects are gone.
    package static let cleanupFinalizer = "customresourcecleanup.apiextensions.k8s.io"
    /// Says who allowed an API in a group of the Kubernetes project.
    static let approvalAnnotation = "api-approved.kubernetes.io"

    package var name: String { json["metadata", "name"].string ?? "" }
    package var group: String { json["spec", "group"].string ?? "" }
    package var isNamespaced: Bool { json["spec", "scope"].string == "Namespaced" }
    package var preservesUnknownFields: Bool { json["spec", "preserveUnknownFields"].bool ?? false }
    package var isBeingDeleted: Bool { !json["metadata", "deletionTimestamp"].isNull }
    package var versions: [Version] { (json["spec", "versions"].array ?? []).map(Version.init) }
    /// Nil when there is none, which no valid definition lacks.
    package var storageVersion: Version? { versions.first(where: \.isStorage) }
    package var storedVersions: [String] { json["status", "storedVersions"].strings }
    package var conditions: [JSON] { json["status", "conditions"].array ?? [] }
    /// What the definition asks for.
    package var names: Names { Names(json: json["spec", "names"]) }
    /// What it was given; served are these.
    package var acceptedNames: Names { Names(json: json["status", "acceptedNames"]) }

    package func version(_ name: String) -> Version? { versions.first { $0.name == name } }

    package func condition(_ type: String) -> JSON? { conditions.first { $0["type"].string == type } }

    package func isTrue(_ condition: String) -> Bool {
        self.condition(condition).map { $0["status"].string == "True" } ?? false
    }

    package struct Names: Sendable, Equatable {
        package let json: JSON

        package var plural: String { json["plural"].string ?? "" }
        package var singular: String { json["singular"].string ?? "" }
        package var kind: String { json["kind"].string ?? "" }
        package var listKind: String { json["listKind"].string ?? "" }
        package var shortNames: [String] { json["shortNames"].strings }
        package var categories: [String] { json["categories"].strings }
    }

    package struct Version: Sendable {
        package let json: JSON

        init(_ json: JSON) { self.json = json }

        package var name: String { json["name"].string ?? "" }
        package var isServed: Bool { json["served"].bool ?? false }
        package var isStorage: Bool { json["storage"].bool ?? false }
        package var isDeprecated: Bool { json["deprecated"].bool ?? false }
        /// The sentence for `Warning` headers; nil: the standard one, when deprecated.
        package var deprecationWarning: String? { json["deprecationWarning"].string }
        package var hasStatus: Bool { json["subresources", "status"].object.map { _ in true } ?? false }
        /// Null when there is no scale subresource.
        package var scale: JSON { json["subresources", "scale"] }
        package var columns: [JSON] { json["additionalPrinterColumns"].array ?? [] }
        package var selectableFields: [String] {
            (json["selectableFields"].array ?? []).map { $0["jsonPath"].string ?? "" }
        }
        /// Nil: there is none, or it is nested too deeply.
        package var schema: JSONSchema? { JSONSchema(json["schema", "openAPIV3Schema"]) }
    }
}
