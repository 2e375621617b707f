/// Dates, times and durations as text.
enum TimeText {
    private static func number(_ bytes: ArraySlice<UInt8>) -> Int? {
        guard !bytes.isEmpty, bytes.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return bytes.reduce(0) { ($0 &* 10) &+ Int($1 - 0x30) }
    }

    /// `2006-01-02`, a day that exists.
    static func isDate(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard bytes.count == 10, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"),
            let year = number(bytes[0..<4]), let month = number(bytes[5..<7]), let day = number(bytes[8..<10])
        else { return false }
        return (1...12).contains(month) && day >= 1 && day <= days(month, year)
    }

    private static func days(_ month: Int, _ year: Int) -> Int {
        if month == 2 { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28 }
        return [4, 6, 9, 11].contains(month) ? 30 : 31
    }

    /// Date, `T`, time, offset; the offset's own numbers aren't looked at.
    static func isDateTime(_ text: String) -> Bool {
        let parts = text.lowercased().split(separator: "t", omittingEmptySubsequences: false)
        guard parts.count >= 2, isDate(String(parts[0])) else { return false }
        let time = String(parts[1])
        let pattern = "^([0-9]{2}):([0-9]{2}):([0-9]{2})(.[0-9]+)?(z|([+-][0-9]{2}:[0-9]{2}))$"
        guard (try? RE2Pattern(pattern))?.matches(time) == true else { return false }
        let bytes = Array(time.utf8)
        return number(bytes[0..<2]) ?? 99 <= 23 && number(bytes[3..<5]) ?? 99 <= 59 && number(bytes[6..<8]) ?? 99 <= 59
    }

    private static let units: [(name: String, nanoseconds: Double)] = [
        ("ns", 1), ("us", 1e3), ("µs", 1e3), ("μs", 1e3), ("ms", 1e6), ("s", 1e9), ("m", 60e9), ("h", 3600e9),
    ]

    /// `time.ParseDuration`, in nanoseconds; nil when it is none or doesn't fit an `Int64`.
    static func nanoseconds(_ text: String) -> Double? {
        var rest = text[...]
        if rest.hasPrefix("-") || rest.hasPrefix("+") { rest = rest.dropFirst() }
        if rest == "0" { return 0 }
        guard !rest.isEmpty else { return nil }
        var total = 0.0
        while !rest.isEmpty {
            let number = rest.prefix { ("0"..."9").contains($0) || $0 == "." }
            guard number.contains(where: { $0 != "." }), number.filter({ $0 == "." }).count <= 1 else { return nil }
            rest = rest.dropFirst(number.count)
            let name = rest.prefix { !("0"..."9").contains($0) && $0 != "." }
            guard let unit = units.first(where: { $0.name == name }) else { return nil }
            let digits = (number.hasPrefix(".") ? "0" : "") + number + (number.hasSuffix(".") ? "0" : "")
            total += (Double(digits) ?? .infinity) * unit.nanoseconds
            rest = rest.dropFirst(name.count)
        }
        return total <= 0x1p63 ? total : nil
    }

    private static let words: [(names: [String], prefix: String)] = [
        (["ns"], "nano"), (["us", "µs"], "micro"), (["ms"], "milli"), (["s"], "sec"), (["m"], "min"),
        (["h", "hr"], "hour"), (["d"], "day"), (["w", "wk"], "week"),
    ]

    /// Go's notation, or Scala's (`5 minutes`): any number with a unit's word somewhere in the text.
    static func isDuration(_ text: String) -> Bool {
        if nanoseconds(text) != nil { return true }
        var found = false
        var rest = Array(text.unicodeScalars)[...]
        while let start = rest.firstIndex(where: isDigit) {
            rest = rest[start...]
            let digits = rest.prefix(while: isDigit)
            rest = rest.dropFirst(digits.count).drop { " \t\n\r\u{0C}".unicodeScalars.contains($0) }
            let word = rest.prefix { $0 == "µ" || ("a"..."z").contains($0) || ("A"..."Z").contains($0) }
            rest = rest.dropFirst(word.count)
            guard !word.isEmpty else { continue }
            var view = String.UnicodeScalarView()
            view.append(contentsOf: digits)
            guard Int(String(view)) != nil else { return false }
            view = String.UnicodeScalarView()
            view.append(contentsOf: word)
            let unit = String(view).lowercased()
            found = found || words.contains { $0.names.contains(unit) || unit.hasPrefix($0.prefix) }
        }
        return found
    }

