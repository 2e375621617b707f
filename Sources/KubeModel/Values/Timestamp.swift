/// A moment, as `metav1.Time` and `metav1.MicroTime` hold it.
package struct Timestamp: Sendable, Hashable, Comparable {
    /// Since 1970, UTC.
    package var seconds: Int
    /// 0 to 999 999 999.
    package var nanoseconds: Int

    package init(seconds: Int, nanoseconds: Int = 0) {
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }

    /// From seconds since 1970 with a fraction.
    package init(_ time: Double) {
        let whole = time.rounded(.down)
        seconds = Int(exactly: whole) ?? 0
        nanoseconds = Int((time - whole) * 1e9)
    }

    /// In seconds since 1970.
    package var time: Double { Double(seconds) + Double(nanoseconds) / 1e9 }

    package static func < (a: Timestamp, b: Timestamp) -> Bool {
        (a.seconds, a.nanoseconds) < (b.seconds, b.nanoseconds)
    }

    /// `2026-04-01T08:30:00Z`.
    package var text: String { String(decoding: bytes(fraction: false), as: UTF8.self) }
    /// `2026-04-01T08:30:00.000000Z`.
    package var microText: String { String(decoding: bytes(fraction: true), as: UTF8.self) }

    private func bytes(fraction: Bool) -> [UInt8] {
        let day = seconds >= 0 ? seconds / 86_400 : -((86_399 - seconds) / 86_400)
        let rest = seconds - day * 86_400
        let (year, month, date) = Timestamp.civil(day: day)
        var out: [UInt8] = []
        out.reserveCapacity(27)
        func put(_ value: Int, _ width: Int, _ after: Character) {
            var divisor = 1
            for _ in 1..<width { divisor *= 10 }
            while divisor > 0 {
                out.append(UInt8(truncatingIfNeeded: 0x30 + value / divisor % 10))
                divisor /= 10
            }
            out.append(after.asciiValue ?? 0)
        }
        put(year, 4, "-")
        put(month, 2, "-")
        put(date, 2, "T")
        put(rest / 3_600, 2, ":")
        put(rest / 60 % 60, 2, ":")
        put(rest % 60, 2, fraction ? "." : "Z")
        if fraction { put(nanoseconds / 1_000, 6, "Z") }
        return out
    }

    /// Year, month and day of a day counted from 1970-01-01, in the Gregorian calendar (the usual era arithmetic).
    static func civil(day: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = day + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let ofEra = shifted - era * 146_097
        let yearOfEra = (ofEra - ofEra / 1_460 + ofEra / 36_524 - ofEra / 146_096) / 365
        let ofYear = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let part = (5 * ofYear + 2) / 153
        let month = part < 10 ? part + 3 : part - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, ofYear - (153 * part + 2) / 5 + 1)
    }

    /// The inverse of `civil`.
    static func day(year: Int, month: Int, day: Int) -> Int {
        let year = month <= 2 ? year - 1 : year
        let era = (year >= 0 ? year : year - 399) / 400
        let yearOfEra = year - era * 400
        let ofYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + ofYear - 719_468
    }
}
