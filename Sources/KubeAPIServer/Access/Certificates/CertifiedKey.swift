import Fault
import SwiftASN1
import X509

/// A certificate with its private key, and the PEM texts that are in their files.
package struct CertifiedKey: Sendable {
    package let certificate: Certificate
    package let key: Certificate.PrivateKey
    package let certificatePEM: String
    package let keyPEM: String

    init(certificate: Certificate, key: Certificate.PrivateKey) throws {
        self.certificate = certificate
        self.key = key
        certificatePEM = try certificate.serializeAsPEM().pemString + "\n"
        keyPEM = try key.serializeAsPEM().pemString + "\n"
    }

    /// From files; nil when one of them isn't there.
    init?(certificateFile: String, keyFile: String) throws(Fault) {
        guard let certificateText = try PrivateFile.text(certificateFile),
            let keyText = try PrivateFile.text(keyFile)
        else { return nil }
        guard let first = try PEM.certificates(certificateText, of: certificateFile).first else {
            throw Fault(.invalid, "\(certificateFile) holds no certificate")
        }
        certificate = first
        key = try PEM.privateKey(keyText, of: keyFile)
        certificatePEM = certificateText
        keyPEM = keyText
        guard key.publicKey == first.publicKey else {
            throw Fault(.invalid, "the key in \(keyFile) is not that of the certificate in \(certificateFile)")
        }
    }

    /// Writes the key first: a certificate without its key is worth nothing.
    func write(certificateFile: String, keyFile: String) throws(Fault) {
        try PrivateFile.write(keyFile, keyPEM, mode: 0o600)
        try PrivateFile.write(certificateFile, certificatePEM, mode: 0o644)
    }
}

/// What PEM files hold, with errors that name the file.
enum PEM {
    /// Certificates that a bundle may hold.
    static let maximumCertificates = 2_000

    static func certificates(_ text: String, of path: String) throws(Fault) -> [Certificate] {
        do {
            let documents = try PEMDocument.parseMultiple(pemString: text)
            let found = documents.filter { $0.discriminator == "CERTIFICATE" }.prefix(maximumCertificates)
            return try found.map { try Certificate(pemDocument: $0) }
        } catch {
            throw Fault(.invalid, "could not read certificates from \(path): \(error)", cause: error)
        }
    }

    /// The first private key; what else the file holds (`EC PARAMETERS`, certificates) is passed over.
    static func privateKey(_ text: String, of path: String) throws(Fault) -> Certificate.PrivateKey {
        do {
            let documents = try PEMDocument.parseMultiple(pemString: text)
            guard let found = documents.first(where: { $0.discriminator.hasSuffix("PRIVATE KEY") }) else {
                throw Fault(.invalid, "\(path) holds no private key")
            }
            return try Certificate.PrivateKey(pemDocument: found)
        } catch let fault as Fault {
            throw fault
        } catch {
            throw Fault(.invalid, "could not read a private key from \(path): \(error)", cause: error)
        }
    }
}