    private static func isDigit(_ scalar: Unicode.Scalar) -> Bool { ("0"..."9").contains(scalar) }

    /// Seconds since 1970 of an RFC 3339 time; nil when it is none.
    static func seconds(_ text: String) -> Double? {
        let bytes = Array(text.utf8)
        guard bytes.count >= 20, bytes[10] == UInt8(ascii: "T"), bytes[13] == UInt8(ascii: ":"),
            bytes[16] == UInt8(ascii: ":"), isDate(String(decoding: bytes[0..<10], as: UTF8.self)),
            let year = number(bytes[0..<4]), let month = number(bytes[5..<7]), let day = number(bytes[8..<10]),
            let hour = number(bytes[11..<13]), let minute = number(bytes[14..<16]), let second = number(bytes[17..<19]),
            hour < 24, minute < 60, second < 60
        else { return nil }
        var at = 19
        var fraction = 0.0
        if bytes[at] == UInt8(ascii: ".") || bytes[at] == UInt8(ascii: ",") {
            let digits = bytes[(at + 1)...].prefix { (0x30...0x39).contains($0) }
            guard !digits.isEmpty else { return nil }
            fraction = Double("0." + String(decoding: digits, as: UTF8.self)) ?? 0
            at += 1 + digits.count
        }
        guard let offset = offsetSeconds(bytes[at...]) else { return nil }
        let days = daysSince1970(year, month, day)
        return Double(days * 86_400 + hour * 3_600 + minute * 60 + second - offset) + fraction
    }

    private static func offsetSeconds(_ bytes: ArraySlice<UInt8>) -> Int? {
        if bytes.elementsEqual([UInt8(ascii: "Z")]) { return 0 }
        let at = bytes.startIndex
        guard bytes.count == 6, bytes[at] == UInt8(ascii: "+") || bytes[at] == UInt8(ascii: "-"),
            bytes[at + 3] == UInt8(ascii: ":"), let hours = number(bytes[(at + 1)..<(at + 3)]),
            let minutes = number(bytes[(at + 4)..<(at + 6)]), hours <= 24, minutes < 60
        else { return nil }
        return (bytes[at] == UInt8(ascii: "-") ? -1 : 1) * (hours * 3_600 + minutes * 60)
    }

    /// Of the proleptic Gregorian calendar, from its 400-year cycles.
    private static func daysSince1970(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let shifted = month <= 2 ? year - 1 : year
        let era = shifted.quotient(400)
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    /// RFC 3339 in UTC, whole seconds, as `metav1.Time` is written.
    static func text(_ seconds: Double) -> String {
        let whole = Int(seconds.rounded(.down))
        let days = whole.quotient(86_400), rest = whole - days * 86_400
        let shifted = days + 719_468
        let era = shifted.quotient(146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let month = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * month + 2) / 5 + 1
        let calendarMonth = month < 10 ? month + 3 : month - 9
        let year = yearOfEra + era * 400 + (calendarMonth <= 2 ? 1 : 0)
        func padded(_ number: Int, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
        }
        return "\(padded(year, 4))-\(padded(calendarMonth, 2))-\(padded(day, 2))T"
            + "\(padded(rest / 3_600, 2)):\(padded(rest / 60 % 60, 2)):\(padded(rest % 60, 2))Z"
    }
}

extension Int {
    /// Division toward minus infinity.
    fileprivate func quotient(_ divisor: Int) -> Int {
        let result = self / divisor
        return self % divisor < 0 ? result - 1 : result
    }
}
