/// The formats `date`, `date-time` and `duration`.
enum TimeFormats {
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

    private static let words: [(names: [String], prefix: String)] = [
        (["ns"], "nano"), (["us", "µs"], "micro"), (["ms"], "milli"), (["s"], "sec"), (["m"], "min"),
        (["h", "hr"], "hour"), (["d"], "day"), (["w", "wk"], "week"),
    ]

    /// Go's notation, or Scala's (`5 minutes`): any number with a unit's word somewhere in the text.
    static func isDuration(_ text: String) -> Bool {
        if (try? DurationText.parse(text)) != nil { return true }
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
}
