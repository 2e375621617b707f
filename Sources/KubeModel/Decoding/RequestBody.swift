import JSON
import Protobuf

/// Reads the object that a request carries, in any of the three formats, with the original's answers to what is wrong.
package enum RequestBody {
    package enum Format: Sendable {
        case json, yaml, protobuf

        /// Nil for media types that no object is sent in; parameters are ignored. None is JSON.
        package init?(mediaType: String) {
            switch mediaType.prefix(while: { $0 != ";" }).lowercased().filter({ $0 != " " }) {
            case "", "application/json", "*/*", "application/x-www-form-urlencoded": self = .json
            case "application/yaml", "text/yaml": self = .yaml
            case KubeProtobuf.mediaType: self = .protobuf
            default: return nil
            }
        }
    }

    /// A body before it is read as an object of some type.
    package struct Parsed: Sendable {
        package let tree: JSON
        /// What the body says it is; what it leaves open is as expected.
        package let kind: GroupVersionKind
        package let duplicates: [JSON.Duplicate]
        /// What only the format's own strict reader sees.
        package let strict: StrictErrors
    }

    /// The body as a tree, and its kind.
    /// - Parameters:
    ///   - expected: the kind that the request's path asks for.
    ///   - type: of the object, which protobuf needs to be read at all.
    ///   - isOptions: options are read by a decoder that says only what is wrong.
    package static func parse(
        _ bytes: [UInt8], _ format: Format, as expected: GroupVersionKind, _ type: SchemaType, isOptions: Bool = false
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
            case .protobuf: return try envelope(bytes, expected, type, isOptions: isOptions)
            }
        } catch let error as APIStatus {
            throw error
        } catch {
            throw APIStatus.badRequest(
                isOptions
                    ? "\(error)"
                    : "the object provided is unrecognized (must be of type \(expected.kind)): \(error) (\(summary(bytes)))"
            )
        }
    }

    /// A tree that no bytes were made of.
    package static func parse(_ tree: JSON, as expected: GroupVersionKind) throws(APIStatus) -> Parsed {
        do {
            return Parsed(tree: tree, kind: try kind(of: tree, expected), duplicates: [], strict: StrictErrors())
        } catch {
            throw APIStatus.badRequest(
                "the object provided is unrecognized (must be of type \(expected.kind)): \(error)")
        }
    }

    private static func envelope(
        _ bytes: [UInt8], _ expected: GroupVersionKind, _ type: SchemaType, isOptions: Bool
    ) throws -> Parsed {
        let envelope = try KubeProtobuf.openEnvelope(bytes)
        let head: JSON = ["kind": .string(envelope.kind), "apiVersion": .string(envelope.apiVersion)]
        let kind = try kind(of: head, expected)
        // Every group has options, which are the same; else nothing more is said of another kind than that it is one.
        guard isOptions ? kind.kind == expected.kind : kind == expected else {
            return Parsed(tree: head, kind: kind, duplicates: [], strict: StrictErrors())
        }
        do throws(KubeProtobuf.Fault) {
            let tree = try KubeProtobuf.decode(envelope.raw, as: type)
            return Parsed(tree: tree, kind: kind, duplicates: [], strict: StrictErrors())
        } catch {
            throw refusal(kind, expected, error.description)
        }
    }

    /// The answer to an object that isn't one of the kind that its request is for.
    package static func refusal(_ kind: GroupVersionKind, _ expected: GroupVersionKind, _ why: String) -> APIStatus {
        APIStatus.badRequest(
            "\(kind.kind) in version \"\(kind.groupVersion.version)\" cannot be handled as a \(expected.kind): \(why)")
    }

    /// Why a built-in kind's object can't become one of the wanted kind; nil: it is one, of any version.
    package static func unfit(_ kind: GroupVersionKind, for expected: GroupVersionKind) -> String? {
        guard Schema.builtIn.type(kind.groupVersion, kind: kind.kind) != nil else { return unregistered(kind) }
        if kind.groupVersion.group == expected.groupVersion.group, kind.kind == expected.kind { return nil }
        let group = expected.groupVersion.group
        let home = group.isEmpty ? "core" : String(group.prefix { $0 != "." })
        return
            "converting (\(kind.groupVersion).\(kind.kind)) to (\(home).\(expected.kind)): unknown conversion"
    }

    package static func unregistered(_ kind: GroupVersionKind) -> String {
        "no kind \"\(kind.kind)\" is registered for version \"\(kind.groupVersion)\" in scheme "
            + "\"k8s.io/kubernetes/pkg/api/legacyscheme/scheme.go:30\""
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
