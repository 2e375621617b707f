import Fault

/// One way to a registry: where, how, and whether its certificate counts.
struct RegistryEndpoint: Sendable, Hashable {
    /// What stands before `/v2/`; its target is the mirror's path, mostly `/`.
    let base: WebAddress
    /// Names the folder in certs.d: `host` or `host:port`, as the user writes the registry.
    let certificateName: String
    /// The registry as people know it, `docker.io`.
    let registry: String
    var isMirror = false
    /// False: any certificate is taken.
    var verifiesCertificate = true

    func address(_ path: String) -> WebAddress {
        var address = base
        while address.target.hasSuffix("/") { address.target.removeLast() }
        address.target += "/v2/" + path
        return address
    }
}

/// The ways to a registry in the order in which dockerd tries them: the mirrors of docker.io, then https, and for an
/// insecure one unverified https and at last plain http.
func endpoints(for registry: String, mirrors: [String], insecure: Bool) throws(Fault) -> [RegistryEndpoint] {
    if registry == "docker.io" {
        var all: [RegistryEndpoint] = []
        for mirror in mirrors {
            guard let base = WebAddress(mirror) else {
                throw Fault(
                    .invalid, "invalid mirror: \"\(mirror)\" is not a valid URI: want http://host[:port] or https://…")
            }
            let loopback = isLoopback(base.host)
            all.append(
                RegistryEndpoint(
                    base: base, certificateName: "\(base.authority)", registry: registry, isMirror: true,
                    verifiesCertificate: !loopback))
        }
        let hub = WebAddress(scheme: "https", authority: Authority(host: "registry-1.docker.io", port: nil))
        return all + [RegistryEndpoint(base: hub, certificateName: "registry-1.docker.io", registry: registry)]
    }
    guard let authority = Authority(registry) else {
        throw Fault(.invalid, "invalid registry name \"\(registry)\": want host[:port]")
    }
    let secure = WebAddress(scheme: "https", authority: authority)
    guard insecure else { return [RegistryEndpoint(base: secure, certificateName: registry, registry: registry)] }
    let plain = WebAddress(scheme: "http", authority: authority)
    return [secure, plain].map {
        RegistryEndpoint(base: $0, certificateName: registry, registry: registry, verifiesCertificate: false)
    }
}

/// Names of this machine itself; what is said to them leaves no network interface.
func isLoopback(_ host: String) -> Bool {
    host == "localhost" || AddressRange.loopback.contains { range in IPAddress(host).map(range.contains) ?? false }
}
