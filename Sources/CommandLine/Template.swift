import JSON

/// A template in the language of Go's text/template, as `--format` takes it.
package struct Template: Sendable {
    private let nodes: [TemplateNode]
    private let definitions: [String: [TemplateNode]]
    private let functions: [String: TemplateFunction]

    /// Rounds of a loop and nested `template` calls that one execution may take: a template is user input.
    private static let maximumDepth = 200

    /// Throws `TemplateError` for a text that isn't a template.
    package init(parsing source: String, functions: [String: TemplateFunction] = TemplateFunctions.standard)
        throws(TemplateError)
    {
        var lexer = TemplateLexer(source)
        var parser = TemplateParser(
            try lexer.pieces(), functions: Set(functions.keys).union(["and", "or"]))
        nodes = try parser.parse()
        definitions = parser.definitions
        self.functions = functions
    }

    /// The text for one value of `.`. With `missingKeysFail` a key that a map lacks is an error rather than
    /// `<no value>`, except for `optionalKeys`, which have that value where they are missing.
    package func execute(
        _ dot: TemplateValue, missingKeysFail: Bool = false, optionalKeys: [String: JSON] = [:]
    ) throws(TemplateError) -> String {
        var run = Execution(
            functions: functions, definitions: definitions, missingKeysFail: missingKeysFail,
            optionalKeys: optionalKeys,
            variables: [("$", dot)])
        _ = try run.walk(nodes, dot)
        return run.output
    }

    /// The same template with other functions, as a table's header needs them.
    package func replacing(functions: [String: TemplateFunction]) -> Template {
        Template(nodes: nodes, definitions: definitions, functions: functions)
    }

    private init(nodes: [TemplateNode], definitions: [String: [TemplateNode]], functions: [String: TemplateFunction]) {
        self.nodes = nodes
        self.definitions = definitions
        self.functions = functions
    }

    private struct Execution {
        let functions: [String: TemplateFunction]
        let definitions: [String: [TemplateNode]]
        let missingKeysFail: Bool
        let optionalKeys: [String: JSON]
        var variables: [(String, TemplateValue)]
        var output = ""
        var depth = 0
        var line = 1

        enum Flow { case on, breaks, continues }

        func fail(_ message: String, at column: Int, _ source: String) -> TemplateError {
            TemplateError("template: :\(line):\(column): executing \"\" at <\(source)>: \(message)")
        }

        mutating func walk(_ nodes: [TemplateNode], _ dot: TemplateValue) throws(TemplateError) -> Flow {
            for node in nodes {
                let flow = try walk(node, dot)
                if flow != .on { return flow }
            }
            return .on
        }

        mutating func walk(_ node: TemplateNode, _ dot: TemplateValue) throws(TemplateError) -> Flow {
            switch node {
            case .text(let text): output += text
            case .output(let pipeline):
                let value = try evaluate(pipeline, dot)
                if pipeline.variables.isEmpty { output += value.printed }
            case .conditional(let pipeline, let then, let otherwise):
                return try scoped { (run) throws(TemplateError) in
                    let value = try run.evaluate(pipeline, dot)
                    return try run.walk(value.isTrue ? then : otherwise, dot)
                }
            case .with(let pipeline, let then, let otherwise):
                return try scoped { (run) throws(TemplateError) in
                    let value = try run.evaluate(pipeline, dot)
                    return value.isTrue ? try run.walk(then, value) : try run.walk(otherwise, dot)
                }
            case .range(let pipeline, let body, let otherwise): return try range(pipeline, body, otherwise, dot)
            case .template(let name, let pipeline): try call(name, pipeline, dot)
            case .breakLoop: return .breaks
            case .continueLoop: return .continues
            }
            return .on
        }

        mutating func scoped(_ work: (inout Execution) throws(TemplateError) -> Flow) throws(TemplateError) -> Flow {
            let count = variables.count
            defer { variables.removeLast(variables.count - count) }
            return try work(&self)
        }

        mutating func call(_ name: String, _ pipeline: TemplatePipeline?, _ dot: TemplateValue) throws(TemplateError) {
            guard let body = definitions[name] else {
                throw TemplateError("template: :\(line): template \"\(name)\" not defined")
            }
            let value: TemplateValue
            if let pipeline { value = try evaluate(pipeline, dot) } else { value = .missing }
            depth += 1
            defer { depth -= 1 }
            guard depth < Template.maximumDepth else {
                throw TemplateError("template: :\(line): exceeded maximum template depth (\(Template.maximumDepth))")
            }
            let saved = variables
            variables = [("$", value)]
            _ = try walk(body, value)
            variables = saved
        }

        mutating func range(
            _ pipeline: TemplatePipeline, _ body: [TemplateNode], _ otherwise: [TemplateNode], _ dot: TemplateValue
        ) throws(TemplateError) -> Flow {
            let count = variables.count
            defer { variables.removeLast(variables.count - count) }
            var plain = pipeline
            plain.variables = []
            let value = try evaluate(plain, dot)
            let pairs = try elements(value, pipeline)
            guard !pairs.isEmpty else { return try walk(otherwise, dot) }
            for (key, element) in pairs {
                let before = variables.count
                defer { variables.removeLast(variables.count - before) }
                switch pipeline.variables.count {
                case 1: bind(pipeline.variables[0], element, assigns: pipeline.assigns)
                case 2:
                    bind(pipeline.variables[0], key, assigns: pipeline.assigns)
                    bind(pipeline.variables[1], element, assigns: pipeline.assigns)
                default: break
                }
                if try walk(body, element) == .breaks { break }
            }
            return .on
        }

        private func elements(
            _ value: TemplateValue, _ pipeline: TemplatePipeline
        ) throws(TemplateError) -> [(TemplateValue, TemplateValue)] {
            switch value {
            case .missing, .absent, .json(.null): return []
            case .list(let list): return list.enumerated().map { (.int($0.offset), $0.element) }
            case .json(.array(let list)): return list.enumerated().map { (.int($0.offset), .json($0.element)) }
            case .json(.object(let members)), .typedMap(let members):
                return members.sortedByKey().map { (.text($0.key), .json($0.value)) }
            case .map(let map): return map.sorted { $0.key < $1.key }.map { (.text($0.key), $0.value) }
            case .json(.int(let count)) where count >= 0 && count <= 1_000_000:
                return (0..<Int(count)).map { (.int($0), .int($0)) }
            default:
                let command = pipeline.commands.last
                throw fail("range can't iterate over \(value.printed)", at: command?.column ?? 0, command?.source ?? "")
            }
        }

        private mutating func bind(_ name: String, _ value: TemplateValue, assigns: Bool) {
            if assigns, let at = variables.lastIndex(where: { $0.0 == name }) {
                variables[at].1 = value
            } else {
                variables.append((name, value))
            }
        }

        mutating func evaluate(_ pipeline: TemplatePipeline, _ dot: TemplateValue) throws(TemplateError)
            -> TemplateValue
        {
            line = pipeline.line
            var value: TemplateValue?
            for command in pipeline.commands { value = try evaluate(command, dot, final: value) }
            let result = value ?? .missing
            for name in pipeline.variables { bind(name, result, assigns: pipeline.assigns) }
            return result
        }

        mutating func evaluate(
            _ command: TemplateCommand, _ dot: TemplateValue, final: TemplateValue?
        ) throws(TemplateError) -> TemplateValue {
            guard let head = command.operands.first else { return .missing }
            let rest = command.operands.dropFirst()
            switch head {
            case .function(let name, let column):
                return try callFunction(name, rest, dot, final, column: column, source: command.source)
            case .field(let names, let source, let column):
                let arguments = try arguments(rest, dot, final)
                return try fields(of: dot, names, arguments, source: source, column: column)
            case .variable(let name, let names, let source, let column):
                let base = variables.last { $0.0 == name }?.1 ?? .missing
                let arguments = try arguments(rest, dot, final)
                if names.isEmpty, !arguments.isEmpty { throw cannotTakeArguments(command, base) }
                return try fields(of: base, names, arguments, source: source, column: column)
            case .pipeline(let inner, let names, let source, let column):
                let base = try evaluate(inner, dot)
                let arguments = try arguments(rest, dot, final)
                if names.isEmpty, !arguments.isEmpty { throw cannotTakeArguments(command, base) }
                return try fields(of: base, names, arguments, source: source, column: column)
            default:
                let value = try operand(head, dot)
                if !rest.isEmpty || final != nil { throw cannotTakeArguments(command, value) }
                if case .null = head { throw fail("nil is not a command", at: command.column, "nil") }
                return value
            }
        }

        private func cannotTakeArguments(_ command: TemplateCommand, _ value: TemplateValue) -> TemplateError {
            fail("can't give argument to non-function \(command.source)", at: command.column, command.source)
        }

        private mutating func arguments(
            _ operands: ArraySlice<TemplateOperand>, _ dot: TemplateValue, _ final: TemplateValue?
        ) throws(TemplateError) -> [TemplateValue] {
            var values: [TemplateValue] = []
            for item in operands { values.append(try operand(item, dot)) }
            if let final { values.append(final) }
            return values
        }

        private mutating func operand(_ operand: TemplateOperand, _ dot: TemplateValue) throws(TemplateError)
            -> TemplateValue
        {
            switch operand {
            case .dot: return dot
            case .null: return .json(.null)
            case .constant(let value): return value
            case .field(let names, let source, let column):
                return try fields(of: dot, names, [], source: source, column: column)
            case .variable(let name, let names, let source, let column):
                let base = variables.last { $0.0 == name }?.1 ?? .missing
                return try fields(of: base, names, [], source: source, column: column)
            case .function(let name, let column):
                return try callFunction(name, [], dot, nil, column: column, source: name)
            case .pipeline(let inner, let names, let source, let column):
                return try fields(of: try evaluate(inner, dot), names, [], source: source, column: column)
            }
        }

        private func fields(
            of base: TemplateValue, _ names: [String], _ arguments: [TemplateValue], source: String, column: Int
        ) throws(TemplateError) -> TemplateValue {
            var value = base
            for (position, name) in names.enumerated() {
                let isLast = position == names.count - 1
                if position > 0, case .json(.null) = value, optionalKeys[names[position - 1]] == .some(.null) {
                    throw fail("map has no entry for key \(GoText.quote(names[position - 1]))", at: column, source)
                }
                value = try field(value, name, isLast ? arguments : [], source: source, column: column)
            }
            return value
        }

        private func field(
            _ value: TemplateValue, _ name: String, _ arguments: [TemplateValue], source: String, column: Int
        ) throws(TemplateError) -> TemplateValue {
            switch value {
            case .record(let record):
                let found: TemplateValue?
                do { found = try record.field(name, arguments) } catch {
                    throw fail("error calling \(name): \(error)", at: column, source)
                }
                guard let found else {
                    throw fail("can't evaluate field \(name) in type \(record.typeName)", at: column, source)
                }
                return found
            case .map(let map):
                if let found = map[name] { return found }
            case .json(.object(let members)):
                // Go's field names differ from the JSON ones in case only (ID, Id).
                let lowered = name.lowercased()
                let found = members[name] ?? members.first { $0.key.lowercased() == lowered }?.value
                if let found { return present(found, name) }
            case .absent(.object): return .missing
            case .typedMap(let members): return members[name].map { .json($0) } ?? .missing
            case .missing, .json(.null):
                if missingKeysFail {
                    throw fail("nil pointer evaluating interface {}.\(name)", at: column, source)
                }
                return .missing
            default:
                throw fail("can't evaluate field \(name) in type \(value.typeName)", at: column, source)
            }
            guard missingKeysFail else { return .missing }
            if let empty = left(out: name) { return empty }
            throw fail("map has no entry for key \(GoText.quote(name))", at: column, source)
        }

        private func present(_ found: JSON, _ name: String) -> TemplateValue {
            if found.isNull { return left(out: name) ?? .json(.null) }
            if case .object(let members) = found, optionalKeys[name] == [:] { return .typedMap(members) }
            return .json(found)
        }

        /// What a member is to templates that the document leaves out or has as null.
        private func left(out name: String) -> TemplateValue? {
            switch optionalKeys[name] {
            case nil: nil
            case .array?, .object?: .absent(optionalKeys[name] ?? .null)
            case let scalar?: .json(scalar)
            }
        }

        private mutating func callFunction(
            _ name: String, _ operands: ArraySlice<TemplateOperand>, _ dot: TemplateValue, _ final: TemplateValue?,
            column: Int, source: String
        ) throws(TemplateError) -> TemplateValue {
            if name == "and" || name == "or" {
                return try shortCircuit(name, operands, dot, final, column: column, source: source)
            }
            let values = try arguments(operands, dot, final)
            guard let function = functions[name] else { throw fail("function not defined", at: column, name) }
            if let complaint = function.arity.complaint(name, values.count) { throw fail(complaint, at: column, name) }
            do { return try function.call(values) } catch {
                throw fail("error calling \(name): \(error)", at: column, source)
            }
        }

        /// `and` and `or` evaluate no argument after the one that decides.
        private mutating func shortCircuit(
            _ name: String, _ operands: ArraySlice<TemplateOperand>, _ dot: TemplateValue, _ final: TemplateValue?,
            column: Int, source: String
        ) throws(TemplateError) -> TemplateValue {
            guard !operands.isEmpty || final != nil else {
                throw fail("wrong number of args for \(name): want at least 1 got 0", at: column, name)
            }
            var value = TemplateValue.missing
            for item in operands {
                value = try operand(item, dot)
                if value.isTrue == (name == "or") { return value }
            }
            return final ?? value
        }
    }
}
