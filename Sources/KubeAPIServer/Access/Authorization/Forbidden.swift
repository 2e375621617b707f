import JSON
import KubeModel

/// What a refused request answers.
package enum Forbidden {
    /// - Parameter reason: the authorizer's; "" for none.
    package static func status(_ request: RequestAttributes, reason: String) -> APIStatus {
        let sentence = escape(message(request))
        let text = reason.isEmpty ? sentence : "\(sentence): \(reason)"
        return status(group: request.group, resource: request.resource, name: request.name, text)
    }

    /// `pods "web" is forbidden: …`, as apimachinery's `NewForbidden`; `details` are there even when empty.
    static func status(group: String, resource: String, name: String, _ why: String) -> APIStatus {
        let qualified = group.isEmpty ? resource : "\(resource).\(group)"
        let message =
            qualified.isEmpty
            ? "forbidden: \(why)"
            : name.isEmpty
                ? "\(qualified) is forbidden: \(why)" : "\(qualified) \(GoText.quoted(name)) is forbidden: \(why)"
        var details: JSON = .object(JSONObject())
        if !name.isEmpty { details["name"] = .string(name) }
        if !group.isEmpty { details["group"] = .string(group) }
        if !resource.isEmpty { details["kind"] = .string(resource) }
        return APIStatus(code: 403, reason: "Forbidden", message: message, details: details)
    }

    package static func message(_ request: RequestAttributes) -> String {
        let who = "User \(GoText.quoted(request.user.name)) cannot \(request.verb)"
        guard request.isResource else { return "\(who) path \(GoText.quoted(request.path))" }
        let resource =
            request.subresource.isEmpty ? request.resource : "\(request.resource)/\(request.subresource)"
        let what = "\(who) resource \(GoText.quoted(resource)) in API group \(GoText.quoted(request.group))"
        return request.namespace.isEmpty
            ? "\(what) at the cluster scope" : "\(what) in the namespace \(GoText.quoted(request.namespace))"
    }

    /// A browser that shows the answer must not find markup in it.
    private static func escape(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
    }
}
