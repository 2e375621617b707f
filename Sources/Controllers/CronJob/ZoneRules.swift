import FoundationEssentials
import KubeModel

/// A time zone, from the machine's database (RFC 8536): the changes that are listed, and the rule for those after.
package struct ZoneRules: Sendable {
    private static let folders = ["/usr/share/zoneinfo/", "/usr/lib/zoneinfo/", "/etc/zoneinfo/"]
    /// Largest file that is read, in bytes: the real ones have some thousands.
    private static let longest = 1 << 16

    /// When each offset begins, in seconds since 1970, ascending.
    private var changes: [(from: Int, offset: Int)] = []
    private var first = 0
    private var rule: YearlyZoneRule?

    /// Nil for a zone that isn't known here.
    package init?(_ name: String) {
        if ["", "UTC", "Etc/UTC", "GMT", "Etc/GMT", "Local", "Z"].contains(name) { return }
        guard !name.contains(".."), !name.hasPrefix("/") else { return nil }
        for folder in Self.folders {
            guard let data = FileManager.default.contents(atPath: folder + name), data.count <= Self.longest,
                read([UInt8](data))
            else { continue }
            return
        }
        return nil
    }

    /// Seconds ahead of UTC.
    package func offset(_ moment: Int) -> Int {
        guard let last = changes.last(where: { $0.from <= moment }) else { return first }
        if last.from == changes.last?.from, let rule { return rule.offset(moment) }
        return last.offset
    }

    // MARK: Texts

    /// `2026-04-01T08:30:00+09:00`.
    package func text(_ moment: Int) -> String {
        let offset = offset(moment)
        let wall = Timestamp(seconds: moment + offset).text
        if offset == 0 { return wall }
        let minutes = abs(offset) / 60
        return "\(wall.dropLast())\(offset < 0 ? "-" : "+")\(Self.two(minutes / 60)):\(Self.two(minutes % 60))"
    }

    /// `Wed, 01 Apr 2026 08:30:00 +0000`, in UTC.
    func mailText(_ moment: Int) -> String {
        let text = Timestamp(seconds: moment).text
        let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let parts = text.prefix(10).split(separator: "-")
        let month = Int(parts[1]).map { months[$0 - 1] } ?? ""
        return "\(days[moment / 86_400 % 7]), \(parts[2]) \(month) \(parts[0]) \(text.dropFirst(11).dropLast()) +0000"
    }

    private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }

    // MARK: The file

    private mutating func read(_ bytes: [UInt8]) -> Bool {
        func number(_ at: Int, _ width: Int) -> Int {
            guard at + width <= bytes.count else { return 0 }
            let value = bytes[at..<at + width].reduce(0) { $0 << 8 | Int($1) }
            return width == 4 ? Int(Int32(truncatingIfNeeded: value)) : value
        }
        func counts(_ at: Int) -> [Int] { (0..<6).map { number(at + 20 + 4 * $0, 4) } }
        guard bytes.count > 44, bytes.starts(with: Array("TZif".utf8)), bytes[4] >= UInt8(ascii: "2") else {
            return false
        }
        // The first half is for readers of 32 bits.
        let old = counts(0)
        let head = 44 + old[3] * 5 + old[4] * 6 + old[5] + old[2] * 8 + old[1] + old[0]
        guard bytes.count > head + 44 else { return false }
        let new = counts(head)
        let times = head + 44, kinds = times + new[3] * 8, types = kinds + new[3]
        let end = types + new[4] * 6 + new[5] + new[2] * 12 + new[1] + new[0]
        guard end < bytes.count, new[4] > 0 else { return false }
        first = number(types, 4)
        changes = (0..<new[3]).map { (number(times + $0 * 8, 8), number(types + Int(bytes[kinds + $0]) * 6, 4)) }
        rule = YearlyZoneRule(String(decoding: bytes[(end + 1)...].prefix { $0 != 0x0A }, as: UTF8.self))
        if changes.isEmpty { changes = [(.min, rule?.offset(0) ?? first)] }
        return true
    }
}
