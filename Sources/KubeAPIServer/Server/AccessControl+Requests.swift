import KubeModel
import NIOHTTP1
import Wire

/// The steps of a request that say who asks, and whether they may.
extension AccessControl {
    /// 401 when a credential is bad, or when there is none and the path isn't for everybody.
    func authenticate(_ http: HTTPRequest) async throws(APIStatus) -> UserInfo {
        var credentials = RequestCredentials(path: http.path)
        credentials.certificates = http.peer.certificates
        credentials.headers = http.headers
        credentials.authorization = http.headers.first(name: "authorization")
        credentials.webSocketProtocols = http.headers[canonicalForm: "sec-websocket-protocol"].map { String($0) }
        switch await authentication.authenticate(credentials) {
        case .user(let user, _): return user
        case .refused: throw .unauthorized()
        }
    }

    /// Whom the request is handled as: its user, or whom that one may act as and asks to.
    func impersonate(_ http: HTTPRequest, _ attributes: RequestAttributes) async throws(APIStatus) -> UserInfo {
        let wanted = ImpersonationHeaders(http.headers)
        return wanted.isEmpty ? attributes.user : try await impersonation.user(for: wanted, request: attributes)
    }

    func check(_ attributes: RequestAttributes) async throws(APIStatus) {
        switch await authorizer.authorize(attributes) {
        case .allow: return
        case .deny(let reason), .noOpinion(let reason): throw Forbidden.status(attributes, reason: reason)
        }
    }
}

extension RequestAttributes {
    init(_ info: RequestInfo, _ query: QueryOptions, _ user: UserInfo) {
        self.init(user: user, verb: info.verb, isResource: info.isResource)
        path = info.path
        guard info.isResource else { return }
        group = info.group
        version = info.version
        resource = info.resource
        subresource = info.subresource
        namespace = info.namespace
        name = info.name
        guard ["list", "watch", "deletecollection"].contains(info.verb) else { return }
        fieldSelector = query.fieldSelector
        labelSelector = query.labelSelector
    }
}
