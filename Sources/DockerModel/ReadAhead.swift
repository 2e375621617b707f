import NIOCore

/// The beginning of a stream that was read to see what it is: given back once, before the rest.
package final class ReadAhead: @unchecked Sendable {
    // Unchecked: one reader.
    private var piece: ByteBuffer?

    package init(_ piece: ByteBuffer) { self.piece = piece }

    /// Nil from the second time on.
    package func take() -> ByteBuffer? {
        defer { piece = nil }
        return piece
    }
}
