import Fault
import Glibc
import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import Testing

@testable import Wire

@Suite("The HTTP server")
struct HTTPServerTests {
    @Test("answers one request after another on one connection")
    func keepsAlive() async throws {
        try await TestServer.with(echo) { test in
            for index in 0..<20 {
                let answer = try await test.client.send(
                    .POST, "/echo?n=\(index)", body: .bytes(ByteBuffer(string: "hello \(index)")))
                #expect(answer.status == .ok)
                #expect(String(buffer: try await answer.body()) == "POST /echo hello \(index)")
            }
            #expect(test.server.connectionCount == 1)
        }
    }

    @Test("says when it answered, in HTTP's form")
    func dates() async throws {
        #expect(HTTPDate.text(784_111_777) == "Sun, 06 Nov 1994 08:49:37 GMT")
        try await TestServer.with(echo) { test in
            let answer = try await test.client.send(.POST, "/echo", body: .bytes(ByteBuffer(string: "x")))
            #expect(answer.headers["date"].count == 1)
            #expect(answer.headers.first(name: "date")?.hasSuffix(" GMT") == true)
        }
    }

    @Test("answers pipelined requests in their order")
    func pipelining() async throws {
        try await TestServer.with(echo) { test in
            let requests = (0..<50).map { "POST /\($0) HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc" }
            let all = try await test.exchange(
                requests.joined() + "GET /end HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            let order = all.split(separator: "\r\n\r\n").dropFirst().map { $0.prefix { $0 != "H" } }
            #expect(order.count == 51)
            #expect(order.first == "POST /0 abc")
            #expect(order[order.startIndex + 49] == "POST /49 abc")
        }
    }

    @Test("takes a chunked body apart, however it is cut")
    func chunkedBody() async throws {
        try await TestServer.with(echo) { test in
            let text =
                "POST /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
                + "5;x=y\r\nhello\r\n1\r\n \r\nA\r\n0123456789\r\n0\r\nTrailer: t\r\n\r\n"
            let connection = try await test.raw()
            for byte in text.utf8 { try await connection.write(ByteBuffer(bytes: [byte])) }
            #expect(try await connection.readAll().hasSuffix("POST /c hello 0123456789"))
            await connection.close()
        }
    }

    @Test("sends each written part at once, as a chunk")
    func streams() async throws {
        let gate = Latch()
        try await TestServer.with({ _, responder in
            try? await responder.head(.ok, [:])
            try? await responder.write(ByteBuffer(string: "first"))
            await gate.wait()
            try? await responder.write(ByteBuffer(string: "second"))
            try? await responder.end()
        }) { test in
            let answer = try await test.client.send(.GET, "/")
            #expect(try await answer.nextBodyPart().map { String(buffer: $0) } == "first")
            gate.open()
            #expect(try await answer.nextBodyPart().map { String(buffer: $0) } == "second")
            #expect(try await answer.nextBodyPart() == nil)
            #expect(try await test.client.send(.GET, "/").headers.first(name: "transfer-encoding") == "chunked")
        }
    }

    @Test("says 100 Continue only once the handler asks for the body")
    func expectContinue() async throws {
        try await TestServer.with({ request, responder in
            if request.path == "/refuse" { return await responder.text("no", status: .conflict) }
            await responder.text((try? await request.body()) ?? "broken")
        }) { test in
            let connection = try await test.raw()
            try await connection.write(
                ByteBuffer(string: "PUT /take HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
            )
            #expect(try await connection.read(25) == "HTTP/1.1 100 Continue\r\n\r\n")
            try await connection.write(ByteBuffer(string: "ok"))
            #expect(try await connection.read(40).hasPrefix("HTTP/1.1 200 OK"))
            await connection.close()
            let refused = try await test.exchange(
                "PUT /refuse HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n", closing: true)
            #expect(refused.hasPrefix("HTTP/1.1 409 Conflict"))
            #expect(refused.contains("Connection: close"))
        }
    }

    @Test(
        "answers malformed requests with a status and closes",
        arguments: [
            ("GARBAGE\r\n\r\n", "400"), ("GET / HTTP/1.1\r\n\r\n", "400"), ("GET / HTTP/3.0\r\nHost: x\r\n\r\n", "505"),
            ("GET / FTP/1.1\r\nHost: x\r\n\r\n", "400"), ("G ET / HTTP/1.1\r\nHost: x\r\n\r\n", "400"),
            ("GET nowhere HTTP/1.1\r\nHost: x\r\n\r\n", "400"), ("GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", "400"),
            ("GET / HTTP/1.1\r\nHost : x\r\n\r\n", "400"), ("GET / HTTP/1.1\r\nHost: x\r\n folded: 1\r\n\r\n", "400"),
            ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", "400"),
            ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +1\r\n\r\n", "400"),
            ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n", "400"),
            ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", "400"),
            ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", "400"),
            ("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n", "501"),
            ("GET / HTTP/1.1\r\nHost: x\u{7F}\r\n\r\n", "400"), ("GET /\u{0}\r\n\r\n", "400"),
            ("\u{16}\u{3}\u{1}\r\n\r\n", "400"),
        ])
    func malformed(_ text: String, _ status: String) async throws {
        try await TestServer.with(echo) { test in
            let answer = try await test.exchange(text)
            #expect(answer.hasPrefix("HTTP/1.1 \(status) "), "\(text.debugDescription) gave \(answer)")
        }
    }

    @Test("answers a TLS client at once, who then knows that this is no TLS", .timeLimit(.minutes(1)))
    func encrypted() async throws {
        try await TestServer.with(echo) { test in
            let connection = try await test.raw()
            try await connection.write(ByteBuffer(bytes: [0x16, 0x03, 0x01, 0x00, 0xC8, 0x01, 0x00, 0x00, 0xC4]))
            #expect(try await connection.read(12).hasPrefix("HTTP/1.1 400"))
            await connection.close()
        }
    }

    @Test("refuses headers past the limit with 431, without keeping them")
    func oversizedHeaders() async throws {
        try await TestServer.with(echo) { test in
            let line = "X-Filler: " + String(repeating: "a", count: 8_000) + "\r\n"
            let answer = try await test.exchange(
                "GET / HTTP/1.1\r\nHost: x\r\n" + String(repeating: line, count: 200) + "\r\n")
            #expect(answer.hasPrefix("HTTP/1.1 431 "))
            let many = String(repeating: "a: b\r\n", count: 600)
            #expect(try await test.exchange("GET / HTTP/1.1\r\nHost: x\r\n\(many)\r\n").hasPrefix("HTTP/1.1 431 "))
        }
    }

    @Test("a bad chunk breaks the body and the connection, not the server")
    func badChunk() async throws {
        try await TestServer.with({ request, responder in
            do { await responder.text(try await request.body()) } catch {
                await responder.text("\(error)", status: .badRequest)
            }
        }) { test in
            for chunk in [
                "zz\r\n", "-1\r\n", "FFFFFFFFFFFFFFFFF\r\n", "2\r\nabc\r\n", String(repeating: "1", count: 5_000),
            ] {
                let answer = try await test.exchange(
                    "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk, closing: true)
                #expect(answer.hasPrefix("HTTP/1.1 400 "), "\(chunk.prefix(20)) gave \(answer)")
            }
            #expect(try await test.client.send(.GET, "/").status == .ok)
        }
    }

    @Test("a body that nobody reads doesn't spoil the next request")
    func unreadBody() async throws {
        try await TestServer.with({ _, responder in await responder.text("done") }) { test in
            for size in [10, 100_000, 200_000] {
                let body = ByteBuffer(repeating: 1, count: size)
                let answer = try await test.client.send(.POST, "/", body: .bytes(body))
                #expect(String(buffer: try await answer.body()) == "done")
            }
        }
    }

    @Test("a client that doesn't read slows the handler, and memory stays bounded")
    func writeBackPressure() async throws {
        let written = NIOLockedValueBox(0)
        try await TestServer.with({ _, responder in
            let part = ByteBuffer(repeating: 7, count: 64 << 10)
            try? await responder.head(.ok, [:])
            for _ in 0..<1_000 {
                guard (try? await responder.write(part)) != nil else { return }
                written.withLockedValue { $0 += part.readableBytes }
            }
            try? await responder.end()
        }) { test in
            let answer = try await test.client.send(.GET, "/")
            try await stays { written.withLockedValue { $0 } }
            #expect(written.withLockedValue { $0 } < 4 << 20)
            var count = 0
            while let part = try await answer.nextBodyPart() { count += part.readableBytes }
            #expect(count == 1_000 * (64 << 10))
        }
    }

    @Test("a handler that doesn't read slows the client")
    func readBackPressure() async throws {
        let gate = Latch()
        let sent = NIOLockedValueBox(0)
        try await TestServer.with({ request, responder in
            await gate.wait()
            var count = 0
            while let part = try? await request.nextBodyPart() { count += part.readableBytes }
            await responder.text("\(count)")
        }) { test in
            let total = 64 << 20
            let part = ByteBuffer(repeating: 7, count: 64 << 10)
            async let answer = test.client.send(
                .PUT, "/",
                body: .stream {
                    sent.withLockedValue { sent in
                        guard sent < total else { return nil }
                        sent += part.readableBytes
                        return part
                    }
                })
            try await stays { sent.withLockedValue { $0 } }
            #expect(sent.withLockedValue { $0 } < 4 << 20)
            gate.open()
            #expect(String(buffer: try await answer.body()) == "\(total)")
        }
    }

    /// Waits until the value is above zero and the same twice in a row, a moment apart.
    private func stays(_ value: () -> Int) async throws {
        var last = -1
        for _ in 0..<100 {
            try await Task.sleep(for: .milliseconds(50))
            let now = value()
            if now > 0, now == last { return }
            last = now
        }
        Issue.record("never came to rest")
    }

    @Test("tells a waiting handler that its client has gone")
    func clientGone() async throws {
        let isWaiting = Latch()
        let gone = Latch()
        try await TestServer.with({ _, responder in
            try? await responder.head(.ok, [:])
            isWaiting.open()
            await responder.closed()
            gone.open()
        }) { test in
            let answer = try await test.client.send(.GET, "/")
            await isWaiting.wait()
            answer.cancel()
            await gone.wait()
        }
    }

    @Test("keeps 1,000 idle connections and answers beside them")
    func idleConnections() async throws {
        // Both ends live in this process.
        var limit = rlimit()
        getrlimit(CInt(RLIMIT_NOFILE.rawValue), &limit)
        limit.rlim_cur = min(limit.rlim_max, 4_096)
        setrlimit(CInt(RLIMIT_NOFILE.rawValue), &limit)
        try await TestServer.with(echo) { test in
            var connections: [any RawConnection] = []
            for _ in 0..<1_000 { connections.append(try await test.raw()) }
            #expect(try await test.client.send(.GET, "/").status == .ok)
            #expect(test.server.connectionCount >= 1_000)
            for connection in connections { await connection.close() }
        }
    }

    @Test("shutdown ends idle connections at once and lets a running request finish")
    func gracefulShutdown() async throws {
        let isRunning = Latch()
        let gate = Latch()
        try await TestServer.with({ _, responder in
            isRunning.open()
            await gate.wait()
            await responder.text("finished")
        }) { test in
            let idle = try await test.raw()
            async let answer = test.client.send(.GET, "/")
            await isRunning.wait()
            async let down: Void = test.server.shutdown(patience: .seconds(10))
            #expect(try await idle.read() == nil)
            gate.open()
            #expect(String(buffer: try await answer.body()) == "finished")
            await down
        }
    }

    @Test("HTTP/1.0 gets no chunks")
    func oldProtocol() async throws {
        try await TestServer.with({ _, responder in
            try? await responder.head(.ok, [:])
            try? await responder.write(ByteBuffer(string: "plain"))
            try? await responder.end()
        }) { test in
            let answer = try await test.exchange("GET / HTTP/1.0\r\n\r\n")
            #expect(answer.hasPrefix("HTTP/1.0 200 OK\r\n"))
            #expect(answer.hasSuffix("\r\n\r\nplain"))
        }
    }

    @Test("HEAD gets the length and no body")
    func headRequest() async throws {
        try await TestServer.with({ _, responder in await responder.text("12345") }) { test in
            let answer = try await test.client.send(.HEAD, "/")
            #expect(answer.headers.first(name: "content-length") == "5")
            #expect(try await answer.nextBodyPart() == nil)
            #expect(try await test.client.send(.GET, "/").status == .ok)
        }
    }

    @Test("replaces a dead socket file, and leaves a living one alone")
    func staleSocket() async throws {
        try await TestServer.with(echo) { test in
            let second = HTTPServer(group: TestServer.loops, log: .init(label: "second"), handler: echo)
            await #expect(throws: Fault.self) { try await second.listen(on: test.endpoint) }
            #expect(try await test.client.send(.GET, "/").status == .ok)
            await test.server.shutdown(patience: .milliseconds(50))
            guard case .unix(let path) = test.endpoint else { return }
            let stale = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0)
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
            _ = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(stale, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
            close(stale)
            try await second.listen(on: test.endpoint)
            var status = stat()
            #expect(stat(path, &status) == 0)
            #expect(status.st_mode & 0o777 == 0o660)
            #expect(try await test.client.send(.GET, "/").status == .ok)
            await second.shutdown(patience: .milliseconds(50))
        }
    }
}
