import Glibc

/// An IPv4 or IPv6 address as bytes in network order.
struct IPAddress: Sendable, Hashable {
    let bytes: [UInt8]

    /// Nil when the text is no numeric address.
    init?(_ text: String) {
        var four = in_addr()
        if inet_pton(AF_INET, text, &four) == 1 {
            bytes = withUnsafeBytes(of: &four) { Array($0) }
            return
        }
        var six = in6_addr()
        guard inet_pton(AF_INET6, text, &six) == 1 else { return nil }
        bytes = withUnsafeBytes(of: &six) { Array($0) }
    }

    init(bytes: [UInt8]) { self.bytes = bytes }

    /// What a name resolves to; empty when it doesn't. Blocks: not for the cooperative pool.
    static func resolve(_ host: String) -> [IPAddress] {
        if let literal = IPAddress(host) { return [literal] }
        var list: UnsafeMutablePointer<addrinfo>?
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        guard getaddrinfo(host, nil, &hints, &list) == 0, let list else { return [] }
        defer { freeaddrinfo(list) }
        var found: [IPAddress] = []
        var entry: UnsafeMutablePointer<addrinfo>? = list
        while let current = entry {
            if let address = current.pointee.ai_addr { found += [IPAddress(address)].compactMap { $0 } }
            entry = current.pointee.ai_next
        }
        return found
    }

    private init?(_ address: UnsafeMutablePointer<sockaddr>) {
        switch Int32(address.pointee.sa_family) {
        case AF_INET:
            bytes = address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                withUnsafeBytes(of: $0.pointee.sin_addr) { Array($0) }
            }
        case AF_INET6:
            bytes = address.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) {
                withUnsafeBytes(of: $0.pointee.sin6_addr) { Array($0) }
            }
        default: return nil
        }
    }
}

/// A CIDR block (RFC 4632).
struct AddressRange: Sendable, Hashable {
    let base: [UInt8]
    let prefix: Int

    static let loopback = [AddressRange("127.0.0.0/8"), AddressRange("::1/128")].compactMap { $0 }

    /// Nil when the text is no `address/length`.
    init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let address = IPAddress(String(parts[0])), let prefix = Int(parts[1]),
            (0...address.bytes.count * 8).contains(prefix)
        else { return nil }
        base = address.bytes
        self.prefix = prefix
    }

    func contains(_ address: IPAddress) -> Bool {
        guard address.bytes.count == base.count else { return false }
        for bit in 0..<prefix {
            let mask = UInt8(0x80) >> UInt8(bit & 7)
            if (address.bytes[bit >> 3] ^ base[bit >> 3]) & mask != 0 { return false }
        }
        return true
    }
}

/// Whether a registry may be spoken to without a verified certificate: named in `insecure` (a registry as people
/// write it, or a CIDR block it resolves into), or this machine itself.
/// `resolve` is asked only for names, and only when a block could decide.
func isInsecure(_ registry: String, insecure: [String], resolve: (String) -> [IPAddress]) -> Bool {
    guard let authority = Authority(registry) else { return false }
    if insecure.contains(where: { $0.lowercased() == registry.lowercased() }) || isLoopback(authority.host) {
        return true
    }
    let ranges = AddressRange.loopback + insecure.compactMap(AddressRange.init)
    let addresses = resolve(authority.host)
    return addresses.contains { address in ranges.contains { $0.contains(address) } }
}
