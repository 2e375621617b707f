import JSON

/// `metav1.Status` as an error: what every failed request answers. Texts are the original's (apimachinery `api/errors`).
package struct APIStatus: Error, Sendable, CustomStringConvertible {
    package var code: Int
    package var reason: String
    package var message: String
    package var details: JSON
    /// `metadata.continue` of a 410 that lets a list go on; nil: none.
    package var listContinue: String?

    package init(code: Int, reason: String, message: String, details: JSON = .null) {
        self.code = code
        self.reason = reason
        self.message = message
        self.details = details
    }

    package var description: String { message }

    package var json: JSON {
        var status: JSON = [
            "kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Failure", "message": .string(message),
        ]
        if let listContinue { status["metadata"] = ["continue": .string(listContinue)] }
        if !reason.isEmpty { status["reason"] = .string(reason) }
        if !details.isNull { status["details"] = details }
        status["code"] = .init(code)
        return status
    }

    /// `pods "web" not found`. `resource` is the qualified name: `deployments.apps`.
    package static func notFound(_ resource: APIResource, _ name: String) -> APIStatus {
        of(404, "NotFound", "\(resource.qualifiedName) \"\(name)\" not found", resource, name)
    }
    package static func alreadyExists(_ resource: APIResource, _ name: String) -> APIStatus {
        of(409, "AlreadyExists", "\(resource.qualifiedName) \"\(name)\" already exists", resource, name)
    }
    package static func conflict(_ resource: APIResource, _ name: String, _ why: String) -> APIStatus {
        of(
            409, "Conflict", "Operation cannot be fulfilled on \(resource.qualifiedName) \"\(name)\": \(why)",
            resource, name)
    }
    /// The compare-and-swap failed.
    package static func modified(_ resource: APIResource, _ name: String) -> APIStatus {
        conflict(
            resource, name,
            "the object has been modified; please apply your changes to the latest version and try again")
    }
    package static func forbidden(_ resource: APIResource, _ name: String, _ why: String) -> APIStatus {
        let object = name.isEmpty ? resource.qualifiedName : "\(resource.qualifiedName) \"\(name)\""
        return of(403, "Forbidden", "\(object) is forbidden: \(why)", resource, name)
    }
    package static func badRequest(_ message: String) -> APIStatus {
        APIStatus(code: 400, reason: "BadRequest", message: message)
    }
    package static func unauthorized(_ message: String = "Unauthorized") -> APIStatus {
        APIStatus(code: 401, reason: "Unauthorized", message: message)
    }
    package static func gone(_ message: String) -> APIStatus {
        APIStatus(code: 410, reason: "Expired", message: message)
    }
    package static func internalError(_ why: String) -> APIStatus {
        APIStatus(
            code: 500, reason: "InternalError", message: "Internal error occurred: \(why)",
            details: ["causes": [["message": .string(why)]]])
    }
    package static func methodNotSupported(_ resource: APIResource, _ verb: String) -> APIStatus {
        APIStatus(
            code: 405, reason: "MethodNotAllowed",
            message: "\(verb) is not supported on resources of kind \"\(resource.qualifiedName)\"",
            details: ["group": .string(resource.groupVersion.group), "kind": .string(resource.plural)])
    }

    /// `Pod "web" is invalid: spec.containers: Required value`, with one cause a fault.
    package static func invalid(_ resource: APIResource, _ name: String, _ errors: [FieldError]) -> APIStatus {
        invalid(kind: resource.kind, group: resource.groupVersion.group, name, errors)
    }

    package static func invalid(kind: String, group: String, _ name: String, _ errors: [FieldError]) -> APIStatus {
        let unique = errors.reduce(into: [FieldError]()) { if !$0.contains($1) { $0.append($1) } }
        let list = unique.map(\.description)
        let text = list.count == 1 ? list[0] : "[\(list.joined(separator: ", "))]"
        let qualified = group.isEmpty ? kind : "\(kind).\(group)"
        var details: JSON = ["name": .string(name)]
        if name.isEmpty { details = [:] }
        if !group.isEmpty { details["group"] = .string(group) }
        if !kind.isEmpty { details["kind"] = .string(kind) }
        details["causes"] = .array(
            errors.map { error in
                [
                    "reason": .string(error.reason.rawValue), "message": .string(error.message),
                    "field": .string(error.path.description),
                ]
            })
        return APIStatus(
            code: 422, reason: "Invalid", message: "\(qualified) \"\(name)\" is invalid: \(text)", details: details)
    }

    private static func of(_ code: Int, _ reason: String, _ message: String, _ resource: APIResource, _ name: String)
        -> APIStatus
    {
        var details: JSON = [:]
        if !name.isEmpty { details["name"] = .string(name) }
        if !resource.groupVersion.group.isEmpty { details["group"] = .string(resource.groupVersion.group) }
        details["kind"] = .string(resource.plural)
        return APIStatus(code: code, reason: reason, message: message, details: details)
    }
}
