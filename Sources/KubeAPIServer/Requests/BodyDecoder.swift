import JSON
import KubeModel
import NIOCore
import NIOHTTP1
import Wire

/// Bytes of a request's body into objects: JSON, YAML and protobuf, by `Content-Type`.
struct BodyDecoder: Sendable {
    /// A document as it was sent, before it is held against a type.
    struct Document {
        let tree: JSON
        var duplicates: [JSON.Duplicate] = []
        /// What YAML's reader objects to; nil: nothing.
        var repeated: String?
    }

    let contentType: String
    /// Custom resources have no protobuf.
    let hasProtobuf: Bool
    /// Options are read by a decoder that tells less.
    private let isOptions: Bool

    init(_ http: HTTPRequest, hasProtobuf: Bool, isOptions: Bool = false) {
        contentType = http.headers.first(name: "content-type") ?? ""
        self.hasProtobuf = hasProtobuf
        self.isOptions = isOptions
    }

    /// - Parameters:
    ///   - type: of the object, which protobuf needs to be read at all.
    ///   - kind: the kind that is wanted, for messages.
    func document(_ body: ByteBuffer, as type: SchemaType, kind: String) throws(APIStatus) -> Document {
        let bytes = Array(body.readableBytesView)
        switch MediaType(contentType)?.type ?? "application/json" {
        case "application/json", "*/*", "application/x-www-form-urlencoded":
            return try json(bytes, kind)
        case "application/yaml", "text/yaml", "application/apply-patch+yaml": return try yaml(bytes, kind)
        case "application/vnd.kubernetes.protobuf" where hasProtobuf:
            do {
                let envelope = try KubeProtobuf.openEnvelope(bytes)
                var tree = try KubeProtobuf.decode(envelope.raw, as: type)
                tree["kind"] = .string(envelope.kind)
                tree["apiVersion"] = .string(envelope.apiVersion)
                return Document(tree: tree)
            } catch {
                throw unrecognized(kind, error.description, bytes)
            }
        default:
            throw APIStatus(
                code: 415, reason: "UnsupportedMediaType",
                message: "the body of the request was in an unknown format - accepted media types include: "
                    + "application/json, application/yaml"
                    + (hasProtobuf ? ", application/vnd.kubernetes.protobuf" : ""))
        }
    }

    private func json(_ bytes: [UInt8], _ kind: String) throws(APIStatus) -> Document {
        var duplicates: [JSON.Duplicate] = []
        let tree: JSON
        do { tree = try JSON.parse(bytes, duplicates: &duplicates) } catch {
            let why = GoSyntaxError.describe(bytes) ?? error.message
            throw unrecognized(kind, "couldn't get version/kind; json parse error: \(why)", bytes)
        }
        try checkForm(tree, kind, bytes)
        return Document(tree: tree, duplicates: duplicates)
    }

    private func yaml(_ bytes: [UInt8], _ kind: String) throws(APIStatus) -> Document {
        let document: YAML.Document
        do { document = try YAML.parse(bytes) } catch { throw unrecognized(kind, "\(error)", bytes) }
        try checkForm(document.value, kind, bytes)
        return Document(tree: document.value, repeated: document.duplicates?.description)
    }

    /// The original reads apiVersion and kind first, by a struct of these two.
    private func checkForm(_ tree: JSON, _ kind: String, _ bytes: [UInt8]) throws(APIStatus) {
        if tree.object != nil || tree.isNull { return }
        throw unrecognized(
            kind,
            "couldn't get version/kind; json parse error: json: cannot unmarshal \(GoText.kind(tree)) into Go value of type "
                + #"struct { APIVersion string "json:\"apiVersion,omitempty\""; Kind string "json:\"kind,omitempty\"" }"#,
            bytes)
    }

    private func unrecognized(_ kind: String, _ why: String, _ bytes: [UInt8]) -> APIStatus {
        .badRequest(
            isOptions
                ? why : "the object provided is unrecognized (must be of type \(kind)): \(why) (\(Self.summary(bytes)))"
        )
    }

    /// The body's beginning: as text when it looks like JSON, else in hexadecimal.
    private static func summary(_ bytes: [UInt8]) -> String {
        let most = 30
        guard let first = bytes.first else { return "<empty>" }
        let start = bytes.prefix(most)
        let more = bytes.count > most ? " ..." : ""
        if first == UInt8(ascii: "{") { return String(decoding: start, as: UTF8.self) + more }
        return start.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined() + more
    }
}

