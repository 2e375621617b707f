import TestKit
import Testing

@testable import KubeStorage

@Suite struct SQLitePropertyTests {
    @Test("compare-and-swap is linearizable", arguments: Fuzz.seeds(3))
    func counters(_ seed: UInt64) async throws {
        try await DataFolder().open { try await StorageProperties.countersAreLinearizable($0, seed: seed) }
    }

    @Test("watches and lists show the history, whole and in order", arguments: Fuzz.seeds(3))
    func watches(_ seed: UInt64) async throws {
        try await DataFolder().open { try await StorageProperties.watchesAndListsShowTheHistory($0, seed: seed) }
    }

    @Test("so they do when memory holds next to nothing and most is read from the disk", arguments: Fuzz.seeds(4))
    func smallMemory(_ seed: UInt64) async throws {
        let tiny = WatchLimits(
            ringEvents: 20, ringBytes: 1 << 20, watchEvents: 5, watchBytes: 1 << 20, catchUpEvents: 3)
        try await DataFolder().open(limits: tiny) {
            try await StorageProperties.watchesAndListsShowTheHistory($0, seed: seed)
        }
    }
}
