import NIOCore
import NIOHTTP1
import Testing

@testable import Wire

/// RFC 6455; the bytes of sections 1.3 and 5.7.
@Suite("WebSockets")
struct WebSocketTests {
    private static let hello: [UInt8] = [0x81, 0x85, 0x37, 0xFA, 0x21, 0x3D, 0x7F, 0x9F, 0x4D, 0x51, 0x58]
    private static let opening =
        "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
        + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"

    private let echoing: HTTPHandler = { _, responder in
        do {
            let socket = try await responder.upgradeToWebSocket()
            while let part = try await socket.read() { try await socket.write(part) }
            await socket.close()
        } catch { await responder.text("\(error)", status: .badRequest) }
    }

    /// A client's frame: masked, here with zeros.
    private func masked(_ opcode: UInt8, _ text: String) -> ByteBuffer {
        ByteBuffer(bytes: [0x80 | opcode, 0x80 | UInt8(text.utf8.count), 0, 0, 0, 0] + Array(text.utf8))
    }

    @Test("the key is answered as the RFC's own example is")
    func accept() {
        #expect(WebSocketHandshake.accept("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
    }

    @Test("masked frames are read, however they are cut", arguments: 1...11)
    func cut(_ size: Int) throws {
        var decoder = WebSocketDecoder(), bytes = ByteBuffer(), text = ""
        for at in stride(from: 0, to: Self.hello.count, by: size) {
            bytes.writeBytes(Self.hello[at..<min(at + size, Self.hello.count)])
            while case .data(let part)? = try decoder.next(from: &bytes) { text += String(buffer: part) }
        }
        #expect(text == "Hello")
    }

    @Test("lengths of 16 and 64 bits are read and written")
    func lengths() throws {
        for count in [125, 126, 65_535, 65_536] {
            let payload = ByteBuffer(repeating: 7, count: count)
            var frame = WebSocketDecoder.frame(2, payload)
            // The server's frame as a client would send it: with a mask of zeros.
            let size = count < 126 ? 2 : count < 65_536 ? 4 : 10
            var bytes = ByteBuffer(bytes: frame.readBytes(length: size) ?? [])
            bytes.setInteger((bytes.getInteger(at: 1) ?? UInt8(0)) | 0x80, at: 1)
            bytes.writeBytes([0, 0, 0, 0])
            bytes.writeBuffer(&frame)
            var decoder = WebSocketDecoder()
            #expect(try decoder.next(from: &bytes) == .data(payload))
        }
    }

    @Test(
        "what a client must not send is refused",
        arguments: [
            [0x81, 0x05, 1, 2, 3, 4, 5], [0xC1, 0x80, 0, 0, 0, 0], [0x83, 0x80, 0, 0, 0, 0], [0x09, 0x80, 0, 0, 0, 0],
            [0x89, 0xFE, 0, 126, 0, 0, 0, 0], [0x82, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        ] as [[UInt8]])
    func refused(_ frame: [UInt8]) {
        var decoder = WebSocketDecoder(), bytes = ByteBuffer(bytes: frame)
        #expect(throws: WebSocketFault.self) { _ = try decoder.next(from: &bytes) }
    }

    @Test("a whole conversation: opening, data both ways, ping, close")
    func conversation() async throws {
        try await TestServer.with(echoing) { test in
            let raw = try await test.raw()
            try await raw.write(ByteBuffer(string: Self.opening + "Sec-WebSocket-Protocol: tty\r\n\r\n"))
            let expected =
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: tty\r\n\r\n"
            #expect(try await raw.read(expected.utf8.count) == expected)
            try await raw.write(ByteBuffer(bytes: Self.hello))
            #expect(try await raw.bytes(7) == [0x82, 5] + Array("Hello".utf8))
            try await raw.write(masked(9, "p"))
            #expect(try await raw.bytes(3) == [0x8A, 1] + Array("p".utf8))
            try await raw.write(masked(8, "\u{3}\u{e}"))
            #expect(try await raw.bytes(5) == [0x88, 2, 3, 14], "the close frame comes back, and then the end")
            await raw.close()
        }
    }

    @Test("a request that is no opening gets 400 and a reason")
    func noOpening() async throws {
        try await TestServer.with(echoing) { test in
            let plain = try await test.exchange("GET /ws HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            #expect(plain.hasPrefix("HTTP/1.1 400") && plain.contains("not websocket protocol"))
            let old = Self.opening.replacing("Version: 13", with: "Version: 8").replacing(
                "keep-alive, Upgrade", with: "Upgrade, close")
            #expect(try await test.exchange(old + "\r\n").contains("missing or bad WebSocket Version"))
        }
    }
}

extension RawConnection {
    /// Reads until `count` bytes are there or the peer closes.
    fileprivate func bytes(_ count: Int) async throws -> [UInt8] {
        var all: [UInt8] = []
        while all.count < count, let part = try await read() { all += Array(part.readableBytesView) }
        return all
    }
}
