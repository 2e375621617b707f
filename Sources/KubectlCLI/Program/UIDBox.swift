import NIOConcurrencyHelpers

/// Remembers the first UID that it sees.
final class NIOUIDBox: Sendable {
    private let first = NIOLockedValueBox<String?>(nil)

    func isOther(_ uid: String) -> Bool {
        first.withLockedValue { known in
            guard let known else {
                known = uid
                return false
            }
            return known != uid
        }
    }
}
