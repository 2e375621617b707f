import Linux
import NameServer

/// What a node's DNS server must know.
package struct DNSSettings: Sendable {
    /// The addresses that it answers at, by UDP and TCP.
    package var listen: [IPAddress]
    package var port: Int
    /// Whether to give this namespace the addresses, on its loopback interface.
    package var addsAddresses: Bool
    /// The cluster's domain: `cluster.local`.
    package var domain: String
    /// Addresses whose names only the cluster knows: pods' and services'.
    package var ownRanges: [IPPrefix]
    /// Further names, like `host.minikube.internal`.
    package var hosts: [String: [IPAddress]]
    /// Where other names are asked for.
    package var upstreams: UpstreamSource

    package init(
        listen: [IPAddress], port: Int = 53, addsAddresses: Bool = true, domain: String = "cluster.local",
        ownRanges: [IPPrefix] = [], hosts: [String: [IPAddress]] = [:],
        upstreams: UpstreamSource = .file("/etc/resolv.conf")
    ) {
        self.listen = listen
        self.port = port
        self.addsAddresses = addsAddresses
        self.domain = domain
        self.ownRanges = ownRanges
        self.hosts = hosts
        self.upstreams = upstreams
    }
}
