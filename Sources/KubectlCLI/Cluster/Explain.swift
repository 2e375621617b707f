import CommandLine
import JSON
import KubeClient
import KubeModel

struct ExplainOptions: Sendable { var apiVersion = "", recursive = false, output = "plaintext", depth = 0 }

extension VerbTree {
    static func explain() -> Verb {
        Verb(
            "explain", group: .basicIntermediate, "Get documentation for a resource",
            usage:
                "explain TYPE [--recursive=FALSE|TRUE] [--api-version=api-version-group] [-o|--output=plaintext|plaintext-openapiv2] [options]",
            options: ExplainOptions(),
            flags: [
                .text("api-version", \.apiVersion, "Group and version of the resource: apps/v1"),
                .toggle("recursive", short: "R", \.recursive, "Show the fields of fields too"),
                .text("output", short: "o", \.output, default: "plaintext", "Form of the output: plaintext"),
                .int("max-depth", \.depth, "With --recursive: how deep; 0: all"),
            ]
        ) { options, parsed, session in
            guard !parsed.arguments.isEmpty else {
                throw Refusal(
                    "You must specify the type of resource to explain. Use \"kubectl api-resources\" for a complete list of supported resources.\n"
                )
            }
            guard parsed.arguments.count == 1 else { throw Refusal("We accept only this format: explain RESOURCE\n") }
            if options.depth > 0, !options.recursive { throw Refusal("--max-depth requires --recursive") }
            if options.depth < 0 { throw Refusal("--max-depth must be non-negative") }
            guard ["plaintext", "plaintext-openapiv2"].contains(options.output) else {
                throw Refusal("unrecognized format: \(options.output)")
            }
            try await Explaining(options: options, session: session).run(parsed.arguments[0])
        }
    }
}

/// Shows a kind's fields by the server's OpenAPI document of its group and version.
struct Explaining: Sendable {
    let options: ExplainOptions
    let session: Session

    func run(_ request: String) async throws {
        let names = ResourceNames(try await session.resources())
        var parts = request.parts(".")
        guard var resource = names.find(parts[0]) else {
            throw ResourceNames.mapperComplaint(parts[0])
        }
        parts.removeFirst()
        // `deployments.apps.spec` names the group too.
        for (plural, own) in names.all.map({ ($0.name, $0) }) where plural == resource.name && !own.group.isEmpty {
            let words = own.group.parts(".")
            if parts.starts(with: words) {
                resource = own
                parts.removeFirst(words.count)
                break
            }
        }
        if !options.apiVersion.isEmpty {
            guard
                let other = names.all.first(where: { $0.name == resource.name && $0.apiVersion == options.apiVersion })
            else {
                throw Refusal(
                    "couldn't find resource for \"\(options.apiVersion.contains("/") ? "" : "/")\(options.apiVersion), "
                        + "Resource=\(resource.name)\"")
            }
            resource = other
        }
        let document = try await document(resource)
        let wanted: JSON = [
            "group": .string(resource.group), "kind": .string(resource.kind), "version": .string(resource.version),
        ]
        let schemas = document["components"]["schemas"].object ?? JSONObject()
        guard
            let schema = schemas.first(where: {
                ($0.value["x-kubernetes-group-version-kind"].array ?? []).contains(wanted)
            })?.value
        else { throw Refusal("GVR (\(resource.apiVersion), Resource=\(resource.name)) not found in OpenAPI schema") }
        if options.output == "plaintext-openapiv2" {
            let old = OldSchemaPage(schemas: schemas, recursive: options.recursive)
            guard let text = old.output(resource.kind, resource.apiVersion, schema, parts) else {
                throw Refusal("field \((parts.last ?? "").quoted) does not exist")
            }
            return session.out.write(text)
        }
        var text = resource.group.isEmpty ? "" : "GROUP:      \(resource.group)\n"
        text += "KIND:       \(resource.kind)\nVERSION:    \(resource.version)\n\n"
        let page = SchemaPage(schemas: schemas, recursive: options.recursive, depth: options.depth)
        guard let body = page.output(schema, parts[...], []) else {
            session.out.write(text)
            throw Refusal("field \((parts.last ?? "").quoted) does not exist")
        }
        session.out.write(text + body + "\n")
    }

    private func document(_ resource: ServedResource) async throws -> JSON {
        let index = try await session.get("/openapi/v3")
        let path = resource.group.isEmpty ? "api/\(resource.version)" : "apis/\(resource.apiVersion)"
        guard let address = index["paths"][path]["serverRelativeURL"].string else {
            throw Refusal("couldn't find resource for \(resource.goResource.quoted)")
        }
        return try await session.get(address)
    }
}

struct SchemaPage {
    let schemas: JSONObject
    let recursive: Bool
    /// Levels of `recursive`; 0: all.
    let depth: Int

    private func resolved(_ schema: JSON) -> (JSON, String) {
        guard let reference = schema["$ref"].string else { return (schema, "") }
        let name = reference.parts("/").last ?? ""
        return (schemas[name] ?? schema, reference)
    }

