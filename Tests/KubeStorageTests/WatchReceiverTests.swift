import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import Testing

@testable import KubeStorage

@Suite("watches with receivers")
struct WatchReceiverTests {
    private struct NoHistory: WatchHistory {
        func events(prefix: String, after revision: Int64, through last: Int64) async throws(StorageError)
            -> HistoryPiece
        { HistoryPiece(events: [], last: last) }
    }

    private struct Broken: Error {}

    /// Who got which revisions.
    private struct Got {
        var revisions: [Int64] = []
        var receiver = 0
        var reader = 0
    }

    private static func event(_ revision: Int64) -> StorageEvent {
        let value = StoredValue(key: "/a/x", value: "v", createRevision: 2, modRevision: revision)
        return StorageEvent(kind: .put, key: "/a/x", revision: revision, value: value, previous: nil)
    }

    private static func until(_ isSo: () -> Bool) async throws {
        while !isSo() { try await Task.sleep(for: .milliseconds(2)) }
    }

    /// What each of the watches got of revisions 2 to `last`; one call in `slow` of a receiver ends later.
    private func publish(watches: Int, through last: Int64, slow: Int, _ limits: WatchLimits) async throws -> [Got] {
        let hub = WatchHub(revision: 1, history: NoHistory(), limits: limits)
        let loops = MultiThreadedEventLoopGroup.singleton
        return try await withThrowingTaskGroup(of: Got.self) { group in
            for _ in 0..<watches {
                let watch = hub.watch(prefix: "/a/", after: 1)
                let loop = loops.next()
                group.addTask {
                    let got = NIOLockedValueBox(Got())
                    let receiver = StorageReceiver(loop) { events in
                        loop.assertInEventLoop()
                        let calls = got.withLockedValue { got in
                            got.revisions += events.map(\.revision)
                            got.receiver += 1
                            return got.receiver
                        }
                        guard calls % slow == 0 else { return nil }
                        return loop.scheduleTask(in: .milliseconds(3)) {}.futureResult
                    }
                    var iterator = watch.makeAsyncIterator(with: receiver)
                    while let news = try await iterator.next() {
                        if case .progress = news { break }
                        guard case .events(let events) = news else { continue }
                        got.withLockedValue { got in
                            got.revisions += events.map(\.revision)
                            got.reader += 1
                        }
                    }
                    return got.withLockedValue { $0 }
                }
            }
            try await Self.until { hub.liveWatches == watches }
            for revision in 2...last {
                hub.publish([Self.event(revision)])
                if revision % 10 == 0 { try await Task.sleep(for: .milliseconds(1)) }
            }
            hub.requestProgress()
            return try await group.reduce(into: []) { $0.append($1) }
        }
    }

    @Test("every event comes once and in order, from whomever", arguments: [1, 20, 200])
    func order(watches: Int) async throws {
        for got in try await publish(watches: watches, through: 400, slow: 7, WatchLimits()) {
            #expect(got.revisions == Array(2...400))
            #expect(got.receiver > 0)
        }
    }

    @Test("also when a slow one is dropped and reads what it missed")
    func overrun() async throws {
        var limits = WatchLimits()
        limits.watchEvents = 4
        limits.catchUpEvents = 8
        for got in try await publish(watches: 20, through: 400, slow: 2, limits) {
            #expect(got.revisions == Array(2...400))
            #expect(got.reader > 0)
        }
    }

    @Test("the reader throws what a receiver fails with")
    func failure() async throws {
        let hub = WatchHub(revision: 1, history: NoHistory(), limits: WatchLimits())
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let watch = hub.watch(prefix: "/a/", after: 1)
        let reader = Task {
            var iterator = watch.makeAsyncIterator(
                with: StorageReceiver(loop) { _ in loop.makeFailedFuture(Broken()) })
            return try await iterator.next()
        }
        try await Self.until { hub.liveWatches == 1 }
        // The reader may take it before it waits.
        hub.publish([Self.event(2)])
        do {
            if let news = try await reader.value {
                guard case .events(let events) = news else { throw Broken() }
                #expect(events.map(\.revision) == [2])
            }
        } catch is Broken {}
    }

    @Test("a cancelled reader ends while its receiver is at work")
    func cancelled() async throws {
        let hub = WatchHub(revision: 1, history: NoHistory(), limits: WatchLimits())
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let (busy, isBusy) = AsyncStream.makeStream(of: Void.self)
        let done = loop.makePromise(of: Void.self)
        let watch = hub.watch(prefix: "/a/", after: 1)
        let reader = Task {
            var iterator = watch.makeAsyncIterator(
                with: StorageReceiver(loop) { _ in
                    isBusy.yield()
                    return done.futureResult
                })
            while let news = try await iterator.next() { if case .events = news { isBusy.yield() } }
        }
        try await Self.until { hub.liveWatches == 1 }
        hub.publish([Self.event(2)])
        for await _ in busy { break }
        reader.cancel()
        done.succeed()
        try await reader.value
        #expect(hub.liveWatches == 0)
    }
}
