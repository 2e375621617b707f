import Crypto
import JSON
import KubeModel
import NIOConcurrencyHelpers

/// Checks service-account tokens: bound ones, whose account and pod, node or secret must still be there, and the old ones
/// that a secret holds.
package final class ServiceAccountTokens: TokenAuthenticator {
    static let legacyIssuer = "kubernetes/serviceaccount"
    /// Clocks may differ by this much, in seconds (go-jose's leeway).
    private static let leeway = 60.0
    /// Signatures that are remembered. A token is at most 64 KiB, and about 1 KiB usually.
    private static let remembered = 4_096

    private let keys: [TokenKey]
    private let issuers: [String]
    /// What a token is for when it or the caller doesn't say.
    private let implicitAudiences: [String]
    private let reader: any ObjectReader
    private let clock: WallClock
    private let verified = NIOLockedValueBox<[[UInt8]: JSON]>([:])

    package init(
        keys: [TokenKey], issuers: [String], implicitAudiences: [String], reader: any ObjectReader,
        clock: @escaping WallClock = systemTime
    ) {
        self.keys = keys
        self.issuers = issuers
        self.implicitAudiences = implicitAudiences
        self.reader = reader
        self.clock = clock
    }

    package func authenticate(token: String, audiences: [String]) async throws(CredentialFault) -> AuthenticatedUser? {
        guard let claims = try claims(token) else { return nil }
        let isLegacy = claims["iss"].string == Self.legacyIssuer
        let own = Self.audiences(claims)
        let tokenAudiences = own.isEmpty ? implicitAudiences : own
        let wanted = audiences.isEmpty ? implicitAudiences : audiences
        let shared = tokenAudiences.filter(wanted.contains)
        guard !shared.isEmpty || implicitAudiences.isEmpty else {
            throw CredentialFault(
                "token audiences \(GoText.quoted(tokenAudiences)) is invalid for the target audiences "
                    + GoText.quoted(wanted))
        }
        try checkTimes(claims)
        let user = isLegacy ? try legacyUser(claims, token) : try boundUser(claims)
        return AuthenticatedUser(user: user, audiences: shared)
    }

    // MARK: signature

    /// What a token says, once its signature is known to be good; nil when it isn't one of these tokens.
    private func claims(_ token: String) throws(CredentialFault) -> JSON? {
        let digest = Array(SHA256.hash(data: Array(token.utf8)))
        if let known = verified.withLockedValue({ $0[digest] }) { return known }
        guard let parsed = WebToken(token), let issuer = parsed.claims["iss"].string,
            issuers.contains(issuer) || issuer == Self.legacyIssuer
        else { return nil }
        let candidates = parsed.keyID.map { id in keys.filter { $0.id == id } } ?? keys
        guard !candidates.isEmpty else { throw CredentialFault("invalid signature, no keys found") }
        guard candidates.contains(where: parsed.isSigned) else {
            throw CredentialFault("go-jose/go-jose: error in cryptographic primitive")
        }
        verified.withLockedValue {
            if $0.count >= Self.remembered { $0.removeAll(keepingCapacity: true) }
            $0[digest] = parsed.claims
        }
        return parsed.claims
    }

    private static func audiences(_ claims: JSON) -> [String] {
        claims["aud"].string.map { [$0] } ?? claims["aud"].strings
    }

    private func checkTimes(_ claims: JSON) throws(CredentialFault) {
        let now = clock()
        if let begin = claims["nbf"].double, now + Self.leeway < begin {
            throw CredentialFault("service account token is not valid yet")
        }
        if let end = claims["exp"].double, now - Self.leeway > end {
            throw CredentialFault("service account token has expired")
        }
        if let issued = claims["iat"].double, now + Self.leeway < issued {
            throw CredentialFault("service account token is issued in the future")
        }
    }

    // MARK: bound tokens

    private func boundUser(_ claims: JSON) throws(CredentialFault) -> UserInfo {
        let own = claims["kubernetes.io"]
        let namespace = own["namespace"].string ?? "", account = own["serviceaccount"]
        let name = account["name"].string ?? "", uid = account["uid"].string ?? ""
        guard let stored = reader.object(group: "", resource: "serviceaccounts", namespace: namespace, name: name)
        else {
            throw CredentialFault("serviceaccounts \(GoText.quoted(name)) not found")
        }
        guard stored["metadata", "uid"].string == uid else {
            throw CredentialFault(
                "service account UID (\(stored["metadata", "uid"].string ?? "")) does not match claim (\(uid))")
        }
        guard !isGone(stored) else {
            throw CredentialFault("service account \(namespace)/\(name) has been deleted")
        }
        try checkBound(own["secret"], "secrets", namespace, what: "secret")
        try checkBound(own["pod"], "pods", namespace, what: "pod")
        if own["pod"].isNull { try checkBound(own["node"], "nodes", "", what: "node") }

        let identity = ServiceAccountName(namespace: namespace, name: name)
        var user = UserInfo(name: identity.user, uid: uid, groups: identity.groups)
        func add(_ key: String, _ value: JSON) {
            if let text = value.string, !text.isEmpty { user.extra["authentication.kubernetes.io/\(key)"] = [text] }
        }
        add("pod-name", own["pod", "name"])
        add("pod-uid", own["pod", "uid"])
        add("node-name", own["node", "name"])
        add("node-uid", own["node", "uid"])
        if let id = claims["jti"].string, !id.isEmpty { add("credential-id", .string("JTI=\(id)")) }
        return user
    }

    private func checkBound(_ claim: JSON, _ resource: String, _ namespace: String, what: String)
        throws(CredentialFault)
    {
        guard !claim.isNull else { return }
        let name = claim["name"].string ?? "", uid = claim["uid"].string ?? ""
        guard let object = reader.object(group: "", resource: resource, namespace: namespace, name: name) else {
            throw CredentialFault("service account token has been invalidated")
        }
        guard object["metadata", "uid"].string == uid else {
            throw CredentialFault(
                "\(what) UID (\(object["metadata", "uid"].string ?? "")) does not match service account \(what) ref claim "
                    + "(\(uid))")
        }
        guard !isGone(object) else { throw CredentialFault("service account token has been invalidated") }
    }

    /// Deleted for longer than the leeway.
    private func isGone(_ object: JSON) -> Bool {
        guard let text = object["metadata", "deletionTimestamp"].string else { return false }
        guard let time = try? Timestamp(parsing: text) else { return true }
        return time.time < clock() - Self.leeway
    }

    // MARK: tokens of secrets

    private func legacyUser(_ claims: JSON, _ token: String) throws(CredentialFault) -> UserInfo {
        let prefix = "kubernetes.io/serviceaccount/"
        guard let subject = claims["sub"].string, !subject.isEmpty else {
            throw CredentialFault("sub claim is missing")
        }
        func claim(_ key: String, _ name: String) throws(CredentialFault) -> String {
            guard let text = claims[prefix + key].string, !text.isEmpty else {
                throw CredentialFault("\(name) claim is missing")
            }
            return text
        }
        let namespace = try claim("namespace", "namespace")
        let secretName = try claim("secret.name", "secretName")
        let name = try claim("service-account.name", "serviceAccountName")
        let uid = try claim("service-account.uid", "serviceAccountUID")
        let identity = ServiceAccountName(namespace: namespace, name: name)
        guard ServiceAccountName(user: subject) == identity else { throw CredentialFault("sub claim is invalid") }
        guard let secret = reader.object(group: "", resource: "secrets", namespace: namespace, name: secretName),
            secret["metadata", "deletionTimestamp"].isNull
        else { throw CredentialFault("service account token has been invalidated") }
        guard let stored = secret["data", "token"].string.flatMap(decodeBase64), stored == Array(token.utf8) else {
            throw CredentialFault("service account token does not match server's copy")
        }
        guard let account = reader.object(group: "", resource: "serviceaccounts", namespace: namespace, name: name)
        else {
            throw CredentialFault("serviceaccounts \(GoText.quoted(name)) not found")
        }
        guard account["metadata", "deletionTimestamp"].isNull else {
            throw CredentialFault("service account \(namespace)/\(name) has been deleted")
        }
        guard account["metadata", "uid"].string == uid else {
            throw CredentialFault(
                "service account UID (\(account["metadata", "uid"].string ?? "")) does not match claim (\(uid))")
        }
        return UserInfo(name: identity.user, uid: uid, groups: identity.groups)
    }
}
