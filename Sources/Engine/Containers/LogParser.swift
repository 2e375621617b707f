import CLinux
import JSON

/// One entry of a container's log.
struct LogEntry: Sendable, Equatable {
    /// 1 stdout, 2 stderr.
    var stream: UInt8
    /// Nanoseconds since the epoch.
    var time: Int64
    /// With its newline, when it had one.
    var text: [UInt8]
}

/// Finds entries in the bytes of a log file and hands their text out without building anything else: the reading of
/// `docker logs` is bound by this.
enum LogParser {
    enum Step: Equatable {
        /// An entry was there; its end is `next`.
        case entry(next: Int)
        /// The rest is the beginning of an entry that is still being written.
        case incomplete
        /// Not an entry: go on at `next`.
        case damaged(next: Int)
    }

    private static let head = Array("{\"log\":\"".utf8)
    private static let stdout = Array("\",\"stream\":\"stdout\",\"time\":\"".utf8)
    private static let stderr = Array("\",\"stream\":\"stderr\",\"time\":\"".utf8)

    /// One line of json-file. The monitor's own form is read by position, any other by the JSON parser.
    static func json(_ bytes: UnsafeBufferPointer<UInt8>, at start: Int, into entry: inout LogEntry) -> Step {
        guard let base = bytes.baseAddress, start < bytes.count,
            let newline = memchr(base + start, 0x0A, bytes.count - start)
        else { return .incomplete }
        let end = UnsafeRawPointer(newline) - UnsafeRawPointer(base)
        if ownForm(base, start, end, &entry) { return .entry(next: end + 1) }
        guard let parsed = try? JSON(parsing: Array(bytes[start..<end])), let text = parsed["log"].string,
            let time = parsed["time"].string.flatMap({ nanoseconds(rfc3339: $0) })
        else { return .damaged(next: end + 1) }
        entry = LogEntry(stream: parsed["stream"].string == "stderr" ? 2 : 1, time: time, text: Array(text.utf8))
        return .entry(next: end + 1)
    }

    private static func ownForm(_ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int, _ entry: inout LogEntry) -> Bool
    {
        guard end - start > head.count + stdout.count, matches(base + start, head) else { return false }
        let textStart = start + head.count
        guard let textEnd = closingQuote(base, textStart, end), textEnd + stdout.count < end else { return false }
        if matches(base + textEnd, stdout) {
            entry.stream = 1
        } else if matches(base + textEnd, stderr) {
            entry.stream = 2
        } else {
            return false
        }
        guard
            let time = LogTime.parse(
                UnsafeBufferPointer(start: base + (textEnd + stdout.count), count: end - textEnd - stdout.count))
        else { return false }
        entry.time = time
        return unescape(base + textStart, textEnd - textStart, into: &entry.text)
    }

    private static func matches(_ bytes: UnsafePointer<UInt8>, _ pattern: [UInt8]) -> Bool {
        pattern.withUnsafeBufferPointer { pattern in
            pattern.baseAddress.map { memcmp(bytes, $0, pattern.count) == 0 } ?? true
        }
    }

    /// The quote that ends the text: the first with an even number of backslashes before it.
    private static func closingQuote(_ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int) -> Int? {
        var from = start
        while from < end, let found = memchr(base + from, 0x22, end - from) {
            let at = UnsafeRawPointer(found) - UnsafeRawPointer(base)
            var backslashes = 0
            while at - backslashes > start, base[at - backslashes - 1] == 0x5C { backslashes += 1 }
            if backslashes % 2 == 0 { return at }
            from = at + 1
        }
        return nil
    }

    /// False when an escape isn't JSON's.
    private static func unescape(_ base: UnsafePointer<UInt8>, _ count: Int, into out: inout [UInt8]) -> Bool {
        let text = UnsafeBufferPointer(start: base, count: count)
        out.removeAll(keepingCapacity: true)
        var at = 0
        while at < text.count {
            guard let found = memchr(base + at, 0x5C, text.count - at) else {
                out.append(contentsOf: UnsafeBufferPointer(rebasing: text[at...]))
                return true
            }
            let backslash = UnsafeRawPointer(found) - UnsafeRawPointer(base)
            out.append(contentsOf: UnsafeBufferPointer(rebasing: text[at..<backslash]))
            guard backslash + 1 < text.count else { return false }
            at = backslash + 2
            switch base[backslash + 1] {
            case UInt8(ascii: "n"): out.append(0x0A)
            case UInt8(ascii: "r"): out.append(0x0D)
            case UInt8(ascii: "t"): out.append(0x09)
            case UInt8(ascii: "b"): out.append(0x08)
            case UInt8(ascii: "f"): out.append(0x0C)
            case 0x22, 0x5C, 0x2F: out.append(base[backslash + 1])
            case UInt8(ascii: "u"):
                guard let scalar = scalar(text, &at) else { return false }
                out.append(contentsOf: Array(String(Character(scalar)).utf8))
            default: return false
            }
        }
        return true
    }

