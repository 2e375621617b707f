import Crypto
import Fault
import FoundationEssentials
import Linux
import SwiftASN1
import X509

/// A joined node's client certificate and key, in one PEM file as kubelets keep it.
struct NodeCredential: Sendable, Equatable {
    let certificatePEM: String
    let keyPEM: String
    /// Seconds since 1970.
    let begins: Double, ends: Double

    init(certificatePEM: String, keyPEM: String) throws {
        self.certificatePEM = certificatePEM
        self.keyPEM = keyPEM
        let certificate = try Certificate(pemEncoded: certificatePEM)
        begins = certificate.notValidBefore.timeIntervalSince1970
        ends = certificate.notValidAfter.timeIntervalSince1970
    }

    /// When a new one is asked for: after four fifths of its life.
    var renewal: Double { begins + (ends - begins) * 0.8 }

    // MARK: Its file

    /// Nil when there is none that can be read: then the node joins anew.
    static func kept(in file: String) -> NodeCredential? {
        guard let text = try? KernelFile.read(file), let documents = try? PEMDocument.parseMultiple(pemString: text),
            let certificate = documents.first(where: { $0.discriminator == "CERTIFICATE" }),
            let key = documents.first(where: { $0.discriminator.hasSuffix("PRIVATE KEY") })
        else { return nil }
        return try? NodeCredential(certificatePEM: certificate.pemString + "\n", keyPEM: key.pemString + "\n")
    }

    func keep(in file: String) throws(KernelError) {
        try KernelFile.replace(file, Array((certificatePEM + keyPEM).utf8))
    }
}

/// A new key, and the request for its certificate (RFC 2986).
struct CredentialRequest: Sendable {
    let keyPEM: String
    let requestPEM: String

    /// - Parameter node: its name; the certificate is for `system:node:NAME` of `system:nodes`.
    init(node: String) throws {
        let key = Certificate.PrivateKey(P256.Signing.PrivateKey())
        let subject = try DistinguishedName {
            OrganizationName("system:nodes")
            CommonName("system:node:\(node)")
        }
        let request = try CertificateSigningRequest(
            version: .v1, subject: subject, privateKey: key, attributes: CertificateSigningRequest.Attributes(),
            signatureAlgorithm: .ecdsaWithSHA256)
        keyPEM = try key.serializeAsPEM().pemString + "\n"
        requestPEM = try request.serializeAsPEM().pemString + "\n"
    }
}
