/// Why a template can't be read or executed; the text is the one that Go's text/template gives.
package struct TemplateError: Error, Equatable, CustomStringConvertible {
    package let description: String
    package init(_ description: String) { self.description = description }
}

/// A piece of a template: text outside `{{ }}`, or the tokens of one action with the line on which it begins.
enum TemplatePiece: Equatable {
    case text(String)
    case action([TemplateToken], line: Int, column: Int)
}

struct TemplateToken: Equatable {
    enum Kind: Equatable {
        case field(String), variable(String), identifier(String), string(String), character(Unicode.Scalar)
        case int(Int), float(Double), dot, pipe, comma, leftParen, rightParen, declare, assign, space
    }
    let kind: Kind
    /// The token as it was written, for messages.
    let source: String
    /// Characters from the line's start.
    let column: Int
}

/// Cuts a template into text and actions, applying the trim markers `{{-` and `-}}` and dropping comments.
struct TemplateLexer {
    private let input: [Character]
    private var at = 0
    private var line = 1
    private var lineStart = 0

    init(_ source: String) { input = Array(source) }

    private func fail(_ message: String) -> TemplateError { TemplateError("template: :\(line): \(message)") }

    private func matches(_ text: String) -> Bool {
        guard at + text.count <= input.count else { return false }
        return zip(text, input[at...]).allSatisfy { $0 == $1 }
    }

    private mutating func advance(_ count: Int = 1) {
        for _ in 0..<count {
            if input[at].isNewline {
                line += 1
                lineStart = at + 1
            }
            at += 1
        }
    }

    mutating func pieces() throws(TemplateError) -> [TemplatePiece] {
        var pieces: [TemplatePiece] = []
        var text = ""
        var trimsNext = false
        func trimmed(_ text: String, front: Bool, back: Bool) -> String {
            var part = Substring(text)
            if front { part = part.drop { $0.isWhitespace } }
            while back, let last = part.last, last.isWhitespace { part.removeLast() }
            return String(part)
        }
        while at < input.count {
            guard matches("{{") else {
                text.append(input[at])
                advance()
                continue
            }
            let startLine = line, startColumn = at - lineStart
            advance(2)
            let trimsBefore = at + 1 < input.count && input[at] == "-" && input[at + 1].isWhitespace
            if trimsBefore { advance() }
            text = trimmed(text, front: trimsNext, back: trimsBefore)
            if !text.isEmpty { pieces.append(.text(text)) }
            text = ""
            let tokens = try action(&trimsNext)
            if let tokens { pieces.append(.action(tokens, line: startLine, column: startColumn)) }
        }
        text = trimmed(text, front: trimsNext, back: false)
        if !text.isEmpty { pieces.append(.text(text)) }
        return pieces
    }

    /// The tokens up to `}}`; nil for a comment.
    private mutating func action(_ trimsNext: inout Bool) throws(TemplateError) -> [TemplateToken]? {
        var tokens: [TemplateToken] = []
        var isComment = false
        trimsNext = false
        while true {
            guard at < input.count else { throw fail("unclosed action") }
            if matches("}}") {
                advance(2)
                return isComment && tokens.isEmpty ? nil : tokens
            }
            if matches("-}}"), at > 0, input[at - 1].isWhitespace || isComment {
                advance(3)
                trimsNext = true
                return isComment && tokens.allSatisfy({ $0.kind == .space }) ? nil : tokens
            }
            if tokens.allSatisfy({ $0.kind == .space }), matches("/*") {
                advance(2)
                while at < input.count, !matches("*/") { advance() }
                guard at < input.count else { throw fail("unclosed comment") }
                advance(2)
                isComment = true
                tokens = []
                guard matches("}}") || matches(" -}}") else { throw fail("comment ends before closing delimiter") }
                if matches(" ") { advance() }
                continue
            }
            tokens.append(try token())
        }
    }

    private mutating func token() throws(TemplateError) -> TemplateToken {
        let start = at, column = at - lineStart
        let kind = try tokenKind()
        return TemplateToken(kind: kind, source: String(input[start..<at]), column: column)
    }

