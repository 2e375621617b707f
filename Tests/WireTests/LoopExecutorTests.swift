import NIOCore
import NIOHTTP1
import NIOPosix
import Testing

@testable import Wire

@Suite("handlers on event loops")
struct LoopExecutorTests {
    @Test("a handler stays on its connection's loop, before and after it has waited")
    func staysOnLoop() async throws {
        try await TestServer.with(
            onLoops: true,
            { request, responder in
                let before = MultiThreadedEventLoopGroup.currentEventLoop
                var length = 0
                while let part = try? await request.nextBodyPart() { length += part.readableBytes }
                try? await Task.sleep(for: .milliseconds(1))
                let isSame = before != nil && before === MultiThreadedEventLoopGroup.currentEventLoop
                try? await responder.send(.ok, [:], ByteBuffer(string: "\(length) \(isSame)"))
            }
        ) { test in
            let body = String(repeating: "x", count: 1 << 20)
            let answer = try await test.exchange(
                "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: \(body.utf8.count)\r\n\r\n" + body)
            #expect(answer.hasSuffix("\r\n\r\n1048576 true"))
        }
    }

    @Test("a stream that the client doesn't read waits, and other connections go on")
    func slowReader() async throws {
        try await TestServer.with(
            onLoops: true,
            { request, responder in
                guard request.path == "/flood" else {
                    try? await responder.send(.ok, [:], ByteBuffer())
                    return
                }
                try? await responder.head(.ok, [:])
                let part = ByteBuffer(repeating: 0x78, count: 1 << 20)
                for _ in 0..<64 { try? await responder.write(part) }
                try? await responder.end()
            }
        ) { test in
            let slow = try await (0..<4).asyncMap { _ in try await test.raw() }
            for connection in slow {
                try await connection.write(ByteBuffer(string: "GET /flood HTTP/1.1\r\nHost: a\r\n\r\n"))
            }
            for _ in 0..<8 {
                let answer = try await test.exchange("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                #expect(answer.hasPrefix("HTTP/1.1 200 OK"))
            }
            for connection in slow { await connection.close() }
        }
    }
}

@Suite("a connection's deadline")
struct ConnectionDeadlineTests {
    private func channel() async throws -> any Channel {
        let path = "/tmp/wire-deadline-\(UInt32.random(in: 0 ... .max)).sock"
        let listener = try await ServerBootstrap(group: TestServer.loops).bind(
            unixDomainSocketPath: path, cleanupExistingSocketFile: true
        ).get()
        let client = try await ClientBootstrap(group: TestServer.loops).connect(unixDomainSocketPath: path).get()
        client.closeFuture.whenComplete { _ in listener.close(promise: nil) }
        return client
    }

    @Test("a nearer time replaces a later one")
    func nearer() async throws {
        let channel = try await channel()
        let deadline = ConnectionDeadline(channel)
        deadline.set(.hours(1))
        deadline.set(.milliseconds(5))
        try await channel.closeFuture.get()
    }

    @Test("a time that was moved or taken back closes nothing")
    func moved() async throws {
        let channel = try await channel()
        let deadline = ConnectionDeadline(channel)
        deadline.set(.milliseconds(5))
        deadline.set(.hours(1))
        try await Task.sleep(for: .milliseconds(50))
        #expect(channel.isActive)
        deadline.set(.milliseconds(5))
        deadline.set(nil)
        try await Task.sleep(for: .milliseconds(50))
        #expect(channel.isActive)
        deadline.set(.milliseconds(5))
        try await channel.closeFuture.get()
    }
}

extension Sequence {
    fileprivate func asyncMap<T>(_ change: (Element) async throws -> T) async rethrows -> [T] {
        var all: [T] = []
        for element in self { all.append(try await change(element)) }
        return all
    }
}
