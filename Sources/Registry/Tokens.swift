import Fault
import JSON
import NIOCore
import NIOHTTP1

/// Bearer tokens by what they are for. Times are in seconds of any steady clock.
struct TokenCache: Sendable {
    struct Key: Hashable, Sendable {
        let realm: String, service: String
        let scopes: [String]
        let credentials: Credentials?
    }

    private var tokens: [Key: (token: String, expires: Int64)] = [:]

    mutating func find(_ key: Key, now: Int64) -> String? {
        guard let found = tokens[key] else { return nil }
        guard found.expires > now else {
            tokens[key] = nil
            return nil
        }
        return found.token
    }

    /// `life` in seconds.
    mutating func keep(_ token: String, for key: Key, life: Int64, now: Int64) {
        if tokens.count >= Limit.tokens, let oldest = tokens.min(by: { $0.value.expires < $1.value.expires })?.key {
            tokens[oldest] = nil
        }
        tokens[key] = (token, now + max(life - Limit.tokenMarginSeconds, 1))
    }

    mutating func forget(_ key: Key) { tokens[key] = nil }
}

/// A token server's answer (distribution, "Token Authentication Specification").
struct TokenAnswer: Sendable, Equatable {
    let token: String
    /// Seconds.
    let life: Int64
    /// What replaces the password from now on; nil when the server gave none.
    let refreshToken: String?

    init(_ bytes: [UInt8], realm: String) throws {
        let json = (try? JSON(parsing: bytes)) ?? .null
        guard let token = json["token"].string ?? json["access_token"].string, !token.isEmpty,
            token.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f })
        else {
            throw RegistryError(
                status: 200, code: nil, message: "authorization server \(realm) did not include a token in the response"
            )
        }
        self.token = token
        life = max(Int64(json["expires_in"].int ?? 0), Limit.tokenSeconds)
        refreshToken = json["refresh_token"].string
    }
}

/// The request for a token: OAuth 2 with a refresh token, else GET with the password, or with nobody's.
/// Throws when the credentials would go to a place they weren't given for.
func tokenRequest(
    _ challenge: Challenge, scopes: [String], _ credentials: Credentials?, from endpoint: RegistryEndpoint
) throws -> Request {
    let realmText = challenge.parameters["realm"] ?? ""
    guard let realm = WebAddress(realmText) else {
        throw RegistryError(
            status: 401, code: nil,
            message: "\(endpoint.registry) names no valid token server: \"\(realmText.prefix(200))\"")
    }
    // A registry reached over verified TLS must not make us tell a password to the whole network.
    if credentials != nil, realm.scheme == "http", endpoint.base.scheme == "https", !isLoopback(realm.host) {
        throw RegistryError(
            status: 401, code: nil,
            message: "\(endpoint.registry) asks to send its password unencrypted to \(realm.authority): refused")
    }
    let service = challenge.parameters["service"] ?? ""
    if let credentials, !credentials.identityToken.isEmpty {
        var form = [("grant_type", "refresh_token"), ("service", service), ("client_id", "hakobune")]
        form.append(("refresh_token", credentials.identityToken))
        if !scopes.isEmpty { form.append(("scope", scopes.joined(separator: " "))) }
        let body = form.map { "\($0)=\(percentEncoded($1))" }.joined(separator: "&")
        var request = Request(method: .POST, address: realm, body: .bytes(ByteBuffer(string: body)))
        request.headers.add(name: "content-type", value: "application/x-www-form-urlencoded")
        return request
    }
    var address = realm
    if !service.isEmpty { address = address.adding(query: "service", service) }
    for scope in scopes { address = address.adding(query: "scope", scope) }
    var request = Request(address: address)
    if let credentials {
        request.address = address.adding(query: "account", credentials.username)
        request.headers.add(name: "authorization", value: credentials.basic)
    }
    return request
}
