import JSON
import KubeModel
import NIOCore
import NIOHTTP1
import Wire

/// Bytes of a request's body into objects: JSON, YAML and protobuf, by `Content-Type`.
struct BodyDecoder: Sendable {
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

    func parse(_ body: ByteBuffer, as type: SchemaType, _ kind: GroupVersionKind) throws(APIStatus)
        -> RequestBody.Parsed
    {
        let format = RequestBody.Format(mediaType: contentType)
        guard let format, format != .protobuf || hasProtobuf else {
            throw APIStatus(
                code: 415, reason: "UnsupportedMediaType",
                message: "the body of the request was in an unknown format - accepted media types include: "
                    + "application/json, application/yaml"
                    + (hasProtobuf ? ", application/vnd.kubernetes.protobuf" : ""))
        }
        return try RequestBody.parse(
            Array(body.readableBytesView), format, as: kind, type, isOptions: isOptions)
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
        let wanted = GroupVersionKind(groupVersion, kind)
        if let sent = request.sent { return try typed(try RequestBody.parse(sent, as: wanted), wanted, type) }
        let body = try await request.http.body()
        let decoder = BodyDecoder(request.http, hasProtobuf: !resource.isCustom)
        return try typed(try decoder.parse(body, as: type, wanted), wanted, type)
    }

    /// Holds a document against its type: its own kind must be the wanted one, and unknown fields are refused, told
    /// of, or passed over, as the request asks.
    private func typed(_ parsed: RequestBody.Parsed, _ wanted: GroupVersionKind, _ type: SchemaType) throws(APIStatus)
        -> JSON
    {
        let own = parsed.kind
        func cannot(_ why: String) -> APIStatus { RequestBody.refusal(own, wanted, why) }
        if own != wanted {
            if served.custom == nil, let why = RequestBody.unfit(own, for: wanted) { throw cannot(why) }
            if own.groupVersion == wanted.groupVersion { throw cannot("expected kind \(wanted.kind)") }
            guard own.kind == wanted.kind else {
                throw cannot(
                    "no kind \(GoText.quoted(own.kind)) is registered for version \(GoText.quoted(own.groupVersion.description))"
                )
            }
            throw .badRequest(
                "the API version in the data (\(own.groupVersion)) does not match the expected API version (\(wanted.groupVersion))"
            )
        }
        var tree = parsed.tree
        if tree.object != nil {
            tree["kind"] = .string(wanted.kind)
            tree["apiVersion"] = .string(wanted.groupVersion.description)
        }
        let decoded: (object: JSON, strict: StrictErrors)
        if let custom = served.custom, type === resource.type {
            decoded = try Self.read(tree, custom, parsed.duplicates)
        } else {
            do { decoded = try StructuralDecoder.decode(tree, as: type, duplicates: parsed.duplicates) } catch {
                throw cannot(error.description)
            }
        }
        var strict = parsed.strict
        for message in decoded.strict.messages { strict.add(message) }
        if !strict.isEmpty {
            switch request.query.fieldValidation {
            case .strict: throw cannot(strict.sentence)
            case .warn: request.warnings.add(strict.messages)
            case .ignore: break
            }
        }
        return decoded.object
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

    /// A tree that was made here, as if it had been sent whole.
    func decode(tree: JSON) throws(APIStatus) -> JSON { try decode(tree: tree) { Self.unfit(tree.text, $0) } }

    /// What a patch made of an object, as if it had been sent whole.
    /// - Parameter refused: the failure for a tree that is no object of the kind.
    func decode(tree: JSON, _ refused: (_ why: String) -> APIStatus) throws(APIStatus) -> JSON {
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
        let wanted = GroupVersionKind(GroupVersion("", "v1"), kind)
        guard let type = Schema.builtIn.type(wanted.groupVersion, kind: kind) else { return .null }
        let decoder = BodyDecoder(request.http, hasProtobuf: true, isOptions: true)
        let tree = try decoder.parse(body, as: type, wanted).tree
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
        try decodeApplied(body, as: resource.kind, of: served.groupVersion)
    }

    /// What doesn't fit the kind's schema is told by the apply itself.
    func decodeApplied(_ body: ByteBuffer, as kind: String, of groupVersion: GroupVersion) throws(APIStatus) -> JSON {
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
