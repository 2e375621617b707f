import Fault
import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import Testing

@testable import Wire

@Suite("Hijacked connections")
struct HijackTests {
    /// Sends back what it gets, and `bye` when the client has closed its side.
    private let echoing: HTTPHandler = { _, responder in
        guard let raw = try? await responder.hijack(contentType: "application/vnd.docker.raw-stream") else { return }
        while let part = try? await raw.read() { try? await raw.write(part) }
        try? await raw.write(ByteBuffer(string: "bye"))
        await raw.closeWrite()
    }

    @Test("the client's half-close reaches the handler, and the answer still arrives")
    func halfClose() async throws {
        try await TestServer.with(echoing) { test in
            guard case .connection(let raw, let headers) = try await test.client.hijack(.POST, "/attach") else {
                Issue.record("not hijacked")
                return
            }
            #expect(headers.first(name: "content-type") == "application/vnd.docker.raw-stream")
            try await raw.write(ByteBuffer(string: "ping"))
            #expect(try await raw.read(4) == "ping")
            await raw.closeWrite()
            #expect(try await raw.readAll() == "bye")
            await raw.close()
        }
    }

    @Test("without an upgrade the answer is 200, and bytes sent along with the request are the stream's first")
    func earlyBytes() async throws {
        try await TestServer.with(echoing) { test in
            let answer = try await test.exchange("POST /attach HTTP/1.1\r\nHost: x\r\n\r\nearly\n\nGET", closing: true)
            #expect(
                answer == "HTTP/1.1 200 OK\r\nContent-Type: application/vnd.docker.raw-stream\r\n\r\nearly\n\nGETbye")
        }
    }

    @Test("an upgrade is answered in Docker's words")
    func upgraded() async throws {
        try await TestServer.with(echoing) { test in
            let answer = try await test.exchange(
                "POST /attach HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: tcp\r\nContent-Length: 2\r\n\r\n{}x",
                closing: true)
            #expect(answer.hasPrefix("HTTP/1.1 101 UPGRADED\r\n"))
            #expect(answer.contains("\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n"))
            #expect(answer.hasSuffix("\r\n\r\nxbye"))
        }
    }

    @Test("the server's half-close leaves the client's side open")
    func serverHalfClose() async throws {
        let received = Latch()
        try await TestServer.with({ _, responder in
            guard let raw = try? await responder.hijack(contentType: "application/vnd.docker.raw-stream") else {
                return
            }
            await raw.closeWrite()
            if let part = try? await raw.read(), String(buffer: part) == "late" { received.open() }
        }) { test in
            guard case .connection(let raw, _) = try await test.client.hijack(.POST, "/") else { return }
            #expect(try await raw.read() == nil)
            try await raw.write(ByteBuffer(string: "late"))
            await received.wait()
            await raw.close()
        }
    }

    @Test("a client that vanishes ends the wait for its going")
    func vanishing() async throws {
        let gone = Latch()
        try await TestServer.with({ _, responder in
            guard let raw = try? await responder.hijack(contentType: "application/vnd.docker.raw-stream") else {
                return
            }
            await raw.closed()
            gone.open()
        }) { test in
            guard case .connection(let raw, _) = try await test.client.hijack(.POST, "/") else { return }
            await raw.close()
            await gone.wait()
        }
    }

    @Test("a refusal stays an ordinary answer")
    func refused() async throws {
        try await TestServer.with({ _, responder in await responder.text("no such container", status: .notFound) }) {
            test in
            guard case .answer(let answer) = try await test.client.hijack(.POST, "/") else {
                Issue.record("hijacked")
                return
            }
            #expect(answer.status == .notFound)
            #expect(String(buffer: try await answer.body()) == "no such container")
        }
    }

    @Test("nobody there: Docker's sentence, or the server that reviving brings")
    func absentServer() async throws {
        let nowhere = Endpoint.unix(path: "/tmp/wire-nobody-here.sock")
        let error = await #expect(throws: Fault.self) { try await HTTPClient(nowhere).send(.GET, "/_ping") }
        #expect(
            error?.message
                == "Cannot connect to the Docker daemon at unix:///tmp/wire-nobody-here.sock. Is the docker daemon running?"
        )
        let endpoint = Endpoint.unix(path: "/tmp/wire-revived-\(UInt32.random(in: 0 ... .max)).sock")
        let server = HTTPServer(group: TestServer.loops, log: .init(label: "revived"), handler: echo)
        let client = HTTPClient(endpoint) { try await server.listen(on: endpoint) }
        #expect(try await client.send(.GET, "/").status == .ok)
        await client.shutdown()
        await server.shutdown(patience: .milliseconds(50))
    }

    @Test("a stream, which can't be sent twice, is sent though the server has restarted since the last request")
    func restartedServer() async throws {
        let endpoint = Endpoint.unix(path: "/tmp/wire-restarted-\(UInt32.random(in: 0 ... .max)).sock")
        let client = HTTPClient(endpoint, group: TestServer.loops)
        func serve(_ work: () async throws -> Void) async throws {
            let server = HTTPServer(group: TestServer.loops, log: .init(label: "restarted"), handler: echo)
            try await server.listen(on: endpoint)
            try await work()
            await server.shutdown(patience: .milliseconds(50))
        }
        try await serve { _ = try await client.send(.GET, "/").body() }
        try await serve {
            let parts = NIOLockedValueBox([ByteBuffer(string: "once")])
            let body = HTTPBodyToSend.stream { parts.withLockedValue { $0.popLast() } }
            let answer = try await client.send(.POST, "/again", body: body)
            #expect(String(buffer: try await answer.body()) == "POST /again once")
        }
        await client.shutdown()
    }
}
