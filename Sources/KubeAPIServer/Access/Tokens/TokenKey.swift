import Crypto
import Fault
import JSON
import SwiftASN1
import X509

/// One key that service-account tokens may be signed with.
package struct TokenKey: Sendable {
    enum Algorithm: String, Sendable { case es256 = "ES256", es384 = "ES384", es512 = "ES512", rs256 = "RS256" }

    let algorithm: Algorithm
    /// SHA-256 of the key's public form, in base64url: names the key without giving it away.
    let id: String
    private let key: Certificate.PublicKey

    init(_ key: Certificate.PublicKey) throws(Fault) {
        self.key = key
        algorithm = try Self.algorithm(key)
        do {
            var serializer = DER.Serializer()
            try serializer.serialize(key)
            id = Base64URL.encode(Array(SHA256.hash(data: serializer.serializedBytes)))
        } catch {
            throw Fault(.internalFault, "could not write down a public key: \(error)", cause: error)
        }
    }

    private static func algorithm(_ key: Certificate.PublicKey) throws(Fault) -> Algorithm {
        if P256.Signing.PublicKey(key) != nil { return .es256 }
        if P384.Signing.PublicKey(key) != nil { return .es384 }
        if P521.Signing.PublicKey(key) != nil { return .es512 }
        if Curve25519.Signing.PublicKey(key) != nil {
            throw Fault(.invalid, "unknown public key type, must be RSA or ECDSA with the curves 256, 384 or 521")
        }
        return .rs256
    }

    func verifies(_ signature: [UInt8], of message: [UInt8]) -> Bool {
        switch algorithm {
        case .es256:
            guard let key = P256.Signing.PublicKey(key),
                let signature = try? P256.Signing.ECDSASignature(rawRepresentation: signature)
            else { return false }
            return key.isValidSignature(signature, for: message)
        case .es384:
            guard let key = P384.Signing.PublicKey(key),
                let signature = try? P384.Signing.ECDSASignature(rawRepresentation: signature)
            else { return false }
            return key.isValidSignature(signature, for: message)
        case .es512:
            guard let key = P521.Signing.PublicKey(key),
                let signature = try? P521.Signing.ECDSASignature(rawRepresentation: signature)
            else { return false }
            return key.isValidSignature(signature, for: message)
        case .rs256:
            return key.isValidSignature(signature, for: message, signatureAlgorithm: .sha256WithRSAEncryption)
        }
    }

    /// The key's JSON Web Key (RFC 7517), with members in go-jose's order.
    var webKey: JSON {
        func coordinates(_ curve: String, _ point: [UInt8]) -> JSON {
            let half = (point.count - 1) / 2
            return [
                "use": "sig", "kty": "EC", "kid": .string(id), "crv": .string(curve),
                "alg": .string(algorithm.rawValue),
                "x": .string(Base64URL.encode(Array(point[1..<(1 + half)]))),
                "y": .string(Base64URL.encode(Array(point[(1 + half)...]))),
            ]
        }
        if let key = P256.Signing.PublicKey(key) { return coordinates("P-256", Array(key.x963Representation)) }
        if let key = P384.Signing.PublicKey(key) { return coordinates("P-384", Array(key.x963Representation)) }
        if let key = P521.Signing.PublicKey(key) { return coordinates("P-521", Array(key.x963Representation)) }
        let numbers = Self.rsaNumbers(Array(key.subjectPublicKeyInfoBytes))
        return [
            "use": "sig", "kty": "RSA", "kid": .string(id), "alg": .string(algorithm.rawValue),
            "n": .string(Base64URL.encode(numbers.modulus)), "e": .string(Base64URL.encode(numbers.exponent)),
        ]
    }

    /// RFC 8017: a sequence of modulus and exponent.
    private static func rsaNumbers(_ bytes: [UInt8]) -> (modulus: [UInt8], exponent: [UInt8]) {
        func number(_ bytes: ArraySlice<UInt8>) -> [UInt8] { Array(bytes.drop { $0 == 0 }) }
        let numbers = try? DER.sequence(try DER.parse(bytes), identifier: .sequence) { nodes in
            (
                number(try ArraySlice<UInt8>(derEncoded: &nodes)), number(try ArraySlice<UInt8>(derEncoded: &nodes))
            )
        }
        return numbers ?? ([], [])
    }
}

/// Signs service-account tokens.
package struct TokenSigner: Sendable {
    let key: TokenKey
    private let privateKey: Certificate.PrivateKey

    init(_ privateKey: Certificate.PrivateKey) throws(Fault) {
        self.privateKey = privateKey
        key = try TokenKey(privateKey.publicKey)
    }

    func sign(_ message: [UInt8]) throws -> [UInt8] {
        switch key.algorithm {
        case .es256:
            let signature = try privateKey.sign(bytes: message, signatureAlgorithm: .ecdsaWithSHA256)
            return Array(
                try P256.Signing.ECDSASignature(derRepresentation: signature.rawRepresentation).rawRepresentation)
        case .es384:
            let signature = try privateKey.sign(bytes: message, signatureAlgorithm: .ecdsaWithSHA384)
            return Array(
                try P384.Signing.ECDSASignature(derRepresentation: signature.rawRepresentation).rawRepresentation)
        case .es512:
            let signature = try privateKey.sign(bytes: message, signatureAlgorithm: .ecdsaWithSHA512)
            return Array(
                try P521.Signing.ECDSASignature(derRepresentation: signature.rawRepresentation).rawRepresentation)
        case .rs256:
            return try privateKey.sign(bytes: message, signatureAlgorithm: .sha256WithRSAEncryption).rawRepresentation
        }
    }
}

/// RFC 4648 section 5 without padding.
enum Base64URL {
    static func encode(_ bytes: [UInt8]) -> String {
        encodeBase64(bytes).replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    /// Nil for text with any other character.
    static func decode(_ text: Substring) -> [UInt8]? {
        let isPlain = text.utf8.allSatisfy {
            switch $0 {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
        return isPlain ? decodeBase64(String(text)) : nil
    }
}
