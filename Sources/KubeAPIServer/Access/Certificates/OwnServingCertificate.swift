import Fault

/// A serving certificate that nobody but its owner vouches for, as kubelets make one for themselves.
package enum OwnServingCertificate {
    /// Makes the two PEM files anew; no client knows an older one.
    /// - Parameter lifetime: seconds.
    /// - Returns: their paths.
    @discardableResult
    package static func make(
        name: String, addresses: [String], folder: String, lifetime: Int = CertificateLifetime.leaf
    ) throws(Fault) -> (certificate: String, key: String) {
        var request = CertificateRequest(commonName: name, usage: .server)
        request.dnsNames = [name]
        request.addresses = addresses
        request.lifetime = lifetime
        let pair = try CertificateAuthority.make(commonName: "\(name)-ca").issue(request)
        let files = (certificate: folder + "/kubelet.crt", key: folder + "/kubelet.key")
        try pair.write(certificateFile: files.certificate, keyFile: files.key)
        return files
    }
}
