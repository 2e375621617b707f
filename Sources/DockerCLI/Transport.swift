import NIOCore
import NIOHTTP1
import Wire

/// What the commands need of HTTP; tests put a scripted server here.
package protocol DockerTransport: Sendable {
    func send(
        _ method: HTTPMethod, _ target: String, headers: HTTPHeaders, body: HTTPBodyToSend
    ) async throws -> HTTPAnswer
    func hijack(_ method: HTTPMethod, _ target: String, headers: HTTPHeaders, body: ByteBuffer?) async throws
        -> HTTPHijack
    /// A request to leave HTTP for another protocol, as it is.
    func upgrade(_ method: HTTPMethod, _ target: String, headers: HTTPHeaders) async throws -> HTTPHijack
    /// A connection to the daemon on which nothing was said yet.
    func dial() async throws -> any RawConnection
}

extension HTTPClient: DockerTransport {}