    /// Text about the field at the end of the path; nil: there is none.
    func output(_ schema: JSON, _ path: ArraySlice<String>, _ seen: Set<String>) -> String? {
        let (schema, reference) = resolved(schema)
        guard let first = path.first else {
            let about = description(schema)
            var text = "DESCRIPTION:\n" + Self.indent(Self.wrap(about.isEmpty ? "<empty>" : about, 76), 4) + "\n"
            let fields = list(schema, 1, [])
            if !fields.isEmpty { text += "FIELDS:\n" + fields }
            return text
        }
        if !reference.isEmpty, seen.contains(reference) { return nil }
        let known = reference.isEmpty ? seen : seen.union([reference])
        if let field = schema["properties"].object?[first] {
            guard let rest = output(field, path.dropFirst(), []) else { return nil }
            guard path.count == 1 else { return rest }
            return "FIELD: \(first) <\(type(field))>\n\(longEnum(field))\n\n" + rest
        }
        if !schema["items"].isNull { return output(schema["items"], path, known) }
        if schema["additionalProperties"].object != nil { return output(schema["additionalProperties"], path, known) }
        for part in schema["allOf"].array ?? [] { if let text = output(part, path, known) { return text } }
        return nil
    }

    private func description(_ schema: JSON) -> String {
        let (schema, _) = resolved(schema)
        var text = ""
        if let own = schema["description"].string, !own.isEmpty { text += own + "\n" }
        for part in schema["allOf"].array ?? [] { text += description(part) }
        if !schema["items"].isNull { text += description(schema["items"]) }
        if schema["additionalProperties"].object != nil { text += description(schema["additionalProperties"]) }
        return text
    }

    // MARK: Fields

    private func list(_ schema: JSON, _ level: Int, _ seen: Set<String>) -> String {
        let (schema, reference) = resolved(schema)
        if !reference.isEmpty, seen.contains(reference) { return "" }
        let known = reference.isEmpty ? seen : seen.union([reference])
        var text = ""
        for (name, field) in schema["properties"].object?.sortedByKey() ?? JSONObject() {
            text += detail(name, field, schema, level)
            if recursive, depth == 0 || level < depth { text += list(field, level + 1, known) }
        }
        for part in schema["allOf"].array ?? [] { text += list(part, level, known) }
        if !schema["items"].isNull { text += list(schema["items"], level, known) }
        if schema["additionalProperties"].object != nil { text += list(schema["additionalProperties"], level, known) }
        return text
    }

    private func detail(_ name: String, _ field: JSON, _ parent: JSON, _ level: Int) -> String {
        let indent = level * 2
        var text = Self.indent(name, indent) + "\t<\(type(field))>"
        if parent["required"].strings.contains(name) { text += " -required-" }
        text += shortEnum(field, indent) + "\n"
        if recursive { return text }
        let about = field["description"].string ?? ""
        return text + Self.indent(Self.wrap(about.isEmpty ? "<no description>" : about, 78 - indent), indent + 2)
            + "\n\n"
    }

    private func type(_ schema: JSON) -> String {
        if !schema["items"].isNull { return "[]\(type(schema["items"]))" }
        if schema["additionalProperties"].object != nil { return "map[string]\(type(schema["additionalProperties"]))" }
        if let parts = schema["allOf"].array, parts.count == 1, schema["properties"].isNull { return type(parts[0]) }
        let plain = schema["type"].string ?? ""
        guard let reference = schema["$ref"].string else {
            return plain.isEmpty || plain == "object" ? "Object" : plain
        }
        let (target, _) = resolved(schema)
        let kind = target["type"].string ?? ""
        if kind.isEmpty || kind == "object" { return reference.parts("/").last?.parts(".").last ?? "Object" }
        return kind
    }

    private static func shown(_ value: JSON) -> String { value.string == "" ? "\"\"" : GoSyntax.plain(value) }

    private func longEnum(_ field: JSON) -> String {
        guard let values = field["enum"].array, !values.isEmpty else { return "" }
        return "ENUM:" + values.map { "\n    \(Self.shown($0))" }.joined()
    }

    /// The first four values.
    private func shortEnum(_ field: JSON, _ indent: Int) -> String {
        guard let values = field["enum"].array, !values.isEmpty else { return "" }
        let most = 4
        return "\n" + String(repeating: " ", count: indent) + "enum: "
            + values.prefix(most).map(Self.shown).joined(separator: ", ")
            + (values.count > most ? ", ...." : "")
    }

    // MARK: Text

    private static func indent(_ text: String, _ columns: Int) -> String {
        let margin = String(repeating: " ", count: columns)
        return text.parts("\n").map { margin + $0 }.joined(separator: "\n")
    }

    /// Breaks lines at spaces; longer words stay whole.
    private static func wrap(_ text: String, _ limit: Int) -> String {
        text.parts("\n").map { line in
            var out = "", length = 0, spaces = ""
            for word in words(line) {
                if word.first?.isWhitespace == true {
                    spaces += word
                    continue
                }
                if length > 0, length + spaces.count + word.count > limit {
                    out += "\n" + word
                    length = word.count
                } else {
                    out += spaces + word
                    length += spaces.count + word.count
                }
                spaces = ""
            }
            return out + (out.isEmpty ? "" : spaces)
        }.joined(separator: "\n")
    }

    /// Runs of spaces and runs of other characters.
    private static func words(_ line: String) -> [String] {
        var words: [String] = []
        for character in line {
            if let last = words.last?.last, last.isWhitespace == character.isWhitespace {
                words[words.count - 1].append(character)
            } else {
                words.append(String(character))
            }
        }
        return words
    }
}
