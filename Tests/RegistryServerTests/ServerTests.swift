import Foundation
import JSON
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import Testing
import Wire

@testable import RegistryServer

/// A registry on loopback and a client of it.
@Suite struct ServerTests {
    struct Scene {
        let client: HTTPClient
        let folder: String

        func call(
            _ method: HTTPMethod, _ path: String, _ body: [UInt8] = [], _ headers: HTTPHeaders = [:]
        ) async throws -> (code: Int, headers: HTTPHeaders, body: [UInt8]) {
            let answer = try await client.send(method, path, headers: headers, body: .bytes(ByteBuffer(bytes: body)))
            let bytes = Array(try await answer.body().readableBytesView)
            return (Int(answer.status.code), answer.headers, bytes)
        }

        /// - Returns: the blob's digest.
        @discardableResult
        func push(_ bytes: [UInt8], to repository: String, by algorithm: ContentName.Algorithm = .sha256) async throws
            -> String
        {
            let name = ContentName(of: bytes, by: algorithm).description
            let answer = try await call(.POST, "/v2/\(repository)/blobs/uploads/?digest=\(name)", bytes)
            #expect(answer.code == 201 && answer.headers.first(name: "docker-content-digest") == name)
            return name
        }

        func errorCode(_ body: [UInt8]) -> String {
            ((try? JSON(parsing: body)) ?? .null)["errors"][0]["code"].string ?? ""
        }
    }

    static func with(_ access: RegistryAccess = .open, _ body: (Scene) async throws -> Void) async throws {
        let folder = NSTemporaryDirectory() + "hako-registry-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let group = MultiThreadedEventLoopGroup.singleton
        let server = try RegistryServer(folder: folder, access: access, group: group, log: Logger(label: "test"))
        let endpoint = try await server.listen(on: .tcp(host: "127.0.0.1", port: 0))
        let client = HTTPClient(endpoint, group: group)
        var fault: (any Error)?
        do { try await body(Scene(client: client, folder: folder)) } catch { fault = error }
        await client.shutdown()
        await server.shutdown()
        if let fault { throw fault }
    }

    private static func manifest(config: String, layers: [String], more: JSON = [:]) -> [UInt8] {
        func part(_ digest: String) -> JSON { ["mediaType": "application/x", "digest": .string(digest), "size": 1] }
        var tree: JSON = [
            "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "config": part(config),
            "layers": .array(layers.map(part)),
        ]
        if let more = more.object { for (name, value) in more { tree[name] = value } }
        return tree.bytes()
    }

    @Test("a blob goes up in one request, in two, or in chunks, and comes down whole or in part")
    func blobs() async throws {
        try await Self.with { scene in
            let bytes = Array("0123456789".utf8)
            let digest = try await scene.push(bytes, to: "a/b")
            #expect(try await scene.call(.GET, "/v2/a/b/blobs/\(digest)").body == bytes)
            let head = try await scene.call(.HEAD, "/v2/a/b/blobs/\(digest)")
            #expect(head.code == 200 && head.headers.first(name: "content-length") == "10")
            let part = try await scene.call(.GET, "/v2/a/b/blobs/\(digest)", [], ["Range": "bytes=2-4"])
            #expect(part.code == 206 && part.body == Array("234".utf8))
            #expect(part.headers.first(name: "content-range") == "bytes 2-4/10")
            #expect(try await scene.call(.GET, "/v2/a/b/blobs/\(digest)", [], ["Range": "bytes=10-"]).code == 416)

            let begun = try await scene.call(.POST, "/v2/c/blobs/uploads/")
            let place = try #require(begun.headers.first(name: "location"))
            #expect(begun.code == 202)
            let first = try await scene.call(.PATCH, place, Array("01234".utf8), ["Content-Range": "0-4"])
            #expect(first.code == 202 && first.headers.first(name: "range") == "0-4")
            let wrong = try await scene.call(.PATCH, place, Array("789".utf8), ["Content-Range": "7-9"])
            #expect(wrong.code == 416 && wrong.headers.first(name: "range") == "0-4")
            let state = try await scene.call(.GET, place)
            #expect(state.code == 204 && state.headers.first(name: "range") == "0-4")
            let last = try await scene.call(
                .PUT, "\(place)?digest=\(digest)", Array("56789".utf8), ["Content-Range": "5-9"])
            #expect(last.code == 201 && last.headers.first(name: "location") == "/v2/c/blobs/\(digest)")
            #expect(try await scene.call(.GET, "/v2/c/blobs/\(digest)").body == bytes)
            #expect(try await scene.call(.GET, place).code == 404)

            let long = try await scene.push(bytes, to: "a/b", by: .sha512)
            #expect(try await scene.call(.GET, "/v2/a/b/blobs/\(long)").body == bytes)
        }
    }

