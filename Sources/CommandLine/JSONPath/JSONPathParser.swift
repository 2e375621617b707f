import JSON

/// Reads a template; the complaints are client-go's.
struct JSONPathParser {
    private let text: [Character]
    private var at = 0

    init(_ text: String) { self.text = Array(text) }

    private typealias Node = JSONPath.Node
    private typealias Failure = JSONPath.Failure

    mutating func parse() throws(JSONPath.Failure) -> [JSONPath.Node] {
        let (nodes, ended) = try template(inRange: false)
        if ended { throw Failure("not in range, nothing to end") }
        return nodes
    }

    private var next: Character? { at < text.count ? text[at] : nil }

    /// Text and expressions up to the end, or to the `{end}` of a range.
    private mutating func template(inRange: Bool) throws(JSONPath.Failure) -> (nodes: [JSONPath.Node], ended: Bool) {
        var nodes: [Node] = []
        var plain = ""
        while let character = next {
            guard character == "{" else {
                plain.append(character)
                at += 1
                continue
            }
            if !plain.isEmpty { nodes.append(.text(plain)) }
            plain = ""
            at += 1
            switch try action() {
            case .steps(let steps): nodes.append(.expression(steps))
            case .end: return (nodes, true)
            case .range(let steps):
                let (body, ended) = try template(inRange: true)
                guard ended else { throw Failure("unterminated range") }
                nodes.append(.range(steps, body: body))
            }
        }
        if !plain.isEmpty { nodes.append(.text(plain)) }
        return (nodes, false)
    }

    private enum Action { case steps([JSONPath.Node]), range([JSONPath.Node]), end }

    /// What is in braces, without the opening one.
    private mutating func action() throws(JSONPath.Failure) -> Action {
        var steps: [Node] = []
        var isRange = false
        while true {
            guard let character = next else { throw Failure("unclosed action") }
            switch character {
            case "}":
                at += 1
                return isRange ? .range(steps) : .steps(steps)
            case " ", "\t", "\n", "\r": at += 1
            case "\"", "'": steps.append(.literal(.string(try quoted())))
            case ".", "[", "@", "$", "*": steps += try path(until: "}")
            case "+", "-", "0"..."9": steps.append(try number())
            default:
                guard character.isLetter else {
                    throw Failure("unrecognized character in action: \(ModelCharacter.text(character))")
                }
                let word = identifier()
                switch word {
                case "range" where steps.isEmpty: isRange = true
                case "end" where steps.isEmpty:
                    guard next == "}" else { throw Failure("unrecognized identifier end") }
                    at += 1
                    return .end
                case "true", "false": steps.append(.literal(.bool(word == "true")))
                default: throw Failure("unrecognized identifier \(word)")
                }
            }
        }
    }

    private mutating func identifier() -> String {
        var word = ""
        while let character = next, character.isLetter || character.isNumber || character == "_" {
            word.append(character)
            at += 1
        }
        return word
    }

    /// Steps of one path: `.a.b[0]`, `@.x`, `..name`, `*`.
    private mutating func path(until end: Character) throws(JSONPath.Failure) -> [JSONPath.Node] {
        var steps: [Node] = []
        while let character = next {
            switch character {
            case "$":
                at += 1
                steps.append(.root)
            case "@":
                at += 1
                steps.append(.current)
            case ".":
                at += 1
                if next == "." {
                    at += 1
                    steps.append(.recursive)
                    if next != "[", next != "*" { steps += field() }
                } else if next == "*" {
                    at += 1
                    steps.append(.wildcard)
                } else if next != "[" {
                    steps += field()
                }
            case "*":
                at += 1
                steps.append(.wildcard)
            case "[": steps.append(try brackets())
            default: return steps
            }
        }
        return steps
    }

    private static let ends: Set<Character> = [
        " ", "\t", "\n", "\r", ".", ",", "[", "]", "$", "@", "{", "}", "(", ")", "=", "!", "<", ">",
    ]

    private mutating func field() -> [JSONPath.Node] {
        var name = ""
        while let character = next {
            if character == "\\", at + 1 < text.count {
                name.append(text[at + 1])
                at += 2
                continue
            }
            if Self.ends.contains(character) { break }
            name.append(character)
            at += 1
        }
        return name.isEmpty ? [] : [.field(name)]
    }

