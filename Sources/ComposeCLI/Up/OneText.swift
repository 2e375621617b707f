import NIOConcurrencyHelpers

/// A text that is read once, piece by piece.
final class OneText: Sendable {
    private let rest: NIOLockedValueBox<ArraySlice<UInt8>>

    init(_ text: String) { rest = NIOLockedValueBox(Array(text.utf8)[...]) }

    func take(_ limit: Int) -> [UInt8] {
        rest.withLockedValue { bytes in
            defer { bytes = bytes.dropFirst(limit) }
            return Array(bytes.prefix(limit))
        }
    }
}
