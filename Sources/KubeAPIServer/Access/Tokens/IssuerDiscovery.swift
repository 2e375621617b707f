import JSON

/// What other parties read to check service-account tokens by themselves (OpenID Connect Discovery 1.0).
package struct IssuerDiscovery: Sendable {
    package static let configurationPath = "/.well-known/openid-configuration"
    package static let keysPath = "/openid/v1/jwks"
    package static let configurationType = "application/json"
    package static let keysType = "application/jwk-set+json"
    /// `Cache-Control: public, max-age=…`.
    package static let maximumAgeSeconds = 3_600

    package let configuration: [UInt8]
    package let keys: [UInt8]

    /// Nil when the issuer is no URL that OpenID Connect allows: there is no discovery then, as in the original.
    /// - Parameter keysURL: `--service-account-jwks-uri`; nil: under the server's own address.
    package init?(issuer: String, keysURL: String?, externalAddress: String, keys: [TokenKey]) {
        guard issuer.hasPrefix("https://"), !issuer.contains("?"), !issuer.contains("#"), !keys.isEmpty else {
            return nil
        }
        let url = keysURL ?? "https://\(externalAddress)\(Self.keysPath)"
        guard url.hasPrefix("https://") else { return nil }
        let document: JSON = [
            "issuer": .string(issuer), "jwks_uri": .string(url), "response_types_supported": ["id_token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": JSON(Set(keys.map(\.algorithm.rawValue)).sorted()),
        ]
        configuration = document.bytes(escapeHTML: true)
        let set: JSON = ["keys": .array(keys.map(\.webKey))]
        self.keys = set.bytes(escapeHTML: true)
    }
}