    @Test("what isn't what it is said to be is refused, and leaves nothing")
    func wrongBlobs() async throws {
        try await Self.with { scene in
            let other = ContentName(of: Array("other".utf8)).description
            let answer = try await scene.call(.POST, "/v2/a/blobs/uploads/?digest=\(other)", Array("this".utf8))
            #expect(answer.code == 400 && scene.errorCode(answer.body) == "DIGEST_INVALID")
            #expect(try await scene.call(.POST, "/v2/a/blobs/uploads/?digest=sha256:12").code == 400)
            #expect(try await scene.call(.HEAD, "/v2/a/blobs/\(other)").code == 404)
            #expect(RegistryFolders.names(in: scene.folder + "/repositories/a/_uploads").isEmpty)
            let place = try #require(
                try await scene.call(.POST, "/v2/a/blobs/uploads/").headers.first(name: "location"))
            #expect(try await scene.call(.DELETE, place).code == 204)
            let gone = try await scene.call(.PATCH, place, [1])
            #expect(gone.code == 404 && scene.errorCode(gone.body) == "BLOB_UPLOAD_UNKNOWN")
        }
    }

    @Test("a blob is mounted from another repository, and stays until the last one lets go of it")
    func mounts() async throws {
        try await Self.with { scene in
            let digest = try await scene.push([1, 2, 3], to: "one")
            #expect(try await scene.call(.POST, "/v2/two/blobs/uploads/?mount=\(digest)&from=one").code == 201)
            #expect(try await scene.call(.POST, "/v2/three/blobs/uploads/?mount=\(digest)&from=none").code == 202)
            #expect(try await scene.call(.DELETE, "/v2/one/blobs/\(digest)").code == 202)
            #expect(try await scene.call(.GET, "/v2/one/blobs/\(digest)").code == 404)
            #expect(try await scene.call(.GET, "/v2/two/blobs/\(digest)").body == [1, 2, 3])
            #expect(try await scene.call(.DELETE, "/v2/two/blobs/\(digest)").code == 202)
            #expect(RegistryFolders.names(in: scene.folder + "/blobs/sha256").isEmpty)
        }
    }

    @Test("manifests by tag and digest, tags in pages, deletion of either")
    func manifests() async throws {
        try await Self.with { scene in
            let config = try await scene.push(Array("{}".utf8), to: "app"), layer = try await scene.push([7], to: "app")
            let bytes = Self.manifest(config: config, layers: [layer])
            let digest = ContentName(of: bytes).description
            let type: HTTPHeaders = ["Content-Type": "application/vnd.oci.image.manifest.v1+json"]
            for tag in ["a", "b", "c"] {
                let put = try await scene.call(.PUT, "/v2/app/manifests/\(tag)", bytes, type)
                #expect(put.code == 201 && put.headers.first(name: "docker-content-digest") == digest)
            }
            for reference in ["b", digest] {
                let got = try await scene.call(.GET, "/v2/app/manifests/\(reference)")
                #expect(
                    got.body == bytes && got.headers.first(name: "content-type") == type.first(name: "content-type"))
            }
            let page = try await scene.call(.GET, "/v2/app/tags/list?n=2")
            #expect(try JSON(parsing: page.body)["tags"].strings == ["a", "b"])
            #expect(page.headers.first(name: "link") == "</v2/app/tags/list?n=2&last=b>; rel=\"next\"")
            let rest = try await scene.call(.GET, "/v2/app/tags/list?n=2&last=b")
            #expect(try JSON(parsing: rest.body)["tags"].strings == ["c"] && rest.headers["link"].isEmpty)
            #expect(
                try JSON(parsing: try await scene.call(.GET, "/v2/_catalog").body)["repositories"].strings == ["app"])
            #expect(try await scene.call(.DELETE, "/v2/app/manifests/a").code == 202)
            #expect(try await scene.call(.GET, "/v2/app/manifests/a").code == 404)
            #expect(try await scene.call(.GET, "/v2/app/manifests/\(digest)").code == 200)
            #expect(try await scene.call(.DELETE, "/v2/app/manifests/\(digest)").code == 202)
            #expect(try await scene.call(.GET, "/v2/app/manifests/b").code == 404)
            #expect(try JSON(parsing: try await scene.call(.GET, "/v2/app/tags/list").body)["tags"].strings == [])
        }
    }

    @Test("manifests that can't be are refused with what is wrong")
    func wrongManifests() async throws {
        try await Self.with { scene in
            let config = try await scene.push(Array("{}".utf8), to: "app")
            let absent = ContentName(of: [9]).description
            func put(_ bytes: [UInt8], _ reference: String = "t", type: String? = nil) async throws -> (Int, String) {
                let headers = type.map { HTTPHeaders([("Content-Type", $0)]) } ?? HTTPHeaders()
                let answer = try await scene.call(.PUT, "/v2/app/manifests/\(reference)", bytes, headers)
                return (answer.code, scene.errorCode(answer.body))
            }
            #expect(try await put(Self.manifest(config: config, layers: [absent])) == (404, "MANIFEST_BLOB_UNKNOWN"))
            #expect(try await put(Array("{".utf8)) == (400, "MANIFEST_INVALID"))
            #expect(try await put(Array("[]".utf8)) == (400, "MANIFEST_INVALID"))
            let good = Self.manifest(config: config, layers: [])
            #expect(try await put(good, type: "application/other") == (400, "MANIFEST_INVALID"))
            #expect(try await put(good, absent) == (400, "DIGEST_INVALID"))
            #expect(try await put(good, "-x") == (400, "TAG_INVALID"))
            #expect(
                try await put(Self.manifest(config: config, layers: [], more: ["manifests": []])) == (
                    400, "MANIFEST_INVALID"
                ))
            let huge = good + [UInt8](repeating: 32, count: RegistryStore.manifestBytes)
            #expect(try await put(huge) == (413, "SIZE_INVALID"))
            #expect(try await scene.call(.GET, "/v2/nothing/manifests/t").code == 404)
        }
    }

    @Test("manifests with a subject are found by it, by type, and no longer once they are deleted")
    func referrers() async throws {
        try await Self.with { scene in
            let config = try await scene.push(Array("{}".utf8), to: "app")
            let subject = ContentName(of: [1]).description
            let more: JSON = [
                "subject": ["digest": .string(subject), "mediaType": "x", "size": 1], "artifactType": "text/plain",
                "annotations": ["a": "b"],
            ]
            let bytes = Self.manifest(config: config, layers: [], more: more)
            let digest = ContentName(of: bytes).description
            let put = try await scene.call(.PUT, "/v2/app/manifests/\(digest)?tag=x&tag=y", bytes)
            #expect(put.code == 201 && put.headers.first(name: "oci-subject") == subject)
            #expect(put.headers["oci-tag"] == ["x", "y"])
            let found = try await scene.call(.GET, "/v2/app/referrers/\(subject)")
            #expect(found.headers.first(name: "content-type") == "application/vnd.oci.image.index.v1+json")
            let entry = try JSON(parsing: found.body)["manifests"][0]
            #expect(entry["digest"].string == digest && entry["artifactType"].string == "text/plain")
            #expect(entry["annotations"]["a"].string == "b" && entry["size"].int == bytes.count)
            let none = try await scene.call(.GET, "/v2/app/referrers/\(subject)?artifactType=other")
            #expect(try JSON(parsing: none.body)["manifests"].array?.isEmpty == true)
            #expect(none.headers.first(name: "oci-filters-applied") == "artifactType")
            #expect(try await scene.call(.DELETE, "/v2/app/manifests/\(digest)").code == 202)
            let after = try await scene.call(.GET, "/v2/app/referrers/\(subject)")
            #expect(try JSON(parsing: after.body)["manifests"].array?.isEmpty == true)
        }
    }

    @Test("with passwords, who knows none gets nothing")
    func passwords() async throws {
        try await Self.with(try RegistryAccess(passwords: "# people\n\nann:s3cret\n")) { scene in
            let refused = try await scene.call(.GET, "/v2/")
            #expect(refused.code == 401 && refused.headers.first(name: "www-authenticate")?.hasPrefix("Basic ") == true)
            func ask(_ pair: String) async throws -> Int {
                try await scene.call(.GET, "/v2/", [], ["Authorization": "Basic \(encodeBase64(Array(pair.utf8)))"])
                    .code
            }
            #expect(try await ask("ann:s3cret") == 200)
            #expect(try await ask("ann:other") == 401)
        }
        #expect(throws: (any Error).self) { try RegistryAccess(passwords: "nobody\n") }
    }

    @Test("a second registry in the same folder is refused")
    func lock() async throws {
        try await Self.with { scene in
            #expect(throws: (any Error).self) {
                try RegistryServer(
                    folder: scene.folder, group: MultiThreadedEventLoopGroup.singleton, log: Logger(label: "test"))
            }
        }
    }
}
