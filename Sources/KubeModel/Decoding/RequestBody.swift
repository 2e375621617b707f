import JSON

/// Reads the object that a request carries, in any of the three formats, with the original's answers to what is wrong.
package enum RequestBody {
    package enum Format: Sendable {
        case json, yaml, protobuf

        /// Nil for media types that no object is sent in; parameters are ignored.
        package init?(mediaType: String) {
            switch mediaType.prefix(while: { $0 != ";" }).lowercased().filter({ $0 != " " }) {
            case "application/json": self = .json
            case "application/yaml": self = .yaml
            case KubeProtobuf.mediaType: self = .protobuf
            default: return nil
            }
        }
    }

    package struct Decoded: Sendable {
        package var object: JSON
        /// What the body says it is; what it leaves open is as expected.
        package let kind: GroupVersionKind
        /// For the server to refuse, to warn of, or to ignore.
        package let strict: StrictErrors
    }

    /// A body before it is read as an object of some type.
    package struct Parsed: Sendable {
        package let tree: JSON
        package let kind: GroupVersionKind
        package let duplicates: [JSON.Duplicate]
        /// What only the format's own strict reader sees.
        package let strict: StrictErrors
    }

    /// An object of a built-in kind.
    /// - Parameters:
    ///   - expected: the kind that the request's path asks for.
    ///   - defaults: whether missing fields get the schema's defaults.
    package static func decode(
        _ bytes: [UInt8], _ format: Format, as expected: GroupVersionKind, _ type: SchemaType, defaults: Bool = true
    ) throws(APIStatus) -> Decoded {
        let parsed = try parse(bytes, format, as: expected, type)
        try check(parsed.kind, expected)
        var tree = parsed.tree
        if type.field("kind") != nil {
            tree["kind"] = .string(parsed.kind.kind)
            tree["apiVersion"] = .string(parsed.kind.groupVersion.description)
        }
        do throws(DecodingError) {
            let (object, found) = try StructuralDecoder.decode(
                tree, as: type, duplicates: parsed.duplicates, defaults: defaults)
            var strict = parsed.strict
            for message in found.messages { strict.add(message) }
            return Decoded(object: object, kind: parsed.kind, strict: strict)
        } catch {
            throw refusal(parsed.kind, expected, error.description)
        }
    }

    /// The body as a tree, and its kind. For custom resources, which have a decoder of their own.
    package static func parse(
        _ bytes: [UInt8], _ format: Format, as expected: GroupVersionKind, _ type: SchemaType
    ) throws(APIStatus) -> Parsed {
        do {
            switch format {
            case .json:
                var duplicates: [JSON.Duplicate] = []
                let tree = try tree(bytes, &duplicates)
                return Parsed(
                    tree: tree, kind: try kind(of: tree, expected), duplicates: duplicates, strict: StrictErrors())
            case .yaml:
                let document = try YAML.parse(bytes)
                var strict = StrictErrors()
                if let told = document.duplicates { strict.add(told.description) }
                return Parsed(
                    tree: document.value, kind: try kind(of: document.value, expected), duplicates: [], strict: strict)
            case .protobuf:
                let envelope = try KubeProtobuf.openEnvelope(bytes)
                let head: JSON = ["kind": .string(envelope.kind), "apiVersion": .string(envelope.apiVersion)]
                let kind = try kind(of: head, expected)
                guard kind == expected else {
                    return Parsed(tree: head, kind: kind, duplicates: [], strict: StrictErrors())
                }
                do throws(KubeProtobuf.Fault) {
                    let tree = try KubeProtobuf.decode(envelope.raw, as: type)
                    return Parsed(tree: tree, kind: kind, duplicates: [], strict: StrictErrors())
                } catch {
                    throw refusal(kind, expected, error.description)
                }
            }
        } catch let error as APIStatus {
            throw error
        } catch {
            throw APIStatus.badRequest(
                "the object provided is unrecognized (must be of type \(expected.kind)): \(error) (\(summary(bytes)))")
        }
    }

    /// The answer to an object that isn't one of the kind that its request is for.
    package static func refusal(_ kind: GroupVersionKind, _ expected: GroupVersionKind, _ why: String) -> APIStatus {
        APIStatus.badRequest(
            "\(kind.kind) in version \"\(kind.groupVersion.version)\" cannot be handled as a \(expected.kind): \(why)")
    }

    private static func tree(_ bytes: [UInt8], _ duplicates: inout [JSON.Duplicate]) throws -> JSON {
        do throws(JSONError) {
            return try JSON.parse(bytes, duplicates: &duplicates)
        } catch {
            // Our parser refuses less deep nesting than Go's.
            throw DecodingError(
                "couldn't get version/kind; json parse error: "
                    + (GoSyntaxError.describe(bytes) ?? "exceeded max depth"))
        }
    }

    /// `apiVersion` and `kind`, found whatever their case, as the original looks for them.
    private static func kind(of tree: JSON, _ expected: GroupVersionKind) throws -> GroupVersionKind {
        func member(_ name: String) throws -> String {
            guard let members = tree.object else { return "" }
            let value = members[name] ?? members.first { $0.key.lowercased() == name.lowercased() }?.value ?? .null
            if value.isNull { return "" }
            guard let text = value.string else { throw typeError(value, "Go struct field .\(name) of type string") }
            return text
        }
        if tree.object == nil, !tree.isNull {
            throw typeError(
                tree,
                #"Go value of type struct { APIVersion string "json:\"apiVersion,omitempty\""; "#
                    + #"Kind string "json:\"kind,omitempty\"" }"#)
        }
        let kind = try member("kind")
        let apiVersion = try member("apiVersion")
        if apiVersion.isEmpty {
            return GroupVersionKind(expected.groupVersion, kind.isEmpty ? expected.kind : kind)
        }
        guard let groupVersion = GroupVersion(apiVersion: apiVersion) else {
            throw DecodingError("unexpected GroupVersion string: \(apiVersion)")
        }
        return GroupVersionKind(groupVersion, kind.isEmpty ? expected.kind : kind)
    }

    private static func typeError(_ value: JSON, _ target: String) -> DecodingError {
        DecodingError(
            "couldn't get version/kind; json parse error: json: cannot unmarshal \(GoText.kind(value)) into \(target)")
    }

    /// Whether the body is of the kind that the request is for.
    private static func check(_ kind: GroupVersionKind, _ expected: GroupVersionKind) throws(APIStatus) {
        if kind == expected { return }
        let schema = Schema.builtIn
        guard let type = schema.type(kind.groupVersion, kind: kind.kind) else {
            throw refusal(
                kind, expected,
                "no kind \"\(kind.kind)\" is registered for version \"\(kind.groupVersion)\" in scheme "
                    + "\"pkg/api/legacyscheme/scheme.go:30\"")
        }
        if kind.kind == expected.kind, kind.groupVersion.group == expected.groupVersion.group {
            throw APIStatus.badRequest(
                "the API version in the data (\(kind.groupVersion)) does not match the expected API version "
                    + "(\(expected.groupVersion))")
        }
        let group = expected.groupVersion.group
        let package = group.isEmpty ? "core" : String(group.prefix { $0 != "." })
        throw refusal(
            kind, expected, "converting (\(type.goName)) to (\(package).\(expected.kind)): unknown conversion")
    }

    /// The body's beginning: as it is when it looks like JSON, else in hexadecimal digits.
    private static func summary(_ bytes: [UInt8]) -> String {
        // Bytes that the original shows.
        let maximum = 30
        if bytes.isEmpty { return "<empty>" }
        let head = bytes.prefix(maximum)
        let text =
            bytes[0] == UInt8(ascii: "{")
            ? String(decoding: head, as: UTF8.self)
            : head.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        return bytes.count > maximum ? "\(text) ..." : text
    }
}
