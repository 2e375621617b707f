import Glibc
import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import NIOPosix

@testable import Wire

/// A server on a socket of its own, gone when the body ends.
struct TestServer {
    let server: HTTPServer
    let endpoint: Endpoint
    let client: HTTPClient

    static let loops = MultiThreadedEventLoopGroup(numberOfThreads: 2)

    static func with<T>(
        onLoops: Bool = false, _ handler: @escaping HTTPHandler, _ body: (TestServer) async throws -> T
    ) async throws -> T {
        let endpoint = Endpoint.unix(path: "/tmp/wire-\(getpid())-\(UInt32.random(in: 0 ... .max)).sock")
        let server = HTTPServer(
            group: loops, log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, onLoops: onLoops,
            handler: handler)
        try await server.listen(on: endpoint)
        let client = HTTPClient(endpoint, group: loops)
        do {
            let result = try await body(TestServer(server: server, endpoint: endpoint, client: client))
            await client.shutdown()
            await server.shutdown(patience: .milliseconds(50))
            return result
        } catch {
            await server.shutdown(patience: .milliseconds(50))
            throw error
        }
    }

    func raw() async throws -> any RawConnection { try await client.connect().raw() }

    /// Sends `text`, closes the writing side when asked, and gives all that comes back until the server closes.
    func exchange(_ text: String, closing: Bool = false) async throws -> String {
        let connection = try await raw()
        try? await connection.write(ByteBuffer(string: text))
        if closing { await connection.closeWrite() }
        let answer = try await connection.readAll()
        await connection.close()
        return answer
    }
}

extension RawConnection {
    func readAll() async throws -> String {
        var all = ByteBuffer()
        while var part = try await read() { all.writeBuffer(&part) }
        return String(buffer: all)
    }

    /// Reads until `count` bytes are there or the peer closes.
    func read(_ count: Int) async throws -> String {
        var all = ByteBuffer()
        while all.readableBytes < count, var part = try await read() { all.writeBuffer(&part) }
        return String(buffer: all)
    }
}

extension HTTPResponder {
    func text(_ text: String, status: HTTPResponseStatus = .ok) async {
        try? await send(status, ["Content-Type": "text/plain"], ByteBuffer(string: text))
    }
}

extension HTTPRequest {
    func body() async throws -> String {
        var all = ByteBuffer()
        while var part = try await nextBodyPart() { all.writeBuffer(&part) }
        return String(buffer: all)
    }
}

let echo: HTTPHandler = { request, responder in
    do { await responder.text("\(request.method) \(request.path) \(try await request.body())") } catch {}
}
