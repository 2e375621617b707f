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

/// A client's TLS settings, as PEM in memory; nil members leave that part out, as in `TLSFiles`.
package struct TLSMaterial: Sendable, Hashable {
    package var authority: [UInt8]?
    package var certificate: [UInt8]?
    package var key: [UInt8]?
    /// Check the server's certificate, and its name or address.
    package var verify: Bool
    /// The name that the server's certificate must have; nil: the one by which it is reached.
    package var serverName: String?

    package init(
        authority: [UInt8]? = nil, certificate: [UInt8]? = nil, key: [UInt8]? = nil, verify: Bool = true,
        serverName: String? = nil
    ) {
        self.authority = authority
        self.certificate = certificate
        self.key = key
        self.verify = verify
        self.serverName = serverName
    }
}
