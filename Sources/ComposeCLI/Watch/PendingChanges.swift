import NIOConcurrencyHelpers

/// Changes that wait to be handled together.
final class PendingChanges: Sendable {
    private let files = NIOLockedValueBox<Set<String>>([])

    /// True when nothing waited before.
    func add(_ more: Set<String>) -> Bool {
        files.withLockedValue { files in
            defer { files.formUnion(more) }
            return files.isEmpty
        }
    }

    func take() -> Set<String> {
        files.withLockedValue { files in
            defer { files = [] }
            return files
        }
    }
}
