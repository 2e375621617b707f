import KubeModel
import NIOHTTP1
import Wire

/// Who asks, and whether they may.
struct AccessControl: Sendable {
    let authentication: Authentication
    let authorizer: any Authorizer

    /// 401 when a credential is bad, or when there is none and the path isn't for everybody.
    func authenticate(_ http: HTTPRequest) async throws(APIStatus) -> UserInfo {
        var credentials = RequestCredentials(path: http.path)
        credentials.certificates = http.peer.certificates
        credentials.authorization = http.headers.first(name: "authorization")
        credentials.webSocketProtocols = http.headers[canonicalForm: "sec-websocket-protocol"].map { String($0) }
        switch await authentication.authenticate(credentials) {
        case .user(let user, let warnings):
            return user
        case .refused: throw .unauthorized()
        }
    }

    func impersonate(_ http: HTTPRequest, _ user: UserInfo) async throws(APIStatus) -> UserInfo {
        try await Impersonation.resolve(http.headers, user, authorizer)
    }

    func check(_ attributes: RequestAttributes) async throws(APIStatus) {
        switch await authorizer.authorize(attributes) {
        case .allow: return
        case .deny(let reason), .noOpinion(let reason): throw Forbidden.status(attributes, reason: reason)
        }
    }
}
