import Fault
import Glibc
import Logging
import NIOCore
import NIOHTTP1
import Testing

@testable import Wire

/// An authority and one certificate of it, for both ends, valid for a hundred years: made for these tests only.
private enum TestPEM {
    static let authority = """
        -----BEGIN CERTIFICATE-----
        MIIBijCCAS+gAwIBAgIUZDhN4DARyr+i26OWZPsrTC4Rf4IwCgYIKoZIzj0EAwIw
        GTEXMBUGA1UEAwwOdGVzdC1hdXRob3JpdHkwIBcNMjYxMTIyMjMyOTE0WhgPMjEy
        NjEwMjkyMzI5MTRaMBkxFzAVBgNVBAMMDnRlc3QtYXV0aG9yaXR5MFkwEwYHKoZI
        zj0CAQYIKoZIzj0DAQcDQgAEbu+DQygeIpkXWFFmWi7mXHrfPOdvYwkk8Vbvefam
        p3TbI3g8qMBNG1nRHSmrvrVe/5HtPSHPPDpuu12qB6akYKNTMFEwHQYDVR0OBBYE
        FJUkaB+dbCEr5CL0PSlZbda9xDLzMB8GA1UdIwQYMBaAFJUkaB+dbCEr5CL0PSlZ
        bda9xDLzMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSQAwRgIhAPi7zRfv
        lyM7hTVVnNcb8Li4OTyiFcUF/Pm47wlFrA/5AiEAuxs7HPHDHf1nrEFr/XsC0EaT
        dYSTUXwv3cVazMLlIbA=
        -----END CERTIFICATE-----
        """
    static let certificate = """
        -----BEGIN CERTIFICATE-----
        MIIBrjCCAVSgAwIBAgIUQhHUrkoQEh7HvQRM381bJ2tCyrQwCgYIKoZIzj0EAwIw
        GTEXMBUGA1UEAwwOdGVzdC1hdXRob3JpdHkwIBcNMjYxMTIyMjMyOTE0WhgPMjEy
        NjEwMjkyMzI5MTRaMBQxEjAQBgNVBAMMCWxvY2FsaG9zdDBZMBMGByqGSM49AgEG
        CCqGSM49AwEHA0IABJRT6vuwUTwclb4sL53AbIPziW0l5DSeOBvXrZzlerWu6hL9
        DiS/G31s3kg2dIBjE7bkvsloCA5QN2cAF9r6hcyjfTB7MBoGA1UdEQQTMBGHBH8A
        AAGCCWxvY2FsaG9zdDAdBgNVHSUEFjAUBggrBgEFBQcDAQYIKwYBBQUHAwIwHQYD
        VR0OBBYEFK5N9Skh84Xl233b+DwuhsvGQum6MB8GA1UdIwQYMBaAFJUkaB+dbCEr
        5CL0PSlZbda9xDLzMAoGCCqGSM49BAMCA0gAMEUCIQD2yIbUuax7Tekr4ZyEclZG
        omcws9fCFLUAKVOLAIxmxgIgfscXtJb+9mc9nKqTMA98mpCPGocYf1dVUe94v5pL
        9qo=
        -----END CERTIFICATE-----
        """
    static let key = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQguiVK9fJGbgkUk8K+
        NLtMgRPJxFCODLk59NhKCwBPIuyhRANCAASUU+r7sFE8HJW+LC+dwGyD84ltJeQ0
        njgb162c5Xq1ruoS/Q4kvxt9bN5INnSAYxO25L7JaAgOUDdnABfa+oXM
        -----END PRIVATE KEY-----
        """
}

@Suite("TLS")
struct TLSTests {
    private struct Files {
        let folder: String
        var authority: String { folder + "/ca.pem" }
        var certificate: String { folder + "/cert.pem" }
        var key: String { folder + "/key.pem" }

        init() throws {
            var template = Array("/tmp/wire-tls-XXXXXX".utf8CString)
            try #require(mkdtemp(&template) != nil)
            folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
            for (path, text) in [
                (authority, TestPEM.authority), (certificate, TestPEM.certificate), (key, TestPEM.key),
            ] {
                let file = try #require(fopen(path, "w"))
                fputs(text + "\n", file)
                fclose(file)
            }
        }

        func remove() {
            for path in [authority, certificate, key] { unlink(path) }
            rmdir(folder)
        }
    }

    private static func with(_ body: (Endpoint, Files) async throws -> Void) async throws {
        let files = try Files()
        defer { files.remove() }
        let server = HTTPServer(group: TestServer.loops, log: Logger(label: "tls") { _ in SwiftLogNoOpLogHandler() }) {
            request, responder in
            guard request.path != "/x" else { return await echo(request, responder) }
            guard let raw = try? await responder.hijack(contentType: "application/vnd.docker.raw-stream") else {
                return
            }
            if request.path == "/end" {
                try? await raw.write(ByteBuffer(string: "end"))
                return await raw.close()
            }
            while let part = try? await raw.read() { try? await raw.write(part) }
            try? await raw.write(ByteBuffer(string: "bye"))
        }
        let tls = TLSFiles(authority: files.authority, certificate: files.certificate, key: files.key, verify: true)
        let endpoint = try await server.listen(on: .tcp(host: "127.0.0.1", port: 0), tls: tls)
        do { try await body(endpoint, files) } catch {
            await server.shutdown(patience: .milliseconds(50))
            throw error
        }
        await server.shutdown(patience: .milliseconds(50))
    }

    @Test("a client with a certificate of the authority is served")
    func served() async throws {
        try await Self.with { endpoint, files in
            let tls = TLSFiles(authority: files.authority, certificate: files.certificate, key: files.key, verify: true)
            let client = HTTPClient(endpoint, tls: tls, group: TestServer.loops)
            for _ in 0..<3 {
                let answer = try await client.send(.POST, "/x", body: .bytes(ByteBuffer(repeating: 97, count: 100_000)))
                #expect(try await answer.body().readableBytes == 100_000 + "POST /x ".utf8.count)
            }
            await client.shutdown()
        }
    }

    @Test("both ends that close at once do not wait for each other")
    func crossing() async throws {
        try await Self.with { endpoint, files in
            let tls = TLSFiles(authority: files.authority, certificate: files.certificate, key: files.key, verify: true)
            let client = HTTPClient(endpoint, tls: tls, group: TestServer.loops)
            // One that waits does so for five seconds, the time after which TLS gives its peer up.
            let begin = ContinuousClock.now
            for _ in 0..<20 {
                guard case .connection(let raw, _) = try await client.hijack(.POST, "/end") else {
                    Issue.record("not hijacked")
                    return
                }
                #expect(try await raw.read(3) == "end")
                await raw.close()
            }
            #expect(ContinuousClock.now - begin < .seconds(4))
            await client.shutdown()
        }
    }

    @Test("a server that ends does not wait for clients that keep a connection and say nothing")
    func idleClient() async throws {
        let begin = ContinuousClock.now
        try await Self.with { endpoint, files in
            let tls = TLSFiles(authority: files.authority, certificate: files.certificate, key: files.key, verify: true)
            let client = HTTPClient(endpoint, tls: tls, group: TestServer.loops)
            let answer = try await client.send(.GET, "/x")
            #expect(try await answer.body().readableBytes > 0)
        }
        // One that waits does so for five seconds.
        #expect(ContinuousClock.now - begin < .seconds(4))
    }

    @Test("a hijacked connection closes one side at a time")
    func halfClose() async throws {
        try await Self.with { endpoint, files in
            let tls = TLSFiles(authority: files.authority, certificate: files.certificate, key: files.key, verify: true)
            let client = HTTPClient(endpoint, tls: tls, group: TestServer.loops)
            guard case .connection(let raw, _) = try await client.hijack(.POST, "/attach") else {
                Issue.record("not hijacked")
                return
            }
            try await raw.write(ByteBuffer(string: "ping"))
            #expect(try await raw.read(4) == "ping")
            await raw.closeWrite()
            #expect(try await raw.readAll() == "bye")
            await raw.close()
        }
    }

    @Test("a client without a certificate, or one that speaks plain HTTP, is not")
    func refused() async throws {
        try await Self.with { endpoint, files in
            let anonymous = HTTPClient(
                endpoint, tls: TLSFiles(authority: files.authority, certificate: nil, key: nil, verify: true),
                group: TestServer.loops)
            let refusal = await #expect(throws: (any Error).self) { _ = try await anonymous.send(.GET, "/").body() }
            #expect(!"\(refusal.map { "\($0)" } ?? "")".contains("OPENSSL"))
            await #expect(throws: (any Error).self) {
                _ = try await HTTPClient(endpoint, group: TestServer.loops).send(.GET, "/").body()
            }
        }
    }

    @Test("a server of another authority is refused, with the reason")
    func strangeServer() async throws {
        try await Self.with { endpoint, _ in
            let client = HTTPClient(
                endpoint, tls: TLSFiles(authority: nil, certificate: nil, key: nil, verify: true),
                group: TestServer.loops)
            let fault = await #expect(throws: Fault.self) { _ = try await client.send(.GET, "/") }
            #expect(fault?.message.hasPrefix("error during connect: tcp://127.0.0.1:") == true)
            #expect(fault?.message.hasSuffix("x509: certificate signed by unknown authority") == true)
        }
    }
}
