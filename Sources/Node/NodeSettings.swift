import Fault
import Linux

/// What one node is told: the flags of `hako node`.
package struct NodeSettings: Sendable {
    package var name = ""
    /// Its own address on the cluster's network.
    package var address = ""
    /// `10.244.0.0/24`: its pods' addresses.
    package var podRange = ""
    package var isControlPlane = false
    /// Of the API server.
    package var port = 8_443
    /// Of the cluster's API server, for nodes that join: `https://192.168.49.2:8443`.
    package var server = ""
    /// What a joining node shows: a bootstrap token, and behind a colon the authority's certificate in base64.
    package var token = ""
    /// Where the node keeps everything.
    package var folder = "/var/lib/hako"
    package var runFolder = "/run/hako"
    /// The images of the engine outside, and its socket.
    package var images = "/hako/images"
    package var engineSocket = "/hako/engine.sock"
    package var productVersion = ""
    /// Of a control plane: nodes that exist in the API only.
    package var simulatedNodes = 0
    /// Settings of its parts: `kubelet.NAME=VALUE`.
    package var extraConfig: [String] = []
    /// Process IDs that the machine has; 0: as many as the node sees.
    package var processIDs = 0
    /// Seconds that the kubelet's serving certificate lives.
    package var servingSeconds = 365 * 86_400

    package init() {}

    package func check() throws(Fault) {
        guard !name.isEmpty else { throw Fault(.invalid, "hako node needs a name: --name NAME") }
        guard IPAddress(address) != nil else {
            throw Fault(.invalid, "hako node needs its own address: --address IP, not \"\(address)\"")
        }
        guard let range = IPPrefix(podRange), range.address.isV4, range.length <= 28 else {
            throw Fault(.invalid, "--pod-cidr \"\(podRange)\" is no range for pods, as 10.244.0.0/24")
        }
        guard isControlPlane || !server.isEmpty else {
            throw Fault(.invalid, "hako node is either a --control-plane or joins one: --server https://IP:PORT")
        }
        _ = try kubelet()
    }

    /// The pods' gateway: the first address of their range, with its length.
    var bridgeAddress: String {
        guard let range = IPPrefix(podRange), let first = range.network.address.advanced(by: 1) else { return podRange }
        return "\(first)/\(range.length)"
    }
}
