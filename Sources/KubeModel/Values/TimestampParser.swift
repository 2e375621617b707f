/// Why a text is no time, in the words of Go's `time.Parse`.
package struct TimestampError: Error, Equatable, CustomStringConvertible {
    package let description: String
}

extension Timestamp {
    /// RFC 3339 with or without a fraction (`metav1.Time`).
    package init(parsing text: String) throws(TimestampError) {
        if let plain = Self.plain(text) {
            self = plain
            return
        }
        var parser = TimestampParser(text, micro: false)
        self = try parser.time()
    }

    /// RFC 3339 with exactly six digits after the second (`metav1.MicroTime`).
    package init(parsingMicro text: String) throws(TimestampError) {
        var parser = TimestampParser(text, micro: true)
        self = try parser.time()
    }

    /// A time as this program writes it, `2026-04-01T08:30:00Z`, up to the 28th of a month; nil: any other text.
    private static func plain(_ text: String) -> Timestamp? {
        var text = text
        return text.withUTF8 { bytes in
            let signs = "....-..-..T..:..:..Z"
            guard bytes.count == signs.utf8.count,
                zip(bytes, signs.utf8).allSatisfy({ $1 == UInt8(ascii: ".") ? $0 &- 0x30 < 10 : $0 == $1 })
            else { return nil }
            func number(_ from: Int, _ count: Int) -> Int {
                (from..<from + count).reduce(0) { $0 * 10 + Int(bytes[$1] - 0x30) }
            }
            let (month, date) = (number(5, 2), number(8, 2))
            let (hour, minute, second) = (number(11, 2), number(14, 2), number(17, 2))
            guard (1...12).contains(month), (1...28).contains(date), hour < 24, minute < 60, second < 60 else {
                return nil
            }
            let day = Timestamp.day(year: number(0, 4), month: month, day: date)
            return Timestamp(seconds: day * 86_400 + hour * 3_600 + minute * 60 + second)
        }
    }
}

private struct TimestampParser {
    let text: String
    let micro: Bool
    var rest: Substring.UTF8View

    init(_ text: String, micro: Bool) {
        self.text = text
        self.micro = micro
        rest = Substring(text).utf8
    }

    var layout: String { micro ? "2006-01-02T15:04:05.000000Z07:00" : "2006-01-02T15:04:05Z07:00" }

    func bad(_ element: String) -> TimestampError {
        let left = quoted(String(decoding: rest, as: UTF8.self))
        return TimestampError(
            description: "parsing time \(quoted(text)) as \"\(layout)\": cannot parse \(left) as \"\(element)\"")
    }

    /// In double quotes as Go's package of times has it: every byte beyond ASCII by its number.
    private func quoted(_ text: String) -> String {
        var out = "\""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): out += "\\\(Unicode.Scalar(byte))"
            case 0x20..<0x7F: out.unicodeScalars.append(Unicode.Scalar(byte))
            default: out += "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
            }
        }
        return out + "\""
    }

    func range(_ what: String) -> TimestampError {
        TimestampError(description: "parsing time \(quoted(text)): \(what) out of range")
    }

    mutating func time() throws(TimestampError) -> Timestamp {
        let year = try number(4, "2006")
        try literal("-")
        let month = try number(2, "01")
        guard (1...12).contains(month) else { throw range("month") }
        try literal("-")
        let day = try number(2, "02")
        try literal("T")
        let hour = try hours()
        guard hour < 24 else { throw range("hour") }
        try literal(":")
        let minute = try number(2, "04")
        guard minute < 60 else { throw range("minute") }
        try literal(":")
        let second = try number(2, "05")
        guard second < 60 else { throw range("second") }
        let nanoseconds = try micro ? sixDigits() : fraction()
        let offset = try zone()
        guard rest.isEmpty else {
            let left = quoted(String(decoding: rest, as: UTF8.self))
            throw TimestampError(description: "parsing time \(quoted(text)): extra text: \(left)")
        }
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
        guard (1...days).contains(day) else { throw range("day") }
        let date = Timestamp.day(year: year, month: month, day: day)
        return Timestamp(
            seconds: date * 86_400 + hour * 3_600 + minute * 60 + second - offset, nanoseconds: nanoseconds)
    }

    private func digit(_ byte: UInt8?) -> Int? {
        guard let byte, byte &- 0x30 < 10 else { return nil }
        return Int(byte) - 0x30
    }

    private mutating func number(_ width: Int, _ element: String) throws(TimestampError) -> Int {
        guard rest.count >= width else { throw bad(element) }
        var value = 0
        for byte in rest.prefix(width) {
            guard let digit = digit(byte) else { throw bad(element) }
            value = value * 10 + digit
        }
        rest = rest.dropFirst(width)
        return value
    }

    private mutating func literal(_ character: Character) throws(TimestampError) {
        guard let byte = rest.first, byte == character.asciiValue else { throw bad(String(character)) }
        rest = rest.dropFirst()
    }

    /// One digit serves too.
    private mutating func hours() throws(TimestampError) -> Int {
        guard let first = digit(rest.first) else { throw bad("15") }
        rest = rest.dropFirst()
        guard let second = digit(rest.first) else { return first }
        rest = rest.dropFirst()
        return first * 10 + second
    }

    private mutating func fraction() throws(TimestampError) -> Int {
        guard let point = rest.first, point == UInt8(ascii: ".") || point == UInt8(ascii: ","),
            digit(rest.dropFirst().first) != nil
        else { return 0 }
        rest = rest.dropFirst()
        var (value, width) = (0, 0)
        while let digit = digit(rest.first) {
            if width < 9 { (value, width) = (value * 10 + digit, width + 1) }
            rest = rest.dropFirst()
        }
        while width < 9 { (value, width) = (value * 10, width + 1) }
        return value
    }

    private mutating func sixDigits() throws(TimestampError) -> Int {
        let element = ".000000"
        guard rest.count >= 7, let point = rest.first, point == UInt8(ascii: ".") || point == UInt8(ascii: ",") else {
            throw bad(element)
        }
        var value = 0
        for byte in rest.dropFirst().prefix(6) {
            guard let digit = digit(byte) else { throw bad(element) }
            value = value * 10 + digit
        }
        rest = rest.dropFirst(7)
        return value * 1_000
    }

    /// Seconds east of Greenwich.
    private mutating func zone() throws(TimestampError) -> Int {
        if rest.first == UInt8(ascii: "Z") {
            rest = rest.dropFirst()
            return 0
        }
        let bytes = Array(rest.prefix(6))
        guard bytes.count == 6, bytes[3] == UInt8(ascii: ":"),
            bytes[0] == UInt8(ascii: "+") || bytes[0] == UInt8(ascii: "-"),
            let h1 = digit(bytes[1]), let h2 = digit(bytes[2]), let m1 = digit(bytes[4]), let m2 = digit(bytes[5])
        else { throw bad("Z07:00") }
        let (hours, minutes) = (h1 * 10 + h2, m1 * 10 + m2)
        guard hours <= 24 else { throw range("time zone offset hour") }
        guard minutes <= 60 else { throw range("time zone offset minute") }
        rest = rest.dropFirst(6)
        return (bytes[0] == UInt8(ascii: "-") ? -1 : 1) * (hours * 3_600 + minutes * 60)
    }
}
