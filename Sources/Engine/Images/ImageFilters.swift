import DockerModel
import Fault
import OCI

/// What the image list and prune filter by, in the words of Docker's client.
enum ImageFilter {
    static let list: Set<String> = ["dangling", "label", "label!", "before", "since", "reference", "until"]
    static let prune: Set<String> = ["dangling", "label", "label!", "until"]

    /// Nil when the filter isn't there. Throws Docker's words for anything but a truth value.
    static func flag(_ filters: Filters, _ name: String) throws(Fault) -> Bool? {
        let values = filters[name]
        guard !values.isEmpty else { return nil }
        let truths = values.map { value -> Bool? in
            switch value {
            case "1", "true": true
            case "0", "false": false
            default: nil
            }
        }
        guard let first = truths[0], truths.allSatisfy({ $0 == first }) else {
            throw Fault(.invalid, "invalid filter '\(name)=[\(values.joined(separator: " "))]'")
        }
        return first
    }

    /// The latest creation that `until` lets through, in nanoseconds since the epoch; nil: no bound.
    static func until(_ filters: Filters) throws(Fault) -> Int64? {
        let values = filters["until"]
        guard let first = values.first else { return nil }
        guard values.count == 1 else { throw Fault(.invalid, "more than one until filter specified") }
        return try TimeBound.parse(first, now: nowNanoseconds())
    }

    /// Docker's `FamiliarMatch`: the pattern fits the name as people see it, with or without its tag.
    static func matches(_ reference: Reference, _ pattern: String) throws(Fault) -> Bool {
        if try Glob.matches(pattern, reference.familiarName) { return true }
        return try Glob.matches(pattern, reference.familiar)
    }
}

/// Go's `path.Match`: `*` and `?` stop at slashes, `[a-z]` and `[^a-z]` are classes, a backslash quotes.
enum Glob {
    enum Limit {
        /// Longest pattern, in bytes.
        static let patternBytes = 1_024
    }

    /// Throws `invalid` for a pattern that isn't one.
    static func matches(_ pattern: String, _ text: String) throws(Fault) -> Bool {
        let pattern = Array(pattern.utf8), text = Array(text.utf8)
        guard pattern.count <= Limit.patternBytes else { throw Fault(.invalid, "syntax error in pattern") }
        var at = 0, position = 0
        // Where to go on when what follows the last star doesn't fit: one byte further.
        var retry: (pattern: Int, text: Int)?
        while true {
            if at == pattern.count, position == text.count { return true }
            if at < pattern.count, pattern[at] == UInt8(ascii: "*") {
                at += 1
                retry = (at, position)
                continue
            }
            if at < pattern.count {
                let (fits, next) = try one(pattern, at, position < text.count ? text[position] : nil)
                if fits {
                    (at, position) = (next, position + 1)
                    continue
                }
            }
            guard let again = retry, again.text < text.count, text[again.text] != UInt8(ascii: "/") else {
                return false
            }
            retry = (again.pattern, again.text + 1)
            (at, position) = (again.pattern, again.text + 1)
        }
    }

    /// Whether the byte fits the pattern's next element, and where the element after it begins.
    private static func one(_ pattern: [UInt8], _ start: Int, _ byte: UInt8?) throws(Fault) -> (Bool, Int) {
        switch pattern[start] {
        case UInt8(ascii: "?"): return (byte != nil && byte != UInt8(ascii: "/"), start + 1)
        case UInt8(ascii: "["): return try characterClass(pattern, start, byte)
        case UInt8(ascii: "\\"):
            guard start + 1 < pattern.count else { throw Fault(.invalid, "syntax error in pattern") }
            return (byte == pattern[start + 1], start + 2)
        default: return (byte == pattern[start], start + 1)
        }
    }

    private static func characterClass(_ pattern: [UInt8], _ start: Int, _ byte: UInt8?) throws(Fault) -> (Bool, Int) {
        var at = start + 1
        let isNegated = at < pattern.count && pattern[at] == UInt8(ascii: "^")
        if isNegated { at += 1 }
        var fits = false
        var isFirst = true
        while at < pattern.count, isFirst || pattern[at] != UInt8(ascii: "]") {
            isFirst = false
            let low = try member(pattern, &at)
            var high = low
            if at < pattern.count, pattern[at] == UInt8(ascii: "-") {
                at += 1
                high = try member(pattern, &at)
            }
            if let byte, low <= byte, byte <= high { fits = true }
        }
        guard at < pattern.count else { throw Fault(.invalid, "syntax error in pattern") }
        return (byte != nil && fits != isNegated && byte != UInt8(ascii: "/"), at + 1)
    }

    private static func member(_ pattern: [UInt8], _ at: inout Int) throws(Fault) -> UInt8 {
        if at < pattern.count, pattern[at] == UInt8(ascii: "\\") { at += 1 }
        guard at < pattern.count, pattern[at] != UInt8(ascii: "]"), pattern[at] != UInt8(ascii: "-") else {
            throw Fault(.invalid, "syntax error in pattern")
        }
        defer { at += 1 }
        return pattern[at]
    }
}
