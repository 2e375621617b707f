import CommandLine
import JSON

/// The part of HCL that bake files need when they only name things: blocks, attributes, texts with `${VARIABLE}`, numbers,
/// flags, lists, maps and variables. Functions, operators and conditions are refused. Answers what the file would be as
/// JSON: variables stand as `${NAME}`.
struct HCLText {
    private enum Limit {
        /// Lists and maps in each other.
        static let depth = 64
    }

    private let name: String
    private var text: Substring
    private var line = 1
    private var depth = 0

    static func parse(_ text: String, name: String) throws(Failure) -> JSON {
        var reader = HCLText(name: name, text: text[...])
        var file: JSON = [:]
        while try reader.skipBlanks(lines: true) { try reader.statement(into: &file, isTop: true) }
        return file
    }

    private init(name: String, text: Substring) {
        self.name = name
        self.text = text
    }

    private func refusal(_ words: String) -> Failure { Failure("\(name):\(line): \(words)") }

    /// False: nothing is left.
    private mutating func skipBlanks(lines: Bool) throws(Failure) -> Bool {
        while let character = text.first {
            if character == "#" || text.hasPrefix("//") {
                text = text.drop { !$0.isNewline }
            } else if text.hasPrefix("/*") {
                guard let end = text.firstRange(of: "*/") else { throw refusal("a comment has no end") }
                line += text[..<end.lowerBound].count(where: \.isNewline)
                text = text[end.upperBound...]
            } else if character.isNewline, lines {
                line += 1
                text.removeFirst()
            } else if character.isWhitespace, !character.isNewline {
                text.removeFirst()
            } else {
                return true
            }
        }
        return false
    }

    private mutating func word() -> String {
        let word = text.prefix { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "-" }
        text = text.dropFirst(word.count)
        return String(word)
    }

    private mutating func statement(into body: inout JSON, isTop: Bool) throws(Failure) {
        let key = text.first == "\"" ? try string() : word()
        guard !key.isEmpty else { throw refusal("expected a name, found \(text.prefix(10).debugDescription)") }
        _ = try skipBlanks(lines: false)
        if text.first == "=" {
            text.removeFirst()
            let value = try expression()
            if isTop { body["variable"][key] = ["default": value] } else { body[key] = value }
            return try endOfLine()
        }
        guard isTop else { throw refusal("blocks in blocks are not available: \(key)") }
        guard ["target", "group", "variable"].contains(key) else {
            throw refusal("blocks of the kind \(GoText.quote(key)) are not available")
        }
        let label = text.first == "\"" ? try string() : word()
        _ = try skipBlanks(lines: false)
        guard text.first == "{", !label.isEmpty else { throw refusal("expected a name and { after \(key)") }
        text.removeFirst()
        var inner: JSON = [:]
        while try skipBlanks(lines: true), text.first != "}" { try statement(into: &inner, isTop: false) }
        guard text.first == "}" else { throw refusal("the block of \(key) \(GoText.quote(label)) has no end") }
        text.removeFirst()
        if body[key].object == nil { body[key] = [:] }
        guard body[key][label].isNull else { throw refusal("\(key) \(GoText.quote(label)) is there twice") }
        body[key][label] = inner
    }

    private mutating func endOfLine() throws(Failure) {
        guard try skipBlanks(lines: false), let next = text.first else { return }
        guard next.isNewline || next == "}" else {
            throw refusal("operators and functions are not available: \(text.prefix { !$0.isNewline }.prefix(20))")
        }
    }

    private mutating func expression() throws(Failure) -> JSON {
        guard try skipBlanks(lines: false), let first = text.first else { throw refusal("a value is missing") }
        depth += 1
        defer { depth -= 1 }
        guard depth < Limit.depth else { throw refusal("too many lists and maps in each other") }
        switch first {
        case "\"": return .string(try string())
        case "[": return try list()
        case "{": return try map()
        default: break
        }
        if first.isNumber || first == "-" {
            let digits = text.prefix { $0.isNumber || $0 == "." || $0 == "-" }
            text = text.dropFirst(digits.count)
            guard let number = try? JSON(parsing: String(digits)) else { throw refusal("invalid number \(digits)") }
            return number
        }
        let name = word()
        switch name {
        case "true": return true
        case "false": return false
        case "null": return .null
        case "": throw refusal("unexpected \(text.prefix(10).debugDescription)")
        default:
            guard text.first != "(" else { throw refusal("functions are not available: \(name)") }
            guard text.first != "." else { throw refusal("members of others are not available: \(name)") }
            return .string("${\(name)}")
        }
    }

    private mutating func list() throws(Failure) -> JSON {
        text.removeFirst()
        var items: [JSON] = []
        while try skipBlanks(lines: true), text.first != "]" {
            items.append(try expression())
            _ = try skipBlanks(lines: true)
            if text.first == "," {
                text.removeFirst()
            } else if text.first != "]" {
                throw refusal("expected , or ] in a list")
            }
        }
        guard text.first == "]" else { throw refusal("a list has no end") }
        text.removeFirst()
        return .array(items)
    }

    private mutating func map() throws(Failure) -> JSON {
        text.removeFirst()
        var map: JSON = [:]
        while try skipBlanks(lines: true), text.first != "}" {
            let key = text.first == "\"" ? try string() : word()
            _ = try skipBlanks(lines: false)
            guard !key.isEmpty, text.first == "=" || text.first == ":" else { throw refusal("expected a name and =") }
            text.removeFirst()
            map[key] = try expression()
            _ = try skipBlanks(lines: false)
            if text.first == "," { text.removeFirst() }
        }
        guard text.first == "}" else { throw refusal("a map has no end") }
        text.removeFirst()
        return map
    }

    private mutating func string() throws(Failure) -> String {
        text.removeFirst()
        var out = ""
        while let character = text.popFirst() {
            switch character {
            case "\"": return out
            case "\\":
                let escaped = text.popFirst() ?? "\\"
                out.append(["n": "\n", "t": "\t", "r": "\r"][escaped] ?? escaped)
            case _ where character.isNewline: throw refusal("a text has no end")
            default: out.append(character)
            }
        }
        throw refusal("a text has no end")
    }
}
