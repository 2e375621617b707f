import GRDB
import NIOConcurrencyHelpers
import NIOCore
import Testing

@testable import KubeStorage

@Suite struct CompactionTests {
    @Test("a compaction in steps removes what was superseded and nothing else, while writes go on")
    func steps() async throws {
        let folder = DataFolder()
        try await folder.open { store in
            try await withThrowingTaskGroup { group in
                for number in 0..<3_000 {
                    group.addTask { try await store.put("/\(number % 100)", "\(number)", expecting: nil) }
                }
                try await group.waitForAll()
            }
            for number in 0..<50 { try await store.delete("/\(number)", expecting: nil) }
            let compacted = store.revision
            async let compaction: Void = store.compact(upTo: compacted)
            for number in 0..<50 { try await store.put("/new/\(number)", "v", expecting: 0) }
            try await compaction
            let (rows, tombstones) = await store.counts()
            #expect(rows == 100 && tombstones == 0)
            #expect(try await store.list("/").values.count == 100)
        }
        try await folder.open { store async throws in
            #expect(try await store.list("/").values.count == 100)
            #expect(store.revision == 3_101)
        }
    }

    @Test("a compaction that a crash interrupted is finished at the next start")
    func interrupted() async throws {
        let folder = DataFolder()
        try await folder.open { store in
            for number in 0..<100 { try await store.put("/a", "\(number)", expecting: nil) }
            await store.onWriter { try LogFile.setMark("compacted", 90, $0) }
        }
        try await folder.open(compaction: .init(clock: TestClock())) { store in
            await expectError(.compacted(oldest: 90)) { try store.watch(prefix: "/", after: 89) }
            var rows = 100
            for _ in 0..<200 where rows > 12 { rows = await store.counts().rows }
            #expect(rows == 12)  // 90 to 101
        }
    }

    @Test("every five minutes what was superseded five minutes ago goes; at rest nothing is done")
    func automatic() async throws {
        let clock = TestClock()
        try await DataFolder().open(compaction: .init(clock: clock)) { store in
            await clock.untilSomebodySleeps()
            for number in 0..<10 { try await store.put("/a", "\(number)", expecting: nil) }  // 11
            await clock.advance(by: .seconds(300))
            await clock.untilSomebodySleeps()
            #expect(store.compactedRevision == 1)
            try await store.put("/a", "later", expecting: nil)
            await clock.advance(by: .seconds(300))
            await clock.untilSomebodySleeps()
            #expect(store.compactedRevision == 11)
            await clock.advance(by: .seconds(300))
            await clock.untilSomebodySleeps()
            #expect(store.compactedRevision == 11)
        }
    }

    @Test("space that a compaction frees is used again, and given back when there is much of it")
    func space() async throws {
        try await DataFolder().open { store in
            for round in 0..<3 {
                for number in 0..<100 {
                    try await store.put(
                        "/\(number)", ByteBuffer(repeating: UInt8(round), count: 60_000), expecting: nil)
                }
            }
            let before = await store.pages()
            for number in 0..<90 { try await store.delete("/\(number)", expecting: nil) }
            try await store.compact(upTo: store.revision)
            let after = await store.pages()
            #expect(after < before / 2, "\(before) pages before, \(after) after")
            #expect(try await store.list("/").values.count == 10)
        }
    }
}

extension SQLiteStorage {
    fileprivate func counts() async -> (rows: Int, tombstones: Int) {
        let result = NIOLockedValueBox((rows: 0, tombstones: 0))
        await onWriter { db in
            let rows = try Int.fetchOne(db, sql: "SELECT COUNT(*) FROM log") ?? 0
            let tombstones = try Int.fetchOne(db, sql: "SELECT COUNT(*) FROM log WHERE value IS NULL") ?? 0
            result.withLockedValue { $0 = (rows, tombstones) }
        }
        return result.withLockedValue { $0 }
    }

    fileprivate func pages() async -> Int {
        let result = NIOLockedValueBox(0)
        await onWriter { db in
            let pages = try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0
            result.withLockedValue { $0 = pages }
        }
        return result.withLockedValue { $0 }
    }
}
