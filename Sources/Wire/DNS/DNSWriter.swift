extension DNSMessage {
    /// The message's bytes, at most `limit`. Where they are too many, the additional records go first, which nobody
    /// must have, then the rest from the end, and the message says that it is truncated (RFC 2181 9).
    package func bytes(limit: Int = Limit.message) throws(DNSFault) -> [UInt8] {
        var writer = DNSWriter(limit: limit - extensionBytes)
        writer.put(id)
        writer.put(UInt16(0))
        for _ in 0..<4 { writer.put(UInt16(0)) }
        for question in questions {
            writer.put(question.name)
            writer.put(question.type.rawValue)
            writer.put(question.class)
        }
        guard !writer.isFull else { throw .tooLong }
        let answerCount = try writer.put(answers)
        let isWhole = answerCount == answers.count
        let authorityCount = isWhole ? try writer.put(authorities) : 0
        let isCut = !isWhole || authorityCount < authorities.count
        let additionalCount = isCut ? 0 : try writer.put(additionals)
        if let extended { writer.put(extended, status: status) }
        writer.store(flags(isCut: isCut), at: 2)
        let counts = [
            questions.count, answerCount, authorityCount, additionalCount + (extended == nil ? 0 : 1),
        ]
        for (position, count) in counts.enumerated() {
            guard let short = UInt16(exactly: count) else { throw .tooLong }
            writer.store(short, at: 4 + 2 * position)
        }
        return writer.bytes
    }

    private var extensionBytes: Int { extended.map { 11 + $0.options.count } ?? 0 }

    private func flags(isCut: Bool) -> UInt16 {
        let bits: [(Bool, UInt16)] = [
            (isResponse, 0x8000), (isAuthoritative, 0x0400), (isTruncated || isCut, 0x0200), (wantsRecursion, 0x0100),
            (offersRecursion, 0x0080), (isAuthentic, 0x0020), (wantsUnchecked, 0x0010),
        ]
        return bits.reduce(UInt16(operation & 0xf) << 11 | status.rawValue & 0xf) { $1.0 ? $0 | $1.1 : $0 }
    }
}

/// Writes a message, naming by reference what it named before.
struct DNSWriter {
    private(set) var bytes: [UInt8] = []
    private let limit: Int
    /// Where the suffixes of names stand.
    private var places: [ArraySlice<UInt8>: UInt16] = [:]
    /// The last place that a reference can tell.
    private static let reach = 0x3fff

    init(limit: Int) {
        self.limit = limit
        bytes.reserveCapacity(min(limit, 512))
    }

    var isFull: Bool { bytes.count > limit }

    mutating func put<T: FixedWidthInteger>(_ value: T) { withUnsafeBytes(of: value.bigEndian) { bytes += $0 } }

    mutating func store(_ value: UInt16, at offset: Int) {
        bytes[offset] = UInt8(value >> 8)
        bytes[offset + 1] = UInt8(value & 0xff)
    }

    mutating func put(_ name: DNSName) {
        for (at, key) in name.suffixes {
            if let place = places[key] { return put(0xc000 | place) }
            if bytes.count <= Self.reach { places[key] = UInt16(bytes.count) }
            bytes += name.wire[at...(at + Int(name.wire[at]))]
        }
        bytes.append(0)
    }

    /// SRV's target must be whole (RFC 2782).
    private mutating func putWhole(_ name: DNSName) {
        bytes += name.wire
        bytes.append(0)
    }

    /// As many as fit.
    mutating func put(_ records: [DNSRecord]) throws(DNSFault) -> Int {
        for (position, record) in records.enumerated() {
            let (length, places) = (bytes.count, places)
            try put(record)
            if isFull {
                bytes.removeSubrange(length...)
                self.places = places
                return position
            }
        }
        return records.count
    }

    private mutating func put(_ record: DNSRecord) throws(DNSFault) {
        put(record.name)
        put(record.data.type.rawValue)
        put(record.class)
        put(record.timeToLive)
        let start = bytes.count
        put(UInt16(0))
        put(record.data)
        guard let length = UInt16(exactly: bytes.count - start - 2) else { throw .tooLong }
        store(length, at: start)
    }

    private mutating func put(_ data: DNSData) {
        switch data {
        case .a(let address), .aaaa(let address), .other(_, let address): bytes += address
        case .cname(let name), .ns(let name), .ptr(let name): put(name)
        case .srv(let priority, let weight, let port, let target):
            for value in [priority, weight, port] { put(value) }
            putWhole(target)
        case .mx(let preference, let exchange):
            put(preference)
            put(exchange)
        case .txt(let strings):
            for string in strings {
                bytes.append(UInt8(min(255, string.count)))
                bytes += string.prefix(255)
            }
        case .soa(let authority):
            put(authority.server)
            put(authority.mailbox)
            for value in [
                authority.serial, authority.refresh, authority.retry, authority.expire, authority.negative,
            ] { put(value) }
        }
    }

    mutating func put(_ extended: DNSExtension, status: DNSStatus) {
        bytes.append(0)
        put(DNSType.opt.rawValue)
        put(extended.datagramBytes)
        put(
            UInt32(status.rawValue >> 4) << 24 | UInt32(extended.version) << 16
                | (extended.wantsSignatures ? 0x8000 : 0))
        put(UInt16(truncatingIfNeeded: extended.options.count))
        bytes += extended.options
    }
}
