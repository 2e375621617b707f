import JSON

/// A signed JSON Web Token in compact form (RFC 7515, 7519), taken apart but not believed yet.
struct WebToken: Sendable {
    let keyID: String?
    let algorithm: String
    /// Whatever the token says; true only when `isSigned`.
    let claims: JSON
    private let signed: [UInt8]
    private let signature: [UInt8]

    /// Nil for text that is no such token.
    init?(_ text: String) {
        let parts = text.split(separator: ".", maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 3, let headBytes = Base64URL.decode(parts[0]), let claimBytes = Base64URL.decode(parts[1]),
            let signature = Base64URL.decode(parts[2]), let head = try? JSON(parsing: headBytes),
            let claims = try? JSON(parsing: claimBytes), claims.object != nil,
            let algorithm = head["alg"].string,
            // What must be understood (RFC 7515, 4.1.11) isn't: there are no extensions here.
            head["crit"].isNull
        else { return nil }
        keyID = head["kid"].string
        self.algorithm = algorithm
        self.claims = claims
        self.signature = signature
        signed = Array(text.utf8.prefix(parts[0].utf8.count + 1 + parts[1].utf8.count))
    }

    /// Whether the key signed it, with the algorithm that is the key's own: the token doesn't choose one.
    func isSigned(by key: TokenKey) -> Bool {
        algorithm == key.algorithm.rawValue && key.verifies(signature, of: signed)
    }

    static func make(_ claims: JSON, _ signer: TokenSigner) throws -> String {
        let head: JSON = ["alg": .string(signer.key.algorithm.rawValue), "kid": .string(signer.key.id)]
        let signed = Base64URL.encode(head.bytes()) + "." + Base64URL.encode(claims.bytes())
        return signed + "." + Base64URL.encode(try signer.sign(Array(signed.utf8)))
    }
}
