import JSON
import KubeClient
import KubeModel
import NIOConcurrencyHelpers

/// Tokens of pods' service accounts: kept while they are young, asked for anew when 80 % of their life is over.
final class ServiceAccountTokens: Sendable {
    struct Token: Sendable {
        let text: String
        /// In seconds since 1970.
        let expires: Double
        /// When a new one is to be asked for.
        let renewal: Double
    }

    private struct Request: Hashable {
        let podUID: String, audience: String, seconds: Int
    }

    /// No token is kept longer, in seconds.
    private static let longest = 24.0 * 3_600
    /// What the API makes `expirationSeconds` when nobody says.
    private static let usual = 3_600

    private let api: any ObjectAPI
    private let now: @Sendable () -> Double
    private let tokens = NIOLockedValueBox<[Request: Token]>([:])

    init(_ api: any ObjectAPI, now: @escaping @Sendable () -> Double) {
        self.api = api
        self.now = now
    }

    /// - Parameter source: a `serviceAccountToken` of a projected volume.
    func token(_ source: JSON, for pod: JSON) async throws(PodConfigError) -> Token {
        let metadata = pod["metadata"]
        let request = Request(
            podUID: metadata["uid"].string ?? "", audience: source["audience"].string ?? "",
            seconds: source["expirationSeconds"].int ?? Self.usual)
        let known = tokens.withLockedValue { $0[request] }
        if let known, now() < known.renewal { return known }
        do throws(APIStatus) {
            let answer = try await api.create(
                .serviceAccounts, metadata["namespace"].string ?? "",
                name: pod["spec"]["serviceAccountName"].string ?? "", subresource: "token", body(request, metadata))
            let token = Self.token(answer["status"], lasting: request.seconds, now: now())
            tokens.withLockedValue { $0[request] = token }
            return token
        } catch {
            guard let known else { throw PodConfigError("failed to fetch token: \(error.message)") }
            if now() < known.expires { return known }
            throw PodConfigError("token expired and refresh failed: \(error.message)")
        }
    }

    func forget(_ podUID: String) {
        tokens.withLockedValue { $0 = $0.filter { $0.key.podUID != podUID } }
    }

    private func body(_ request: Request, _ metadata: JSON) -> JSON {
        var spec: JSON = [
            "expirationSeconds": JSON(request.seconds),
            "boundObjectRef": ["apiVersion": "v1", "kind": "Pod", "name": metadata["name"], "uid": metadata["uid"]],
        ]
        // The API's type has the member always; null means the server's own audience.
        spec["audiences"] = request.audience.isEmpty ? .null : [.string(request.audience)]
        return ["apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec]
    }

    static func token(_ status: JSON, lasting seconds: Int, now: Double) -> Token {
        let told = status["expirationTimestamp"].string.flatMap { try? Timestamp(parsing: $0) }?.time
        let expires = told ?? now + Double(seconds)
        let life = min(Double(seconds), longest)
        let begun = expires - Double(seconds)
        return Token(
            text: status["token"].string ?? "", expires: expires, renewal: min(begun + life * 0.8, begun + longest))
    }
}