    /// Four hex digits at `at`, and a second escape after a high surrogate.
    private static func scalar(_ text: UnsafeBufferPointer<UInt8>, _ at: inout Int) -> Unicode.Scalar? {
        guard let first = hex(text, at) else { return nil }
        at += 4
        if let scalar = Unicode.Scalar(first) { return scalar }
        if first < 0xDC00, at + 6 <= text.count, text[at] == 0x5C, text[at + 1] == UInt8(ascii: "u"),
            let second = hex(text, at + 2), (0xDC00...0xDFFF).contains(second)
        {
            at += 6
            return Unicode.Scalar(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00))
        }
        return Unicode.Scalar(0xFFFD)
    }

    private static func hex(_ text: UnsafeBufferPointer<UInt8>, _ at: Int) -> UInt32? {
        guard at + 4 <= text.count else { return nil }
        return UInt32(String(decoding: text[at..<(at + 4)], as: UTF8.self), radix: 16)
    }

    /// An entry of the `local` format; its layout is described at `LogFormat`.
    static func local(_ bytes: UnsafeBufferPointer<UInt8>, at start: Int, into entry: inout LogEntry) -> Step {
        guard start + 4 <= bytes.count else { return .incomplete }
        let raw = UnsafeRawBufferPointer(bytes)
        let length = Int(UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: start, as: UInt32.self)))
        // Without a sane length there is no next entry to find.
        guard length >= 9, length <= LogLimit.entryBytes else { return .damaged(next: bytes.count) }
        guard start + length + 8 <= bytes.count else { return .incomplete }
        let kind = bytes[start + 4]
        entry.stream = kind & 0x7F == 2 ? 2 : 1
        entry.time = Int64(littleEndian: raw.loadUnaligned(fromByteOffset: start + 5, as: Int64.self))
        entry.text.removeAll(keepingCapacity: true)
        entry.text.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[(start + 13)..<(start + 4 + length)]))
        if kind & 0x80 == 0 { entry.text.append(0x0A) }
        return .entry(next: start + length + 8)
    }
}

/// Log times by position: `2006-01-02T15:04:05.999999999Z`, trailing zeros left out.
enum LogTime {
    /// Nanoseconds since the epoch; nil when the text up to the closing `"}` isn't such a time.
    static func parse(_ text: UnsafeBufferPointer<UInt8>) -> Int64? {
        guard text.count >= 22, text[10] == UInt8(ascii: "T") else { return nil }
        func number(_ start: Int, _ count: Int) -> Int64 {
            var value: Int64 = 0
            for position in start..<(start + count) { value = value * 10 + Int64(text[position] &- 0x30) }
            return value
        }
        var fraction: Int64 = 0, scale: Int64 = 100_000_000, at = 19
        if text[at] == UInt8(ascii: ".") {
            at += 1
            while at < text.count, (0x30...0x39).contains(text[at]), scale > 0 {
                fraction += Int64(text[at] - 0x30) * scale
                scale /= 10
                at += 1
            }
        }
        guard at + 3 == text.count, text[at] == UInt8(ascii: "Z"), text[at + 1] == 0x22, text[at + 2] == 0x7D else {
            return nil
        }
        for position in [0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18] where text[position] &- 0x30 > 9 { return nil }
        // 64 bits of nanoseconds reach from 1678 to 2261.
        let year = number(0, 4)
        guard (1678...2261).contains(year) else { return nil }
        let days = daysSinceEpoch(year, number(5, 2), number(8, 2))
        return (days * 86_400 + number(11, 2) * 3_600 + number(14, 2) * 60 + number(17, 2)) * 1_000_000_000 + fraction
    }

    /// Proleptic Gregorian, years counted from March so that a leap day ends one.
    private static func daysSinceEpoch(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return 365 * shifted + shifted / 4 - shifted / 100 + shifted / 400 + dayOfYear - 719_468
    }

    /// With all nine digits of the fraction, as `docker logs -t` shows it.
    static func fixed(_ time: Int64) -> [UInt8] {
        var text = Array(rfc3339(time).utf8)
        text.removeLast()
        if text.count == 19 { text.append(UInt8(ascii: ".")) }
        while text.count < 29 { text.append(0x30) }
        return text + [UInt8(ascii: "Z")]
    }
}

enum LogLimit {
    /// Bytes of one entry. The monitor writes at most 16 KiB of text in one, six times as much when escaped.
    static let entryBytes = 1 << 20
    /// Bytes read from a file at a time.
    static let readBytes = 256 << 10
    /// Bytes of text in one chunk for the client, where lines are gathered.
    static let chunkBytes = 64 << 10
    /// Rotated files looked for; dockerd sets no limit to `max-file`, disks do.
    static let files = 1_000
}