    private mutating func quoted() throws(JSONPath.Failure) -> String {
        let quote = text[at]
        at += 1
        var out = ""
        while let character = next {
            at += 1
            if character == quote { return out }
            guard character == "\\", let escaped = next else {
                out.append(character)
                continue
            }
            at += 1
            switch escaped {
            case "n": out.append("\n")
            case "t": out.append("\t")
            case "r": out.append("\r")
            default: out.append(escaped)
            }
        }
        throw Failure("unterminated quoted string")
    }

    private mutating func number() throws(JSONPath.Failure) -> JSONPath.Node {
        var digits = ""
        while let character = next, character.isNumber || "+-.eE".contains(character) {
            digits.append(character)
            at += 1
        }
        if let whole = Int64(digits) { return .literal(.int(whole)) }
        if let value = Double(digits) { return .literal(JSON(value)) }
        throw Failure("cannot parse number \(digits)")
    }

    /// `[0]`, `[1:3]`, `[*]`, `['name']`, `[?(@.x=="y")]`, and several with commas.
    private mutating func brackets() throws(JSONPath.Failure) -> JSONPath.Node {
        at += 1
        if next == "?" { return try filter() }
        var branches: [[Node]] = []
        while true {
            skipSpace()
            branches.append([try bracketItem()])
            skipSpace()
            guard let character = next else { throw Failure("unterminated array") }
            at += 1
            if character == "]" { break }
            guard character == "," else { throw Failure("unterminated array") }
        }
        return branches.count == 1 ? branches[0][0] : .union(branches)
    }

    private mutating func skipSpace() { while next == " " { at += 1 } }

    private mutating func bracketItem() throws(JSONPath.Failure) -> JSONPath.Node {
        if next == "'" || next == "\"" { return .field(try quoted()) }
        if next == "*" {
            at += 1
            return .wildcard
        }
        if next == "." { return .expression(try path(until: "]")) }
        var parts: [String] = [""]
        while let character = next, character.isNumber || character == "-" || character == ":" {
            if character == ":" { parts.append("") } else { parts[parts.count - 1].append(character) }
            at += 1
        }
        let shown = parts.joined(separator: ":")
        guard parts.count <= 3, !shown.isEmpty else { throw Failure("invalid array index \(rest())") }
        var numbers: [Int?] = []
        for part in parts {
            if part.isEmpty {
                numbers.append(nil)
            } else if let number = Int(part) {
                numbers.append(number)
            } else {
                throw Failure("array index \(part) is not a number")
            }
        }
        return .slice(
            first: numbers[0], last: numbers.count > 1 ? numbers[1] : nil, step: numbers.count > 2 ? numbers[2] : nil,
            isSingle: numbers.count == 1)
    }

    private func rest() -> String { String(text[at...].prefix { $0 != "]" }) }

    private mutating func filter() throws(JSONPath.Failure) -> JSONPath.Node {
        at += 1
        guard next == "(" else { throw Failure("unterminated filter") }
        at += 1
        let left = try operand()
        skipSpace()
        var sign = ""
        while let character = next, "=!<>".contains(character) {
            sign.append(character)
            at += 1
        }
        var right: [Node] = []
        var comparison = JSONPath.FilterOperator.exists
        if !sign.isEmpty {
            guard let known = JSONPath.FilterOperator(rawValue: sign) else {
                throw Failure("unrecognized filter operator \(sign)")
            }
            comparison = known
            skipSpace()
            right = try operand()
        }
        skipSpace()
        guard next == ")" else { throw Failure("unterminated filter") }
        at += 1
        guard next == "]" else { throw Failure("unclosed array expect ]") }
        at += 1
        return .filter(left, comparison, right)
    }

    private mutating func operand() throws(JSONPath.Failure) -> [JSONPath.Node] {
        skipSpace()
        guard let character = next else { throw Failure("unterminated filter") }
        switch character {
        case "\"", "'": return [.literal(.string(try quoted()))]
        case "@", ".", "$", "[", "*": return try path(until: ")")
        case "+", "-", "0"..."9": return [try number()]
        default:
            let word = identifier()
            if word == "true" || word == "false" { return [.literal(.bool(word == "true"))] }
            throw Failure("unrecognized identifier \(word)")
        }
    }
}

/// A character in a complaint, as Go's `%#U` has it.
enum ModelCharacter {
    static func text(_ character: Character) -> String {
        let scalar = character.unicodeScalars.first.map { String($0.value, radix: 16, uppercase: true) } ?? "0"
        return "U+" + String(repeating: "0", count: max(0, 4 - scalar.count)) + scalar + " '\(character)'"
    }
}
