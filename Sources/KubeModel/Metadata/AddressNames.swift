import JSON

extension Names {
    /// An IP address of a new field: canonical, no leading zeros, no IPv4 in IPv6 clothes.
    package static func ip(_ path: FieldPath, _ value: String) -> [FieldError] {
        let faults = legacyIP(path, value)
        guard faults.isEmpty, let address = IPAddress(value), address.description != value else { return faults }
        return [.invalid(path, .string(value), "must be in canonical form (\(GoText.quoted(address.description)))")]
    }

    /// An IP address of a field that is older than the strict rule. One of `old`'s passes whatever it is.
    package static func legacyIP(_ path: FieldPath, _ value: String, old: [String] = []) -> [FieldError] {
        if old.contains(value) { return [] }
        guard let (_, form) = IPAddress.parse(Substring(value)) else {
            return [
                .invalid(
                    path, .string(value), "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)")
            ]
        }
        var faults: [FieldError] = []
        if form.hasLeadingZeros { faults.append(.invalid(path, .string(value), "must not have leading 0s")) }
        if form.isMapped, !form.hasLeadingZeros {
            faults.append(.invalid(path, .string(value), "must not be an IPv4-mapped IPv6 address"))
        }
        return faults
    }

    /// A network of a new field, in canonical form.
    package static func cidr(_ path: FieldPath, _ value: String) -> [FieldError] {
        let faults = legacyCIDR(path, value)
        guard faults.isEmpty, let cidr = CIDR(value), cidr.description != value else { return faults }
        return [.invalid(path, .string(value), "must be in canonical form (\(GoText.quoted(cidr.description)))")]
    }

    /// A network of a field that is older than the strict rule. One of `old`'s passes whatever it is.
    package static func legacyCIDR(_ path: FieldPath, _ value: String, old: [String] = []) -> [FieldError] {
        if old.contains(value) { return [] }
        guard let (cidr, form) = CIDR.parse(value) else {
            return [
                .invalid(path, .string(value), "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)")
            ]
        }
        if form.hasLeadingZeros {
            return [.invalid(path, .string(value), "must not have leading 0s in IP or prefix length")]
        }
        if form.isMapped { return [.invalid(path, .string(value), "must not have an IPv4-mapped IPv6 address")] }
        if cidr.network != cidr.address {
            return [.invalid(path, .string(value), "must not have bits set beyond the prefix length")]
        }
        return []
    }

    /// An address with its network's prefix (`192.168.1.5/24`), in canonical form.
    package static func interfaceAddress(_ path: FieldPath, _ value: String) -> [FieldError] {
        guard let (cidr, _) = CIDR.parse(value) else {
            return [
                .invalid(
                    path, .string(value), "must be a valid address in CIDR form, (e.g. 10.9.8.7/24 or 2001:db8::1/64)")
            ]
        }
        let canonical = "\(cidr.address)/\(cidr.prefixLength)"
        if value == canonical { return [] }
        return [.invalid(path, .string(value), "must be in canonical form (\(GoText.quoted(canonical)))")]
    }

    /// Sentences for `Warning` headers about an address that passed `legacyIP`.
    package static func ipWarnings(_ path: FieldPath, _ value: String) -> [String] {
        guard let (address, form) = IPAddress.parse(Substring(value)) else { return [] }
        let (given, better) = (GoText.quoted(value), GoText.quoted(address.description))
        if form.hasLeadingZeros || form.isMapped {
            return ["\(path): non-standard IP address \(given) is invalid: use \(better)"]
        }
        if address.description != value {
            return ["\(path): IPv6 address \(given) should be in RFC 5952 canonical format (\(better))"]
        }
        return []
    }

    /// Sentences for `Warning` headers about a network that passed `legacyCIDR`.
    package static func cidrWarnings(_ path: FieldPath, _ value: String) -> [String] {
        guard let (cidr, form) = CIDR.parse(value) else { return [] }
        let (given, better) = (GoText.quoted(value), GoText.quoted(cidr.description))
        var warnings: [String] = []
        if cidr.network != cidr.address {
            let single = GoText.quoted("\(cidr.address)/\(cidr.isIPv4 ? 32 : 128)")
            warnings.append(
                "\(path): CIDR value \(given) is ambiguous in this context (should be \(better) or \(single)?)")
        }
        if form.hasLeadingZeros || form.isMapped {
            warnings.append("\(path): non-standard CIDR value \(given) is invalid: use \(better)")
        }
        if warnings.isEmpty, !cidr.isIPv4, cidr.description != value {
            warnings.append(
                "\(path): IPv6 CIDR value \(given) should be in RFC 5952 canonical format (\(better))")
        }
        return warnings
    }

    /// A name with at least three segments: `a.example.com`.
    package static func fullyQualifiedName(_ path: FieldPath, _ value: String) -> [FieldError] {
        if value.isEmpty { return [.required(path)] }
        let faults = dnsSubdomain(value)
        if !faults.isEmpty { return [.invalid(path, .string(value), faults.joined(separator: ","))] }
        guard value.split(separator: ".", omittingEmptySubsequences: false).count < 3 else { return [] }
        return [
            .invalid(path, .string(value), "should be a domain with at least three segments separated by dots")
        ]
    }

    /// `acme.io/foo`.
    package static func domainPrefixedPath(_ path: FieldPath, _ value: String) -> [FieldError] {
        if value.isEmpty { return [.required(path)] }
        guard let slash = value.firstIndex(of: "/"), slash > value.startIndex,
            case let rest = String(value[value.index(after: slash)...]), !rest.isEmpty
        else {
            return [.invalid(path, .string(value), "must be a domain-prefixed path (such as \"acme.io/foo\")")]
        }
        let host = String(value[..<slash])
        var faults = dnsSubdomain(host).map { FieldError.invalid(path, .string(host), $0) }
        if !rest.utf8.allSatisfy({ isPathByte($0) }) {
            faults.append(
                .invalid(path, .string(rest), form("Invalid path", "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+")))
        }
        return faults
    }

    private static func isPathByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: "/-._~%!$&'()*+,;=:".utf8.contains(byte)
        }
    }
}
