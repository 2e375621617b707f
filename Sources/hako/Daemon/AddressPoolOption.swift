import CommandLine
import ContainerNetwork
import Fault
import Linux

/// `--default-address-pool base=…,size=…`, in dockerd's words.
enum AddressPoolOption {
    static func parse(_ text: String) throws(Fault) -> AddressPool.Split {
        var base: IPPrefix?
        var size = 0
        for field in text.lowercased().split(separator: ",", omittingEmptySubsequences: false) {
            let parts = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2 else {
                throw Fault(.invalid, "invalid field '\(field)' must be a key=value pair")
            }
            switch parts[0] {
            case "base":
                guard let prefix = IPPrefix(parts[1]) else {
                    throw Fault(
                        .invalid, "invalid base prefix \"\(parts[1])\": an address and a prefix length are needed")
                }
                base = prefix
            case "size":
                guard let number = Int(parts[1]) else {
                    throw Fault(.invalid, "invalid size value: \"\(text)\" (must be integer)")
                }
                size = number
            default: throw Fault(.invalid, "unexpected key '\(parts[0])' in '\(field)'")
            }
        }
        guard let base, size != 0 else {
            throw Fault(.invalid, "default address pool \"\(text)\" is not in canonical form: base and size are needed")
        }
        guard base.length <= size else {
            throw Fault(
                .invalid,
                "default address pool \"\(text)\" has a smaller prefix (/\(base.length)) than the target size of that pool (/\(size))"
            )
        }
        guard let pool = AddressPool.Split(base: base, size: size) else {
            throw Fault(.invalid, "default address pool \"\(text)\": subnets of /\(size) hold no containers")
        }
        return pool
    }

    /// In order, without those that lie in another one, as dockerd arranges them.
    static func arranged(_ pools: [AddressPool.Split]) -> [AddressPool.Split] {
        let sorted = pools.sorted { a, b in
            (a.base.address.bytes.count, a.base.first, a.base.length)
                < (b.base.address.bytes.count, b.base.first, b.base.length)
        }
        return sorted.reduce(into: []) { kept, pool in
            if kept.last?.base.overlaps(pool.base) != true { kept.append(pool) }
        }
    }

    /// The default bridge's, when none is given; nil when there are IPv6 pools only.
    static func bridgeAddress(_ pools: [AddressPool.Split]) -> String? {
        guard let first = pools.first(where: { $0.base.address.isV4 }),
            let address = first.base.first.advanced(by: 1)
        else { return nil }
        return "\(address)/\(first.size)"
    }
}
