/// A path to a field that a schema names: `.spec.x`, `.spec['a.b']`. What `selectableFields` and the `fieldPath` of a
/// rule may be.
struct SchemaFieldPath {
    let description: String
    /// The first name of the path; "" when there is none.
    let root: String
    /// The schema at the end.
    let schema: JSONSchema

    struct Fault: Error { let message: String }

    init(_ text: String, _ schema: JSONSchema, allowsBrackets: Bool) throws(Fault) {
        var walk = Walk(schema: schema)
        var tokens = Self.tokens(text)[...]
        func next() throws(Fault) -> String {
            guard let token = tokens.popFirst() else { throw Fault(message: "unexpected end of JSON path") }
            return token
        }
        while let token = tokens.popFirst() {
            switch token {
            case "[":
                guard allowsBrackets else { throw Fault(message: "array notation is not allowed") }
                let name = try next()
                guard name.count >= 2, name.hasPrefix("'"), name.hasSuffix("'") else {
                    throw Fault(message: "expected single quoted string but got \(name)")
                }
                try walk.step(try Self.unescaped(String(name.dropFirst().dropLast())))
                let close = try next()
                guard close == "]" else { throw Fault(message: "expected ] but got \(close)") }
            case ".": try walk.step(try next())
            default: throw Fault(message: "expected [ or . but got: \(token)")
            }
        }
        description = walk.path
        root = walk.root ?? ""
        self.schema = walk.schema
    }

    private struct Walk {
        var schema: JSONSchema
        var path = ""
        var root: String?

        mutating func step(_ name: String) throws(Fault) {
            root = root ?? name
            if !schema.properties.isEmpty {
                guard let property = schema.properties[name] else {
                    throw Fault(message: "does not refer to a valid field")
                }
                path += path.isEmpty ? name : ".\(name)"
                schema = property
            } else if case .schema(let others) = schema.additionalProperties {
                path += "[\(name)]"
                schema = others
            } else {
                throw Fault(message: "does not refer to a valid field")
            }
        }
    }

    /// Dots, brackets, and what lies between; a text in single quotes is one token.
    private static func tokens(_ text: String) -> [String] {
        var tokens: [String] = []
        var rest = Array(text.unicodeScalars)[...]
        func take(_ count: Int) {
            var view = String.UnicodeScalarView()
            view.append(contentsOf: rest.prefix(count))
            tokens.append(String(view))
            rest = rest.dropFirst(count)
        }
        while let first = rest.first {
            let isDelimiter: (Unicode.Scalar) -> Bool = { $0 == "." || $0 == "[" || $0 == "]" }
            if isDelimiter(first) {
                take(1)
            } else if first == "'" {
                var end = rest.startIndex + 1
                while end < rest.endIndex, rest[end] != "'" || rest[end - 1] == "\\" { end += 1 }
                take(min(end + 1, rest.endIndex) - rest.startIndex)
            } else {
                take(rest.prefix { !isDelimiter($0) }.count)
            }
        }
        return tokens
    }

    private static func unescaped(_ text: String) throws(Fault) -> String {
        var out = String.UnicodeScalarView()
        var scalars = text.unicodeScalars.makeIterator()
        let escapes: [Unicode.Scalar: Unicode.Scalar] = [
            "a": "\u{07}", "b": "\u{08}", "f": "\u{0C}", "n": "\n", "r": "\r", "t": "\t", "v": "\u{0B}", "'": "'",
            "\\": "\\",
        ]
        while let scalar = scalars.next() {
            guard scalar == "\\", let letter = scalars.next() else {
                out.append(scalar)
                continue
            }
            guard let meant = escapes[letter] else {
                throw Fault(message: "invalid string literal: invalid escape char \\\(letter)")
            }
            out.append(meant)
        }
        return String(out)
    }
}
