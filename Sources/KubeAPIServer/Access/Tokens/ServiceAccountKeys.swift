import Crypto
import Fault
import SwiftASN1
import X509

/// The keys of service-account tokens: one that signs, and all whose tokens are believed.
package struct ServiceAccountKeys: Sendable {
    package let signer: TokenSigner
    package let believed: [TokenKey]

    init(signer: TokenSigner, believed: [TokenKey]) {
        self.signer = signer
        self.believed = believed
    }

    /// - Parameters:
    ///   - folder: where `pki/sa.key` and `pki/sa.pub` are, and are made, when no files are given.
    ///   - keyFiles: `--service-account-key-file`, each with one or more public or private keys.
    ///   - signingKeyFile: `--service-account-signing-key-file`.
    package static func prepare(folder: String, keyFiles: [String] = [], signingKeyFile: String? = nil) throws(Fault)
        -> ServiceAccountKeys
    {
        let signingPath = signingKeyFile ?? "\(folder)/pki/sa.key"
        if signingKeyFile == nil, try PrivateFile.read(signingPath) == nil { try make(folder) }
        guard let text = try PrivateFile.text(signingPath) else {
            throw Fault(.notFound, "the key \(signingPath) (--service-account-signing-key-file) isn't there")
        }
        let signer = try TokenSigner(try PEM.privateKey(text, of: signingPath))
        var believed: [TokenKey] = []
        for path in keyFiles {
            guard let text = try PrivateFile.text(path) else {
                throw Fault(.notFound, "the key \(path) (--service-account-key-file) isn't there")
            }
            believed += try keys(text, of: path)
        }
        if keyFiles.isEmpty { believed = [signer.key] }
        return ServiceAccountKeys(signer: signer, believed: believed)
    }

    private static func make(_ folder: String) throws(Fault) {
        try PrivateFile.makeFolder("\(folder)/pki")
        let key = Certificate.PrivateKey(P256.Signing.PrivateKey())
        do {
            let secret = try key.serializeAsPEM().pemString, open = try key.publicKey.serializeAsPEM().pemString
            try PrivateFile.write("\(folder)/pki/sa.pub", open + "\n", mode: 0o644)
            try PrivateFile.write("\(folder)/pki/sa.key", secret + "\n", mode: 0o600)
        } catch let fault as Fault {
            throw fault
        } catch {
            throw Fault(.internalFault, "could not write down a key: \(error)", cause: error)
        }
    }

    private static func keys(_ text: String, of path: String) throws(Fault) -> [TokenKey] {
        do {
            var keys: [TokenKey] = []
            for document in try PEMDocument.parseMultiple(pemString: text) {
                switch document.discriminator {
                case "PUBLIC KEY": keys.append(try TokenKey(try Certificate.PublicKey(pemDocument: document)))
                case "CERTIFICATE": keys.append(try TokenKey(try Certificate(pemDocument: document).publicKey))
                case let kind where kind.hasSuffix("PRIVATE KEY"):
                    keys.append(try TokenKey(try Certificate.PrivateKey(pemDocument: document).publicKey))
                default: continue
                }
            }
            guard !keys.isEmpty else {
                throw Fault(.invalid, "\(path) holds no key: a public or private RSA or ECDSA key in PEM is expected")
            }
            return keys
        } catch let fault as Fault {
            throw fault
        } catch {
            throw Fault(.invalid, "could not read keys from \(path): \(error)", cause: error)
        }
    }
}
