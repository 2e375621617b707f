import NIOConcurrencyHelpers

/// Bytes that are read once, piece by piece.
package final class ReadOnce: Sendable {
    private let rest: NIOLockedValueBox<ArraySlice<UInt8>>

    package init(_ bytes: [UInt8]) { rest = NIOLockedValueBox(bytes[...]) }

    package func take(_ limit: Int) -> [UInt8] {
        rest.withLockedValue { bytes in
            defer { bytes = bytes.dropFirst(limit) }
            return Array(bytes.prefix(limit))
        }
    }
}
