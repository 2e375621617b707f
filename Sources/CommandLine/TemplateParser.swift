import JSON

/// Builds the tree of a template from its pieces.
struct TemplateParser {
    private let pieces: [TemplatePiece]
    private var at = 0
    private let functions: Set<String>
    private(set) var definitions: [String: [TemplateNode]] = [:]
    private var variables = ["$"]
    private var loops = 0

    init(_ pieces: [TemplatePiece], functions: Set<String>) {
        self.pieces = pieces
        self.functions = functions
    }

    private enum Ending { case input, end, otherwise(TemplatePiece) }

    mutating func parse() throws(TemplateError) -> [TemplateNode] {
        let (nodes, ending) = try list()
        switch ending {
        case .input: return nodes
        case .end: throw fail("unexpected {{end}}")
        case .otherwise: throw fail("unexpected {{else}}")
        }
    }

    private var line: Int {
        guard at > 0, pieces.indices.contains(at - 1), case .action(_, let line, _) = pieces[at - 1] else { return 1 }
        return line
    }

    private func fail(_ message: String) -> TemplateError { TemplateError("template: :\(line): \(message)") }

    private mutating func list() throws(TemplateError) -> ([TemplateNode], Ending) {
        var nodes: [TemplateNode] = []
        while at < pieces.count {
            let piece = pieces[at]
            at += 1
            guard case .action(let tokens, let line, _) = piece else {
                if case .text(let text) = piece { nodes.append(.text(text)) }
                continue
            }
            var reader = TokenReader(tokens, line: line, functions: functions, variables: variables)
            reader.skipSpace()
            guard case .identifier(let keyword)? = reader.peek else {
                nodes.append(.output(try pipeline(&reader, "command")))
                continue
            }
            switch keyword {
            case "end": return (nodes, .end)
            case "else": return (nodes, .otherwise(piece))
            case "define": try define(&reader)
            default:
                nodes.append(try statement(keyword, &reader))
            }
        }
        return (nodes, .input)
    }

    private mutating func statement(
        _ keyword: String, _ reader: inout TokenReader
    ) throws(TemplateError) -> TemplateNode {
        switch keyword {
        case "if", "with", "range":
            reader.next()
            return try control(keyword, &reader)
        case "template":
            reader.next()
            return .template(
                try reader.name(for: "template clause"), try reader.isAtEnd ? nil : pipeline(&reader, "template clause")
            )
        case "block":
            reader.next()
            let name = try reader.name(for: "block clause")
            let value = try pipeline(&reader, "block clause")
            definitions[name] = try body(of: "block")
            return .template(name, value)
        case "break", "continue":
            guard loops > 0 else { throw fail("{{\(keyword)}} outside {{range}}") }
            return keyword == "break" ? .breakLoop : .continueLoop
        default: return .output(try pipeline(&reader, "command"))
        }
    }

    private mutating func define(_ reader: inout TokenReader) throws(TemplateError) {
        reader.next()
        let name = try reader.name(for: "define clause")
        let saved = variables
        variables = ["$"]
        definitions[name] = try body(of: "define")
        variables = saved
    }

    private mutating func body(of keyword: String) throws(TemplateError) -> [TemplateNode] {
        let (nodes, ending) = try list()
        guard case .end = ending else {
            if case .input = ending { throw fail("unexpected EOF") }
            throw fail("unexpected {{else}} in \(keyword) clause")
        }
        return nodes
    }

    private mutating func pipeline(_ reader: inout TokenReader, _ context: String) throws(TemplateError)
        -> TemplatePipeline
    {
        let result = try reader.pipeline(context)
        variables = reader.variables
        return result
    }

    private mutating func control(_ keyword: String, _ reader: inout TokenReader) throws(TemplateError) -> TemplateNode
    {
        let depth = variables.count
        defer { variables.removeLast(variables.count - depth) }
        reader.allowsTwoVariables = keyword == "range"
        let condition = try pipeline(&reader, keyword)
        if keyword == "range" { loops += 1 }
        let (then, ending) = try list()
        if keyword == "range" { loops -= 1 }
        var otherwise: [TemplateNode] = []
        switch ending {
        case .input: throw fail("unexpected EOF")
        case .end: break
        case .otherwise(let piece): otherwise = try elseBranch(of: keyword, piece)
        }
        switch keyword {
        case "if": return .conditional(condition, then: then, otherwise: otherwise)
        case "with": return .with(condition, then: then, otherwise: otherwise)
        default: return .range(condition, body: then, otherwise: otherwise)
        }
    }

    /// `{{else}}`, or `{{else if …}}`, which shares the end of the first condition.
    private mutating func elseBranch(of keyword: String, _ piece: TemplatePiece) throws(TemplateError) -> [TemplateNode]
    {
        guard case .action(let tokens, let line, _) = piece else { return [] }
        var reader = TokenReader(tokens, line: line, functions: functions, variables: variables)
        reader.skipSpace()
        reader.next()
        reader.skipSpace()
        if case .identifier(let next)? = reader.peek, next == keyword, keyword != "range" {
            reader.next()
            return [try control(keyword, &reader)]
        }
        guard reader.isAtEnd else { throw fail("unexpected \(reader.nextSource) in else") }
        return try body(of: "else")
    }
}