    private mutating func tokenKind() throws(TemplateError) -> TemplateToken.Kind {
        let character = input[at]
        if character.isWhitespace {
            while at < input.count, input[at].isWhitespace, !matches(" -}}") || input[at].isNewline { advance() }
            if matches(" -}}") { advance() }
            return .space
        }
        switch character {
        case "|":
            advance()
            return .pipe
        case ",":
            advance()
            return .comma
        case "(":
            advance()
            return .leftParen
        case ")":
            advance()
            return .rightParen
        case "\"": return .string(try quoted())
        case "`": return .string(try rawQuoted())
        case "'": return .character(try characterConstant())
        case ":":
            advance()
            guard at < input.count, input[at] == "=" else { throw fail("expected :=") }
            advance()
            return .declare
        case "=":
            advance()
            return .assign
        case "$": return .variable(word(afterFirst: true))
        case ".":
            if at + 1 < input.count, input[at + 1].isASCII, input[at + 1].isNumber { return try number() }
            let name = word(afterFirst: true)
            return name.count == 1 ? .dot : .field(String(name.dropFirst()))
        case "+", "-", "0"..."9": return try number()
        default:
            guard character.isLetter || character == "_" else {
                let scalar = character.unicodeScalars.first?.value ?? 0
                throw fail("unrecognized character in action: U+\(hexadecimal(scalar)) '\(character)'")
            }
            return .identifier(word(afterFirst: false))
        }
    }

    private func hexadecimal(_ value: UInt32) -> String { GoText.hex(value, digits: 4).uppercased() }

    private mutating func word(afterFirst: Bool) -> String {
        let start = at
        if afterFirst { advance() }
        while at < input.count, input[at].isLetter || input[at].isNumber || input[at] == "_" { advance() }
        return String(input[start..<at])
    }

    private mutating func quoted() throws(TemplateError) -> String {
        advance()
        var out = ""
        while at < input.count, input[at] != "\"" {
            if input[at].isNewline { throw fail("unterminated quoted string") }
            if input[at] == "\\" {
                out.unicodeScalars.append(try escape())
            } else {
                out.append(input[at])
                advance()
            }
        }
        guard at < input.count else { throw fail("unterminated quoted string") }
        advance()
        return out
    }

    private mutating func rawQuoted() throws(TemplateError) -> String {
        advance()
        let start = at
        while at < input.count, input[at] != "`" { advance() }
        guard at < input.count else { throw fail("unterminated raw quoted string") }
        defer { advance() }
        return String(input[start..<at])
    }

    private mutating func characterConstant() throws(TemplateError) -> Unicode.Scalar {
        advance()
        guard at < input.count else { throw fail("unterminated character constant") }
        let value: Unicode.Scalar
        if input[at] == "\\" {
            value = try escape()
        } else {
            guard let scalar = input[at].unicodeScalars.first else { throw fail("unterminated character constant") }
            value = scalar
            advance()
        }
        guard at < input.count, input[at] == "'" else { throw fail("unterminated character constant") }
        advance()
        return value
    }

    private mutating func escape() throws(TemplateError) -> Unicode.Scalar {
        advance()
        guard at < input.count else { throw fail("unterminated quoted string") }
        let letter = input[at]
        advance()
        let plain: [Character: Unicode.Scalar] = [
            "n": "\n", "t": "\t", "r": "\r", "\\": "\\", "\"": "\"", "'": "'", "a": "\u{07}", "b": "\u{08}",
            "f": "\u{0C}", "v": "\u{0B}",
        ]
        if let scalar = plain[letter] { return scalar }
        let lengths: [Character: Int] = ["x": 2, "u": 4, "U": 8]
        guard let length = lengths[letter], at + length <= input.count,
            let code = UInt32(String(input[at..<(at + length)]), radix: 16), let scalar = Unicode.Scalar(code)
        else { throw fail("invalid syntax") }
        advance(length)
        return scalar
    }

    private mutating func number() throws(TemplateError) -> TemplateToken.Kind {
        let start = at
        if input[at] == "+" || input[at] == "-" { advance() }
        while at < input.count, input[at].isASCII, input[at].isLetter || input[at].isNumber || "._".contains(input[at])
        {
            advance()
        }
        let text = String(input[start..<at])
        if let value = try? GoValue.int(text) { return .int(value) }
        guard let value = Double(text) else { throw fail("bad number syntax: \(GoText.quote(text))") }
        return .float(value)
    }
}
