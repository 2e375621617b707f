import NIOCore

/// A connection that has left HTTP: bytes both ways (Docker's hijacked attach and exec streams).
package protocol RawConnection: Sendable {
    /// Nil once the peer has closed its side. One reader at a time; reads nothing from the socket before it is asked.
    func read() async throws -> ByteBuffer?
    /// Suspends while the peer doesn't read.
    func write(_ bytes: ByteBuffer) async throws
    /// Closes our side only; the peer sees end of file and may go on sending.
    func closeWrite() async
    /// Closes both sides; a read that waits ends.
    func close() async
    /// Returns when the connection is closed both ways, or when the calling task is cancelled.
    func closed() async
}

/// What is left of an HTTP connection once it has left HTTP: first the bytes that came behind the head.
struct HijackedConnection: RawConnection {
    let reader: HTTPMessageReader
    private var bytes: ByteChannel { reader.bytes }

    init(_ reader: HTTPMessageReader) { self.reader = reader }

    func read() async throws -> ByteBuffer? {
        if let early = reader.takeBuffered() { return early }
        return try await bytes.read()
    }

    func write(_ buffer: ByteBuffer) async throws { try await bytes.write(buffer) }
    func closeWrite() async { await bytes.closeWrite() }
    func close() async { await bytes.close() }
    func closed() async { await bytes.closed() }
}
