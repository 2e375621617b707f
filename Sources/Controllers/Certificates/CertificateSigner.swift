import Crypto
import Fault
import FoundationEssentials
import JSON
import KubeModel
import SwiftASN1
import X509

/// The cluster's authority, signing what was approved.
struct CertificateSigner: Sendable {
    /// Seconds: how far a certificate's begin lies back; a shorter life than this isn't given; lives from this on
    /// begin that much earlier at their end too.
    private static let leeway = 300.0, shortest = 600.0, long = 8.0 * 3_600

    private let authority: Certificate
    private let key: Certificate.PrivateKey
    /// PEM of longest life, in seconds.
    private let longest: Double

    /// Nil when the settings name no authority.
    init?(_ settings: ControllerSettings) throws {
        guard !settings.authorityCertificatePEM.isEmpty, !settings.authorityKeyPEM.isEmpty else { return nil }
        authority = try Certificate(pemEncoded: settings.authorityCertificatePEM)
        let documents = try PEMDocument.parseMultiple(pemString: settings.authorityKeyPEM)
        guard let document = documents.first(where: { $0.discriminator.hasSuffix("PRIVATE KEY") }) else {
            throw Fault(.invalid, "the cluster authority's key holds no private key")
        }
        key = try Certificate.PrivateKey(pemDocument: document)
        longest = Double(settings.certificateSeconds)
    }

    /// - Returns: the certificate as PEM.
    func sign(_ form: CertificateRequestForm, usages: [String], seconds: Int?, now: Double) throws -> String {
        let request = form.request
        guard request.publicKey.isValidSignature(request.signature, for: request) else {
            throw Fault(.invalid, "unable to verify certificate request signature")
        }
        let life = seconds.map { min(max(Double($0), Self.shortest), longest) } ?? longest
        let end = now + (life < Self.long ? life : life - Self.leeway)
        let certificate = try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: request.publicKey,
            notValidBefore: Date(timeIntervalSince1970: now - Self.leeway),
            notValidAfter: min(Date(timeIntervalSince1970: end), authority.notValidAfter),
            issuer: authority.subject, subject: request.subject,
            extensions: try Certificate.Extensions {
                if let usage = Self.keyUsage(usages) { Critical(usage) }
                let extended = Self.extendedUsages(usages)
                if !extended.isEmpty { try ExtendedKeyUsage(extended) }
                Critical(BasicConstraints.notCertificateAuthority)
                AuthorityKeyIdentifier(keyIdentifier: try authority.extensions.subjectKeyIdentifier?.keyIdentifier)
                if !form.names.isEmpty { SubjectAlternativeNames(form.names) }
            },
            issuerPrivateKey: key)
        return try certificate.serializeAsPEM().pemString + "\n"
    }

    private static func keyUsage(_ usages: [String]) -> KeyUsage? {
        let given = Set(usages)
        let usage = KeyUsage(
            digitalSignature: given.contains("digital signature") || given.contains("signing"),
            nonRepudiation: given.contains("content commitment"),
            keyEncipherment: given.contains("key encipherment"),
            dataEncipherment: given.contains("data encipherment"), keyAgreement: given.contains("key agreement"),
            keyCertSign: given.contains("cert sign"), cRLSign: given.contains("crl sign"),
            encipherOnly: given.contains("encipher only"), decipherOnly: given.contains("decipher only"))
        return usage == KeyUsage() ? nil : usage
    }

    private static func extendedUsages(_ usages: [String]) -> [ExtendedKeyUsage.Usage] {
        usages.compactMap { name in
            switch name {
            case "any": .any
            case "server auth": .serverAuth
            case "client auth": .clientAuth
            case "code signing": .codeSigning
            case "email protection", "s/mime": .emailProtection
            case "timestamping": .timeStamping
            case "ocsp signing": .ocspSigning
            default: nil
            }
        }
    }
}