extension ObjectVerbs {
    /// The request's body as an object of the resource: its fields known, its defaults set.
    func decodeBody() async throws(APIStatus) -> JSON {
        let decoded = try await decodeBody(as: resource.kind, of: served.groupVersion, resource.type)
        var object = decoded
        rules.defaults(&object)
        return object
    }

    /// The request's body as an object of that kind.
    func decodeBody(as kind: String, of groupVersion: GroupVersion, _ type: SchemaType) async throws(APIStatus) -> JSON
    {
        if let sent = request.sent { return try typed(BodyDecoder.Document(tree: sent), kind, groupVersion, type) }
        let body = try await request.http.body()
        let decoder = BodyDecoder(request.http, hasProtobuf: !resource.isCustom)
        let document = try decoder.document(body, as: type, kind: kind)
        return try typed(document, kind, groupVersion, type)
    }

    /// Holds a document against its type: its own kind must be the wanted one, and unknown fields are refused, told
    /// of, or passed over, as the request asks.
    private func typed(
        _ document: BodyDecoder.Document, _ kind: String, _ groupVersion: GroupVersion, _ type: SchemaType
    ) throws(APIStatus) -> JSON {
        var tree = document.tree
        let own = (kind: tree["kind"].string ?? "", version: tree["apiVersion"].string ?? "")
        let shown = own.kind.isEmpty ? kind : own.kind
        let shownVersion = GroupVersion(apiVersion: own.version)?.version ?? groupVersion.version
        func cannot(_ why: String) -> APIStatus {
            .badRequest("\(shown) in version \(GoText.quoted(shownVersion)) cannot be handled as a \(kind): \(why)")
        }
        if served.custom == nil, !own.kind.isEmpty, let why = unfit(own.kind, own.version, kind, groupVersion) {
            throw cannot(why)
        }
        if !own.version.isEmpty, own.version != groupVersion.description {
            if own.kind.isEmpty || own.kind == kind {
                throw .badRequest(
                    "the API version in the data (\(own.version)) does not match the expected API version (\(groupVersion))"
                )
            }
            throw cannot("no kind \(GoText.quoted(own.kind)) is registered for version \(GoText.quoted(own.version))")
        }
        if !own.kind.isEmpty, own.kind != kind { throw cannot("expected kind \(kind)") }
        if tree.object != nil {
            tree["kind"] = .string(kind)
            tree["apiVersion"] = .string(groupVersion.description)
        }
        var decoded: (object: JSON, strict: StrictErrors)
        if let custom = served.custom, type === resource.type {
            decoded = try Self.read(tree, custom, document.duplicates)
        } else {
            do { decoded = try StructuralDecoder.decode(tree, as: type, duplicates: document.duplicates) } catch {
                throw cannot(error.description)
            }
        }
        if let repeated = document.repeated { decoded.strict.add(repeated) }
        if !decoded.strict.isEmpty {
            switch request.query.fieldValidation {
            case .strict: throw cannot(decoded.strict.sentence)
            case .warn: request.warnings.add(decoded.strict.messages)
            case .ignore: break
            }
        }
        return decoded.object
    }

    /// Why an object of that kind can't become one of the wanted kind; nil: it is the wanted kind, of any version.
    private func unfit(_ kind: String, _ version: String, _ wanted: String, _ wantedVersion: GroupVersion) -> String? {
        let own = GroupVersion(apiVersion: version.isEmpty ? wantedVersion.description : version) ?? wantedVersion
        if own == wantedVersion, kind == wanted { return nil }
        guard Schema.builtIn.type(own, kind: kind) != nil else {
            return "no kind \(GoText.quoted(kind)) is registered for version \(GoText.quoted(own.description)) "
                + "in scheme \"k8s.io/kubernetes/pkg/api/legacyscheme/scheme.go:30\""
        }
        if own.group == wantedVersion.group, kind == wanted { return nil }
        let home = wantedVersion.group.split(separator: ".").first ?? "core"
        return "converting (\(own.version).\(kind)) to (\(home).\(wanted)): unknown conversion"
    }

    /// A custom resource's object: pruned, its metadata read.
    private static func read(_ tree: JSON, _ custom: CustomResourceKind, _ duplicates: [JSON.Duplicate])
        throws(APIStatus) -> (object: JSON, strict: StrictErrors)
    {
        let (object, unknown) = try custom.read(tree)
        var strict = StrictErrors()
        for duplicate in duplicates {
            let joint = duplicate.object.isEmpty ? "" : "."
            strict.add("duplicate field \(GoText.quoted(duplicate.object + joint + duplicate.name))")
        }
        for path in unknown { strict.add("unknown field \(GoText.quoted(path))") }
        return (object, strict)
    }

