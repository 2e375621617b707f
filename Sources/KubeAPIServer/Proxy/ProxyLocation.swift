import KubeModel

/// Where a `proxy` request goes.
struct ProxyLocation: Sendable, Equatable {
    var isSecure = false
    /// An address or a name.
    var host: String
    /// "": the protocol's own.
    var port = ""
    /// Whether it is the node's kubelet, which asks for the API server's client certificate.
    var isKubelet = false

    /// `10.0.0.7:8080`, `[fd00::7]:8080`.
    var endpoint: String { "\(host.contains(":") ? "[\(host)]" : host):\(portText)" }
    var portText: String { !port.isEmpty ? port : isSecure ? "443" : "80" }
}

/// What a `proxy` request names: `web`, `web:8080`, `https:web:8443`, `https:web:`.
struct ProxyName: Sendable, Equatable {
    var isSecure = false
    var name: String
    /// A number or, of a service, a port's name; "" for none.
    var port = ""

    /// Nil for what has another shape or another scheme than `http` and `https`.
    init?(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        switch parts.count {
        case 1: name = parts[0]
        case 2: (name, port) = (parts[0], parts[1])
        case 3:
            guard ["", "http", "https"].contains(parts[0]) else { return nil }
            isSecure = parts[0] == "https"
            (name, port) = (parts[1], parts[2])
        default: return nil
        }
        if name.isEmpty { return nil }
    }
}

/// Which addresses the API server lets itself be sent to. Whoever may write a pod's or node's status chooses them, so
/// the server's own loopback services and its cloud's metadata address (169.254.169.254) are no targets.
package struct ProxyDestinations: Sendable {
    /// For tests, whose servers listen on loopback.
    package var allowsLoopback = false

    package init(allowsLoopback: Bool = false) { self.allowsLoopback = allowsLoopback }

    /// Whether the address is one of a single machine elsewhere, as Go's `IsGlobalUnicast` has it.
    func allows(_ text: String) -> Bool {
        guard let bytes = IPAddress(text)?.bytes else { return false }
        let isFour = IPAddress(text)?.isIPv4 ?? false
        let isLoopback = isFour ? bytes[12] == 127 : bytes == Self.loopback
        if isLoopback { return allowsLoopback }
        if bytes.dropFirst(isFour ? 12 : 0).allSatisfy({ $0 == 0 }) { return false }
        if isFour {
            let isBroadcast = bytes[12...].allSatisfy { $0 == 255 }
            let isLinkLocal = bytes[12] == 169 && bytes[13] == 254
            return !isBroadcast && !isLinkLocal && bytes[12] & 0xF0 != 0xE0
        }
        let isLinkLocal = bytes[0] == 0xFE && bytes[1] & 0xC0 == 0x80
        return !isLinkLocal && bytes[0] != 0xFF
    }

    private static let loopback: [UInt8] = [UInt8](repeating: 0, count: 15) + [1]
}
