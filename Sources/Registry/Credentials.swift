import Fault
import JSON

/// What a client sent in `X-Registry-Auth`, or a config file holds for the registry.
package struct Credentials: Sendable, Hashable {
    package var username = "", password = ""
    /// A refresh token of an OAuth 2 server, in place of the password.
    package var identityToken = ""
    /// A bearer token that is sent as it is.
    package var registryToken = ""

    package init() {}

    package init(username: String, password: String) {
        self.username = username
        self.password = password
    }

    /// Nil when the document (Engine API, "AuthConfig") names nobody.
    package init?(authConfig json: JSON) {
        username = json["username"].string ?? ""
        password = json["password"].string ?? ""
        identityToken = json["identitytoken"].string ?? ""
        registryToken = json["registrytoken"].string ?? ""
        if username.isEmpty, let packed = json["auth"].string.flatMap(decodeBase64) {
            let pair = String(decoding: packed, as: UTF8.self).split(separator: ":", maxSplits: 1)
            username = pair.first.map(String.init) ?? ""
            password = pair.count > 1 ? String(pair[1]) : ""
        }
        if isEmpty { return nil }
    }

    var isEmpty: Bool { username.isEmpty && identityToken.isEmpty && registryToken.isEmpty }

    /// The value of an `Authorization` header (RFC 7617).
    var basic: String { "Basic \(encodeBase64(Array("\(username):\(password)".utf8)))" }
}
