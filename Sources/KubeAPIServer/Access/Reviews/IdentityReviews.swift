import JSON
import KubeModel

/// TokenReview and SelfSubjectReview: who somebody is.
package struct IdentityReviews: Sendable {
    private let tokens: TokenChain
    private let audiences: [String]
    private let clock: WallClock

    /// - Parameter audiences: the server's own.
    package init(tokens: TokenChain, audiences: [String], clock: @escaping WallClock = systemTime) {
        self.tokens = tokens
        self.audiences = audiences
        self.clock = clock
    }

    package func tokenReview(_ review: JSON) async throws(APIStatus) -> JSON {
        let token = review["spec"].text("token")
        guard !token.isEmpty else {
            throw APIStatus.badRequest("token is required for TokenReview in authentication")
        }
        let asked = review["spec", "audiences"].strings
        let wanted = asked.isEmpty ? audiences : asked
        var status: JSON = ["user": [:]]
        do throws(CredentialFault) {
            if let found = try await tokens.authenticate(token: token, audiences: wanted) {
                let shared = found.audiences.isEmpty ? audiences.filter(wanted.contains) : found.audiences
                guard wanted.isEmpty || shared.contains(where: wanted.contains) else {
                    throw CredentialFault("")
                }
                status = ["authenticated": true, "user": Self.json(Authentication.withGroup(found.user))]
                if !shared.isEmpty { status["audiences"] = JSON(shared) }
            } else {
                status["error"] = "invalid bearer token"
            }
        } catch {
            guard !error.description.isEmpty else { throw APIStatus.internalError("error validating audiences") }
            status["error"] = .string(error.description)
        }
        var answer = review
        answer["status"] = status
        return answer
    }

    package func selfSubjectReview(_ review: JSON, user: UserInfo) -> JSON {
        [
            "kind": "SelfSubjectReview", "apiVersion": review["apiVersion"],
            "metadata": ["creationTimestamp": .string(Timestamp(seconds: Int(clock())).text)],
            "status": ["userInfo": Self.json(user)],
        ]
    }

    /// `authentication.k8s.io/v1` UserInfo.
    package static func json(_ user: UserInfo) -> JSON {
        var json: JSON = [:]
        if !user.name.isEmpty { json["username"] = .string(user.name) }
        if !user.uid.isEmpty { json["uid"] = .string(user.uid) }
        if !user.groups.isEmpty { json["groups"] = JSON(user.groups) }
        if !user.extra.isEmpty {
            json["extra"] = .object(
                JSONObject(user.extra.sorted { $0.key < $1.key }.map { ($0.key, JSON($0.value)) }))
        }
        return json
    }
}
