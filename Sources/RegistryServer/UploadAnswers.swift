import NIOCore
import NIOHTTP1
import NIOPosix
import Wire

/// Blobs from those who push: in one request, in two, or in chunks; or from another repository.
struct UploadAnswers: Sendable {
    let store: RegistryStore
    let uploads: BlobUploads

    func begin(_ repository: String, _ request: HTTPRequest, _ responder: any HTTPResponder) async throws {
        func parameter(_ name: String) -> String? { request.query.first { $0.name == name }?.value }
        if let text = parameter("mount") {
            guard let name = ContentName(text) else { throw RegistryRefusal.noDigest(text) }
            if try store.mount(name, from: parameter("from"), in: repository) {
                return try await created(repository, name, responder)
            }
        }
        let digest = parameter("digest")
        let wanted = digest.flatMap { ContentName($0) }
        if let digest, wanted == nil { throw RegistryRefusal.noDigest(digest) }
        var algorithm = wanted?.algorithm ?? .sha256
        if let text = parameter("digest-algorithm") {
            guard let asked = ContentName.Algorithm(rawValue: text) else {
                throw RegistryRefusal(
                    .badRequest, .digestInvalid, "the digest algorithm \(text.prefix(50)) isn't kept here")
            }
            algorithm = asked
        }
        let id = try uploads.begin(in: repository, by: algorithm)
        guard let wanted else { return try await say(.accepted, repository, id, size: 0, responder) }
        do {
            try await uploads.holding(id) {
                _ = try await uploads.append(id, in: repository, request.nextBodyPart)
                try await adopt(id, wanted, repository)
            }
        } catch {
            try? uploads.cancel(id, in: repository)
            throw error
        }
        try await created(repository, wanted, responder)
    }

    func state(_ repository: String, _ id: String, _ responder: any HTTPResponder) async throws {
        try await say(.noContent, repository, id, size: try uploads.size(id, in: repository), responder)
    }

    func append(_ repository: String, _ id: String, _ request: HTTPRequest, _ responder: any HTTPResponder) async throws
    {
        let size = try await uploads.holding(id) {
            try checkPlace(repository, id, request)
            return try await uploads.append(id, in: repository, request.nextBodyPart)
        }
        try await say(.accepted, repository, id, size: size, responder)
    }

    func complete(_ repository: String, _ id: String, _ request: HTTPRequest, _ responder: any HTTPResponder)
        async throws
    {
        let digest = request.query.first { $0.name == "digest" }?.value ?? ""
        guard let name = ContentName(digest) else {
            _ = try uploads.size(id, in: repository)
            throw RegistryRefusal.noDigest(digest)
        }
        try await uploads.holding(id) {
            try checkPlace(repository, id, request)
            _ = try await uploads.append(id, in: repository, request.nextBodyPart)
            try await adopt(id, name, repository)
        }
        try await created(repository, name, responder)
    }

    func cancel(_ repository: String, _ id: String, _ responder: any HTTPResponder) async throws {
        try await uploads.holding(id) { try uploads.cancel(id, in: repository) }
        try await responder.send(.noContent, HTTPHeaders(), ByteBuffer())
    }

    private func adopt(_ id: String, _ name: ContentName, _ repository: String) async throws {
        let file = try await uploads.complete(id, in: repository, as: name)
        try await NIOThreadPool.singleton.runIfActive { try store.adopt(file, as: name, in: repository) }
    }

    /// A chunk goes behind those before it. Throws 416 with how far they reach.
    private func checkPlace(_ repository: String, _ id: String, _ request: HTTPRequest) throws {
        let size = try uploads.size(id, in: repository)
        guard let text = request.headers.first(name: "content-range") else { return }
        let chunk = ByteRange.chunk(text)
        let length = request.headers.first(name: "content-length").flatMap { Int64($0) }
        guard let chunk, chunk.lowerBound == size, length.map({ $0 == Int64(chunk.count) }) ?? true else {
            throw RegistryRefusal(
                .rangeNotSatisfiable, .blobUploadInvalid,
                "the chunk \(text.prefix(50)) doesn't follow the \(size) bytes that have come; go on from there",
                headers(repository, id, size: size))
        }
    }

    private func headers(_ repository: String, _ id: String, size: Int64) -> HTTPHeaders {
        [
            "Location": "/v2/\(repository)/blobs/uploads/\(id)", "Range": "0-\(max(0, size - 1))",
            "Docker-Upload-UUID": id,
        ]
    }

    private func say(
        _ status: HTTPResponseStatus, _ repository: String, _ id: String, size: Int64, _ responder: any HTTPResponder
    ) async throws {
        try await responder.send(status, headers(repository, id, size: size), ByteBuffer())
    }

    private func created(_ repository: String, _ name: ContentName, _ responder: any HTTPResponder) async throws {
        try await responder.send(
            .created, ["Location": "/v2/\(repository)/blobs/\(name)", "Docker-Content-Digest": name.description],
            ByteBuffer())
    }
}
