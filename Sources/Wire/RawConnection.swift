import NIOCore

/// A connection that has left HTTP: bytes both ways (Docker's hijacked attach and exec streams).
package protocol RawConnection: Sendable {
    /// Nil once the peer has closed its side. One reader at a time; reads nothing from the socket before it is asked.
    func read() async throws -> ByteBuffer?
    /// Suspends while the peer doesn't read.
    func write(_ bytes: ByteBuffer) async throws
    /// Closes our side only; the peer sees end of file and may go on sending.
    func closeWrite() async
    func close() async
}
