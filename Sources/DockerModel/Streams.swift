import JSON
import NIOCore

/// Which stream a chunk of a container's output belongs to. The raw value is the first byte of a frame in Docker's
/// multiplexed stream (Engine API, "ContainerAttach").
package enum OutputStream: UInt8, Sendable {
    case stdin = 0, stdout = 1, stderr = 2
}

package struct OutputChunk: Sendable {
    package let stream: OutputStream
    package let bytes: ByteBuffer
    package init(_ stream: OutputStream, _ bytes: ByteBuffer) {
        self.stream = stream
        self.bytes = bytes
    }
}

/// Something that is pulled piece by piece: nothing is produced before it is asked for, so the slowest reader sets
/// the pace and memory stays bounded. `next` gives nil at the end and is called by one reader at a time.
/// `cancel` may be called at any time, also twice, and frees what feeds the source.
package struct Source<Element: Sendable>: Sendable {
    package let next: @Sendable () async throws -> Element?
    package let cancel: @Sendable () -> Void

    package init(next: @escaping @Sendable () async throws -> Element?, cancel: @escaping @Sendable () -> Void = {}) {
        self.next = next
        self.cancel = cancel
    }
}

package typealias OutputSource = Source<OutputChunk>
package typealias ByteSource = Source<ByteBuffer>
package typealias JSONSource = Source<JSON>

/// A client joined to a container's or an exec's stdio.
package struct Attachment: Sendable {
    /// Frames as they come; with a terminal all of them are `stdout`. Ends when the process has closed its output,
    /// or when the client typed the detach keys.
    package let output: OutputSource
    /// Suspends while the process doesn't read.
    package let write: @Sendable (ByteBuffer) async throws -> Void
    package let closeInput: @Sendable () async -> Void
    package let isTerminal: Bool

    package init(
        output: OutputSource, write: @escaping @Sendable (ByteBuffer) async throws -> Void,
        closeInput: @escaping @Sendable () async -> Void, isTerminal: Bool
    ) {
        self.output = output
        self.write = write
        self.closeInput = closeInput
        self.isTerminal = isTerminal
    }
}

/// Takes one message of a progress stream (pull, push, load, …); suspends while the client doesn't read.
package typealias ProgressSink = @Sendable (JSON) async throws -> Void
