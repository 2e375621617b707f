import JSON
import KubeModel
import KubeStorage

/// The verbs on the objects of one resource: one file a verb.
struct ObjectVerbs: Sendable {
    let parts: ServerParts
    let request: APIRequest
    /// In place of the request's own, where one request reaches into many namespaces; nil: the request's.
    var requestNamespace: String?

    init(parts: ServerParts, request: APIRequest) {
        self.parts = parts
        self.request = request
    }

    var served: ServedResource { request.served }
    var resource: APIResource { request.served.resource }
    var rules: KindRules { request.served.rules }
    var namespace: String { resource.isNamespaced ? requestNamespace ?? request.info.namespace : "" }
    var name: String { request.info.name }
    var isDryRun: Bool { request.query.isDryRun }
    var timestamp: String { Timestamp(parts.now()).text }

    /// Faults of an object; told, as the original does, of the kind in the group that it is stored in.
    func invalid(_ name: String, _ faults: [FieldError]) -> APIStatus {
        .invalid(kind: resource.kind, group: served.storage.group, name, faults)
    }

    func admissionRequest(
        _ operation: AdmissionRequest.Operation, name: String, object: JSON, old: JSON, options: JSON = .null,
        subresource: String = ""
    ) -> AdmissionRequest {
        AdmissionRequest(
            operation: operation, resource: resource, subresource: subresource, namespace: namespace, name: name,
            user: request.user, object: object, old: old, options: options, isDryRun: isDryRun)
    }

    /// Nobody grants by roles what they don't have.
    func checkEscalation(_ object: JSON, _ old: JSON, requestName: String) async throws(APIStatus) {
        guard resource.groupVersion.group == "rbac.authorization.k8s.io", let check = parts.escalation else { return }
        try await check.check(
            resource: resource.plural, object: object, old: old, user: request.user, namespace: namespace,
            requestName: requestName)
    }

    /// Whether the asker may do something else than what was asked, for verbs that imply another.
    func mayAlso(_ verb: String) async -> Bool {
        var attributes = RequestAttributes(user: request.user, verb: verb, isResource: true)
        attributes.group = resource.groupVersion.group
        attributes.version = resource.groupVersion.version
        attributes.resource = resource.plural
        attributes.namespace = namespace
        attributes.name = name
        if case .allow = await parts.authorizer.authorize(attributes) { return true }
        return false
    }
}
