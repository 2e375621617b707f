import NIOCore
import Testing

@testable import KubeStorage

@Suite("watches of one prefix are woken together")
struct WatchRoundTests {
    private struct NoHistory: WatchHistory {
        func events(prefix: String, after revision: Int64, through last: Int64) async throws(StorageError)
            -> HistoryPiece
        { HistoryPiece(events: [], last: last) }
    }

    private static func event(_ revision: Int64) -> StorageEvent {
        let value = StoredValue(key: "/a/x", value: "v", createRevision: 2, modRevision: revision)
        return StorageEvent(kind: .put, key: "/a/x", revision: revision, value: value, previous: nil)
    }

    /// What each of the watches got after the first event: revisions, by news.
    private func news(watches count: Int) async throws -> [[[Int64]]] {
        var limits = WatchLimits()
        limits.restlessReaders = 10
        limits.restPerReader = 50_000_000...50_000_000
        limits.longestRest = 500_000_000
        let hub = WatchHub(revision: 1, history: NoHistory(), limits: limits)
        return try await withThrowingTaskGroup(of: [[Int64]].self) { group in
            let (first, heard) = AsyncStream.makeStream(of: Void.self)
            for _ in 0..<count {
                let watch = hub.watch(prefix: "/a/", after: 1)
                group.addTask {
                    var all: [[Int64]] = []
                    for try await case .events(let events) in watch {
                        if events.contains(where: { $0.revision == 2 }) { heard.yield() }
                        all.append(events.map(\.revision))
                        if events.last?.revision == 5 { break }
                    }
                    return all
                }
            }
            while hub.liveWatches < count { try await Task.sleep(for: .milliseconds(5)) }
            hub.publish([Self.event(2)])
            var waiting = count
            for await _ in first {
                waiting -= 1
                if waiting == 0 { break }
            }
            for revision in 3...5 as ClosedRange<Int64> { hub.publish([Self.event(revision)]) }
            return try await group.reduce(into: []) { $0.append($1) }
        }
    }

    @Test("many of them get what happens during a rest in one piece")
    func many() async throws {
        let all = try await news(watches: 20)
        #expect(all.count == 20)
        for one in all { #expect(one == [[2], [3, 4, 5]]) }
    }

    @Test("a rest is as long as giving took lately, within bounds")
    func length() {
        var limits = WatchLimits()
        limits.restlessReaders = 0
        let group = PrefixIndex.Group(prefix: "/a/")
        #expect(group.giving * 3 / 2 == limits.restPerReader.upperBound)
        for _ in 0..<100 { group.note(2_000_000, readers: 100) }
        #expect((19_000...21_000).contains(group.giving))
        group.note(0, readers: 0)
        for _ in 0..<200 { group.note(100, readers: 100) }
        #expect(group.giving * 3 / 2 < limits.restPerReader.lowerBound)
    }

    @Test("few of them never wait")
    func few() async throws {
        let began = ContinuousClock.now
        for one in try await news(watches: 3) { #expect(one.flatMap { $0 } == [2, 3, 4, 5]) }
        #expect(ContinuousClock.now - began < .milliseconds(400))
    }
}
