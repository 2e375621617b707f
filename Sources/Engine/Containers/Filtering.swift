import DockerModel
import Fault

/// `label=`, `label!=`: each needs `key` or `key=value`.
enum LabelFilter {
    static func accepts(_ filters: Filters, labels: [String: String]) -> Bool {
        filters["label"].allSatisfy { matches($0, labels) } && filters["label!"].allSatisfy { !matches($0, labels) }
    }

    private static func matches(_ wanted: String, _ labels: [String: String]) -> Bool {
        guard let cut = wanted.firstIndex(of: "=") else { return labels[wanted] != nil }
        return labels[String(wanted[..<cut])] == String(wanted[wanted.index(after: cut)...])
    }
}

/// Times as filters and queries give them: seconds since the epoch with fraction, RFC 3339, or a Go duration ago.
package enum TimeBound {
    /// Nanoseconds since the epoch. Throws `invalid`.
    package static func parse(_ text: String, now: Int64) throws(Fault) -> Int64 {
        if let time = nanoseconds(rfc3339: text) { return time }
        if let time = nanoseconds(rfc3339: text + "Z") { return time }
        if let time = nanoseconds(rfc3339: text + "T00:00:00Z") { return time }
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        if let seconds = Int64(parts[0]), seconds.magnitude < 9_000_000_000 {
            guard parts.count == 2 else { return seconds * 1_000_000_000 }
            let digits = parts[1].prefix(9)
            if let fraction = Int64(digits + String(repeating: "0", count: 9 - digits.count)) {
                return seconds * 1_000_000_000 + fraction
            }
        }
        if let ago = duration(text) { return now - ago }
        throw Fault(.invalid, "failed to parse value as time or duration: \"\(text)\"")
    }

    /// Go's `1h30m`, `10s`, `1.5h`, in nanoseconds; nil when it isn't one.
    package static func duration(_ text: String) -> Int64? {
        let units: [(String, Double)] = [
            ("ns", 1), ("us", 1e3), ("µs", 1e3), ("ms", 1e6), ("s", 1e9), ("m", 60e9), ("h", 3_600e9),
        ]
        var rest = Substring(text), total = 0.0
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isNumber || $0 == "." }
            guard let number = Double(digits) else { return nil }
            rest = rest.dropFirst(digits.count)
            let word = String(rest.prefix { !$0.isNumber && $0 != "." })
            guard let unit = units.first(where: { $0.0 == word }) else { return nil }
            total += number * unit.1
            rest = rest.dropFirst(word.count)
        }
        return total.magnitude < 9e18 ? Int64(total) : nil
    }
}
