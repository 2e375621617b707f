/// The types of records and questions that are known by name here; all others pass as numbers.
package struct DNSType: RawRepresentable, Sendable, Hashable {
    package let rawValue: UInt16
    package init(rawValue: UInt16) { self.rawValue = rawValue }

    package static let a = DNSType(rawValue: 1), ns = DNSType(rawValue: 2), cname = DNSType(rawValue: 5)
    package static let soa = DNSType(rawValue: 6), ptr = DNSType(rawValue: 12), mx = DNSType(rawValue: 15)
    package static let txt = DNSType(rawValue: 16), aaaa = DNSType(rawValue: 28), srv = DNSType(rawValue: 33)
    /// EDNS's record (RFC 6891), zone transfers (whole and in parts), and the question for everything.
    package static let opt = DNSType(rawValue: 41), ixfr = DNSType(rawValue: 251), axfr = DNSType(rawValue: 252)
    package static let any = DNSType(rawValue: 255)
}

/// Start of a zone of authority (RFC 1035 3.3.13); times in seconds.
package struct DNSAuthority: Sendable, Hashable {
    package var server: DNSName
    package var mailbox: DNSName
    package var serial: UInt32
    package var refresh: UInt32
    package var retry: UInt32
    package var expire: UInt32
    /// How long an answer of "no such thing" may be kept (RFC 2308).
    package var negative: UInt32

    package init(
        server: DNSName, mailbox: DNSName, serial: UInt32, refresh: UInt32, retry: UInt32, expire: UInt32,
        negative: UInt32
    ) {
        self.server = server
        self.mailbox = mailbox
        self.serial = serial
        self.refresh = refresh
        self.retry = retry
        self.expire = expire
        self.negative = negative
    }
}

package enum DNSData: Sendable, Hashable {
    /// Four bytes.
    case a([UInt8])
    /// Sixteen.
    case aaaa([UInt8])
    case cname(DNSName), ns(DNSName), ptr(DNSName)
    case srv(priority: UInt16, weight: UInt16, port: UInt16, target: DNSName)
    case mx(preference: UInt16, exchange: DNSName)
    /// Strings of at most 255 bytes.
    case txt([[UInt8]])
    case soa(DNSAuthority)
    /// Of any other type, as it stands in the message.
    case other(DNSType, [UInt8])

    package var type: DNSType {
        switch self {
        case .a: .a
        case .aaaa: .aaaa
        case .cname: .cname
        case .ns: .ns
        case .ptr: .ptr
        case .srv: .srv
        case .mx: .mx
        case .txt: .txt
        case .soa: .soa
        case .other(let type, _): type
        }
    }
}

package struct DNSRecord: Sendable, Hashable {
    package static let internet: UInt16 = 1

    package var name: DNSName
    package var `class`: UInt16
    /// In seconds.
    package var timeToLive: UInt32
    package var data: DNSData

    package init(_ name: DNSName, timeToLive: UInt32, _ data: DNSData, class: UInt16 = internet) {
        self.name = name
        self.class = `class`
        self.timeToLive = timeToLive
        self.data = data
    }
}

package struct DNSQuestion: Sendable, Hashable {
    package var name: DNSName
    package var type: DNSType
    package var `class`: UInt16

    package init(_ name: DNSName, _ type: DNSType, class: UInt16 = DNSRecord.internet) {
        self.name = name
        self.type = type
        self.class = `class`
    }
}
