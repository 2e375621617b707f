import JSON
import KubeModel
import KubeStorage
import NIOCore
import NIOHTTP1
import Wire

extension ObjectVerbs {
    private enum PatchKind: String {
        case json = "application/json-patch+json"
        case merge = "application/merge-patch+json"
        case strategic = "application/strategic-merge-patch+json"
        case applyYAML = "application/apply-patch+yaml"
        case applyCBOR = "application/apply-patch+cbor"
    }

    /// Whether the request is a server-side apply.
    var isApply: Bool {
        let header = request.http.headers.first(name: "content-type") ?? ""
        return MediaType(header)?.type == PatchKind.applyYAML.rawValue
    }

    func patch() async throws(APIStatus) -> Answer {
        try await patch(changeRules())
    }

    func patch(_ change: ChangeRules) async throws(APIStatus) -> Answer {
        let kind = try patchKind()
        try request.query.checkWriteOptions("PatchOptions", isApply: kind == .applyYAML)
        let body = try await request.http.body()
        if kind == .applyYAML { return try await apply(body, change) }
        return try await patched(change, work(kind, body, resource.type))
    }

    /// What a patch made of an object.
    struct Patched {
        let tree: JSON
        /// A strategic merge patch itself.
        var patch: JSON?

        /// What the original shows when the tree is no object of the kind.
        var shown: String { patch.map(GoText.value) ?? tree.text }
    }

    /// What the request's patch does to an object of that type.
    func patchWork(as type: SchemaType?) async throws(APIStatus) -> @Sendable (JSON) throws(APIStatus) -> Patched {
        let kind = try patchKind()
        try request.query.checkWriteOptions("PatchOptions")
        return work(kind, try await request.http.body(), type)
    }

    /// The patch is read when its object is there, as the original does: that there is none is told first.
    private func work(_ kind: PatchKind, _ body: ByteBuffer, _ type: SchemaType?)
        -> @Sendable (JSON) throws(APIStatus) -> Patched
    {
        let verbs = self
        return { old throws(APIStatus) in
            switch kind {
            case .json: Patched(tree: try JSONPatch(try verbs.decodePatch(body)).apply(to: old))
            case .merge: Patched(tree: try MergePatch.apply(try verbs.decodePatch(body), to: old))
            case .strategic: try Self.strategic(try verbs.decodePatch(body), old, type)
            case .applyYAML, .applyCBOR: throw verbs.unsupportedPatch(kind.rawValue)
            }
        }
    }

    private static func strategic(_ patch: JSON, _ old: JSON, _ type: SchemaType?) throws(APIStatus) -> Patched {
        let tree = try StrategicMergePatch.apply(patch, to: old, type: type)
        let patched = Patched(tree: tree, patch: patch)
        if let type, let why = StructuralConversion.fault(in: tree, as: type) { throw unfit(patched.shown, why) }
        return patched
    }

    /// The refusal of a patch that leaves no object of its kind.
    static func unfit(_ shown: String, _ why: String) -> APIStatus {
        .invalid(kind: "", group: "", "", [.invalid(FieldPath("patch"), .string(shown), why)])
    }

    private func patchKind() throws(APIStatus) -> PatchKind {
        let header = request.http.headers.first(name: "content-type") ?? ""
        let type = MediaType(header)?.type ?? header
        guard let kind = PatchKind(rawValue: type), kind != .strategic || !resource.isCustom else {
            throw unsupportedPatch(type)
        }
        return kind
    }

    private func unsupportedPatch(_ type: String) -> APIStatus {
        var supported = ["application/json-patch+json", "application/merge-patch+json"]
        if !resource.isCustom { supported.append("application/strategic-merge-patch+json") }
        supported.append("application/apply-patch+yaml")
        // The original routes patches of built-in kinds by these types.
        if !resource.isCustom, !supported.contains(type) {
            return APIStatus(
                code: 415, reason: "UnsupportedMediaType", message: "415: Unsupported Media Type", details: [:])
        }
        return APIStatus(
            code: 415, reason: "UnsupportedMediaType",
            message: "the body of the request was in an unknown format - accepted media types include: "
                + supported.joined(separator: ", "))
    }

    private func decodePatch(_ body: ByteBuffer) throws(APIStatus) -> JSON {
        let patch: JSON
        let bytes = Array(body.readableBytesView)
        do { patch = try JSON(parsing: bytes) } catch {
            throw .badRequest("error decoding patch: \(GoSyntaxError.describe(bytes) ?? error.message)")
        }
        return patch
    }

    /// What a patch makes of the object goes through the same decoding as a whole one that a client sends.
    private func patched(
        _ change: ChangeRules, _ work: @escaping @Sendable (JSON) throws(APIStatus) -> Patched
    ) async throws(APIStatus) -> Answer {
        let verbs = self
        return try await self.change(change) { old throws(APIStatus) in
            let patched = try work(old)
            var new = try verbs.decode(tree: patched.tree) { Self.unfit(patched.shown, $0) }
            try verbs.checkPlace(&new)
            return new
        }
    }

    /// Server-side apply.
    private func apply(_ body: ByteBuffer, _ change: ChangeRules) async throws(APIStatus) -> Answer {
        let force = request.query.flag("force") ?? false
        let config = try decodeApplied(body)
        let verbs = self
        /// What the configuration makes of the live object.
        @Sendable func made(of live: JSON?, _ subresource: String) throws(APIStatus) -> JSON {
            let tree = try verbs.applied(config, to: live, force: force, subresource: subresource)
            if let type = verbs.served.custom == nil ? verbs.resource.type : nil,
                let why = StructuralConversion.fault(in: tree, as: type)
            {
                throw verbs.unconvertible(config, why)
            }
            var object = try verbs.decode(tree: tree) { verbs.unconvertible(config, $0) }
            try verbs.checkPlace(&object)
            return object
        }
        guard try await parts.store.find(served, namespace, name) != nil else {
            guard request.info.subresource.isEmpty else { throw .notFound(resource, name) }
            return try await create(try made(of: nil, ""), records: false)
        }
        return try await self.change(
            change, record: { _, _ in },
            transform: { old throws(APIStatus) in try made(of: old, change.subresource) })
    }

    /// The failure of an apply whose configuration fits the schema, and yet leaves no object of the kind.
    private func unconvertible(_ config: JSON, _ why: String) -> APIStatus {
        let version = served.groupVersion
        let full = "\(version.group)/\(version.version), Kind=\(resource.kind)"
        let (namespace, name) = (config["metadata"]["namespace"].string, config["metadata"]["name"].string)
        return PatchFailure.unknown(
            "failed to convert new object (\(namespace ?? "")/\(name ?? ""); \(full)) to proper version: unable to "
                + "convert unstructured object to \(full): \(why)")
    }
}
