import Fault
import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import OCI
import Testing

@testable import Registry

/// Options for tests: no waiting, no proxies of the machine's.
func testOptions() -> RegistryOptions {
    var options = RegistryOptions()
    options.retry.baseMilliseconds = 1
    options.proxies = ProxyRules()
    options.certificateRoots = []
    return options
}

func withClient<T>(_ options: RegistryOptions = testOptions(), _ body: (RegistryClient) async throws -> T) async throws
    -> T
{
    let client = RegistryClient(options: options)
    do {
        let result = try await body(client)
        try await client.shutdown()
        return result
    } catch {
        try await client.shutdown()
        throw error
    }
}

func collect(_ next: @Sendable () async throws -> ByteBuffer?) async throws -> [UInt8] {
    var all: [UInt8] = []
    while let piece = try await next() { all += Array(piece.readableBytesView) }
    return all
}

/// Bytes that look random and are the same every time.
func content(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
    var state = seed
    return (0..<count).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return UInt8(truncatingIfNeeded: state >> 33)
    }
}

@Suite struct FlakyRegistryTests {
    let bytes = content(300_000)
    var blob: Descriptor { Descriptor(mediaType: "", digest: Digest(of: bytes), size: Int64(bytes.count)) }

    /// Answers blobs with ranges; `cut` gives after how many bytes each attempt breaks off.
    private func blobServer(ranges: Bool = true, cut: @escaping @Sendable (Int) -> Int?) async throws -> ScriptedServer
    {
        let bytes = bytes, count = NIOLockedValueBox(0)
        return try await ScriptedServer { seen in
            guard seen.path.contains("/blobs/") else { return .init() }
            let attempt = count.withLockedValue {
                $0 += 1; return $0
            }
            var reply = ScriptedServer.Reply(body: bytes)
            if ranges, let from = seen.header("range").flatMap({ Int($0.dropFirst(6).dropLast()) }) {
                reply.status = .partialContent
                reply.body = Array(bytes[from...])
                reply.headers.add(name: "content-range", value: "bytes \(from)-\(bytes.count - 1)/\(bytes.count)")
            }
            reply.cutAfter = cut(attempt)
            return reply
        }
    }

    @Test("a blob whose connection breaks goes on where it stopped", arguments: [true, false])
    func resumes(ranges: Bool) async throws {
        let server = try await blobServer(ranges: ranges) { $0 < 4 ? 70_000 * $0 : nil }
        let got = try await withClient { client in
            try await collect(
                try await client.blob(blob, of: Reference(parsing: "\(server.address)/a/b:1"), from: 0, nil))
        }
        #expect(got == bytes)
        let asked = server.seen.compactMap { $0.header("range") }
        // How much of what the server sent got through before the end is the kernel's affair.
        let first = try #require(asked.first.flatMap { Int($0.dropFirst("bytes=".count).dropLast()) })
        #expect((1...70_000).contains(first))
        try await server.stop()
    }

    @Test("the pauses before going on are told")
    func tellsOfPauses() async throws {
        let server = try await blobServer { $0 < 3 ? 50_000 : nil }
        let waits = NIOLockedValueBox<[Int64]>([])
        _ = try await withClient { client in
            try await collect(
                try await client.blob(blob, of: Reference(parsing: "\(server.address)/a/b:1"), from: 0, nil) { wait in
                    waits.withLockedValue { $0.append(wait) }
                })
        }
        #expect(waits.withLockedValue { $0.count } == 2)
        try await server.stop()
    }

    @Test("a registry that speaks plain HTTP is tried with TLS once, not for every request")
    func remembersScheme() async throws {
        let server = try await blobServer { _ in nil }
        try await withClient { client in
            let reference = try Reference(parsing: "\(server.address)/a/b:1")
            for _ in 0..<3 { _ = try await collect(try await client.blob(blob, of: reference, from: 0, nil)) }
        }
        #expect(server.connections == 1 + 1)
        try await server.stop()
    }

    @Test("a blob is asked for from the byte where an earlier pull stopped")
    func startsAtOffset() async throws {
        let server = try await blobServer { _ in nil }
        let got = try await withClient { client in
            try await collect(
                try await client.blob(blob, of: Reference(parsing: "\(server.address)/a/b:1"), from: 100_000, nil))
        }
        #expect(got == Array(bytes[100_000...]))
        try await server.stop()
    }

