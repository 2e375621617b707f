import DockerModel
import Fault
import JSON
import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import Testing

@testable import EngineAPI
@testable import Wire

@Suite("The Docker API's streams")
struct StreamTests {
    private func frame(_ stream: UInt8, _ text: String) -> [UInt8] {
        [stream, 0, 0, 0, 0, 0, 0, UInt8(text.utf8.count)] + Array(text.utf8)
    }

    @Test("logs are framed, and raw for a terminal")
    func logs() async throws {
        try await TestAPI.with { api in
            let target = "/v1.47/containers/x/logs?stdout=1&stderr=1&tail=10&since=5.000000001"
            let framed = try await api.send(.GET, target)
            #expect(Array(framed.text.utf8) == frame(1, "out\n") + frame(2, "err\n"))
            #expect(framed.headers.first(name: "content-type") == StreamType.multiplexed)
            #expect(api.backend.calls.last == "containerLogs(x, true, true, false, false, 10, 5000000001, nil)")
            api.backend.isTerminal.withLockedValue { $0 = true }
            let raw = try await api.send(.GET, target + "&tail=all")
            #expect(raw.text == "out\nerr\n")
            #expect(raw.headers.first(name: "content-type") == StreamType.raw)
        }
    }

    @Test(
        "following ends when the client goes",
        arguments: ["/containers/x/logs?stdout=1&follow=1", "/containers/x/stats", "/events"])
    func following(_ target: String) async throws {
        try await TestAPI.with { api in
            let answer = try await api.client.send(.GET, target)
            #expect(try await answer.nextBodyPart() != nil)
            #expect(!api.backend.cancelled.isOpen)
            answer.cancel()
            await api.backend.cancelled.wait()
        }
    }

    @Test("wait sends its head before the container ends")
    func waiting() async throws {
        try await TestAPI.with { api in
            let answer = try await api.client.send(.POST, "/v1.47/containers/x/wait?condition=next-exit")
            #expect(answer.status == .ok)
            #expect(api.backend.calls == ["waitContainer(x, next-exit)"])
            api.backend.exit.open()
            let body = try await answer.body()
            #expect(String(buffer: body) == "{\"StatusCode\":3}\n")
        }
    }

    @Test("a wait that nobody waits for is cancelled")
    func abandonedWait() async throws {
        try await TestAPI.with { api in
            let answer = try await api.client.send(.POST, "/containers/x/wait")
            answer.cancel()
            await api.backend.cancelled.wait()
        }
    }

