import NIOConcurrencyHelpers

/// The one holder of a container's record, and of those who wait for it to change. Readers take `record`; only work
/// in the container's lane changes it.
package final class Container: Sendable {
    package let id: String

    private struct Guts {
        var record: ContainerRecord
    }
    private let guts: NIOLockedValueBox<Guts>

    package init(_ record: ContainerRecord) {
        id = record.id
        guts = NIOLockedValueBox(Guts(record: record))
    }

    package var record: ContainerRecord { guts.withLockedValue { $0.record } }

    @discardableResult
    package func change<T>(_ body: (inout ContainerRecord) throws -> T) rethrows -> T {
        try guts.withLockedValue { try body(&$0.record) }
    }
}
