/// What a request wants, as far as permission is concerned (`authorizer.Attributes`).
package struct RequestAttributes: Sendable, Equatable {
    package var user: UserInfo
    /// `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`, `bind`, …; the method in
    /// lower case for paths that are no resource.
    package var verb: String
    package var group = ""
    package var version = ""
    package var resource = ""
    package var subresource = ""
    package var namespace = ""
    package var name = ""
    /// The path, for requests that name no resource.
    package var path = ""
    package var isResource: Bool
    /// `fieldSelector` and `labelSelector` of lists and watches, as they came.
    package var fieldSelector = ""
    package var labelSelector = ""

    package init(user: UserInfo, verb: String, isResource: Bool) {
        self.user = user
        self.verb = verb
        self.isResource = isResource
    }
}

package enum AccessDecision: Sendable, Equatable {
    case allow(String), deny(String)
    /// Nothing to say; the next authorizer decides, and no word at all is a refusal.
    case noOpinion(String)
}

package protocol Authorizer: Sendable {
    func authorize(_ request: RequestAttributes) async -> AccessDecision
}