    @Test("attach carries bytes both ways, and the client's end of input to the process")
    func attach() async throws {
        try await TestAPI.with { api in
            let (raw, headers) = try #require(
                try await api.hijack("/v1.47/containers/x/attach?stream=1&stdin=1&stdout=1&stderr=1"))
            #expect(headers.first(name: "content-type") == StreamType.multiplexed)
            try await raw.write(ByteBuffer(string: "ping"))
            #expect(try await raw.read().map { Array($0.readableBytesView) } == frame(1, "ping"))
            await raw.closeWrite()
            #expect(try await raw.readAll() == frame(2, "closed"))
            await raw.close()
            #expect(api.backend.calls == ["attachContainer(x, true, true, true, false, true, nil)"])
        }
    }

    @Test("attach over a WebSocket carries bytes both ways without frames of Docker's", arguments: [true, false])
    func attachWebSocket(_ hasInput: Bool) async throws {
        try await TestAPI.with { api in
            let raw = try await api.client.connect().raw()
            try await raw.write(
                ByteBuffer(
                    string:
                        "GET /v1.47/containers/x/attach/ws?stream=1&stdin=\(hasInput)&stdout=1 HTTP/1.1\r\nHost: d\r\n"
                        + "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                        + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"))
            var head = ""
            while !head.hasSuffix("\r\n\r\n"), let part = try await raw.read() { head += String(buffer: part) }
            #expect(head.hasPrefix("HTTP/1.1 101 "))
            if hasInput {
                try await raw.write(ByteBuffer(bytes: [0x82, 0x84, 0, 0, 0, 0] + Array("ping".utf8)))
                #expect(try await raw.read().map { Array($0.readableBytesView) } == [0x82, 4] + Array("ping".utf8))
            }
            try await raw.write(ByteBuffer(bytes: [0x88, 0x80, 0, 0, 0, 0]))
            await api.backend.cancelled.wait()
            await raw.close()
            #expect(api.backend.calls == ["attachContainer(x, \(hasInput), true, false, false, true, nil)"])
        }
    }

    @Test("attaching to what isn't there by WebSocket gets a status, not an upgrade")
    func attachWebSocketFailure() async throws {
        try await TestAPI.with { api in
            api.backend.fail("attachContainer", .notFound, "No such container: x")
            let answer = try await api.send(.GET, "/containers/x/attach/ws?stream=1")
            #expect(answer.status == 404 && answer.message == "No such container: x")
        }
    }

    @Test("without stdin the client's half-close ends nothing; its going does")
    func attachWithoutInput() async throws {
        try await TestAPI.with { api in
            let (raw, _) = try #require(try await api.hijack("/containers/x/attach?stream=1&stdout=1"))
            await raw.closeWrite()
            #expect(try await api.send(.GET, "/_ping").status == 200)
            #expect(!api.backend.cancelled.isOpen)
            await raw.close()
            await api.backend.cancelled.wait()
        }
    }

    @Test("exec over a terminal is raw")
    func execTerminal() async throws {
        try await TestAPI.with { api in
            api.backend.isTerminal.withLockedValue { $0 = true }
            let (raw, headers) = try #require(try await api.hijack("/exec/e/start", "{\"Tty\":true}"))
            #expect(headers.first(name: "content-type") == StreamType.raw)
            try await raw.write(ByteBuffer(string: "x"))
            #expect(try await raw.read().map { String(buffer: $0) } == "x")
            await raw.close()
            await api.backend.cancelled.wait()
        }
    }

    @Test("a program that can't be run is told in the exec's stream; a missing exec by status")
    func execFailure() async throws {
        try await TestAPI.with { api in
            let sentence = "OCI runtime exec failed: exec: \"foo\": executable file not found in $PATH: unknown"
            api.backend.fail("startExec", .invalid, sentence)
            let (raw, _) = try #require(try await api.hijack("/exec/e/start", "{}"))
            #expect(try await raw.readAll() == frame(1, sentence + "\r\n"))
            await raw.close()
            #expect(try await api.send(.POST, "/exec/e/start", "{\"Detach\":true}").status == 400)
            api.backend.fail("startExec", .notFound, "No such exec instance: e")
            #expect(try await api.hijack("/exec/e/start", "{}") == nil)
        }
    }

    @Test("a container that can't be attached to is an ordinary error")
    func attachFailure() async throws {
        try await TestAPI.with { api in
            api.backend.fail("attachContainer", .notFound, "No such container: x")
            let answer = try await api.send(.POST, "/containers/x/attach?stream=1&stdout=1")
            #expect(answer.status == 404)
        }
    }

    @Test("an archive's bytes reach the backend however they are sent")
    func upload() async throws {
        try await TestAPI.with { api in
            let parts = ["one", "two", "three"].makeIterator()
            let source = Parts(parts)
            let answer = try await api.client.send(
                .PUT, "/containers/x/archive?path=/", headers: ["Content-Type": "application/x-tar"],
                body: .stream { source.next() })
            #expect(answer.status == .ok)
            _ = try await answer.body()
            #expect(api.backend.state.withLockedValue { String(decoding: $0.received, as: UTF8.self) } == "onetwothree")
        }
    }

    @Test("statistics and events are one document a line")
    func lines() async throws {
        try await TestAPI.with { api in
            let statistics = try await api.send(.GET, "/containers/x/stats?stream=0")
            #expect(statistics.text == "{\"number\":1}\n")
            let events = try await api.send(.GET, "/events?until=1")
            #expect(events.text == "{\"number\":1}\n")
        }
    }
}

/// Parts of a body, one at a time.
final class Parts: @unchecked Sendable {  // one caller at a time: the client's sending task
    private var parts: IndexingIterator<[String]>
    init(_ parts: IndexingIterator<[String]>) { self.parts = parts }
    func next() -> ByteBuffer? { parts.next().map { ByteBuffer(string: $0) } }
}
