import Dispatch
import GRDB
import NIOCore
import Testing

@testable import KubeStorage

@Suite struct GroupCommitTests {
    /// Holds the writer at a gate until it is opened, as a slow disk would.
    private func holdWriter(_ store: SQLiteStorage, before: @escaping @Sendable (Database) throws -> Void = { _ in })
        -> DispatchSemaphore
    {
        let gate = DispatchSemaphore(value: 0)
        store.queue.add { db in
            do { if let db { try before(db) } } catch { Issue.record(error) }
            gate.wait()
        }
        return gate
    }

    @Test("writes that wait for the disk share one transaction, and each is checked against those before it")
    func sharing() async throws {
        try await DataFolder().open { store in
            var watch = try store.watch(prefix: "/", after: nil).makeAsyncIterator()
            let gate = holdWriter(store)
            let outcomes = try await withThrowingTaskGroup(of: Int64?.self) { group in
                for number in 0..<100 {
                    group.addTask {
                        do throws(StorageError) {
                            return try await store.put("/\(number % 60)", "\(number)", expecting: 0)
                        } catch {
                            guard case .conflict(.some) = error else { throw error }
                            return nil
                        }
                    }
                }
                while store.queue.waiting < 100 { await Task.yield() }
                gate.signal()
                return try await group.reduce(into: [Int64?]()) { $0.append($1) }
            }
            #expect(outcomes.compactMap { $0 }.sorted() == Array(2...61))
            guard case .events(let events)? = try await watch.next() else {
                Issue.record("no events")
                return
            }
            #expect(events.map(\.revision) == Array(2...61), "one transaction's events come together")
        }
    }

    @Test("when the disk doesn't keep up, writes are refused before they fill the memory")
    func overload() async throws {
        try await DataFolder().open { store async throws in
            // What waits is not worth writing in a test: it finds the disk full.
            let gate = holdWriter(store) { try $0.execute(sql: "PRAGMA max_page_count = 20") }
            let value = ByteBuffer(repeating: 1, count: 8 << 20)
            let sentences = await withTaskGroup(of: String.self) { group in
                for number in 0..<20 {
                    group.addTask {
                        do throws(StorageError) {
                            try await store.put("/\(number)", value, expecting: 0)
                            return "written"
                        } catch {
                            guard case .unavailable(let sentence) = error else { return "\(error)" }
                            return sentence
                        }
                    }
                }
                var first: [String] = []
                for await sentence in group {
                    first.append(sentence)
                    if first.count == 5 { gate.signal() }
                }
                return first
            }
            #expect(sentences.prefix(5).allSatisfy { $0.contains("too many writes wait for the disk") })
            #expect(sentences.dropFirst(5).allSatisfy { $0.contains("is full: make room") })
            await store.onWriter { try $0.execute(sql: "PRAGMA max_page_count = 100000") }
            #expect(try await store.put("/small", "v", expecting: 0) == 2)
        }
    }

    @Test("a value or a key that no request can hold is refused by itself")
    func tooLarge() async throws {
        try await DataFolder().open { store in
            let value = ByteBuffer(repeating: 1, count: (8 << 20) + 1)
            await #expect(throws: StorageError.self) { try await store.put("/a", value, expecting: 0) }
            let key = "/" + String(repeating: "k", count: 3_000)
            await #expect(throws: StorageError.self) { try await store.put(key, "v", expecting: 0) }
            #expect(store.revision == 1)
        }
    }
}
