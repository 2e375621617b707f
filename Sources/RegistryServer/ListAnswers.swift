import JSON
import NIOCore
import NIOHTTP1
import OCI
import Wire

/// What is there: repositories, tags, and what refers to a manifest.
struct ListAnswers: Sendable {
    let store: RegistryStore

    func catalog(_ request: HTTPRequest, _ responder: any HTTPResponder) async throws {
        let (page, link) = try Self.page(store.catalog(), request, "/v2/_catalog")
        try await Self.send(["repositories": JSON(page)], link, responder)
    }

    func tags(_ repository: String, _ request: HTTPRequest, _ responder: any HTTPResponder) async throws {
        guard store.exists(repository) else { throw RegistryRefusal.noRepository(repository) }
        let (page, link) = try Self.page(store.tags(repository), request, "/v2/\(repository)/tags/list")
        try await Self.send(["name": .string(repository), "tags": JSON(page)], link, responder)
    }

    /// An index of what refers to the digest, of one type when asked for one; empty when nothing does.
    func referrers(
        _ repository: String, _ digest: String, _ request: HTTPRequest, _ responder: any HTTPResponder
    ) async throws {
        guard let subject = ContentName(digest) else { throw RegistryRefusal.noDigest(digest) }
        var all = try store.referrers(of: subject, in: repository)
        var headers: HTTPHeaders = ["Content-Type": MediaType.ociIndex]
        if let type = request.query.first(where: { $0.name == "artifactType" })?.value {
            all = all.filter { $0["artifactType"].string == type }
            headers.add(name: "OCI-Filters-Applied", value: "artifactType")
        }
        let index: JSON = [
            "schemaVersion": 2, "mediaType": .string(MediaType.ociIndex), "manifests": .array(all),
        ]
        try await responder.send(.ok, headers, ByteBuffer(bytes: index.bytes()))
    }

    /// The names after `last`, at most `n` of them, and where the next page is.
    static func page(_ names: [String], _ request: HTTPRequest, _ path: String) throws(RegistryRefusal) -> (
        [String], link: String?
    ) {
        var rest = names[...]
        if let last = request.query.first(where: { $0.name == "last" })?.value {
            rest = rest.drop { $0 <= last }
        }
        guard let text = request.query.first(where: { $0.name == "n" })?.value else { return (Array(rest), nil) }
        guard let count = Int(text), count >= 0 else {
            throw RegistryRefusal(.badRequest, .unsupported, "n is to be a number of names, not \"\(text.prefix(50))\"")
        }
        let page = rest.prefix(count)
        guard page.count < rest.count, let last = page.last else { return (Array(page), nil) }
        return (Array(page), "<\(path)?n=\(count)&last=\(last)>; rel=\"next\"")
    }

    private static func send(_ tree: JSON, _ link: String?, _ responder: any HTTPResponder) async throws {
        var headers: HTTPHeaders = ["Content-Type": "application/json"]
        if let link { headers.add(name: "Link", value: link) }
        try await responder.send(.ok, headers, ByteBuffer(bytes: tree.bytes()))
    }
}
