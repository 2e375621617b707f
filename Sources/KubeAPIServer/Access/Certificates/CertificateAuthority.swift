import Crypto
import Fault
import FoundationEssentials
import SwiftASN1
import X509

/// What a certificate is issued for.
struct CertificateRequest: Sendable {
    enum Usage: Sendable { case server, client }

    var commonName: String
    var organizations: [String] = []
    var usage: Usage
    var dnsNames: [String] = []
    /// Text form, IPv4 or IPv6; others are refused.
    var addresses: [String] = []
    /// Seconds from now on.
    var lifetime = CertificateLifetime.leaf
}

/// Lifetimes in seconds, as kubeadm's.
package enum CertificateLifetime {
    static let authority = 10 * 365 * 86_400
    package static let leaf = 365 * 86_400
    /// A certificate with less than this left is made anew, at start and while the server runs: a cluster that is started
    /// once a month never meets an expired one.
    package static let renewedWithin = 60 * 86_400
    /// How far a certificate's begin lies back, for clients whose clocks are behind.
    static let leeway = 300
}

/// Signs certificates with a cluster's own authority.
package struct CertificateAuthority: Sendable {
    package let pair: CertifiedKey

    init(_ pair: CertifiedKey) { self.pair = pair }

    /// A self-signed authority with a new P-256 key.
    static func make(commonName: String, now: Date = Date()) throws(Fault) -> CertificateAuthority {
        do {
            let key = Certificate.PrivateKey(P256.Signing.PrivateKey())
            let subject = try DistinguishedName { CommonName(commonName) }
            let certificate = try Certificate(
                version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: key.publicKey,
                notValidBefore: now - Double(CertificateLifetime.leeway),
                notValidAfter: now + Double(CertificateLifetime.authority),
                issuer: subject, subject: subject,
                extensions: try Certificate.Extensions {
                    Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
                    Critical(KeyUsage(digitalSignature: true, keyEncipherment: true, keyCertSign: true))
                    SubjectKeyIdentifier(hash: key.publicKey)
                    SubjectAlternativeNames([.dnsName(commonName)])
                },
                issuerPrivateKey: key)
            return CertificateAuthority(try CertifiedKey(certificate: certificate, key: key))
        } catch {
            throw Fault(
                .internalFault, "could not make the certificate authority \(commonName): \(error)", cause: error)
        }
    }

    /// A certificate with a new P-256 key.
    func issue(_ request: CertificateRequest, now: Date = Date()) throws(Fault) -> CertifiedKey {
        let key = Certificate.PrivateKey(P256.Signing.PrivateKey())
        let certificate = try sign(request, publicKey: key.publicKey, now: now)
        do {
            return try CertifiedKey(certificate: certificate, key: key)
        } catch {
            throw Fault(.internalFault, "could not write down a certificate: \(error)", cause: error)
        }
    }

    func sign(_ request: CertificateRequest, publicKey: Certificate.PublicKey, now: Date = Date()) throws(Fault)
        -> Certificate
    {
        var names = request.dnsNames.map { GeneralName.dnsName($0) }
        for text in request.addresses {
            guard let bytes = IPText.bytes(text) else { throw Fault(.invalid, "\(text) is no IP address") }
            names.append(.ipAddress(ASN1OctetString(contentBytes: bytes[...])))
        }
        do {
            let authority = pair.certificate
            let usage: ExtendedKeyUsage.Usage = request.usage == .server ? .serverAuth : .clientAuth
            return try Certificate(
                version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: publicKey,
                notValidBefore: now - Double(CertificateLifetime.leeway),
                notValidAfter: min(now + Double(request.lifetime), authority.notValidAfter),
                issuer: authority.subject, subject: try Self.subject(request),
                extensions: try Certificate.Extensions {
                    Critical(KeyUsage(digitalSignature: true, keyEncipherment: true))
                    try ExtendedKeyUsage([usage])
                    Critical(BasicConstraints.notCertificateAuthority)
                    AuthorityKeyIdentifier(keyIdentifier: try authority.extensions.subjectKeyIdentifier?.keyIdentifier)
                    if !names.isEmpty { SubjectAlternativeNames(names) }
                },
                issuerPrivateKey: pair.key)
        } catch {
            throw Fault(
                .internalFault, "could not sign a certificate for \(request.commonName): \(error)", cause: error)
        }
    }

    private static func subject(_ request: CertificateRequest) throws -> DistinguishedName {
        var parts = request.organizations.map {
            RelativeDistinguishedName.Attribute(type: .RDNAttributeType.organizationName, utf8String: $0)
        }
        parts.append(.init(type: .RDNAttributeType.commonName, utf8String: request.commonName))
        return try DistinguishedName(parts)
    }

    /// Whether the authority signed it, with the key it has now.
    func signed(_ certificate: Certificate) -> Bool {
        certificate.issuer == pair.certificate.subject
            && pair.certificate.publicKey.isValidSignature(certificate.signature, for: certificate)
    }
}

/// Times of certificates in seconds since 1970.
enum CertificateTime {
    static func expiry(_ certificate: Certificate) -> Double { certificate.notValidAfter.timeIntervalSince1970 }
    static func begin(_ certificate: Certificate) -> Double { certificate.notValidBefore.timeIntervalSince1970 }
    static var now: Double { Date().timeIntervalSince1970 }
}
