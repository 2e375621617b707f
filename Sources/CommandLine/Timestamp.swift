import Glibc

/// A moment in Unix time, to the nanosecond.
package struct Timestamp: Sendable, Equatable, Comparable {
    package var seconds: Int64
    package var nanoseconds: Int64

    package init(seconds: Int64, nanoseconds: Int64 = 0) {
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }

    package init(unixNanoseconds: Int64) {
        let (seconds, rest) = unixNanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        self.init(
            seconds: rest < 0 ? seconds - 1 : seconds, nanoseconds: rest < 0 ? rest + 1_000_000_000 : rest)
    }

    package static func now() -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(seconds: Int64(time.tv_sec), nanoseconds: Int64(time.tv_nsec))
    }

    package static func < (a: Timestamp, b: Timestamp) -> Bool {
        (a.seconds, a.nanoseconds) < (b.seconds, b.nanoseconds)
    }

    /// Seconds from `other` to this.
    package func since(_ other: Timestamp) -> Double {
        Double(seconds - other.seconds) + Double(nanoseconds - other.nanoseconds) / 1e9
    }

    /// True for the moment that Go's zero time stands for, 1 January of year 1, and everything before.
    package var isZero: Bool { seconds <= -62_135_596_800 }

    /// RFC 3339 with any number of fraction digits: `2026-11-22T20:04:56.123456789Z`, `…+09:00`. Nil for other texts.
    package init?(rfc3339 text: String) {
        let bytes = Array(text.utf8)
        func number(_ from: Int, _ count: Int) -> Int64? {
            guard from + count <= bytes.count else { return nil }
            var value: Int64 = 0
            for at in from..<(from + count) {
                guard bytes[at] &- 0x30 < 10 else { return nil }
                value = value * 10 + Int64(bytes[at] - 0x30)
            }
            return value
        }
        guard bytes.count >= 20, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"),
            bytes[10] | 0x20 == UInt8(ascii: "t"), bytes[13] == UInt8(ascii: ":"), bytes[16] == UInt8(ascii: ":"),
            let year = number(0, 4), let month = number(5, 2), let day = number(8, 2),
            let hour = number(11, 2), let minute = number(14, 2), let second = number(17, 2),
            (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second <= 60
        else { return nil }
        var at = 19
        var nanoseconds: Int64 = 0
        if bytes[at] == UInt8(ascii: ".") {
            at += 1
            var scale: Int64 = 100_000_000
            while at < bytes.count, bytes[at] &- 0x30 < 10 {
                nanoseconds += Int64(bytes[at] - 0x30) * scale
                scale /= 10
                at += 1
            }
        }
        guard at < bytes.count else { return nil }
        var offset: Int64 = 0
        if bytes[at] | 0x20 != UInt8(ascii: "z") {
            guard bytes[at] == UInt8(ascii: "+") || bytes[at] == UInt8(ascii: "-"), at + 6 == bytes.count,
                let hours = number(at + 1, 2), let minutes = number(at + 4, 2)
            else { return nil }
            offset = (hours * 3600 + minutes * 60) * (bytes[at] == UInt8(ascii: "-") ? -1 : 1)
        }
        let days = Self.days(year: year, month: month, day: day)
        self.init(seconds: days * 86_400 + hour * 3_600 + minute * 60 + second - offset, nanoseconds: nanoseconds)
    }

    /// Days from 1 January 1970 to a date of the proleptic Gregorian calendar.
    package static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    /// The time broken down in UTC.
    private var utc: tm {
        var parts = tm()
        var time = time_t(seconds)
        gmtime_r(&time, &parts)
        return parts
    }

    /// `.123`, without zeros at the end; empty for whole seconds.
    private var fraction: String {
        guard nanoseconds != 0 else { return "" }
        var digits = Substring(Self.padded(nanoseconds, 9))
        while digits.last == "0" { digits.removeLast() }
        return "." + digits
    }

    /// `2026-11-22T20:04:56.123Z`, UTC: how Go writes a time in JSON.
    package var rfc3339: String { Self.dateAndTime(utc, separator: "T") + fraction + "Z" }

    /// `2026-11-22T20:04:56.123000000Z`, UTC, always nine digits: how logs write their time.
    package var rfc3339Nano: String { Self.dateAndTime(utc, separator: "T") + "." + Self.padded(nanoseconds, 9) + "Z" }

    /// The time broken down by the machine's time zone.
    private var local: tm {
        var parts = tm()
        var time = time_t(seconds)
        localtime_r(&time, &parts)
        return parts
    }

    private static func padded(_ value: some BinaryInteger, _ digits: Int) -> String {
        let text = "\(value)"
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }

    private static func zone(_ parts: tm, colon: Bool) -> String {
        let offset = parts.tm_gmtoff
        let minutes = abs(offset) / 60
        return (offset < 0 ? "-" : "+") + padded(minutes / 60, 2) + (colon ? ":" : "") + padded(minutes % 60, 2)
    }

    private static func dateAndTime(_ parts: tm, separator: String) -> String {
        "\(padded(Int(parts.tm_year) + 1900, 4))-\(padded(parts.tm_mon + 1, 2))-\(padded(parts.tm_mday, 2))\(separator)"
            + "\(padded(parts.tm_hour, 2)):\(padded(parts.tm_min, 2)):\(padded(parts.tm_sec, 2))"
    }

    /// `2026-11-22 20:04:56 +0000 UTC`, local time: how Go prints a time.
    package var goText: String {
        let parts = local
        let zoneName = parts.tm_zone.map { String(cString: $0) } ?? "UTC"
        return Self.dateAndTime(parts, separator: " ") + fraction + " " + Self.zone(parts, colon: false)
            + " \(zoneName)"
    }

    /// `2026-11-22 20:04:56.123 +0000 UTC`: how Go prints a time that it read with a `Z`.
    package var utcGoText: String { Self.dateAndTime(utc, separator: " ") + fraction + " +0000 UTC" }

    /// `2026-11-22T20:04:56Z`, local time: Go's `time.RFC3339`.
    package var localRFC3339: String {
        let parts = local
        let zone = parts.tm_gmtoff == 0 ? "Z" : Self.zone(parts, colon: true)
        return Self.dateAndTime(parts, separator: "T") + zone
    }

    /// `2026-11-22T20:04:56.000000000Z`, local time, always nine digits: how events print their time.
    package var localRFC3339Nano: String {
        let parts = local
        let zone = parts.tm_gmtoff == 0 ? "Z" : Self.zone(parts, colon: true)
        return Self.dateAndTime(parts, separator: "T") + "." + Self.padded(nanoseconds, 9) + zone
    }

    private static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// `Fri May 30 12:07:14 2025`, UTC: Go's `time.ANSIC`.
    package var ansiC: String {
        let parts = utc
        let day = parts.tm_mday < 10 ? " \(parts.tm_mday)" : "\(parts.tm_mday)"
        let clock = "\(Self.padded(parts.tm_hour, 2)):\(Self.padded(parts.tm_min, 2)):\(Self.padded(parts.tm_sec, 2))"
        return "\(Self.weekdays[Int(parts.tm_wday)]) \(Self.months[Int(parts.tm_mon)]) \(day) \(clock) "
            + "\(Int(parts.tm_year) + 1900)"
    }
}

extension Timestamp {
    /// The moment at which local clocks show what this one's UTC clock shows.
    package var readAsLocal: Timestamp {
        var parts = utc
        parts.tm_isdst = -1
        return Timestamp(seconds: Int64(mktime(&parts)), nanoseconds: nanoseconds)
    }
}