/// Reads the tokens of one action.
struct TokenReader {
    private let tokens: [TemplateToken]
    private var at = 0
    private let line: Int
    private let functions: Set<String>
    private(set) var variables: [String]
    var allowsTwoVariables = false

    init(_ tokens: [TemplateToken], line: Int, functions: Set<String>, variables: [String]) {
        self.tokens = tokens
        self.line = line
        self.functions = functions
        self.variables = variables
    }

    private func fail(_ message: String) -> TemplateError { TemplateError("template: :\(line): \(message)") }

    var peek: TemplateToken.Kind? { at < tokens.count ? tokens[at].kind : nil }
    var nextSource: String { at < tokens.count ? "<\(tokens[at].source)>" : "\"}}\"" }
    mutating func next() { at += 1 }
    mutating func skipSpace() { while peek == .space { at += 1 } }
    var isAtEnd: Bool { tokens[min(at, tokens.count)...].allSatisfy { $0.kind == .space } }

    mutating func name(for clause: String) throws(TemplateError) -> String {
        skipSpace()
        guard case .string(let name)? = peek else { throw fail("unexpected \(nextSource) in \(clause)") }
        next()
        return name
    }

    mutating func pipeline(_ context: String, inParentheses: Bool = false) throws(TemplateError) -> TemplatePipeline {
        var pipeline = TemplatePipeline(line: line)
        skipSpace()
        try declarations(&pipeline)
        while true {
            skipSpace()
            let start = at
            let operands = try operands(inParentheses: inParentheses)
            guard !operands.isEmpty else {
                throw fail(
                    start < tokens.count && !isAtEnd && peek != .rightParen
                        ? "unexpected \(nextSource) in \(context)" : "missing value for \(context)")
            }
            var source = tokens[start..<at].map(\.source).joined()
            while source.last?.isWhitespace == true { source.removeLast() }
            pipeline.commands.append(TemplateCommand(operands: operands, source: source, column: tokens[start].column))
            skipSpace()
            if peek == .pipe {
                next()
                continue
            }
            if inParentheses {
                guard peek == .rightParen else { throw fail("unclosed left paren") }
            } else if !isAtEnd {
                throw fail("unexpected \(nextSource) in \(context)")
            }
            return pipeline
        }
    }

    private mutating func declarations(_ pipeline: inout TemplatePipeline) throws(TemplateError) {
        let start = at
        var names: [String] = []
        while case .variable(let name)? = peek {
            names.append(name)
            next()
            skipSpace()
            if peek == .declare || peek == .assign {
                pipeline.assigns = peek == .assign
                next()
                pipeline.variables = names
                if pipeline.assigns {
                    for name in names where !variables.contains(name) { throw fail("undefined variable \"\(name)\"") }
                } else {
                    variables += names
                }
                return
            }
            guard peek == .comma, allowsTwoVariables, names.count < 2 else { break }
            next()
            skipSpace()
        }
        at = start
    }

    private mutating func operands(inParentheses: Bool) throws(TemplateError) -> [TemplateOperand] {
        var operands: [TemplateOperand] = []
        while let kind = peek {
            switch kind {
            case .pipe: return operands
            case .rightParen:
                guard inParentheses else { throw fail("unexpected right paren") }
                return operands
            case .space: next()
            default: operands.append(try operand())
            }
        }
        return operands
    }

    private mutating func operand() throws(TemplateError) -> TemplateOperand {
        let token = tokens[at]
        let start = at
        next()
        switch token.kind {
        case .string(let text): return .constant(.text(text))
        case .int(let value): return .constant(.int(value))
        case .float(let value): return .constant(.json(.init(value)))
        case .character(let scalar): return .constant(.int(Int(scalar.value)))
        case .identifier("true"): return .constant(.bool(true))
        case .identifier("false"): return .constant(.bool(false))
        case .identifier("nil"): return .null
        case .dot: return .dot
        case .identifier(let name):
            guard functions.contains(name) else { throw fail("function \"\(name)\" not defined") }
            return .function(name, column: token.column)
        case .field(let first):
            let names = [first] + chain()
            return .field(names, source: source(from: start), column: column(from: start))
        case .variable(let name):
            guard variables.contains(name) else { throw fail("undefined variable \"\(name)\"") }
            let names = chain()
            return .variable(name, names, source: source(from: start), column: column(from: start))
        case .leftParen:
            let inner = try pipeline("parenthesized pipeline", inParentheses: true)
            next()
            let chainStart = min(at, tokens.count - 1)
            let names = chain()
            return .pipeline(inner, names, source: source(from: start), column: tokens[chainStart].column)
        default:
            at = start
            throw fail("unexpected \(nextSource) in operand")
        }
    }

    /// Go names the place of a chain by its second field.
    private func column(from start: Int) -> Int { tokens[at - start > 1 ? start + 1 : start].column }

    private func source(from start: Int) -> String { tokens[start..<at].map(\.source).joined() }

    /// Field names that follow without a space: `.A.B`.
    private mutating func chain() -> [String] {
        var names: [String] = []
        while case .field(let name)? = peek {
            names.append(name)
            next()
        }
        return names
    }
}