    @Test("a blob that never gets on fails after a bounded number of attempts")
    func givesUp() async throws {
        let server = try await blobServer { _ in 0 }
        await #expect(throws: Fault.self) {
            try await withClient { client in
                try await collect(
                    try await client.blob(blob, of: Reference(parsing: "\(server.address)/a/b:1"), from: 0, nil))
            }
        }
        let attempts = server.seen.count { $0.path.contains("/blobs/") }
        #expect(attempts == Limit.attempts)
        try await server.stop()
    }

    @Test("a blob longer than its descriptor says is refused")
    func tooLong() async throws {
        let server = try await blobServer { _ in nil }
        var short = blob
        short.size = 1_000
        await #expect(throws: Fault.self) {
            try await withClient { client in
                try await collect(
                    try await client.blob(short, of: Reference(parsing: "\(server.address)/a/b:1"), from: 0, nil))
            }
        }
        try await server.stop()
    }

    @Test("a config that doesn't match its digest is refused")
    func corrupted() async throws {
        let server = try await blobServer { _ in nil }
        var other = blob
        other.digest = Digest(of: [1, 2, 3])
        let error = await #expect(throws: Fault.self) {
            try await withClient { client in
                try await client.content(other, of: Reference(parsing: "\(server.address)/a/b:1"), limit: 1 << 20, nil)
            }
        }
        #expect(error?.message.contains("verification failed") == true)
        try await server.stop()
    }

    @Test("overload and server faults are waited out", arguments: [429, 500, 502, 503] as [UInt])
    func retriesPassingErrors(status: UInt) async throws {
        let count = NIOLockedValueBox(0)
        let manifest = Array(#"{"schemaVersion":2,"config":{},"layers":[]}"#.utf8)
        let server = try await ScriptedServer { seen in
            guard seen.path.contains("/manifests/") else { return .init() }
            let attempt = count.withLockedValue {
                $0 += 1; return $0
            }
            if attempt < 3 { return .init(status: .init(statusCode: Int(status)), headers: ["retry-after": "0"]) }
            return .init(headers: ["content-type": MediaType.ociManifest], body: manifest)
        }
        let got = try await withClient { try await $0.manifest(Reference(parsing: "\(server.address)/a:1"), nil) }
        #expect(got.bytes == manifest)
        #expect(got.mediaType == MediaType.ociManifest)
        #expect(count.withLockedValue { $0 } == 3)
        try await server.stop()
    }

    @Test("a rate limit that lasts is told in the registry's words")
    func rateLimit() async throws {
        let words = "You have reached your unauthenticated pull rate limit."
        let server = try await ScriptedServer { seen in
            guard seen.path.contains("/manifests/") else { return .init() }
            return .init(
                status: .tooManyRequests, headers: ["retry-after": "0"],
                body: Array(#"{"errors":[{"code":"TOOMANYREQUESTS","message":"\#(words)"}]}"#.utf8))
        }
        let error = await #expect(throws: Fault.self) {
            try await withClient { try await $0.manifest(Reference(parsing: "\(server.address)/a:1"), nil) }
        }
        #expect(error?.message == "toomanyrequests: \(words)")
        try await server.stop()
    }

    @Test("a manifest past the limit is refused, not read")
    func oversizedManifest() async throws {
        let server = try await ScriptedServer { seen in
            seen.path.contains("/manifests/") ? .init(body: content(Limit.manifestBytes + 1)) : .init()
        }
        let error = await #expect(throws: Fault.self) {
            try await withClient { try await $0.manifest(Reference(parsing: "\(server.address)/a:1"), nil) }
        }
        #expect(error?.message.contains("more than \(Limit.manifestBytes) bytes") == true)
        try await server.stop()
    }

    @Test("a manifest that isn't what its digest names is refused")
    func wrongManifest() async throws {
        let server = try await ScriptedServer { _ in .init(body: Array("{}".utf8)) }
        let reference = try Reference(parsing: "\(server.address)/a").at(Digest(of: [9]))
        let error = await #expect(throws: Fault.self) { try await withClient { try await $0.manifest(reference, nil) } }
        #expect(error?.message.contains("manifest verification failed for digest \(Digest(of: [9]))") == true)
        try await server.stop()
    }

    @Test("a blob's redirect to another server doesn't take the password along")
    func redirectStripsAuthorization() async throws {
        let bytes = bytes
        let storage = try await ScriptedServer { _ in .init(body: bytes) }
        let target = "http://\(storage.address)/bucket?signature=1"
        let server = try await ScriptedServer { seen in
            guard seen.header("authorization") != nil else {
                return .init(status: .unauthorized, headers: ["www-authenticate": "Basic realm=\"x\""])
            }
            return .init(status: .temporaryRedirect, headers: ["location": target])
        }
        let user = Credentials(username: "ann", password: "secret")
        let got = try await withClient { client in
            try await collect(
                try await client.blob(blob, of: Reference(parsing: "\(server.address)/a:1"), from: 0, user))
        }
        #expect(got == bytes)
        #expect(server.seen.last?.header("authorization") == user.basic)
        #expect(storage.seen.map { $0.header("authorization") } == [nil])
        try await server.stop()
        try await storage.stop()
    }

    @Test("redirects in a circle end")
    func redirectLoop() async throws {
        let server = try await ScriptedServer { seen in
            seen.path == "/v2/" ? .init() : .init(status: .found, headers: ["location": "/again"])
        }
        let error = await #expect(throws: Fault.self) {
            try await withClient { try await $0.manifest(Reference(parsing: "\(server.address)/a:1"), nil) }
        }
        #expect(error?.message.contains("stopped after 10 redirects") == true)
        try await server.stop()
    }

    @Test("a registry that isn't there is named, with what to do")
    func unreachableRegistry() async throws {
        let server = try await ScriptedServer { _ in .init() }
        let address = server.address
        try await server.stop()
        let error = await #expect(throws: Fault.self) {
            try await withClient { try await $0.manifest(Reference(parsing: "\(address)/a:1"), nil) }
        }
        #expect(error?.kind == .unavailable)
        #expect(error?.cause is Unreachable)
        #expect(
            error?.message.hasPrefix("Get \"http://\(address)/v2/\": dial tcp \(address): connect: connection refused")
                == true,
            "\(String(describing: error))")
    }

    @Test("mirrors come before docker.io, and a mirror that fails is passed over")
    func mirrors() async throws {
        let broken = try await ScriptedServer { _ in .init(status: .internalServerError) }
        let empty = try await ScriptedServer { seen in .init(status: seen.path == "/v2/" ? .ok : .notFound) }
        let good = try await ScriptedServer { _ in .init(body: Array("{}".utf8)) }
        var options = testOptions()
        options.mirrors = [broken, empty, good].map { "http://\($0.address)" }
        let got = try await withClient(options) { try await $0.manifest(Reference(parsing: "nginx:1"), nil) }
        #expect(got.bytes == Array("{}".utf8))
        #expect(good.seen.last?.path == "/v2/library/nginx/manifests/1")
        for server in [broken, empty, good] { try await server.stop() }
    }
}
