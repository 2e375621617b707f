import Fault
import SwiftASN1
import Wire
import X509

/// The certificates and keys of a cluster, in kubeadm's files (`DIR/pki/ca.crt`, …).
///
/// What is there is used; what isn't, or runs out soon, or doesn't name all of the server's addresses, is made. Files
/// that flags name are used as they are and never written.
package struct ClusterPKI: Sendable {
    package struct Settings: Sendable {
        /// Where `pki/` is.
        package var folder: String
        /// What the server binds and is advertised as, and other names of its own: IP addresses and DNS names.
        package var serverNames: [String] = []
        /// The first address of the service range.
        package var serviceAddress = "10.96.0.1"
        package var clusterDomain = "cluster.local"
        /// `--client-ca-file`.
        package var clientAuthorityFile: String?
        /// `--requestheader-client-ca-file`.
        package var frontProxyAuthorityFile: String?
        /// `--tls-cert-file`, `--tls-private-key-file`: both or none.
        package var servingCertificateFile: String?
        package var servingKeyFile: String?
        /// Seconds that a new certificate lives, and that one must have left to be used on.
        package var lifetime = CertificateLifetime.leaf
        package var renewedWithin = CertificateLifetime.renewedWithin

        package init(folder: String) { self.folder = folder }
    }

    /// Nil when the cluster's own authority has no key here (it is kept elsewhere): nothing can be issued then.
    package let authority: CertificateAuthority?
    /// PEM of what clients must trust: the cluster's authority, or the given serving certificate's own chain.
    package let trustPEM: String
    package let serving: CertifiedKey
    package let servingCertificatePath: String, servingKeyPath: String
    /// Whose client certificates are believed.
    package let clientAuthorities: [Certificate]
    package let clientAuthorityPath: String
    package let clientAuthorityPEM: String
    package let frontProxyAuthorityPath: String
    /// PEM of the authority whose proxies are believed.
    package let frontProxyPEM: String
    /// How the API server shows itself to kubelets, whose own certificates nobody has signed.
    package let kubeletClient: TLSFiles
    /// `kubernetes-admin` of `kubeadm:cluster-admins`.
    package let administrator: CertifiedKey?
    /// When the first of what was made here is to be made anew, in seconds since 1970.
    package let renewal: Double

    package static func prepare(_ settings: Settings) throws(Fault) -> ClusterPKI {
        let folder = "\(settings.folder)/pki"
        try PrivateFile.makeFolder(folder)
        let authority = try prepareAuthority("\(folder)/ca", "kubernetes")
        let frontProxy = try prepareAuthority("\(folder)/front-proxy-ca", "front-proxy-ca")
        let proxyClient = try leaf(
            "\(folder)/front-proxy-client", frontProxy, .init(commonName: "front-proxy-client", usage: .client),
            settings)
        let kubelet = "\(folder)/apiserver-kubelet-client"
        let kubeletClient = try leaf(
            kubelet, authority,
            .init(
                commonName: "kube-apiserver-kubelet-client", organizations: ["kubeadm:cluster-admins"], usage: .client),
            settings)
        let serving = try prepareServing(settings, authority, folder)
        let administrator = try leaf(
            "\(folder)/admin", authority,
            .init(commonName: "kubernetes-admin", organizations: ["kubeadm:cluster-admins"], usage: .client), settings)

        let clientPath = settings.clientAuthorityFile ?? "\(folder)/ca.crt"
        guard let clientText = try PrivateFile.text(clientPath) else {
            throw Fault(.notFound, "the clients' authority \(clientPath) (--client-ca-file) isn't there")
        }
        let clients = try PEM.certificates(clientText, of: clientPath)
        guard !clients.isEmpty else { throw Fault(.invalid, "\(clientPath) holds no certificate") }

        let proxyPath = settings.frontProxyAuthorityFile ?? "\(folder)/front-proxy-ca.crt"
        guard let proxyText = try PrivateFile.text(proxyPath) else {
            throw Fault(
                .notFound, "the front proxies' authority \(proxyPath) (--requestheader-client-ca-file) isn't there")
        }
        let isOwn = settings.servingCertificateFile == nil
        let own = [proxyClient, kubeletClient, administrator, isOwn ? serving.pair : nil].compactMap { $0?.certificate }
        let ends = own.map { CertificateTime.expiry($0) }.min() ?? .infinity
        return ClusterPKI(
            authority: authority.key.map { CertificateAuthority($0) },
            trustPEM: isOwn ? authority.certificatePEM : serving.pair.certificatePEM,
            serving: serving.pair, servingCertificatePath: serving.certificatePath, servingKeyPath: serving.keyPath,
            clientAuthorities: clients, clientAuthorityPath: clientPath, clientAuthorityPEM: clientText,
            frontProxyAuthorityPath: proxyPath, frontProxyPEM: proxyText,
            kubeletClient: TLSFiles(
                authority: nil, certificate: kubeletClient.map { _ in "\(kubelet).crt" },
                key: kubeletClient.map { _ in "\(kubelet).key" }, verify: false),
            administrator: administrator, renewal: ends - Double(settings.renewedWithin))
    }

    /// An authority's certificate, with its key where that is kept here.
    private struct Authority {
        let path: String, certificatePEM: String, certificate: Certificate
        let key: CertifiedKey?
    }

    private static func prepareAuthority(_ path: String, _ name: String) throws(Fault) -> Authority {
        if let text = try PrivateFile.text("\(path).crt") {
            guard let certificate = try PEM.certificates(text, of: "\(path).crt").first else {
                throw Fault(.invalid, "\(path).crt holds no certificate")
            }
            guard CertificateTime.expiry(certificate) > CertificateTime.now else {
                throw Fault(
                    .invalid,
                    "the certificate authority \(path).crt has expired: move \(path).crt and \(path).key away to "
                        + "have a new one made; every kubeconfig and certificate of the cluster must be made anew then")
            }
            let pair = try CertifiedKey(certificateFile: "\(path).crt", keyFile: "\(path).key")
            return Authority(path: path, certificatePEM: text, certificate: certificate, key: pair)
        }
        let made = try CertificateAuthority.make(commonName: name)
        try made.pair.write(certificateFile: "\(path).crt", keyFile: "\(path).key")
        return Authority(
            path: path, certificatePEM: made.pair.certificatePEM, certificate: made.pair.certificate, key: made.pair)
    }

    private static func prepareServing(_ settings: Settings, _ authority: Authority, _ folder: String) throws(Fault)
        -> (pair: CertifiedKey, certificatePath: String, keyPath: String)
    {
        switch (settings.servingCertificateFile, settings.servingKeyFile) {
        case (let certificate?, let key?):
            guard let pair = try CertifiedKey(certificateFile: certificate, keyFile: key) else {
                throw Fault(.notFound, "\(certificate) or \(key) (--tls-cert-file, --tls-private-key-file) isn't there")
            }
            return (pair, certificate, key)
        case (nil, nil): break
        default:
            throw Fault(.invalid, "--tls-cert-file and --tls-private-key-file go together: give both or none")
        }
        let domain = "kubernetes.default.svc.\(settings.clusterDomain)"
        var request = CertificateRequest(commonName: "kube-apiserver", usage: .server)
        request.dnsNames = ["localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc", domain]
        request.addresses = ["127.0.0.1", "::1", settings.serviceAddress]
        for name in settings.serverNames where !["", "0.0.0.0", "::"].contains(name) {
            if IPText.bytes(name) != nil { request.addresses.append(name) } else { request.dnsNames.append(name) }
        }
        request.dnsNames = unique(request.dnsNames)
        request.addresses = unique(request.addresses)
        guard let pair = try leaf("\(folder)/apiserver", authority, request, settings) else {
            throw Fault(
                .notFound,
                "\(folder)/apiserver.crt must be made, but the authority's key \(authority.path).key isn't here")
        }
        return (pair, "\(folder)/apiserver.crt", "\(folder)/apiserver.key")
    }

    /// The certificate in PATH.crt and PATH.key when it still serves, else a new one; nil when none can be made.
    private static func leaf(
        _ path: String, _ authority: Authority, _ request: CertificateRequest, _ settings: Settings
    ) throws(Fault) -> CertifiedKey? {
        let found = try CertifiedKey(certificateFile: "\(path).crt", keyFile: "\(path).key")
        if let found, serves(found.certificate, authority, request, settings) { return found }
        guard let key = authority.key else { return found }
        var request = request
        request.lifetime = settings.lifetime
        let made = try CertificateAuthority(key).issue(request)
        try made.write(certificateFile: "\(path).crt", keyFile: "\(path).key")
        return made
    }

    private static func serves(
        _ certificate: Certificate, _ authority: Authority, _ request: CertificateRequest, _ settings: Settings
    ) -> Bool {
        guard certificate.issuer == authority.certificate.subject,
            authority.certificate.publicKey.isValidSignature(certificate.signature, for: certificate),
            CertificateTime.expiry(certificate) - CertificateTime.now > Double(settings.renewedWithin)
        else { return false }
        let names = (try? certificate.extensions.subjectAlternativeNames).flatMap { $0.map { Array($0) } } ?? []
        let dns = names.compactMap { if case .dnsName(let name) = $0 { name } else { nil } }
        let addresses = names.compactMap { if case .ipAddress(let bytes) = $0 { Array(bytes.bytes) } else { nil } }
        return request.dnsNames.allSatisfy(dns.contains)
            && request.addresses.allSatisfy { IPText.bytes($0).map(addresses.contains) ?? false }
    }

    private static func unique(_ names: [String]) -> [String] {
        names.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }
}
