import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1

/// One client's connection: requests in their order of arrival, one at a time, so that pipelined ones are answered in
/// order.
final class HTTPServerConnection: Sendable {
    private struct State {
        /// Between two requests, when closing loses nothing.
        var isIdle = true
        var isLast = false
    }

    let bytes: ByteChannel
    private let reader: HTTPMessageReader
    private let peer: HTTPPeer
    private let log: Logger
    private let state = NIOLockedValueBox(State())
    private let deadline: ConnectionDeadline

    init(_ bytes: ByteChannel, peer: HTTPPeer, log: Logger) {
        self.bytes = bytes
        self.peer = peer
        self.log = log
        reader = HTTPMessageReader(bytes)
        deadline = ConnectionDeadline(bytes.channel)
    }

    /// Closes as soon as no request is running.
    func finishSoon() {
        let isIdle = state.withLockedValue { state in
            state.isLast = true
            return state.isIdle
        }
        if isIdle { bytes.close(nil) }
    }

    func refuse() async {
        await answer(HTTPProblem(503, "too many connections"))
        await bytes.close()
    }

    func serve(_ handler: HTTPHandler) async {
        do {
            while try await serveNext(handler) {}
        } catch let problem as HTTPProblem {
            await answer(problem)
            await linger()
        } catch {
            log.trace("connection ended", metadata: ["error": "\(error)"])
        }
        await bytes.close()
    }

    /// False when the connection is at its end.
    private func serveNext(_ handler: HTTPHandler) async throws -> Bool {
        guard let head = try await nextHead() else { return false }
        let (request, persists) = try request(head)
        let exchange = HTTPExchange(
            request, reader, peer: peer, persists: persists,
            expectsContinue: head.headers.lists("100-continue", in: "expect"))
        await handler(exchange.request, exchange)
        let isReusable = await exchange.finish()
        let isLast = state.withLockedValue { state in
            state.isIdle = true
            return state.isLast
        }
        guard isReusable else {
            if exchange.endsOpen { await linger() }
            return false
        }
        return !isLast
    }

    private func nextHead() async throws -> HTTPHead? {
        deadline.set(HTTPLimit.idleTime)
        defer { deadline.set(nil) }
        let head = try await reader.head { deadline.set(HTTPLimit.headTime) }
        if head != nil { state.withLockedValue { $0.isIdle = false } }
        return head
    }

    private func request(_ head: HTTPHead) throws(HTTPProblem) -> (HTTPExchange.Request, persists: Bool) {
        let (method, target, version) = head.startLine
        guard method.utf8.allSatisfy(HTTPHead.isTokenByte) else { throw HTTPProblem(400, "malformed method") }
        guard version == "HTTP/1.1" || version == "HTTP/1.0" else {
            throw version.hasPrefix("HTTP/")
                ? HTTPProblem(505, "unsupported protocol version") : HTTPProblem(400, "malformed HTTP version")
        }
        let isModern = version == "HTTP/1.1"
        guard head.headers["host"].count == 1 || (!isModern && head.headers["host"].isEmpty) else {
            throw HTTPProblem(
                400, head.headers["host"].isEmpty ? "missing required Host header" : "too many Host headers")
        }
        reader.begin(try HTTPBody.ofRequest(head.headers))
        let persists =
            isModern
            ? !head.headers.lists("close", in: "connection") : head.headers.lists("keep-alive", in: "connection")
        let (path, query) = try RequestTarget.split(target)
        return (
            HTTPExchange.Request(
                method: HTTPMethod(rawValue: method), path: path, query: query, headers: head.headers,
                isModern: isModern),
            persists
        )
    }

    private func answer(_ problem: HTTPProblem) async {
        let status = HTTPResponseStatus(statusCode: Int(problem.status))
        let body = "\(problem.status) \(status.reasonPhrase): \(problem.description)"
        let text =
            "HTTP/1.1 \(problem.status) \(status.reasonPhrase)\r\nContent-Type: text/plain; charset=utf-8\r\n"
            + "Connection: close\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
        try? await bytes.write(ByteBuffer(string: text))
    }

    /// Closes our side and reads on for a moment: closing with unread bytes would reset the connection and could take
    /// the answer with it.
    private func linger() async {
        await bytes.closeWrite()
        let timer = bytes.after(HTTPLimit.drainTime) { $0.close(promise: nil) }
        defer { timer.cancel() }
        var count = 0
        while count < HTTPLimit.drainedBytes * 4, let part = try? await bytes.read() { count += part.readableBytes }
    }
}
