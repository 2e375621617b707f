/// Why bytes are no DNS message.
package enum DNSFault: Error, Equatable {
    /// It ends before what it announces.
    case short
    case badName
    /// A record's data doesn't have its type's form.
    case badData
    case severalExtensions
    case tooLong
}

extension DNSMessage {
    /// Parses one whole message. Bytes behind it are left alone, as other servers do.
    package init(parsing bytes: [UInt8]) throws(DNSFault) {
        var reader = DNSReader(bytes)
        self.init(id: try reader.integer())
        let flags: UInt16 = try reader.integer()
        isResponse = flags & 0x8000 != 0
        operation = UInt8(flags >> 11 & 0xf)
        isAuthoritative = flags & 0x0400 != 0
        isTruncated = flags & 0x0200 != 0
        wantsRecursion = flags & 0x0100 != 0
        offersRecursion = flags & 0x0080 != 0
        isAuthentic = flags & 0x0020 != 0
        wantsUnchecked = flags & 0x0010 != 0
        status = DNSStatus(rawValue: flags & 0xf)
        let counts: (UInt16, UInt16, UInt16, UInt16) = (
            try reader.integer(), try reader.integer(), try reader.integer(), try reader.integer()
        )
        for _ in 0..<counts.0 {
            questions.append(
                DNSQuestion(
                    try reader.name(), DNSType(rawValue: try reader.integer()), class: try reader.integer()))
        }
        for _ in 0..<counts.1 { answers.append(try reader.record()) }
        for _ in 0..<counts.2 { authorities.append(try reader.record()) }
        for _ in 0..<counts.3 { try take(additional: try reader.record()) }
    }

    private mutating func take(additional record: DNSRecord) throws(DNSFault) {
        guard case .other(.opt, let options) = record.data else { return additionals.append(record) }
        guard extended == nil else { throw .severalExtensions }
        // EDNS has other uses for its record's class and time to live (RFC 6891 6.1.3).
        var told = DNSExtension(datagramBytes: record.class, wantsSignatures: record.timeToLive & 0x8000 != 0)
        told.version = UInt8(record.timeToLive >> 16 & 0xff)
        told.options = options
        extended = told
        status = DNSStatus(rawValue: status.rawValue | UInt16(record.timeToLive >> 24) << 4)
    }
}

/// Reads a message front to back. Every step either moves on or throws, so that no message takes longer than its bytes.
struct DNSReader {
    private let bytes: [UInt8]
    private var at = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func integer<T: FixedWidthInteger>() throws(DNSFault) -> T {
        guard bytes.count - at >= MemoryLayout<T>.size else { throw .short }
        var value = T.zero
        for _ in 0..<MemoryLayout<T>.size {
            value = T(truncatingIfNeeded: UInt64(truncatingIfNeeded: value) << 8 | UInt64(bytes[at]))
            at += 1
        }
        return value
    }

    mutating func take(_ count: Int) throws(DNSFault) -> [UInt8] {
        guard bytes.count - at >= count else { throw .short }
        defer { at += count }
        return Array(bytes[at..<(at + count)])
    }

    /// A name may go on at an earlier place of the message, and from there only at a still earlier one: so it ends.
    mutating func name() throws(DNSFault) -> DNSName {
        var wire: [UInt8] = []
        var place = at
        var lowest = at
        var end: Int?
        while true {
            guard place < bytes.count else { throw .short }
            let length = Int(bytes[place])
            switch length {
            case 0:
                at = end ?? place + 1
                return DNSName(unchecked: wire)
            case 1...DNSName.Limit.label:
                guard place + length < bytes.count else { throw .short }
                wire += bytes[place...(place + length)]
                guard wire.count < DNSName.Limit.name else { throw .badName }
                place += length + 1
            case 0xc0...0xff:
                guard place + 1 < bytes.count else { throw .short }
                let target = (length & 0x3f) << 8 | Int(bytes[place + 1])
                guard target < lowest else { throw .badName }
                if end == nil { end = place + 2 }
                (place, lowest) = (target, target)
            default: throw .badName
            }
        }
    }

    mutating func record() throws(DNSFault) -> DNSRecord {
        let name = try name()
        let type = DNSType(rawValue: try integer())
        let kind: UInt16 = try integer()
        let timeToLive: UInt32 = try integer()
        let length = Int(try integer() as UInt16)
        guard bytes.count - at >= length else { throw .short }
        let end = at + length
        let data = try data(type, end: end)
        guard at == end else { throw .badData }
        return DNSRecord(name, timeToLive: timeToLive, data, class: kind)
    }

    private mutating func data(_ type: DNSType, end: Int) throws(DNSFault) -> DNSData {
        switch type {
        case .a where end - at == 4: return .a(try take(4))
        case .aaaa where end - at == 16: return .aaaa(try take(16))
        case .a, .aaaa: throw .badData
        case .cname: return .cname(try name())
        case .ns: return .ns(try name())
        case .ptr: return .ptr(try name())
        case .mx: return .mx(preference: try integer(), exchange: try name())
        case .srv:
            return .srv(
                priority: try integer(), weight: try integer(), port: try integer(), target: try name())
        case .soa:
            return .soa(
                DNSAuthority(
                    server: try name(), mailbox: try name(), serial: try integer(), refresh: try integer(),
                    retry: try integer(), expire: try integer(), negative: try integer()))
        case .txt:
            var strings: [[UInt8]] = []
            while at < end { strings.append(try take(Int(try integer() as UInt8))) }
            return .txt(strings)
        default: return .other(type, try take(end - at))
        }
    }
}
