/// Output to compare with what a page says, except for what differs by nature. In the pattern, `<name>` stands for:
/// `<id64>`, `<id12>`, `<digest>`, `<ago>`, `<size>`, `<name>`, `<pid>`, `<any>`; everything else is literal.
package enum Transcript {
    private static let holes: [(String, String)] = [
        ("<id64>", "[0-9a-f]{64}"), ("<id12>", "[0-9a-f]{12}"), ("<digest>", "sha256:[0-9a-f]{64}"),
        ("<ago>", "(?:[0-9]+|About an?|Less than an?) (?:second|minute|hour|day|week|month|year)s? ago"),
        ("<up>", "(?:[0-9]+|About an?|Less than a) (?:second|minute)s?"),
        ("<size>", "[0-9.]+(?:B|kB|MB|GB)"), ("<name>", "[a-z]+_[a-z]+"), ("<pid>", "[0-9]+"), ("<any>", ".*"),
        ("< >", " +"),
    ]

    /// Nil when the text matches; otherwise what to say.
    package static func mismatch(_ text: String, _ pattern: String) -> String? {
        var expression = ""
        var rest = Substring(pattern)
        while !rest.isEmpty {
            if let hole = holes.first(where: { rest.hasPrefix($0.0) }) {
                expression += hole.1
                rest = rest.dropFirst(hole.0.count)
            } else {
                let character = rest.removeFirst()
                expression += "\\.[]{}()*+?^$|".contains(character) ? "\\\(character)" : String(character)
            }
        }
        guard let regex = try? Regex(expression) else { return "bad pattern: \(expression)" }
        if (try? regex.wholeMatch(in: text)) != nil { return nil }
        return "expected:\n\(pattern)\n--- but got:\n\(text)"
    }
}
