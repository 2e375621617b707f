import NIOCore
import NIOHTTP1

/// One request as a handler sees it. The body is pulled, so a slow handler slows its client.
package struct HTTPRequest: Sendable {
    package let method: HTTPMethod
    /// As sent, still percent-encoded, without the query.
    package let path: String
    /// Decoded, in order; a key may repeat.
    package let query: [(name: String, value: String)]
    package let headers: HTTPHeaders
    /// Nil at the end.
    package let nextBodyPart: @Sendable () async throws -> ByteBuffer?
}

/// How a handler answers: `head`, then any number of `write`s, then `end`; or `hijack`.
package protocol HTTPResponder: Sendable {
    func head(_ status: HTTPResponseStatus, _ headers: HTTPHeaders) async throws
    /// Sent at once, chunked unless the head gave a content length; suspends while the client doesn't read.
    func write(_ bytes: ByteBuffer) async throws
    func end() async throws
    /// Sends `101 UPGRADED` when the client asked to upgrade (`Upgrade: tcp`), `200 OK` otherwise, and leaves HTTP.
    func hijack(contentType: String) async throws -> any RawConnection
    /// Returns when the client has gone away; for handlers that wait for something else.
    func closed() async
}
