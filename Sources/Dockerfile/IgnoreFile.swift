import Fault

/// Patterns of .dockerignore and of `--exclude`: the last that matches decides, `!` takes back (Docker's build
/// documentation, ".dockerignore files").
package struct IgnoreFile: Sendable {
    private struct Pattern: Sendable {
        let parts: [[Character]]
        let isException: Bool
    }
    private let patterns: [Pattern]
    private let hasException: Bool

    package init(_ text: String) {
        self.init(patterns: text.split(whereSeparator: \.isNewline).map(String.init).filter { !$0.hasPrefix("#") })
    }

    package init(patterns: [String]) {
        self.patterns = patterns.compactMap { line in
            var text = line[...].trimmed
            let isException = text.hasPrefix("!")
            if isException { text = text.dropFirst().trimmed }
            var parts: [[Character]] = []
            for part in text.split(separator: "/") where part != "." {
                if part == ".." { _ = parts.popLast() } else { parts.append(Array(part)) }
            }
            return parts.isEmpty ? nil : Pattern(parts: parts, isException: isException)
        }
        hasException = self.patterns.contains(where: \.isException)
    }

    private init(_ patterns: [Pattern]) {
        self.patterns = patterns
        hasException = patterns.contains(where: \.isException)
    }

    /// The patterns as text, cleaned.
    package var lines: [String] {
        patterns.map { ($0.isException ? "!" : "") + $0.parts.map { String($0) }.joined(separator: "/") }
    }

    package var isEmpty: Bool { patterns.isEmpty }

    /// With more patterns, which are meant from that folder on.
    package func adding(_ others: IgnoreFile, below folder: String) -> IgnoreFile {
        let prefix = folder.split(separator: "/").map(Array.init)
        return IgnoreFile(
            patterns + others.patterns.map { Pattern(parts: prefix + $0.parts, isException: $0.isException) })
    }

    /// Whether the path, relative to the context and without `./`, is left out.
    package func excludes(_ path: String) -> Bool {
        let parts = path.split(separator: "/").map(Array.init)
        guard !parts.isEmpty else { return false }
        var result = false
        // A pattern covers all that is below what it matches.
        for pattern in patterns where pattern.isException == result {
            let isMatch = (1...parts.count).contains { PathPattern.matches(pattern.parts[...], parts[..<$0]) }
            if isMatch { result.toggle() }
        }
        return result
    }

    /// Whether nothing below an excluded folder can come back, so that it needn't be looked into.
    package func excludesAll(below folder: String) -> Bool { excludes(folder) && !hasException }
}

/// A path's pattern, part by part: Go's filepath.Match with `**` for any number of parts.
package enum PathPattern {
    package static func matches(_ pattern: ArraySlice<[Character]>, _ path: ArraySlice<[Character]>) -> Bool {
        guard let first = pattern.first else { return path.isEmpty }
        if first == ["*", "*"] {
            let rest = pattern.dropFirst()
            if rest.isEmpty { return !path.isEmpty }
            return (path.startIndex...path.endIndex).contains { matches(rest, path[$0...]) }
        }
        guard let part = path.first, matches(first[...], part[...]) else { return false }
        return matches(pattern.dropFirst(), path.dropFirst())
    }

    package static func isPattern(_ text: some StringProtocol) -> Bool {
        text.contains { "*?[\\".contains($0) }
    }

    /// One part: `*`, `?`, `[a-z]`, `[^a]` and backslash.
    package static func matches(_ pattern: ArraySlice<Character>, _ text: ArraySlice<Character>) -> Bool {
        var (at, place) = (text.startIndex, pattern.startIndex)
        var retry: (at: Int, place: Int)?
        while at < text.endIndex {
            if place < pattern.endIndex {
                if pattern[place] == "*" {
                    place += 1
                    retry = (at, place)
                    continue
                }
                if let next = one(pattern, place, text[at]) {
                    (at, place) = (at + 1, next)
                    continue
                }
            }
            guard let last = retry else { return false }
            retry = (last.at + 1, last.place)
            (at, place) = (last.at + 1, last.place)
        }
        return pattern[place...].allSatisfy { $0 == "*" }
    }

    /// The place after what matches the character; nil: it doesn't match.
    private static func one(_ pattern: ArraySlice<Character>, _ place: Int, _ character: Character) -> Int? {
        switch pattern[place] {
        case "?": return place + 1
        case "\\":
            guard place + 1 < pattern.endIndex else { return nil }
            return pattern[place + 1] == character ? place + 2 : nil
        case "[":
            guard let end = pattern[(place + 1)...].dropFirst().firstIndex(of: "]") else { return nil }
            var inside = pattern[(place + 1)..<end]
            let isNegated = inside.first == "^"
            if isNegated { inside = inside.dropFirst() }
            return contains(inside, character) != isNegated ? end + 1 : nil
        default: return pattern[place] == character ? place + 1 : nil
        }
    }

    private static func contains(_ set: ArraySlice<Character>, _ character: Character) -> Bool {
        var at = set.startIndex
        while at < set.endIndex {
            if at + 2 < set.endIndex, set[at + 1] == "-" {
                if set[at] <= character, character <= set[at + 2] { return true }
                at += 3
            } else {
                if set[at] == character { return true }
                at += 1
            }
        }
        return false
    }
}
