import Fault
import JSON
import NIOCore
import NIOHTTP1
import NIOPosix
import OCI
import Wire

/// Manifests, by tag and by digest.
struct ManifestAnswers: Sendable {
    /// Tags that one request may give a manifest.
    private static let tagsAtOnce = 100

    let store: RegistryStore

    func get(_ repository: String, _ reference: String, _ responder: any HTTPResponder) async throws {
        try Self.check(reference)
        guard let manifest = try store.manifest(reference, in: repository) else {
            if !store.exists(repository) { throw RegistryRefusal.noRepository(repository) }
            throw RegistryRefusal.noManifest(reference, in: repository)
        }
        try await responder.send(
            .ok,
            [
                "Content-Type": manifest.mediaType, "Docker-Content-Digest": manifest.name.description,
                "ETag": "\"\(manifest.name)\"",
            ], ByteBuffer(bytes: manifest.bytes))
    }

    func put(_ repository: String, _ reference: String, _ request: HTTPRequest, _ responder: any HTTPResponder)
        async throws
    {
        try Self.check(reference)
        let bytes = try await Self.body(request)
        let asked = ContentName(reference)
        let name = ContentName(of: bytes, by: asked?.algorithm ?? .sha256)
        if let asked, asked != name {
            throw RegistryRefusal(.badRequest, .digestInvalid, "the manifest's digest is \(name), not \(asked)")
        }
        var tags = asked == nil ? [reference] : request.query.filter { $0.name == "tag" }.map(\.value)
        guard tags.count <= Self.tagsAtOnce else {
            throw RegistryRefusal(.uriTooLong, .tagInvalid, "at most \(Self.tagsAtOnce) tags at once")
        }
        if let tag = tags.first(where: { !Reference.isTag($0) }) {
            throw RegistryRefusal(.badRequest, .tagInvalid, "\"\(tag.prefix(150))\" can't be a tag")
        }
        let tree = try Self.tree(bytes)
        let type = try Self.type(tree, request)
        try check(tree, type, in: repository)
        let subject = Self.subject(tree, type, name, bytes.count)
        let manifest = RegistryStore.Manifest(name: name, mediaType: type, bytes: bytes)
        try await NIOThreadPool.singleton.runIfActive { [tags] in
            try store.put(manifest, tags: tags, subject: subject, in: repository)
        }
        if asked == nil { tags = [] }
        var headers: HTTPHeaders = [
            "Location": "/v2/\(repository)/manifests/\(name)", "Docker-Content-Digest": name.description,
        ]
        if let subject { headers.add(name: "OCI-Subject", value: subject.name.description) }
        for tag in tags { headers.add(name: "OCI-Tag", value: tag) }
        try await responder.send(.created, headers, ByteBuffer())
    }

    func delete(_ repository: String, _ reference: String, _ responder: any HTTPResponder) async throws {
        try Self.check(reference)
        let isGone = try await NIOThreadPool.singleton.runIfActive {
            try store.removeManifest(reference, in: repository)
        }
        guard isGone else { throw RegistryRefusal.noManifest(reference, in: repository) }
        try await responder.send(.accepted, HTTPHeaders(), ByteBuffer())
    }

    private static func check(_ reference: String) throws(RegistryRefusal) {
        if reference.contains(":") {
            if ContentName(reference) == nil { throw .noDigest(reference) }
        } else if !Reference.isTag(reference) {
            throw RegistryRefusal(
                .badRequest, .tagInvalid, "\"\(reference.prefix(150))\" is neither a tag nor a digest")
        }
    }

    private static func body(_ request: HTTPRequest) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        while let part = try await request.nextBodyPart() {
            bytes.append(contentsOf: part.readableBytesView)
            guard bytes.count <= RegistryStore.manifestBytes else {
                throw RegistryRefusal(
                    .payloadTooLarge, .sizeInvalid, "manifests may have at most \(RegistryStore.manifestBytes) bytes")
            }
        }
        return bytes
    }

    private static func tree(_ bytes: [UInt8]) throws(RegistryRefusal) -> JSON {
        do {
            let tree = try JSON(parsing: bytes)
            if tree.object != nil { return tree }
        } catch { throw RegistryRefusal(.badRequest, .manifestInvalid, "the manifest is not JSON: \(error)") }
        throw RegistryRefusal(.badRequest, .manifestInvalid, "the manifest is no JSON object")
    }

    /// The media type as the request or else the manifest says; both must say the same.
    private static func type(_ tree: JSON, _ request: HTTPRequest) throws(RegistryRefusal) -> String {
        let header = request.headers.first(name: "content-type").map { text in
            String(text.prefix { $0 != ";" }).filter { $0 != " " }
        }
        let own = tree["mediaType"].string
        if let header, let own, header != own {
            throw RegistryRefusal(
                .badRequest, .manifestInvalid, "the manifest says that it is \(own), its Content-Type \(header)")
        }
        guard let type = header ?? own, !type.isEmpty, type.utf8.count <= 200 else {
            throw RegistryRefusal(.badRequest, .manifestInvalid, "neither Content-Type nor mediaType says what this is")
        }
        return type
    }

    /// What an image is made of must be there. What an index lists needn't: images of other platforms may stay away.
    private func check(_ tree: JSON, _ type: String, in repository: String) throws(RegistryRefusal) {
        guard tree["manifests"].isNull || (tree["layers"].isNull && tree["config"].isNull) else {
            throw RegistryRefusal(
                .badRequest, .manifestInvalid, "the manifest is ambiguous: it has both manifests and layers or config")
        }
        for part in [tree["config"]] + (tree["layers"].array ?? []) where part.object != nil {
            guard let name = ContentName(part["digest"].string ?? "") else {
                throw RegistryRefusal(.badRequest, .manifestInvalid, "the manifest has a part without a valid digest")
            }
            let mayBeElsewhere =
                (part["mediaType"].string ?? "").contains("nondistributable")
                || part["mediaType"].string == MediaType.dockerForeignLayer || part["urls"].array?.isEmpty == false
            if !mayBeElsewhere, store.blob(name, in: repository) == nil {
                throw RegistryRefusal(
                    .notFound, .manifestBlobUnknown,
                    "blob \(name) of the manifest is not in repository \(repository); push it first")
            }
        }
    }

    /// What the manifest refers to, and the descriptor under which those who ask for referrers find it.
    private static func subject(_ tree: JSON, _ type: String, _ name: ContentName, _ size: Int) -> (
        name: ContentName, descriptor: JSON
    )? {
        guard let subject = ContentName(tree["subject"]["digest"].string ?? "") else { return nil }
        var descriptor: JSON = [
            "mediaType": .string(type), "digest": .string(name.description), "size": .int(Int64(size)),
        ]
        let own = tree["artifactType"].string ?? ""
        let artifactType = own.isEmpty ? tree["config"]["mediaType"].string ?? "" : own
        if !artifactType.isEmpty { descriptor["artifactType"] = .string(artifactType) }
        if tree["annotations"].object != nil { descriptor["annotations"] = tree["annotations"] }
        return (subject, descriptor)
    }
}