    /// What a patch made of an object, as if it had been sent whole.
    func decode(tree: JSON) throws(APIStatus) -> JSON {
        func refused(_ why: String) -> APIStatus {
            let path = FieldPath("patch")
            return .invalid(kind: "", group: "", "", [.invalid(path, .string(tree.text), why)])
        }
        var decoded: (object: JSON, strict: StrictErrors)
        if let custom = served.custom {
            decoded = try Self.read(tree, custom, [])
        } else {
            do { decoded = try StructuralDecoder.decode(tree, as: resource.type) } catch {
                throw refused(error.description)
            }
        }
        if !decoded.strict.isEmpty {
            switch request.query.fieldValidation {
            case .strict: throw refused(decoded.strict.sentence)
            case .warn: request.warnings.add(decoded.strict.messages)
            case .ignore: break
            }
        }
        rules.defaults(&decoded.object)
        return decoded.object
    }

    /// The object with its kind and apiVersion, for objects that the server makes itself.
    func typed(_ tree: JSON) -> JSON {
        var object: JSON = [
            "kind": .string(resource.kind), "apiVersion": .string(served.groupVersion.description),
        ]
        for (name, value) in tree.object ?? JSONObject() where name != "kind" && name != "apiVersion" {
            object[name] = value
        }
        return object
    }

    func decodeOptions(_ body: ByteBuffer, _ kind: String) throws(APIStatus) -> JSON {
        guard let type = Schema.builtIn.type(GroupVersion("", "v1"), kind: kind) else { return .null }
        let decoder = BodyDecoder(request.http, hasProtobuf: true, isOptions: true)
        let tree = try decoder.document(body, as: type, kind: kind).tree
        let own = tree["kind"].string ?? ""
        guard own.isEmpty || own == kind else {
            let version = tree["apiVersion"].string ?? ""
            throw .badRequest(
                "no kind \(GoText.quoted(own)) is registered for version \(GoText.quoted(version)) in scheme "
                    + "\"k8s.io/apimachinery/pkg/apis/meta/internalversion/scheme/register.go:27\"")
        }
        do { return try StructuralDecoder.decode(tree, as: type).object } catch {
            throw .badRequest("\(kind) in version \"v1\" cannot be handled as a \(kind): \(error)")
        }
    }

    /// The body of an apply request: a partial object in YAML or JSON, without defaults.
    func decodeApplied(_ body: ByteBuffer) throws(APIStatus) -> JSON {
        try decodeApplied(
            body, as: resource.kind, of: served.groupVersion, served.custom == nil ? resource.type : nil)
    }

    /// - Parameter type: nil where the fields are held against no schema.
    func decodeApplied(
        _ body: ByteBuffer, as kind: String, of groupVersion: GroupVersion, _ type: SchemaType?
    ) throws(APIStatus) -> JSON {
        let document: YAML.Document
        do { document = try YAML.parse(Array(body.readableBytesView)) } catch {
            throw .badRequest("error decoding YAML: error converting YAML to JSON: \(error)")
        }
        let tree = document.value
        guard tree.object != nil else {
            throw .badRequest(
                "error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal "
                    + "\(GoText.kind(tree)) into Go value of type map[string]interface {}")
        }
        for (field, wanted) in [("apiVersion", groupVersion.description), ("kind", kind)] {
            let own = tree[field].string ?? ""
            guard own == wanted else {
                let version = tree["apiVersion"].string ?? ""
                let shown = version.isEmpty ? "/" : version.contains("/") ? version : "/\(version)"
                throw .badRequest("invalid object type: \(shown), Kind=\(tree["kind"].string ?? "")")
            }
        }
        var strict = StrictErrors()
        // What doesn't fit its type is told by the apply itself, in other words.
        if let type, let decoded = try? StructuralDecoder.decode(tree, as: type, defaults: false) {
            strict = decoded.strict
        }
        if let repeated = document.duplicates { strict.add(repeated.description) }
        if !strict.isEmpty {
            switch request.query.fieldValidation {
            case .strict: throw .badRequest(strict.sentence)
            case .warn: request.warnings.add(strict.messages)
            case .ignore: break
            }
        }
        return tree
    }
}
