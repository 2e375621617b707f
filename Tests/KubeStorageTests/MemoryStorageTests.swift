import TestKit
import Testing

@testable import KubeStorage

@Suite struct MemoryStorageTests {
    @Test("the store in memory keeps the storage contract", arguments: StorageContract.all)
    func contract(_ rule: StorageContract) async throws { try await rule.check(MemoryStorage()) }

    @Test("compare-and-swap is linearizable", arguments: Fuzz.seeds(2))
    func counters(_ seed: UInt64) async throws {
        try await StorageProperties.countersAreLinearizable(MemoryStorage(), seed: seed)
    }

    @Test("watches and lists show the history, whole and in order", arguments: Fuzz.seeds(2))
    func watches(_ seed: UInt64) async throws {
        try await StorageProperties.watchesAndListsShowTheHistory(MemoryStorage(), seed: seed)
    }
}
