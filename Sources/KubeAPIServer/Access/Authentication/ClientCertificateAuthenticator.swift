import Crypto
import KubeModel
import NIOConcurrencyHelpers
import SwiftASN1
import X509

/// Client certificates: the common name is the user, the organizations are the groups.
///
/// TLS must hand over whatever chain the client shows, unverified: a certificate of a stranger is refused with 401 here,
/// not by breaking the handshake, so that its owner learns of it over HTTP.
package final class ClientCertificateAuthenticator: Sendable {
    /// Verified certificates that are remembered; the check of a chain costs about a tenth of a millisecond.
    private static let remembered = 1_024
    /// Certificates that a client may show.
    private static let longestChain = 10
    private static let uidAttribute: ASN1ObjectIdentifier = [1, 3, 6, 1, 4, 1, 57683, 2]

    private struct Known: Sendable {
        let user: UserInfo?
        /// Seconds since 1970: when the first certificate of the chain runs out.
        let expiry: Double
    }

    private let authorities: [Certificate]
    /// By the first certificate's bytes.
    private let known = NIOLockedValueBox<[[UInt8]: Known]>([:])

    package init(authorities: [Certificate]) { self.authorities = authorities }

    /// Nil when the certificate holds but names nobody.
    package func authenticate(chain: [[UInt8]]) async throws(CredentialFault) -> UserInfo? {
        guard let leafBytes = chain.first else { return nil }
        let now = CertificateTime.now
        if let hit = known.withLockedValue({ $0[leafBytes] }), hit.expiry > now { return hit.user }

        let certificates = try parse(chain.prefix(Self.longestChain))
        let verified = try await verify(certificates)
        let user = try user(certificates[0], fingerprint: Array(SHA256.hash(data: leafBytes)))
        let expiry = verified.map(CertificateTime.expiry).min() ?? now
        known.withLockedValue {
            if $0.count >= Self.remembered { $0.removeAll(keepingCapacity: true) }
            $0[leafBytes] = Known(user: user, expiry: expiry)
        }
        return user
    }

    private func parse(_ chain: ArraySlice<[UInt8]>) throws(CredentialFault) -> [Certificate] {
        do {
            return try chain.map { try Certificate(derEncoded: $0) }
        } catch {
            throw CredentialFault("x509: malformed certificate: \(error)")
        }
    }

    private func verify(_ chain: [Certificate]) async throws(CredentialFault) -> [Certificate] {
        let leaf = chain[0]
        var verifier = Verifier(rootCertificates: CertificateStore(authorities)) { RFC5280Policy() }
        let result = await verifier.validate(leaf: leaf, intermediates: CertificateStore(chain.dropFirst()))
        guard case .validCertificate(let verified) = result else {
            throw CredentialFault("verifying certificate \(identifier(leaf)) failed: x509: \(reason(leaf))")
        }
        let path = Array(verified)
        guard path.dropLast().allSatisfy(mayAuthenticateClients) || path.count == 1 && mayAuthenticateClients(leaf)
        else {
            throw CredentialFault(
                "verifying certificate \(identifier(leaf)) failed: x509: certificate specifies an incompatible key usage"
            )
        }
        return path
    }

    private func reason(_ leaf: Certificate) -> String {
        let now = CertificateTime.now
        if CertificateTime.expiry(leaf) < now || CertificateTime.begin(leaf) > now {
            return "certificate has expired or is not yet valid"
        }
        return "certificate signed by unknown authority"
    }

    /// A certificate that restricts its uses must allow this one.
    private func mayAuthenticateClients(_ certificate: Certificate) -> Bool {
        guard let usages = try? certificate.extensions.extendedKeyUsage else {
            return certificate.extensions[oid: .X509ExtensionID.extendedKeyUsage] == nil
        }
        return usages.contains(.clientAuth) || usages.contains(.any)
    }

    private func user(_ leaf: Certificate, fingerprint: [UInt8]) throws(CredentialFault) -> UserInfo? {
        var name = "", groups: [String] = [], uids: [String] = []
        for attribute in leaf.subject.flatMap({ $0 }) {
            switch attribute.type {
            case .RDNAttributeType.commonName: name = String(attribute.value) ?? ""
            case .RDNAttributeType.organizationName: if let group = String(attribute.value) { groups.append(group) }
            case Self.uidAttribute:
                guard let uid = String(attribute.value) else {
                    throw CredentialFault("unable to parse UID into a string")
                }
                uids.append(uid)
            default: break
            }
        }
        guard !name.isEmpty else { return nil }
        guard uids.count <= 1 else {
            throw CredentialFault("expected 1 UID, but found multiple: \(GoText.list(uids))")
        }
        guard uids.first != "" else { throw CredentialFault("UID cannot be an empty string") }
        let id = "X509SHA256=" + hexadecimal(fingerprint)
        return UserInfo(
            name: name, uid: uids.first ?? "", groups: groups,
            extra: ["authentication.kubernetes.io/credential-id": [id]])
    }

    private func identifier(_ certificate: Certificate) -> String {
        let subject = (try? certificate.extensions.subjectKeyIdentifier?.keyIdentifier).flatMap { $0 } ?? []
        let authority = (try? certificate.extensions.authorityKeyIdentifier?.keyIdentifier).flatMap { $0 } ?? []
        return "SN=\(certificate.serialNumber), SKID=\(colons(subject)), AKID=\(colons(authority))"
    }

    private func colons(_ bytes: ArraySlice<UInt8>) -> String {
        bytes.map { hexadecimal([$0]).uppercased() }.joined(separator: ":")
    }
}

/// Lower-case hexadecimal text of bytes.
func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var out: [UInt8] = []
    for byte in bytes {
        out.append(digits[Int(byte >> 4)])
        out.append(digits[Int(byte & 15)])
    }
    return String(decoding: out, as: UTF8.self)
}
