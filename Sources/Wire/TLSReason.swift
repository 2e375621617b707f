import NIOSSL

/// What went wrong with TLS, in the words of Go's crypto/tls where it has some: BoringSSL's own text is a list of codes
/// and places in its source.
enum TLSReason {
    private static let words = [
        (
            "CERTIFICATE_VERIFY_FAILED",
            "tls: failed to verify certificate: x509: certificate signed by unknown authority"
        ),
        (
            "unableToValidateCertificate",
            "tls: failed to verify certificate: x509: certificate signed by unknown authority"
        ),
        ("failedToMatchHostname", "tls: failed to verify certificate: x509: certificate is not valid for this name"),
        ("couldn't find", "tls: failed to verify certificate: x509: certificate is not valid for this name"),
        ("WRONG_VERSION_NUMBER", "http: server gave HTTP response to HTTPS client"),
        ("ALERT_UNKNOWN_CA", "remote error: tls: unknown certificate authority"),
        ("ALERT_CERTIFICATE_REQUIRED", "remote error: tls: certificate required"),
        ("ALERT_BAD_CERTIFICATE", "remote error: tls: bad certificate"),
        ("ALERT_CERTIFICATE_EXPIRED", "remote error: tls: expired certificate"),
        ("ALERT_HANDSHAKE_FAILURE", "remote error: tls: handshake failure"),
    ]

    /// Nil when the error is of something else.
    static func text(_ error: any Error) -> String? {
        guard error is NIOSSLError || error is BoringSSLError || error is NIOSSLExtraError else { return nil }
        let raw = "\(error)"
        if let known = words.first(where: { raw.contains($0.0) }) { return known.1 }
        let marker = "OPENSSL_internal:"
        guard let start = raw.firstRange(of: marker)?.upperBound else { return "tls: \(raw)" }
        let name = raw[start...].prefix { $0 != " " && $0 != "]" }
        return "tls: " + name.lowercased().replacing("_", with: " ")
    }
}
