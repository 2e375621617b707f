import JSON
import KubeModel

/// One write on its way to the store, as the admission chain sees it (`admission.Attributes`).
package struct AdmissionRequest: Sendable {
    package enum Operation: String, Sendable {
        case create = "CREATE", update = "UPDATE", delete = "DELETE", connect = "CONNECT"
    }

    package let operation: Operation
    package let resource: APIResource
    /// "" for the main resource.
    package let subresource: String
    package let namespace: String
    package let name: String
    package let user: UserInfo
    /// In the request's version, defaults set; null for a deletion. For a subresource with its own kind, that kind's object.
    package var object: JSON
    /// What is stored; null for a creation.
    package let old: JSON
    /// The options of the request (`DeleteOptions`, …).
    package let options: JSON
    package let isDryRun: Bool
    /// Sentences for `Warning` headers.
    package var warnings: [String] = []

    package init(
        operation: Operation, resource: APIResource, subresource: String, namespace: String, name: String,
        user: UserInfo, object: JSON, old: JSON, options: JSON, isDryRun: Bool
    ) {
        self.operation = operation
        self.resource = resource
        self.subresource = subresource
        self.namespace = namespace
        self.name = name
        self.user = user
        self.object = object
        self.old = old
        self.options = options
        self.isDryRun = isDryRun
    }
}

/// One plugin of the chain. First all plugins `mutate` in order, then the object is validated, then all `validate`.
package protocol AdmissionPlugin: Sendable {
    /// The original's name: `LimitRanger`.
    var name: String { get }
    func mutate(_ request: inout AdmissionRequest, _ reader: any ObjectReader) async throws(APIStatus)
    func validate(_ request: inout AdmissionRequest, _ reader: any ObjectReader) async throws(APIStatus)
}

extension AdmissionPlugin {
    package func mutate(_ request: inout AdmissionRequest, _ reader: any ObjectReader) async throws(APIStatus) {}
    package func validate(_ request: inout AdmissionRequest, _ reader: any ObjectReader) async throws(APIStatus) {}
}
