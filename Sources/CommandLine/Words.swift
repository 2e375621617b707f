extension String {
    /// Without white space at both ends.
    package var trimmed: String {
        var part = self[...]
        while let first = part.first, first.isWhitespace { part.removeFirst() }
        while let last = part.last, last.isWhitespace { part.removeLast() }
        return String(part)
    }

    /// The halves around the first `separator`; nil when it isn't there.
    package func cut(_ separator: Character) -> (String, String)? {
        guard let at = firstIndex(of: separator) else { return nil }
        return (String(self[..<at]), String(self[index(after: at)...]))
    }

    /// What stands between the separators, empty parts too.
    package func parts(_ separator: Character) -> [String] {
        split(separator: separator, omittingEmptySubsequences: false).map(String.init)
    }
}
