import NIOCore
import NIOHTTP1

package struct HTTPAnswer: Sendable {
    package let status: HTTPResponseStatus
    package let headers: HTTPHeaders
    /// Nil at the end.
    package let nextBodyPart: @Sendable () async throws -> ByteBuffer?
}
