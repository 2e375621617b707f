import JSON

/// A template in kubectl's dialect of JSONPath: text, with expressions in braces.
package struct JSONPath: Sendable {
    package indirect enum Node: Sendable, Equatable {
        case text(String)
        /// An expression in braces: what each step finds is what the next one starts from.
        case expression([Node])
        case field(String)
        case slice(first: Int?, last: Int?, step: Int?, isSingle: Bool)
        case filter([Node], FilterOperator, [Node])
        case union([[Node]])
        case literal(JSON)
        case root
        case current
        case wildcard
        case recursive
        case range([Node], body: [Node])
    }

    package enum FilterOperator: String, Sendable {
        case exists, equal = "==", notEqual = "!=", less = "<", greater = ">", lessOrEqual = "<=", greaterOrEqual = ">="
    }

    package struct Failure: Error, CustomStringConvertible {
        package let description: String
        init(_ description: String) { self.description = description }
    }

    let nodes: [Node]
    package let allowsMissingKeys: Bool

    package init(parsing template: String, allowsMissingKeys: Bool = false) throws(Failure) {
        var parser = JSONPathParser(template)
        nodes = try parser.parse()
        self.allowsMissingKeys = allowsMissingKeys
    }

    /// The template's text for a value.
    package func execute(_ value: JSON) throws(Failure) -> String {
        var run = Run(root: value, allowsMissingKeys: allowsMissingKeys)
        var out = ""
        try run.write(nodes, value, into: &out)
        return out
    }

    /// What the expressions find, a list for each.
    package func results(_ value: JSON) throws(Failure) -> [[JSON]] {
        var run = Run(root: value, allowsMissingKeys: allowsMissingKeys)
        return try run.results(nodes, value)
    }

    /// A path as people write it, with or without braces and first dot, in braces.
    package static func relaxed(_ path: String) throws(Failure) -> String {
        if path.isEmpty { return path }
        var inner = path[...]
        if inner.hasPrefix("{") || inner.hasSuffix("}") {
            guard inner.hasPrefix("{"), inner.hasSuffix("}") else {
                throw Failure(
                    "unexpected path string, expected a 'name1.name2' or '.name1.name2' or '{name1.name2}' or '{.name1.name2}'"
                )
            }
            inner = inner.dropFirst().dropLast()
        }
        if inner.hasPrefix(".") { inner = inner.dropFirst() }
        return "{.\(inner)}"
    }
}

extension JSONPath {
    struct Run {
        let root: JSON
        let allowsMissingKeys: Bool
        private static let depthLimit = 200
        private var depth = 0

        init(root: JSON, allowsMissingKeys: Bool) {
            self.root = root
            self.allowsMissingKeys = allowsMissingKeys
        }

        mutating func write(_ nodes: [Node], _ current: JSON, into out: inout String) throws(Failure) {
            for list in try results(nodes, current, texts: true) {
                out += list.map(Self.text).joined(separator: " ")
            }
        }

        mutating func results(_ nodes: [Node], _ current: JSON, texts: Bool = false) throws(Failure) -> [[JSON]] {
            depth += 1
            defer { depth -= 1 }
            guard depth < Self.depthLimit else { throw Failure("the template nests too deep") }
            var all: [[JSON]] = []
            for node in nodes {
                switch node {
                case .text(let text): if texts { all.append([.string(text)]) }
                case .expression(let steps): all.append(try walk(steps, [current]))
                case .range(let steps, let body):
                    for value in try walk(steps, [current]) { all += try results(body, value, texts: texts) }
                default: all.append(try walk([node], [current]))
                }
            }
            return all
        }

        mutating func walk(_ steps: [Node], _ start: [JSON]) throws(Failure) -> [JSON] {
            var values = start
            for step in steps { values = try self.step(step, values) }
            return values
        }

        private mutating func step(_ step: Node, _ values: [JSON]) throws(Failure) -> [JSON] {
            var found: [JSON] = []
            switch step {
            case .text(let text): return [.string(text)]
            case .literal(let value): return [value]
            case .root: return [root]
            case .current: return values
            case .expression(let steps): return try walk(steps, values)
            case .field(let name):
                for value in values {
                    guard let member = value.object?[name] else { continue }
                    found.append(member)
                }
                if found.isEmpty, !allowsMissingKeys, !values.isEmpty { throw Failure("\(name) is not found") }
            case .wildcard:
                for value in values { found += Self.children(value) }
            case .recursive:
                for value in values { Self.descend(value, into: &found) }
            case .slice(let first, let last, let step, let isSingle):
                for value in values {
                    guard let list = value.array else {
                        if value.isNull { continue }
                        throw Failure("\(Self.goType(value)) is not array or slice")
                    }
                    found += try slice(list, first, last, step, isSingle)
                }
            case .filter(let left, let comparison, let right):
                for value in values {
                    guard let list = value.array else {
                        if value.isNull { continue }
                        throw Failure("\(Self.goType(value)) is not array or slice and cannot be filtered")
                    }
                    for element in list where try matches(element, left, comparison, right) { found.append(element) }
                }
            case .union(let branches):
                for branch in branches { found += try walk(branch, values) }
            case .range: return []
            }
            return found
        }

