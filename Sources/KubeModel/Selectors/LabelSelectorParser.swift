extension LabelSelector {
    /// From text: `a=b,c!=d,e in (x,y),f notin (z),g,!h,i>1`.
    package init(parsing text: String) throws(SelectorError) {
        guard text.utf8.count <= longestSelector else {
            throw SelectorError(description: "a selector may not be more than \(longestSelector) bytes")
        }
        var parser = LabelSelectorParser(text)
        // Equal keys keep their order; the original's sort doesn't promise it, and nothing depends on it.
        self.init(try parser.requirements().enumerated().sorted { ($0.1.key, $0.0) < ($1.1.key, $1.0) }.map(\.1))
    }
}

/// The grammar of apimachinery `labels.Parse`, with its sentences.
private struct LabelSelectorParser {
    enum Token: Equatable {
        case error, end, close, comma, not, doubleEquals, equals, greater, less, identifier, isIn, notEquals, notIn
        case open
    }

    private var items: [(token: Token, text: String)] = []
    private var at = 0

    init(_ text: String) {
        var lexer = Lexer(bytes: Array(text.utf8))
        repeat { items.append(lexer.next()) } while items.last?.token != .end
    }

    /// `in` and `notin` are words like others where an operator can't stand.
    private func peek(operators: Bool = false) -> (token: Token, text: String) {
        guard at < items.count else { return (.end, "") }
        let item = items[at]
        if !operators, item.token == .isIn || item.token == .notIn { return (.identifier, item.text) }
        return item
    }

    private mutating func take(operators: Bool = false) -> (token: Token, text: String) {
        defer { at += 1 }
        return peek(operators: operators)
    }

    private func found(_ text: String, _ expected: String) -> SelectorError {
        SelectorError(description: "found '\(text)', expected: \(expected)")
    }

    mutating func requirements() throws(SelectorError) -> [LabelSelector.Requirement] {
        var list: [LabelSelector.Requirement] = []
        while true {
            let head = peek()
            switch head.token {
            case .identifier, .not:
                do throws(SelectorError) {
                    list.append(try requirement())
                } catch {
                    throw SelectorError(description: "unable to parse requirement: \(error.description)")
                }
                let next = take()
                switch next.token {
                case .end: return list
                case .comma:
                    let after = peek()
                    guard after.token == .identifier || after.token == .not else {
                        throw found(after.text, "identifier after ','")
                    }
                default: throw found(next.text, "',' or 'end of string'")
                }
            case .end: return list
            default: throw found(head.text, "!, identifier, or 'end of string'")
            }
        }
    }

    private mutating func requirement() throws(SelectorError) -> LabelSelector.Requirement {
        var head = take()
        let isNegated = head.token == .not
        if isNegated { head = take() }
        guard head.token == .identifier else { throw found(head.text, "identifier") }
        if let why = LabelSelector.fault(key: head.text) {
            throw SelectorError(description: "<nil>: Invalid value: \(GoText.quoted(head.text)): \(why)")
        }
        let next = peek().token
        if isNegated { return try .init(checking: head.text, .doesNotExist, []) }
        if next == .end || next == .comma { return try .init(checking: head.text, .exists, []) }
        let op = try binaryOperator()
        switch op {
        case .isIn, .notIn: return try .init(checking: head.text, op, try valueList())
        default: return try .init(checking: head.text, op, [try exactValue()])
        }
    }

    private mutating func binaryOperator() throws(SelectorError) -> LabelSelector.Operator {
        let item = take(operators: true)
        switch item.token {
        case .isIn: return .isIn
        case .notIn: return .notIn
        case .equals: return .equals
        case .doubleEquals: return .doubleEquals
        case .notEquals: return .notEquals
        case .greater: return .greaterThan
        case .less: return .lessThan
        default: throw found(item.text, LabelSelector.Operator.binary.joined(separator: ", "))
        }
    }

    private mutating func exactValue() throws(SelectorError) -> String {
        let head = peek().token
        if head == .end || head == .comma { return "" }
        let item = take()
        guard item.token == .identifier else { throw found(item.text, "identifier") }
        return item.text
    }

    private mutating func valueList() throws(SelectorError) -> [String] {
        let open = take()
        guard open.token == .open else {
            throw SelectorError(description: "found '\(open.text)' expected: '('")
        }
        let head = peek()
        switch head.token {
        case .close:
            at += 1
            return [""]
        case .identifier, .comma:
            let list = try identifiers()
            guard take().token == .close else { throw found(head.text, "')'") }
            return list
        default: throw found(head.text, "',', ')' or identifier")
        }
    }

    /// An empty place between commas is the empty value.
    private mutating func identifiers() throws(SelectorError) -> [String] {
        var list: [String] = []
        while true {
            let item = take()
            switch item.token {
            case .identifier:
                list.append(item.text)
                let next = peek()
                switch next.token {
                case .comma: continue
                case .close: return list
                default: throw found(next.text, "',' or ')'")
                }
            case .comma:
                if list.isEmpty { list.append("") }
                let next = peek().token
                if next == .close {
                    list.append("")
                    return list
                }
                if next == .comma { list.append("") }
            default: throw found(item.text, "',', or identifier")
            }
        }
    }

    private struct Lexer {
        let bytes: [UInt8]
        var at = 0

        private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 9 || byte == 10 || byte == 13 }
        private static func isSpecial(_ byte: UInt8) -> Bool { "=!(),><".utf8.contains(byte) }

        mutating func next() -> (token: Token, text: String) {
            while at < bytes.count, Lexer.isSpace(bytes[at]) { at += 1 }
            // A zero byte ends the text, as it does upstream.
            guard at < bytes.count, bytes[at] != 0 else { return (.end, "") }
            return Lexer.isSpecial(bytes[at]) ? special() : word()
        }

        private mutating func word() -> (token: Token, text: String) {
            let start = at
            while at < bytes.count, bytes[at] != 0, !Lexer.isSpecial(bytes[at]), !Lexer.isSpace(bytes[at]) { at += 1 }
            let text = String(decoding: bytes[start..<at], as: UTF8.self)
            switch text {
            case "in": return (.isIn, text)
            case "notin": return (.notIn, text)
            default: return (.identifier, text)
            }
        }

        private mutating func special() -> (token: Token, text: String) {
            let (first, second) = (bytes[at], at + 1 < bytes.count ? bytes[at + 1] : 0)
            at += 1
            let equals = UInt8(ascii: "=")
            switch first {
            case equals where second == equals:
                at += 1
                return (.doubleEquals, "==")
            case UInt8(ascii: "!") where second == equals:
                at += 1
                return (.notEquals, "!=")
            case equals: return (.equals, "=")
            case UInt8(ascii: "!"): return (.not, "!")
            case UInt8(ascii: "("): return (.open, "(")
            case UInt8(ascii: ")"): return (.close, ")")
            case UInt8(ascii: ","): return (.comma, ",")
            case UInt8(ascii: ">"): return (.greater, ">")
            default: return (.less, "<")
            }
        }
    }
}
