/// Files of variables: `NAME=value`, `export NAME=value`, `NAME: value`, quotes, comments, and variables in values.
package enum DotEnv {
    /// Reads a file's text into variables, in order. `lookUp` wins over the file's own variables inside values; a name
    /// alone takes its value, if it has one.
    package static func parse(
        _ text: String, file: String, lookUp: @escaping (String) -> String? = { _ in nil }
    ) throws -> [(String, String)] {
        var reader = Reader(text, file: file)
        var known: [String: String] = [:]
        var order: [String] = []
        while let name = try reader.name() {
            let value: String?
            if name.isInherited {
                value = lookUp(name.text)
            } else {
                let raw = try reader.value()
                value = raw.expands ? try expand(raw.text, reader.place, { known[$0] }, lookUp) : raw.text
            }
            guard let value else { continue }
            if known[name.text] == nil { order.append(name.text) }
            known[name.text] = value
        }
        return order.map { ($0, known[$0] ?? "") }
    }

    private static func expand(
        _ text: String, _ place: Place, _ own: @escaping (String) -> String?, _ lookUp: @escaping (String) -> String?
    ) throws -> String {
        let template = VariableTemplate { lookUp($0) ?? own($0) }
        do { return try template.substitute(text) } catch {
            switch error {
            case .invalid(let template): throw ComposeError("Invalid template: \"\(template)\"", at: place)
            case .missing(let variable, let reason):
                throw ComposeError(
                    "required variable \(variable) is missing a value" + (reason.isEmpty ? "" : ": \(reason)"),
                    at: place)
            }
        }
    }

    private struct Reader {
        private var rest: ArraySlice<Character>
        private var line = 1
        private let file: String

        var place: Place { Place(file: file, line: line) }

        init(_ text: String, file: String) {
            self.file = file
            rest = Array(text.replacing("\r\n", with: "\n"))[...]
            if rest.first == "\u{FEFF}" { rest.removeFirst() }
        }

        private mutating func take() -> Character? {
            let next = rest.popFirst()
            if next == "\n" { line += 1 }
            return next
        }

        private mutating func skip(_ isSkipped: (Character) -> Bool) {
            while let next = rest.first, isSkipped(next) { _ = take() }
        }

        /// The next name; nil at the end.
        mutating func name() throws -> (text: String, isInherited: Bool)? {
            while true {
                skip(\.isWhitespace)
                guard rest.first == "#" else { break }
                skip { $0 != "\n" }
            }
            guard !rest.isEmpty else { return nil }
            let whole = String(rest.prefix { $0 != "\n" })
            if whole.hasPrefix("export"), whole.dropFirst(6).first?.isWhitespace == true {
                rest = rest.dropFirst(6)
                skip { $0.isWhitespace && $0 != "\n" }
            }
            var name = ""
            var isInherited = true
            while let next = rest.first, next != "\n" {
                if next == "=" || next == ":" {
                    _ = take()
                    isInherited = false
                    break
                }
                guard next.isLetter || next.isNumber || "_.-[] \t".contains(next) else {
                    throw ComposeError("unexpected character \"\(next)\" in variable name \"\(whole)\"", at: place)
                }
                name.append(next)
                _ = take()
            }
            while name.last?.isWhitespace == true { name.removeLast() }
            guard !name.contains(" ") else { throw ComposeError("key cannot contain a space", at: place) }
            return (name, isInherited)
        }

        mutating func value() throws -> (text: String, expands: Bool) {
            skip { $0.isWhitespace && $0 != "\n" }
            guard let quote = rest.first, quote == "\"" || quote == "'" else { return (plain(), true) }
            let start = place
            let shown = String(rest.prefix { $0 != "\n" })
            _ = take()
            var text = ""
            while let next = take() {
                if next == quote { return (quote == "\"" ? Self.unescaped(text) : text, quote == "\"") }
                guard next == "\\", let after = rest.first else {
                    text.append(next)
                    continue
                }
                _ = take()
                if after != quote { text.append("\\") }
                text.append(after)
            }
            throw ComposeError("unterminated quoted value \(shown)", at: start)
        }

        private mutating func plain() -> String {
            let whole = String(rest.prefix { $0 != "\n" })
            skip { $0 != "\n" }
            var text = whole.firstRange(of: " #").map { String(whole[..<$0.lowerBound]) } ?? whole
            while text.last?.isWhitespace == true { text.removeLast() }
            return text
        }

        private static let escapes: [Character: String] = [
            "n": "\n", "t": "\t", "r": "\r", "a": "\u{7}", "b": "\u{8}", "f": "\u{C}", "v": "\u{B}", "\\": "\\",
            "\"": "\"", "$": "$$",
        ]

        private static func unescaped(_ text: String) -> String {
            var out = ""
            var rest = Substring(text)
            while let next = rest.popFirst() {
                if next == "\\", let after = rest.first, let meant = escapes[after] {
                    rest = rest.dropFirst()
                    out += meant
                } else {
                    out.append(next)
                }
            }
            return out
        }
    }
}
