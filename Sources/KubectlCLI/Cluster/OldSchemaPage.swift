import CommandLine
import JSON

/// `explain --output plaintext-openapiv2`: the layout of before.
struct OldSchemaPage {
    let schemas: JSONObject
    let recursive: Bool

    /// Columns of a page.
    private static let width = 80
    private static let descriptionIndent = 5, fieldIndent = 3

    /// What the path leads to.
    private struct Target {
        var schema: JSON
        var name = ""
        /// Of the fields and types on the last step, from outside in.
        var descriptions: [String] = []
    }

    /// - Returns: nil: there is no such field.
    func output(_ kind: String, _ apiVersion: String, _ schema: JSON, _ path: [String]) -> String? {
        var target = Target(schema: schema)
        for word in path {
            guard let field = field(word, target.schema) else { return nil }
            target = Target(schema: field, name: word)
        }
        let head = "KIND:     \(kind)\nVERSION:  \(apiVersion)\n\n"
        let type = typeName(target.schema)
        let (end, descriptions) = unfolded(target.schema)
        let fields = end["properties"].object ?? JSONObject()
        var text = head
        if !target.name.isEmpty, !isOpen(end) {
            text += fields.isEmpty ? "FIELD:    \(target.name) <\(type)>\n\n" : "RESOURCE: \(target.name) <\(type)>\n\n"
        }
        let shown = descriptions.filter { !$0.isEmpty }
        let body = (shown.isEmpty ? ["<empty>"] : shown).map { Self.wrapped($0, indent: Self.descriptionIndent) }
        text += "DESCRIPTION:\n" + body.joined(separator: "\n")
        if !fields.isEmpty { text += "\nFIELDS:\n" + list(end, indent: Self.fieldIndent, []) }
        return text
    }

    private func resolved(_ schema: JSON) -> JSON {
        let inner = schema["allOf"].array?.first ?? schema
        guard let reference = inner["$ref"].string else { return inner }
        return schemas[reference.parts("/").last ?? ""] ?? inner
    }

    private func isReference(_ schema: JSON) -> Bool { schema["allOf"].array != nil || !schema["$ref"].isNull }

    private func isOpen(_ schema: JSON) -> Bool {
        schema["type"].plain == "object" && schema["properties"].isNull && schema["additionalProperties"].isNull
    }

    /// Through references, lists and maps to what they are of, with what each of them says.
    private func unfolded(_ schema: JSON) -> (JSON, [String]) {
        let own = schema["description"].plain
        for inner in ["items", "additionalProperties"] where schema[inner].object != nil {
            let (end, rest) = unfolded(schema[inner])
            return (end, [own] + rest)
        }
        guard isReference(schema) else { return (schema, [own]) }
        let (end, rest) = unfolded(resolved(schema))
        return (end, [own] + rest)
    }

    private func field(_ name: String, _ schema: JSON) -> JSON? {
        if isReference(schema) { return field(name, resolved(schema)) }
        if let found = schema["properties"].object?[name] { return found }
        if schema["items"].object != nil { return field(name, schema["items"]) }
        let value = schema["additionalProperties"]
        guard value.object != nil else { return nil }
        // Any name is one of a map's.
        let isPlain = unfolded(value).0["properties"].isNull
        return isPlain ? value : field(name, value)
    }

    private func typeName(_ schema: JSON) -> String {
        if schema["items"].object != nil { return "[]\(typeName(schema["items"]))" }
        if schema["additionalProperties"].object != nil {
            return "map[string]\(typeName(schema["additionalProperties"]))"
        }
        if isReference(schema) { return typeName(resolved(schema)) }
        if isOpen(schema) { return "map[string]" }
        // A number or a text.
        if schema["oneOf"].array != nil { return "string" }
        let type = schema["type"].plain
        return type == "object" ? "Object" : type
    }

    private func list(_ schema: JSON, indent: Int, _ seen: Set<String>) -> String {
        let margin = String(repeating: " ", count: indent)
        func isRequired(_ name: String) -> Bool { !recursive && schema["required"].strings.contains(name) }
        var text = ""
        for (name, field) in schema["properties"].object?.sortedByKey() ?? JSONObject() {
            text += "\(margin)\(name)\t<\(typeName(field))>\(isRequired(name) ? " -required-" : "")\n"
            if recursive {
                text += inner(field, indent: indent + Self.fieldIndent, seen)
            } else {
                let about = field["description"].plain
                text += (about.isEmpty ? "" : Self.wrapped(about, indent: indent + 2)) + "\n"
            }
        }
        return text
    }

    /// The fields of a field; a type in itself is shown once.
    private func inner(_ schema: JSON, indent: Int, _ seen: Set<String>) -> String {
        for inner in ["items", "additionalProperties"] where schema[inner].object != nil {
            return self.inner(schema[inner], indent: indent, seen)
        }
        let inner = schema["allOf"].array?.first ?? schema
        guard let reference = inner["$ref"].string else { return list(schema, indent: indent, seen) }
        guard !seen.contains(reference) else { return "" }
        return self.list(resolved(schema), indent: indent, seen.union([reference]))
    }

    private static func wrapped(_ text: String, indent: Int) -> String {
        let margin = String(repeating: " ", count: indent)
        var lines: [String] = [], line = ""
        for word in text.split(whereSeparator: \.isWhitespace) {
            if !line.isEmpty, line.count + 1 + word.count > width - indent {
                lines.append(line)
                line = ""
            }
            line += line.isEmpty ? String(word) : " \(word)"
        }
        if !line.isEmpty { lines.append(line) }
        return lines.map { "\(margin)\($0)\n" }.joined()
    }
}
