import NIOCore
import Testing

@testable import KubeStorage

extension StorageContract {
    static let watching: [StorageContract] = [
        StorageContract("a watch shows what is made, changed and deleted under its prefix, with what was there before")
        {
            store in
            var watch = try await store.watch(prefix: "/a/", after: nil).makeAsyncIterator()
            let made = try await store.put("/a/x", "one", expecting: 0)
            try await store.put("/b/x", "other", expecting: 0)
            let changed = try await store.put("/a/x", "two", expecting: made)
            let gone = try await store.delete("/a/x", expecting: changed).revision
            let one = StoredValue(key: "/a/x", value: "one", createRevision: made, modRevision: made)
            let two = StoredValue(key: "/a/x", value: "two", createRevision: made, modRevision: changed)
            let events = try await watch.events(3)
            #expect(
                events == [
                    StorageEvent(kind: .put, key: "/a/x", revision: made, value: one, previous: nil),
                    StorageEvent(kind: .put, key: "/a/x", revision: changed, value: two, previous: one),
                    StorageEvent(kind: .delete, key: "/a/x", revision: gone, value: nil, previous: two),
                ])
        },
        StorageContract("a watch from an old revision begins with what happened since") { store in
            for number in 0..<30 { try await store.put("/\(number % 7)", "\(number)", expecting: nil) }
            for start in [1, 2, 15, 30, 31] as [Int64] {
                var watch = try await store.watch(prefix: "/", after: start).makeAsyncIterator()
                let last = try await store.put("/new", "\(start)", expecting: nil)
                let events = try await watch.events(Int(last - start))
                #expect(events.map(\.revision) == Array((start + 1)...last))
            }
        },
        StorageContract("a watch that nobody reads misses nothing") { store in
            let stream = try await store.watch(prefix: "/", after: nil)
            try await withThrowingTaskGroup { group in
                for number in 0..<5_000 {
                    group.addTask { _ = try await store.put("/\(number % 50)", "\(number)", expecting: nil) }
                }
                try await group.waitForAll()
            }
            var watch = stream.makeAsyncIterator()
            #expect(try await watch.events(5_000).map(\.revision) == Array(2...5_001))
        },
        StorageContract("a watch of one key, or of everything, is a watch of a prefix") { store in
            var all = try await store.watch(prefix: "", after: nil).makeAsyncIterator()
            var one = try await store.watch(prefix: "/a/b", after: nil).makeAsyncIterator()
            for key in ["/a/a", "/a/b", "/a/bc", "/a"] { try await store.put(key, "v", expecting: 0) }
            #expect(try await all.events(4).map(\.key) == ["/a/a", "/a/b", "/a/bc", "/a"])
            #expect(try await one.events(2).map(\.key) == ["/a/b", "/a/bc"])
        },
        StorageContract("asked for progress, a watch says so after its events") { store in
            var watch = try await store.watch(prefix: "/a", after: nil).makeAsyncIterator()
            var idle = try await store.watch(prefix: "/none", after: 1).makeAsyncIterator()
            try await store.put("/a", "v", expecting: 0)
            let last = try await store.put("/b", "v", expecting: 0)
            await store.requestProgress()
            #expect(try await watch.events(1).map(\.key) == ["/a"])
            for progress in [try await watch.next(), try await idle.next()] {
                guard case .progress(let revision)? = progress else {
                    Issue.record("no progress")
                    continue
                }
                #expect(revision >= last)
            }
        },
        StorageContract("a cancelled watch ends") { store in
            let stream = try await store.watch(prefix: "/", after: nil)
            let reader = Task { for try await _ in stream {} }
            try await store.put("/a", "v", expecting: 0)
            reader.cancel()
            _ = await reader.result
        },
    ]

    static let compacting: [StorageContract] = [
        StorageContract("after a compaction the present and the compacted revision can be read, older ones not") {
            store in
            try await store.put("/a", "one", expecting: 0)
            try await store.put("/b", "one", expecting: 0)
            try await store.put("/a", "two", expecting: nil)
            try await store.delete("/b", expecting: nil)  // 5
            try await store.put("/a", "three", expecting: nil)
            try await store.compact(upTo: 5)
            await expectError(.compacted(oldest: 5)) {
                try await store.list(prefix: "/", from: nil, limit: nil, at: 4)
            }
            await expectError(.compacted(oldest: 5)) {
                var watch = try await store.watch(prefix: "/", after: 3).makeAsyncIterator()
                while let news = try await watch.next() { if case .progress = news { break } }
            }
            let old = try await store.list(prefix: "/", from: nil, limit: nil, at: 5)
            #expect(old.values.map { String(buffer: $0.value) } == ["two"])
            #expect(try await store.list("/").values.map { String(buffer: $0.value) } == ["three"])
            var watch = try await store.watch(prefix: "/", after: 5).makeAsyncIterator()
            let event = try await watch.events(1)[0]
            #expect(event.revision == 6 && event.previous?.value == "two")
        },
        StorageContract("a compaction uses no revision, also when the newest write was a deletion") { store in
            try await store.put("/a", "one", expecting: 0)
            let last = try await store.delete("/a", expecting: nil).revision
            try await store.compact(upTo: last)
            try await store.compact(upTo: 2)
            #expect(try await store.revision == last)
            #expect(try await store.put("/a", "two", expecting: 0) == last + 1)
            await expectError(.futureRevision(current: last + 1)) { try await store.compact(upTo: last + 2) }
        },
    ]
}

extension StorageWatch.AsyncIterator {
    /// Reads until there are `count` events; more is a failure.
    mutating func events(_ count: Int) async throws -> [StorageEvent] {
        var all: [StorageEvent] = []
        while all.count < count {
            guard let news = try await next() else { break }
            if case .events(let events) = news { all += events }
        }
        #expect(all.count == count)
        return all
    }
}