        private func slice(_ list: [JSON], _ first: Int?, _ last: Int?, _ step: Int?, _ isSingle: Bool) throws(Failure)
            -> [JSON]
        {
            let count = list.count
            var from = first ?? 0
            if from < 0 { from += count }
            if isSingle {
                guard list.indices.contains(from) else {
                    if allowsMissingKeys, list.isEmpty { return [] }
                    throw Failure("array index out of bounds: index \(from), length \(count)")
                }
                return [list[from]]
            }
            var to = last ?? count
            if to < 0 { to += count }
            guard from >= 0, from <= to else {
                if from > to, last != nil {
                    throw Failure("starting index \(from) is greater than ending index \(to)")
                }
                return []
            }
            if from >= count { return [] }
            let stride = step ?? 1
            guard stride > 0 else { throw Failure("step must be > 0") }
            return Swift.stride(from: from, to: min(to, count), by: stride).map { list[$0] }
        }

        private mutating func matches(_ element: JSON, _ left: [Node], _ comparison: FilterOperator, _ right: [Node])
            throws(Failure) -> Bool
        {
            var lenient = Run(root: root, allowsMissingKeys: true)
            let found = try lenient.walk(left, [element])
            if comparison == .exists { return !found.isEmpty }
            guard !found.isEmpty else { return false }
            guard found.count == 1 else { throw Failure("can only compare one element at a time") }
            let wanted = try lenient.walk(right, [element])
            guard wanted.count == 1 else {
                if wanted.isEmpty { return false }
                throw Failure("can only compare one element at a time")
            }
            return try Self.compare(found[0], comparison, wanted[0])
        }

        private static func compare(_ a: JSON, _ comparison: FilterOperator, _ b: JSON) throws(Failure) -> Bool {
            if let x = a.double, let y = b.double {
                switch comparison {
                case .equal: return x == y
                case .notEqual: return x != y
                case .less: return x < y
                case .greater: return x > y
                case .lessOrEqual: return x <= y
                case .greaterOrEqual: return x >= y
                case .exists: return true
                }
            }
            if let x = a.string, let y = b.string {
                switch comparison {
                case .equal: return x == y
                case .notEqual: return x != y
                case .less: return x < y
                case .greater: return x > y
                case .lessOrEqual: return x <= y
                case .greaterOrEqual: return x >= y
                case .exists: return true
                }
            }
            if let x = a.bool, let y = b.bool {
                if comparison == .equal { return x == y }
                if comparison == .notEqual { return x != y }
            }
            throw Failure("incompatible types for comparison")
        }

        private static func children(_ value: JSON) -> [JSON] {
            switch value {
            case .array(let list): list
            case .object(let members): members.sortedByKey().map(\.value)
            default: []
            }
        }

        /// The value itself and everything below it, nearest first.
        private static func descend(_ value: JSON, into found: inout [JSON]) {
            if value.array == nil, value.object == nil { return }
            found.append(value)
            for child in children(value) { descend(child, into: &found) }
        }

        private static func goType(_ value: JSON) -> String { TemplateValue.json(value).typeName }

        /// As the template prints it: text as it is, numbers by Go's rules, everything else as JSON.
        static func text(_ value: JSON) -> String {
            switch value {
            case .string(let text): text
            case .null: "null"
            case .bool(let flag): flag ? "true" : "false"
            case .int(let number): "\(number)"
            case .number(let text): Double(text).map(GoText.float) ?? text
            case .array, .object: String(decoding: value.withSortedMembers.bytes(escapeHTML: true), as: UTF8.self)
            }
        }
    }
}

extension JSON {
    /// With the members of all objects in the order of their names, as Go prints maps.
    package var withSortedMembers: JSON {
        switch self {
        case .array(let list): .array(list.map(\.withSortedMembers))
        case .object(let members):
            .object(JSONObject(members.sortedByKey().map { ($0.key, $0.value.withSortedMembers) }))
        default: self
        }
    }
}
