/// RFC 3339 with nanoseconds in UTC, as Go prints a `time.Time`: trailing zeros of the fraction are left out.
/// Nil is Go's zero time.
package func rfc3339(_ nanoseconds: Int64?) -> String {
    guard let nanoseconds else { return "0001-01-01T00:00:00Z" }
    var seconds = nanoseconds / 1_000_000_000, fraction = nanoseconds % 1_000_000_000
    if fraction < 0 {
        fraction += 1_000_000_000
        seconds -= 1
    }
    var days = seconds / 86_400, second = seconds % 86_400
    if second < 0 {
        second += 86_400
        days -= 1
    }
    let (year, month, day) = civil(days)
    var text = "\(pad(year, 4))-\(pad(month, 2))-\(pad(day, 2))T"
    text += "\(pad(second / 3_600, 2)):\(pad(second / 60 % 60, 2)):\(pad(second % 60, 2))"
    if fraction != 0 {
        var digits = Substring(pad(fraction, 9))
        while digits.last == "0" { digits.removeLast() }
        text += "." + digits
    }
    return text + "Z"
}

/// Nanoseconds since the epoch of an RFC 3339 time with `Z` or an offset; nil when it isn't one.
package func nanoseconds(rfc3339 text: String) -> Int64? {
    let bytes = Array(text.utf8)
    func number(_ start: Int, _ length: Int) -> Int64? {
        guard start + length <= bytes.count else { return nil }
        return Int64(String(decoding: bytes[start..<(start + length)], as: UTF8.self))
    }
    guard bytes.count >= 20, bytes[4] == 0x2D, bytes[7] == 0x2D, bytes[10] | 0x20 == 0x74 || bytes[10] == 0x20,
        bytes[13] == 0x3A, bytes[16] == 0x3A, let year = number(0, 4), let month = number(5, 2),
        let day = number(8, 2), let hour = number(11, 2), let minute = number(14, 2), let second = number(17, 2),
        (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second <= 60
    else { return nil }
    // 64 bits of nanoseconds reach from 1678 to 2261.
    guard (1678...2261).contains(year) else { return nil }
    var at = 19
    var fraction: Int64 = 0
    if bytes[at] == 0x2E {
        at += 1
        var scale: Int64 = 100_000_000
        while at < bytes.count, bytes[at] &- 0x30 < 10 {
            fraction += Int64(bytes[at] - 0x30) * scale
            scale /= 10
            at += 1
        }
    }
    guard at < bytes.count else { return nil }
    var offset: Int64 = 0
    switch bytes[at] {
    case 0x5A, 0x7A: guard at + 1 == bytes.count else { return nil }
    case 0x2B, 0x2D:
        guard at + 6 == bytes.count, let hours = number(at + 1, 2), let minutes = number(at + 4, 2) else { return nil }
        offset = (hours * 3_600 + minutes * 60) * (bytes[at] == 0x2B ? 1 : -1)
    default: return nil
    }
    let total = days(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second - offset
    return total * 1_000_000_000 + fraction
}

private func pad(_ number: Int64, _ width: Int) -> String {
    let digits = "\(number)"
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
}

/// Days since 1970-01-01 to the proleptic Gregorian date, and back (400-year eras that begin on a 1 March).
private func civil(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
}

private func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
    let year = month <= 2 ? year - 1 : year
    let era = (year >= 0 ? year : year - 399) / 400
    let yearOfEra = year - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
}
