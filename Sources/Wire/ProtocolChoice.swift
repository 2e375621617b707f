import NIOCore
import NIOTLS

/// Waits for the TLS handshake's end and tells which protocol the two sides agreed upon (ALPN, RFC 7301), then leaves.
final class ProtocolChoice: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let chosen: (_ isHTTP2: Bool) throws -> Void
    /// What arrived behind the handshake before the protocol's own handlers were in place.
    private var early: [NIOAny] = []

    init(_ chosen: @escaping (_ isHTTP2: Bool) throws -> Void) { self.chosen = chosen }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case .handshakeCompleted(let agreed) = event as? TLSUserEvent else {
            return context.fireUserInboundEventTriggered(event)
        }
        do {
            try chosen(agreed == "h2")
        } catch {
            return context.close(promise: nil)
        }
        for data in early { context.fireChannelRead(data) }
        if !early.isEmpty { context.fireChannelReadComplete() }
        early = []
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { early.append(data) }

    /// The handshake failed, or the client went away.
    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
