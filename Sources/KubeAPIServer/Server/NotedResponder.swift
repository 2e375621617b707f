import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import Wire

/// A responder that remembers the status it sent, and puts headers of its own into the answer.
final class NotedResponder: HTTPResponder {
    private let inner: any HTTPResponder
    private let sent = NIOLockedValueBox(0)
    private let extra = NIOLockedValueBox<[(String, String)]>([])

    init(_ inner: any HTTPResponder) { self.inner = inner }

    /// 0: nothing yet.
    var code: Int { sent.withLockedValue { $0 } }
    var hasBegun: Bool { inner.hasBegun }
    var loopWriter: (any LoopWriter)? { inner.loopWriter }

    /// To be called before the answer begins.
    func add(_ name: String, _ value: String) { extra.withLockedValue { $0.append((name, value)) } }

    private func with(_ headers: HTTPHeaders) -> HTTPHeaders {
        var headers = headers
        headers.add(contentsOf: extra.withLockedValue { $0 })
        return headers
    }

    private func note(_ code: Int) { sent.withLockedValue { $0 = code } }

    func head(_ status: HTTPResponseStatus, _ headers: HTTPHeaders) async throws {
        note(Int(status.code))
        try await inner.head(status, with(headers))
    }

    func send(_ status: HTTPResponseStatus, _ headers: HTTPHeaders, _ body: ByteBuffer) async throws {
        note(Int(status.code))
        try await inner.send(status, with(headers), body)
    }

    func write(_ bytes: ByteBuffer) async throws { try await inner.write(bytes) }
    func end() async throws { try await inner.end() }
    func closed() async { await inner.closed() }

    func hijack(contentType: String) async throws -> any RawConnection {
        let connection = try await inner.hijack(contentType: contentType)
        note(200)
        return connection
    }

    func upgradeToWebSocket() async throws -> any RawConnection {
        let connection = try await inner.upgradeToWebSocket()
        note(101)
        return connection
    }

    func upgradeToMessages(choosing chosen: String?) async throws -> WebSocketMessages {
        let messages = try await inner.upgradeToMessages(choosing: chosen)
        note(101)
        return messages
    }

    func switchProtocols(_ headers: HTTPHeaders) async throws -> any RawConnection {
        let connection = try await inner.switchProtocols(headers)
        note(101)
        return connection
    }
}
