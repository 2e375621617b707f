import KubeModel

/// Parts of the pods' network for nodes.
struct NodeNetworkPlan: Sendable {
    /// Bits of a node's part.
    static let prefix = 24

    private let base: UInt32
    private let count: Int

    /// Nil for what is no IPv4 network of at least a node's size.
    init?(_ cluster: String) {
        let halves = cluster.split(separator: "/")
        guard halves.count == 2, let bits = Int(halves[1]), bits >= 0, bits <= Self.prefix else { return nil }
        let bytes = halves[0].split(separator: ".").compactMap { UInt8($0) }
        guard bytes.count == 4 else { return nil }
        let address = bytes.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        base = bits == 0 ? 0 : address & (UInt32.max << UInt32(32 - bits))
        count = 1 << (Self.prefix - bits)
    }

    /// The first free part, looked for from `from` on; nil when none is left.
    func free(_ used: Set<String>, from: Int = 0) -> String? {
        for step in 0..<count {
            let network = network((from + step) % count)
            if !used.contains(network) { return network }
        }
        return nil
    }

    func network(_ number: Int) -> String {
        let address = base + UInt32(number) << UInt32(32 - Self.prefix)
        let bytes = [24, 16, 8, 0].map { String(address >> UInt32($0) & 255) }
        return "\(bytes.joined(separator: "."))/\(Self.prefix)"
    }
}
