import CLinux
import NIOCore
import NIOPosix

/// Signals as a sequence: a handler writes each one's number into a pipe, and the pipe is read like any other.
///
/// Handlers and not masks: children inherit masks, and a handler is reset when they execute their program.
enum Signals {
    /// Written once, before the first handler is set.
    nonisolated(unsafe) private static var pipeEnd: CInt = -1

    static func stream(_ signals: [CInt], on group: any EventLoopGroup) async throws -> AsyncStream<CInt> {
        var ends: [CInt] = [-1, -1]
        guard pipe2(&ends, O_CLOEXEC | O_NONBLOCK) == 0 else { throw IOError(errnoCode: errno, reason: "pipe2") }
        pipeEnd = ends[1]
        let (stream, continuation) = AsyncStream<CInt>.makeStream()
        _ = try await NIOPipeBootstrap(group: group)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Forward(to: continuation))
                }
            }
            .takingOwnershipOfDescriptor(input: ends[0]).get()
        for signal in signals {
            var action = sigaction()
            action.__sigaction_handler.sa_handler = { number in
                let saved = errno
                var byte = UInt8(truncatingIfNeeded: number)
                _ = CLinux.write(Signals.pipeEnd, &byte, 1)
                hako_set_errno(saved)
            }
            action.sa_flags = SA_RESTART
            sigaction(signal, &action, nil)
        }
        return stream
    }

    private final class Forward: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let continuation: AsyncStream<CInt>.Continuation
        init(to continuation: AsyncStream<CInt>.Continuation) { self.continuation = continuation }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            for byte in unwrapInboundIn(data).readableBytesView { continuation.yield(CInt(byte)) }
        }
    }
}
