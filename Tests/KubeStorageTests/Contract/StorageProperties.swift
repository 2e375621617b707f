import NIOConcurrencyHelpers
import NIOCore
import TestKit
import Testing

@testable import KubeStorage

/// What holds for any store under any interleaving, tried with a random load. The seed makes the load, not the
/// interleaving: a failure may need several runs to come again.
enum StorageProperties {
    // MARK: Compare-and-swap

    /// One finished operation on a counter: when it began and ended on a clock that all share, and the revision that it
    /// read or made.
    private struct Operation {
        let begin: Int
        let end: Int
        let revision: Int64
        let isWrite: Bool
    }

    /// Many tasks count up a few counters with compare-and-swap. No count is lost, and the history of each counter is
    /// linearizable: an operation that began after another's end sees at least that one's revision, a write a later one.
    static func countersAreLinearizable(_ store: any KubeStorage, seed: UInt64) async throws {
        let counters = 3
        let history = NIOLockedValueBox([[Operation]](repeating: [], count: counters))
        let clock = Ticks()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<16 {
                group.addTask {
                    var random = SeededGenerator(seed: seed &* 31 &+ UInt64(task))
                    for _ in 0..<25 {
                        let counter = Int.random(in: 0..<counters, using: &random)
                        let operations = try await count(up: "/counter/\(counter)", store, clock)
                        history.withLockedValue { $0[counter] += operations }
                    }
                }
            }
            try await group.waitForAll()
        }
        var total = 0
        for (counter, operations) in history.withLockedValue({ $0 }).enumerated() {
            let writes = operations.filter(\.isWrite).count
            guard writes > 0 else { continue }
            let value = try #require(try await store.get("/counter/\(counter)"))
            #expect(String(buffer: value.value) == "\(writes)")
            #expect(value.modRevision == operations.map(\.revision).max())
            #expect(Set(operations.filter(\.isWrite).map(\.revision)).count == writes, "a revision is used twice")
            check(operations)
            total += writes
        }
        #expect(total == 16 * 25)
    }

    private static func count(up key: String, _ store: any KubeStorage, _ clock: Ticks) async throws
        -> [Operation]
    {
        var operations: [Operation] = []
        while true {
            var begin = clock.next()
            let value = try await store.get(key)
            let seen = value?.modRevision ?? 0
            var end = clock.next()
            operations.append(Operation(begin: begin, end: end, revision: seen, isWrite: false))
            let count = value.flatMap { Int(String(buffer: $0.value)) } ?? 0
            begin = clock.next()
            let outcome = try await swap(key, "\(count + 1)", seen, store)
            end = clock.next()
            operations.append(
                Operation(begin: begin, end: end, revision: outcome.revision, isWrite: outcome.isWritten))
            if outcome.isWritten { return operations }
            #expect(outcome.revision != seen, "a conflict with the revision that was expected")
        }
    }

    /// The revision that was made, or the one that was in the way.
    private static func swap(_ key: String, _ value: String, _ expected: Int64, _ store: any KubeStorage) async throws
        -> (revision: Int64, isWritten: Bool)
    {
        do throws(StorageError) { return (try await store.put(key, value, expecting: expected), true) } catch {
            guard case .conflict(let now) = error else { throw error }
            return (now?.modRevision ?? 0, false)
        }
    }

    private static func check(_ operations: [Operation]) {
        let ended = operations.sorted { $0.end < $1.end }
        var next = 0
        var newest: Int64 = 0
        for operation in operations.sorted(by: { $0.begin < $1.begin }) {
            while next < ended.count, ended[next].end < operation.begin {
                newest = max(newest, ended[next].revision)
                next += 1
            }
            #expect(operation.isWrite ? operation.revision > newest : operation.revision >= newest)
        }
    }

    // MARK: Watches and lists

    /// Writers, watches that begin at random revisions and read at random speeds, and lists at random revisions, all at
    /// once. Each watch saw exactly the history of its prefix after its start, and each list the history's state.
    static func watchesAndListsShowTheHistory(_ store: any KubeStorage, seed: UInt64) async throws {
        let prefixes = ["/", "/a/", "/b/", "/a/1", "/none/"]
        let seen = NIOLockedValueBox<[(prefix: String, after: Int64, events: [StorageEvent])]>([])
        let pages = NIOLockedValueBox<[(prefix: String, page: StoredPage)]>([])
        try await store.put("/a/0", "first", expecting: 0)
        let finished = Ticks()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<4 {
                group.addTask {
                    var random = SeededGenerator(seed: seed &* 77 &+ UInt64(task))
                    for number in 0..<150 { try await change(store, "\(task)-\(number)", &random) }
                    if finished.next() == 4 {
                        try await store.put("/end", "", expecting: 0)
                        await store.requestProgress()
                    }
                }
            }
            for task in 0..<12 {
                group.addTask {
                    var random = SeededGenerator(seed: seed &* 99 &+ UInt64(task))
                    let prefix = prefixes[task % prefixes.count]
                    try await Task.sleep(for: .milliseconds(Int.random(in: 0..<30, using: &random)))
                    let now = try await store.revision
                    let start = Bool.random(using: &random) ? Int64.random(in: 1...now, using: &random) : now
                    let watch = try await store.watch(prefix: prefix, after: start)
                    let events = try await readToEnd(watch, store, &random)
                    seen.withLockedValue { $0.append((prefix, start, events)) }
                }
                group.addTask {
                    var random = SeededGenerator(seed: seed &* 55 &+ UInt64(task))
                    for _ in 0..<6 {
                        let now = try await store.revision
                        let at = Bool.random(using: &random) ? Int64.random(in: 1...now, using: &random) : nil
                        let limit = Bool.random(using: &random) ? Int.random(in: 1...20, using: &random) : nil
                        let prefix = prefixes[Int.random(in: 0..<prefixes.count, using: &random)]
                        let page = try await store.list(prefix: prefix, from: nil, limit: limit, at: at)
                        pages.withLockedValue { $0.append((prefix, page)) }
                    }
                }
            }
            try await group.waitForAll()
        }
        let history = try await wholeHistory(store)
        for watch in seen.withLockedValue({ $0 }) {
            let expected = history.filter { $0.revision > watch.after && $0.key.hasPrefix(watch.prefix) }
            #expect(watch.events == expected, "the watch of \(watch.prefix) after \(watch.after)")
        }
        for (prefix, page) in pages.withLockedValue({ $0 }) { check(page, prefix, history) }
    }

    private static func change(_ store: any KubeStorage, _ text: String, _ random: inout SeededGenerator) async throws {
        let key = "/\(["a", "b", "c"][Int.random(in: 0..<3, using: &random)])/\(Int.random(in: 0..<25, using: &random))"
        do {
            if Int.random(in: 0..<4, using: &random) == 0 {
                try await store.delete(key, expecting: nil)
            } else {
                try await store.put(key, text, expecting: nil)
            }
        } catch StorageError.conflict(nil) {}
    }

    /// Reads until the watch has come as far as the writers' last write.
    private static func readToEnd(
        _ watch: StorageWatch, _ store: any KubeStorage, _ random: inout SeededGenerator
    ) async throws -> [StorageEvent] {
        var all: [StorageEvent] = []
        let isSlow = Bool.random(using: &random)
        // A watch that begins after the last write is told nothing unless it asks.
        if try await store.get("/end") != nil { await store.requestProgress() }
        for try await news in watch {
            switch news {
            case .events(let events): all += events
            case .progress(let revision):
                #expect(revision >= all.last?.revision ?? 0)
                if try await store.get("/end") != nil, try await store.revision == revision { return all }
            }
            if isSlow { try await Task.sleep(for: .milliseconds(Int.random(in: 0..<8, using: &random))) }
            if try await store.get("/end") != nil { await store.requestProgress() }
        }
        Issue.record("the watch ended by itself")
        return all
    }

    private static func wholeHistory(_ store: any KubeStorage) async throws -> [StorageEvent] {
        let last = try await store.revision
        var watch = try await store.watch(prefix: "", after: 1).makeAsyncIterator()
        let history = try await watch.events(Int(last) - 1)
        #expect(history.map(\.revision) == Array(2...last))
        return history
    }

    private static func check(_ page: StoredPage, _ prefix: String, _ history: [StorageEvent]) {
        var state: [String: StoredValue] = [:]
        for event in history where event.revision <= page.revision && event.key.hasPrefix(prefix) {
            state[event.key] = event.value
        }
        let expected = state.values.sorted { KeyOrder.compare($0.key, $1.key) < 0 }
        #expect(page.values == Array(expected.prefix(page.values.count)), "the list of \(prefix) at \(page.revision)")
        #expect(page.values.count + page.remaining == expected.count)
    }
}

/// Counts 1, 2, 3, whoever asks.
private final class Ticks: Sendable {
    private let last = NIOLockedValueBox(0)

    func next() -> Int {
        last.withLockedValue { last in
            last += 1
            return last
        }
    }
}
