import Testing

@testable import RegistryServer

@Suite struct RouteTests {
    static let digest = "sha256:" + String(repeating: "a", count: 64)

    @Test(
        "paths mean what the specification says",
        arguments: [
            ("/v2", .base), ("/v2/", .base), ("/v2/_catalog", .catalog), ("/v2/a/tags/list", .tags("a")),
            ("/v2/a/b/c/tags/list", .tags("a/b/c")),
            ("/v2/tags/list/tags/list", .tags("tags/list")),
            ("/v2/a/manifests/latest", .manifest("a", reference: "latest")),
            ("/v2/a/blobs/\(digest)", .blob("a", digest: digest)),
            ("/v2/a/blobs/uploads/", .uploads("a")), ("/v2/a/blobs/uploads", .uploads("a")),
            ("/v2/a/blobs/uploads/12ab", .upload("a", id: "12ab")),
            ("/v2/blobs/uploads/blobs/uploads/12ab", .upload("blobs/uploads", id: "12ab")),
            ("/v2/a/referrers/\(digest)", .referrers("a", digest: digest)),
        ] as [(String, RegistryRoute)])
    func routes(_ path: String, _ route: RegistryRoute) throws {
        #expect(try RegistryRoute(path) == route)
    }

    @Test(
        "other paths are no registry's",
        arguments: ["/", "/v1/", "/v2x", "/v2/a", "/v2/a/b", "/v2/a/tags/other", "/v2/%61/tags/list", "/v2/tags/list"])
    func none(_ path: String) throws {
        #expect(try RegistryRoute(path) == nil)
    }

    @Test(
        "names that would leave the folder, or that no repository has, are refused",
        arguments: [
            "/v2/../tags/list", "/v2/a/../b/tags/list", "/v2/A/tags/list", "/v2/_tags/manifests/x",
            "/v2/a//b/tags/list",
            "/v2/.hidden/tags/list", "/v2/a/_blobs/tags/list",
        ])
    func refuses(_ path: String) {
        #expect(throws: RegistryRefusal.self) { try RegistryRoute(path) }
    }

    @Test(
        "ranges of bytes",
        arguments: [
            (nil, .all), ("bytes=0-3", .part(0...3)), ("bytes=2-", .part(2...9)), ("bytes=-4", .part(6...9)),
            ("bytes=5-100", .part(5...9)), ("bytes=10-", .nothing), ("bytes=-0", .nothing), ("bytes=3-1", .all),
            ("bytes=0-1,3-4", .all), ("items=0-3", .all), ("bytes=a-b", .all), ("bytes=-", .all),
        ] as [(String?, ByteRange.Asked)])
    func ranges(_ header: String?, _ asked: ByteRange.Asked) {
        #expect(ByteRange.asked(header, of: 10) == asked)
    }

    @Test("digests of both algorithms, and no others")
    func digests() {
        #expect(ContentName(Self.digest)?.description == Self.digest)
        let empty = ContentName(of: [], by: .sha512)
        #expect(empty.description.hasPrefix("sha512:cf83e1357eefb8bd") && ContentName("\(empty)") == empty)
        #expect(ContentName(fileName: empty.fileName) == empty)
        for text in [
            "", "sha256:", "sha256:" + String(repeating: "A", count: 64), "md5:" + String(repeating: "a", count: 32),
        ] { #expect(ContentName(text) == nil, "\(text)") }
    }
}
