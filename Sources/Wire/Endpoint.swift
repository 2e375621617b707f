/// Where a server listens or a client connects: `unix:///run/hako/docker.sock` or `tcp://127.0.0.1:2376`.
package enum Endpoint: Sendable, Hashable {
    case unix(path: String)
    case tcp(host: String, port: Int)
}

/// PEM files for TLS; nil members leave that part out (no client certificate, the system's authorities).
package struct TLSFiles: Sendable, Hashable {
    package var authority: String?
    package var certificate: String?
    package var key: String?
    /// Server: demand a client certificate signed by `authority`. Client: check the server's certificate and name.
    package var verify: Bool

    package init(authority: String?, certificate: String?, key: String?, verify: Bool) {
        self.authority = authority
        self.certificate = certificate
        self.key = key
        self.verify = verify
    }
}
