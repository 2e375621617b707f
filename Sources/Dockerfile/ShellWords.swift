import Fault

/// Quotes, escapes and variables in the Dockerfile's words (Dockerfile reference, "Environment replacement").
package struct ShellWords: Sendable {
    package let escape: Character
    /// What variables are worth; nil: not set.
    package let value: @Sendable (String) -> String?

    package init(escape: Character, value: @escaping @Sendable (String) -> String?) {
        self.escape = escape
        self.value = value
    }

    /// One word: quotes taken away, variables replaced.
    package func expand(_ word: String) throws(Fault) -> String {
        var scanner = Scanner(text: word[...], words: self)
        return try scanner.untilEnd(nil)
    }

    /// Variables replaced, quotes and escapes left as they are: a here-document's body.
    package func expandBody(_ text: String) throws(Fault) -> String {
        var scanner = Scanner(text: text[...], words: self)
        scanner.keepsQuotes = true
        return try scanner.untilEnd(nil)
    }

    /// As `expand`, and split where unquoted blanks are left.
    package func split(_ text: String) throws(Fault) -> [String] {
        var scanner = Scanner(text: text[...], words: self)
        scanner.splits = true
        let last = try scanner.untilEnd(nil)
        return scanner.done + (last.isEmpty && !scanner.hasQuoted ? [] : [last])
    }
}

private struct Scanner {
    var text: Substring
    let words: ShellWords
    var keepsQuotes = false
    var splits = false
    var done: [String] = []
    /// The word at hand has a quoted part, so it counts even when it is empty.
    var hasQuoted = false

    /// Up to the character that ends it, which is taken; nil: to the text's end.
    mutating func untilEnd(_ end: Character?) throws(Fault) -> String {
        var result = ""
        while let character = text.first {
            if character == end {
                text.removeFirst()
                return result
            }
            switch character {
            case "'" where !keepsQuotes: result += try single()
            case "\"" where !keepsQuotes: result += try double()
            case "$": result += try variable()
            case words.escape:
                text.removeFirst()
                if keepsQuotes, text.first != "$", text.first != words.escape { result.append(character) }
                if let next = text.popFirst() { result.append(next) }
            case _ where splits && end == nil && (character == " " || character == "\t"):
                text.removeFirst()
                if !result.isEmpty || hasQuoted { done.append(result) }
                result = ""
                hasQuoted = false
            default:
                result.append(character)
                text.removeFirst()
            }
        }
        if let end { throw Fault(.invalid, "unexpected end of statement while looking for matching \(end)") }
        return result
    }

    private mutating func single() throws(Fault) -> String {
        hasQuoted = true
        text.removeFirst()
        let inside = text.prefix { $0 != "'" }
        text = text.dropFirst(inside.count)
        guard text.popFirst() != nil else {
            throw Fault(.invalid, "unexpected end of statement while looking for matching single-quote")
        }
        return String(inside)
    }

    private mutating func double() throws(Fault) -> String {
        hasQuoted = true
        text.removeFirst()
        var result = ""
        while let character = text.first {
            if character == "\"" {
                text.removeFirst()
                return result
            }
            if character == "$" {
                result += try variable()
                continue
            }
            text.removeFirst()
            guard character == words.escape else {
                result.append(character)
                continue
            }
            guard let next = text.popFirst() else { break }
            // Within double quotes the escape counts only before these.
            if next != "\"", next != "$", next != words.escape { result.append(words.escape) }
            result.append(next)
        }
        throw Fault(.invalid, "unexpected end of statement while looking for matching double-quote")
    }

    /// At a `$`.
    private mutating func variable() throws(Fault) -> String {
        text.removeFirst()
        guard text.first == "{" else {
            let name = name()
            return name.isEmpty ? "$" : words.value(name) ?? ""
        }
        text.removeFirst()
        guard let first = text.first else {
            throw Fault(.invalid, "syntax error: missing '}'")
        }
        if first == "}" || first == ":" { throw Fault(.invalid, "syntax error: bad substitution") }
        let name = name()
        let value = words.value(name)
        guard let mark = text.popFirst() else { throw Fault(.invalid, "syntax error: missing '}'") }
        switch mark {
        case "}": return value ?? ""
        case ":":
            guard let kind = text.popFirst() else { throw Fault(.invalid, "syntax error: missing '}'") }
            return try chosen(kind, name, value.flatMap { $0.isEmpty ? nil : $0 }, isNull: true)
        case "+", "-", "?": return try chosen(mark, name, value, isNull: false)
        case "#", "%":
            let isGreedy = text.first == mark
            if isGreedy { text.removeFirst() }
            let pattern = try operand()
            let old = value ?? ""
            return mark == "#"
                ? ShellPattern(pattern).trimmingPrefix(of: old, longest: isGreedy)
                : ShellPattern(pattern).trimmingSuffix(of: old, longest: isGreedy)
        case "/":
            let isAll = text.first == "/"
            if isAll { text.removeFirst() }
            let pattern = try untilEnd("/")
            let replacement = try operand()
            return ShellPattern(pattern).replacing(in: value ?? "", with: replacement, all: isAll)
        default: throw Fault(.invalid, "unsupported modifier (\(mark)) in substitution")
        }
    }

    /// `value` nil: as good as not set.
    private mutating func chosen(
        _ kind: Character, _ name: String, _ value: String?, isNull: Bool
    ) throws(Fault) -> String {
        let word = try operand()
        switch kind {
        case "+": return value == nil ? "" : word
        case "-": return value ?? word
        case "?":
            if let value { return value }
            if !word.isEmpty { throw Fault(.invalid, "\(name): \(word)") }
            throw Fault(.invalid, "\(name): \(isNull ? "parameter null or not set" : "parameter not set")")
        default: throw Fault(.invalid, "unsupported modifier (\(isNull ? ":" : "")\(kind)) in substitution")
        }
    }

    private mutating func operand() throws(Fault) -> String {
        let splitting = splits
        splits = false
        defer { splits = splitting }
        return try untilEnd("}")
    }

    private mutating func name() -> String {
        var name = ""
        while let character = text.first, character.isASCII,
            character == "_" || character.isLetter || (character.isNumber && !name.isEmpty)
        {
            name.append(character)
            text.removeFirst()
        }
        // Positional and special parameters, which are never set.
        if name.isEmpty, let character = text.first, "@*#?-!0123456789".contains(character) {
            text.removeFirst()
            return String(character)
        }
        return name
    }
}
