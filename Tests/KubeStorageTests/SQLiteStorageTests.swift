import Fault
import Foundation
import NIOCore
import Testing

@testable import KubeStorage

/// A data folder of one test, and stores on it one after the other.
final class DataFolder: Sendable {
    let path: String

    init() {
        path = NSTemporaryDirectory() + "/kube-storage-\(UUID().uuidString)"
        try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func open<R>(
        compaction: SQLiteStorage.AutomaticCompaction? = nil, limits: WatchLimits = WatchLimits(),
        _ body: (SQLiteStorage) async throws -> R
    ) async throws -> R {
        let store = try SQLiteStorage(folder: path, compaction: compaction, watchLimits: limits)
        do {
            let result = try await body(store)
            await store.close()
            return result
        } catch {
            await store.close()
            throw error
        }
    }
}

@Suite struct SQLiteStorageTests {
    @Test("the SQLite store keeps the storage contract", arguments: StorageContract.all)
    func contract(_ rule: StorageContract) async throws {
        try await DataFolder().open { try await rule.check($0) }
    }

    @Test("what was written is there after the store is opened again, with its revisions and its history")
    func reopening() async throws {
        let folder = DataFolder()
        let before = try await folder.open { store in
            for number in 0..<300 { try await store.put("/\(number % 40)", "value \(number)", expecting: nil) }
            for number in 0..<10 { _ = try await store.delete("/\(number)", expecting: nil) }
            return try await store.list("/").values
        }
        try await folder.open { store in
            #expect(store.revision == 311)
            #expect(try await store.list("/").values == before)
            var watch = try store.watch(prefix: "/", after: 1).makeAsyncIterator()
            let events = try await watch.events(310)
            #expect(events.map(\.revision) == Array(2...311))
            #expect(events[40].previous?.value == "value 0")
            #expect(try await store.list(prefix: "/", from: nil, limit: nil, at: 2).values.count == 1)
            #expect(try await store.put("/new", "v", expecting: 0) == 312)
        }
    }

    @Test("a compacted store is opened again at the revision it had, even when only deletions were left")
    func reopeningCompacted() async throws {
        let folder = DataFolder()
        try await folder.open { store in
            for number in 0..<1_200 { try await store.put("/\(number % 3)", "\(number)", expecting: nil) }
            for number in 0..<3 { _ = try await store.delete("/\(number)", expecting: nil) }
            try await store.compact(upTo: store.revision)
        }
        try await folder.open { store async throws in
            #expect(store.revision == 1_204)
            #expect(try await store.list("").values.isEmpty)
            await expectError(.compacted(oldest: 1_204)) { try store.watch(prefix: "", after: 1_000) }
            #expect(try await store.put("/a", "v", expecting: 0) == 1_205)
        }
    }

    @Test("a second server on the same folder is refused with what to do")
    func secondServer() async throws {
        let folder = DataFolder()
        try await folder.open { _ in
            let fault = #expect(throws: Fault.self) { try SQLiteStorage(folder: folder.path, compaction: nil) }
            #expect(fault?.message.contains("another server uses the data folder \(folder.path)") == true)
        }
        try await folder.open { #expect($0.revision == 1) }
    }

    @Test("writes that arrive together share transactions, and each is answered for itself")
    func groupCommit() async throws {
        try await DataFolder().open { store in
            let revisions = try await withThrowingTaskGroup(of: Int64?.self) { group in
                for number in 0..<400 {
                    group.addTask {
                        do {
                            return try await store.put("/\(number % 200)", "\(number)", expecting: 0)
                        } catch StorageError.conflict { return nil }
                    }
                }
                return try await group.reduce(into: [Int64?]()) { $0.append($1) }
            }
            #expect(revisions.compactMap { $0 }.sorted() == Array(2...201))
            #expect(store.revision == 201)
        }
    }

    @Test("a watch whose reader is too slow for the kept history is told so, and needs no memory meanwhile")
    func slowReader() async throws {
        let tiny = WatchLimits(
            ringEvents: 10, ringBytes: 1 << 20, watchEvents: 5, watchBytes: 1 << 20, catchUpEvents: 3)
        try await DataFolder().open(limits: tiny) { store in
            var watch = try store.watch(prefix: "/", after: nil).makeAsyncIterator()
            try await store.put("/a", "first", expecting: 0)
            #expect(try await watch.events(1)[0].revision == 2)
            for number in 0..<50 { try await store.put("/a", "\(number)", expecting: nil) }
            #expect(store.liveWatches == 0)
            try await store.compact(upTo: 40)
            await expectError(.compacted(oldest: 40)) { while try await watch.next() != nil {} }
        }
    }

    @Test("a watch is freed when its task is cancelled, and when its stream is dropped")
    func freedWatches() async throws {
        try await DataFolder().open { store in
            let readers = (0..<20).map { number in
                Task { for try await _ in try store.watch(prefix: "/\(number % 3)", after: nil) {} }
            }
            var dropped: StorageWatch? = try store.watch(prefix: "/", after: nil)
            var iterator = dropped?.makeAsyncIterator()
            try await store.put("/a", "v", expecting: 0)
            _ = try await iterator?.next()
            while store.liveWatches < 21 { await Task.yield() }
            (iterator, dropped) = (nil, nil)
            #expect(store.liveWatches == 20)
            for reader in readers { reader.cancel() }
            for reader in readers { _ = await reader.result }
            #expect(store.liveWatches == 0)
            try await store.put("/1", "v", expecting: 0)
        }
    }

    @Test("a thousand watches of many prefixes each get their own events only")
    func manyWatches() async throws {
        try await DataFolder().open { store in
            try await withThrowingTaskGroup(of: [String].self) { group in
                for number in 0..<1_000 {
                    let watch = try store.watch(prefix: "/pods/ns-\(number)/", after: nil)
                    group.addTask {
                        var iterator = watch.makeAsyncIterator()
                        return try await iterator.events(2).map(\.key) + ["\(number)"]
                    }
                }
                for name in ["a", "b"] {
                    for number in 0..<1_000 {
                        if number % 50 == 0 { try await store.put("/pods/other-\(number)/\(name)", "v", expecting: 0) }
                    }
                    try await withThrowingTaskGroup(of: Void.self) { writers in
                        for number in 0..<1_000 {
                            writers.addTask { try await store.put("/pods/ns-\(number)/\(name)", "v", expecting: 0) }
                        }
                        try await writers.waitForAll()
                    }
                }
                for try await keys in group {
                    let folder = "/pods/ns-\(keys.last ?? "")/"
                    #expect(keys.dropLast() == [folder + "a", folder + "b"])
                }
            }
        }
    }
}
