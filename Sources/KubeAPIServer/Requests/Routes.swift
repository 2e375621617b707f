import JSON
import KubeModel

/// Which verbs stand at which of a built-in resource's paths. The original has a route for each and answers all others
/// before anybody looks at a body.
enum Routes {
    /// Verbs that read or change a collection; all others are about one object.
    private static let collectionVerbs: Set<String> = ["list", "watch", "deletecollection"]

    static func check(_ info: RequestInfo, _ resource: APIResource) throws(APIStatus) {
        // Every method is for the server behind.
        if info.subresource == "proxy" { return }
        // A namespace lies in none; its own path names it twice.
        if info.resource == "namespaces", info.group.isEmpty, !info.namespace.isEmpty, info.name != info.namespace {
            throw .noSuchRoute
        }
        let isAboutOne = !info.name.isEmpty && !collectionVerbs.contains(info.verb)
        if resource.isNamespaced, info.namespace.isEmpty {
            if isAboutOne { throw .noSuchRoute }
            // Across all namespaces objects can only be read.
            guard ["list", "watch"].contains(info.verb) else { throw .noSuchMethod }
        }
        if let subresource = resource.subresource(info.subresource) {
            guard subresource.verbs.contains(info.verb) else { throw .noSuchMethod }
            return
        }
        let fits = info.verb == "create" ? !isAboutOne : isAboutOne || collectionVerbs.contains(info.verb)
        guard fits, resource.verbs.contains(info.verb) else { throw .noSuchMethod }
    }
}

extension APIStatus {
    /// No route has the path.
    static let noSuchRoute = APIStatus(
        code: 404, reason: "NotFound", message: "the server could not find the requested resource", details: [:])
    /// A route has the path, and none the method.
    static let noSuchMethod = APIStatus(
        code: 405, reason: "MethodNotAllowed",
        message: "the server does not allow this method on the requested resource", details: [:])
}
