import NIOCore
import Testing

@testable import KubeStorage

/// What every implementation of `KubeStorage` must do, whatever it is made of. An implementation's own test runs each
/// case on a fresh, empty store:
///
///     @Test(arguments: StorageContract.all) func contract(_ rule: StorageContract) async throws {
///         let store = …; try await rule.check(store)
///     }
struct StorageContract: Sendable, CustomTestStringConvertible {
    let says: String
    let check: @Sendable (any KubeStorage) async throws -> Void

    init(_ says: String, _ check: @escaping @Sendable (any KubeStorage) async throws -> Void) {
        self.says = says
        self.check = check
    }

    var testDescription: String { says }

    static let all: [StorageContract] = writing + listing + watching + compacting
}

extension StorageContract {
    static let writing: [StorageContract] = [
        StorageContract("an empty store is at revision 1 and its first write gets 2") { store async throws in
            #expect(try await store.revision == 1)
            #expect(try await store.put("/a", "x", expecting: 0) == 2)
            #expect(try await store.revision == 2)
        },
        StorageContract("a value is read back with the revisions of its making and its last change") { store in
            let made = try await store.put("/a", "one", expecting: 0)
            #expect(
                try await store.get("/a")
                    == StoredValue(key: "/a", value: "one", createRevision: made, modRevision: made))
            let changed = try await store.put("/a", "two", expecting: made)
            #expect(
                try await store.get("/a")
                    == StoredValue(key: "/a", value: "two", createRevision: made, modRevision: changed))
            #expect(try await store.get("/b") == nil)
            #expect(try await store.get("/") == nil)
        },
        StorageContract("every write gets the revision after the last one's, whatever the key") { store async throws in
            for number in 0..<20 {
                #expect(try await store.put("/\(number % 3)", "v", expecting: nil) == Int64(number + 2))
            }
            #expect(try await store.delete("/1", expecting: nil).revision == 22)
        },
        StorageContract("creating what is there is a conflict that shows it, and changes nothing") { store in
            try await store.put("/a", "one", expecting: 0)
            try await expectError(.conflict(store.get("/a"))) { try await store.put("/a", "two", expecting: 0) }
            #expect(try await store.get("/a")?.value == "one")
            #expect(try await store.revision == 2)
        },
        StorageContract("a write that expects an old revision is a conflict; so is one on nothing") { store in
            let first = try await store.put("/a", "one", expecting: 0)
            try await store.put("/a", "two", expecting: first)
            try await expectError(.conflict(store.get("/a"))) { try await store.put("/a", "three", expecting: first) }
            await expectError(.conflict(nil)) { try await store.put("/b", "x", expecting: first) }
            try await expectError(.conflict(store.get("/a"))) { try await store.delete("/a", expecting: first) }
            await expectError(.conflict(nil)) { try await store.delete("/b", expecting: nil) }
            #expect(try await store.revision == 3)
        },
        StorageContract("a deletion gives what was there, and the key can be made anew") { store in
            let made = try await store.put("/a", "one", expecting: 0)
            let gone = try await store.delete("/a", expecting: made)
            #expect(gone.revision == made + 1)
            #expect(gone.old == StoredValue(key: "/a", value: "one", createRevision: made, modRevision: made))
            #expect(try await store.get("/a") == nil)
            let again = try await store.put("/a", "two", expecting: 0)
            #expect(try await store.get("/a")?.createRevision == again)
        },
        StorageContract("an empty value is a value; all bytes are kept") { store in
            try await store.put("/empty", ByteBuffer(), expecting: 0)
            #expect(try await store.get("/empty")?.value.readableBytes == 0)
            let bytes = ByteBuffer(bytes: (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 7) })
            try await store.put("/big", bytes, expecting: 0)
            #expect(try await store.get("/big")?.value == bytes)
        },
        StorageContract("keys are bytes: those that look alike differ") { store in
            try await store.put("/caf\u{e9}", "one", expecting: 0)
            try await store.put("/cafe\u{301}", "two", expecting: 0)
            #expect(try await store.get("/caf\u{e9}")?.value == "one")
            #expect(try await store.get("/cafe\u{301}")?.value == "two")
            #expect(try await store.list("/caf").values.map { Array($0.key.utf8).count } == [7, 6])
        },
    ]

    static let listing: [StorageContract] = [
        StorageContract("a list shows a prefix's keys in byte order, and no neighbour's") { store in
            for key in ["/a/2", "/a/10", "/a", "/ab", "/a/", "/b/1", "/a/1"] {
                try await store.put(key, "v", expecting: 0)
            }
            #expect(try await store.list("/a/").values.map(\.key) == ["/a/", "/a/1", "/a/10", "/a/2"])
            #expect(try await store.list("").values.count == 7)
            #expect(try await store.list("/c").values.isEmpty)
            #expect(try await store.list("/a/").revision == 8)
        },
        StorageContract("a list in pages gives each key once and says how many are left") { store in
            for number in 0..<23 { try await store.put("/p/\(100 + number)", "v", expecting: 0) }
            try await store.put("/q", "v", expecting: 0)
            var keys: [String] = []
            var start: String?
            repeat {
                let page = try await store.list(prefix: "/p/", from: start, limit: 5, at: nil)
                keys += page.values.map(\.key)
                #expect(page.remaining == 23 - keys.count)
                start = page.remaining > 0 ? page.values.last.map { $0.key + "\0" } : nil
            } while start != nil
            #expect(keys == (0..<23).map { "/p/\(100 + $0)" })
            #expect(try await store.list(prefix: "/p/", from: nil, limit: 0, at: nil).remaining == 23)
            #expect(try await store.list(prefix: "/p/", from: "/a", limit: nil, at: nil).values.count == 23)
            #expect(try await store.list(prefix: "/p/", from: "/z", limit: nil, at: nil).values.isEmpty)
        },
        StorageContract("a list of wanted values counts those alone, and ends where there are enough") { store in
            for number in 0..<9 { try await store.put("/p/\(number)", number % 3 == 1 ? "yes" : "no", expecting: 0) }
            try await store.put("/q", "yes", expecting: 0)
            func page(_ limit: Int?, from start: String? = nil) async throws -> StoredPage {
                try await store.list(prefix: "/p/", from: start, limit: limit, at: nil) {
                    String(buffer: $0.value) == "yes"
                }
            }
            let all = try await page(nil)
            #expect(all.values.map(\.key) == ["/p/1", "/p/4", "/p/7"])
            #expect(all.remaining == 0)
            let two = try await page(2)
            #expect(two.values.map(\.key) == ["/p/1", "/p/4"])
            #expect(two.remaining == 4)
            let rest = try await page(2, from: "/p/4\0")
            #expect(rest.values.map(\.key) == ["/p/7"])
            #expect(rest.remaining == 0)
        },
        StorageContract("the pages of an old revision show the store as it was") { store in
            for number in 0..<20 { try await store.put("/p/\(100 + number)", "old", expecting: 0) }
            let first = try await store.list(prefix: "/p/", from: nil, limit: 8, at: nil)
            for number in 0..<20 where number % 2 == 0 {
                try await store.put("/p/\(100 + number)", "new", expecting: nil)
            }
            for number in 0..<20 where number % 3 == 0 { try await store.delete("/p/\(100 + number)", expecting: nil) }
            try await store.put("/p/1", "new", expecting: 0)
            let rest = try await store.list(prefix: "/p/", from: "/p/108", limit: nil, at: first.revision)
            #expect(rest.revision == first.revision)
            #expect((first.values + rest.values).map(\.key) == (0..<20).map { "/p/\(100 + $0)" })
            #expect((first.values + rest.values).allSatisfy { $0.value == "old" })
            #expect(try await store.list(prefix: "/p/", from: nil, limit: nil, at: 1).values.isEmpty)
        },
        StorageContract("a revision that hasn't happened can't be listed or watched") { store in
            try await store.put("/a", "v", expecting: 0)
            await expectError(.futureRevision(current: 2)) {
                try await store.list(prefix: "/", from: nil, limit: nil, at: 3)
            }
            await expectError(.futureRevision(current: 2)) { try await store.watch(prefix: "/", after: 3) }
        },
    ]
}

extension KubeStorage {
    func list(_ prefix: String) async throws(StorageError) -> StoredPage {
        try await list(prefix: prefix, from: nil, limit: nil, at: nil)
    }

    @discardableResult
    func put(_ key: String, _ text: String, expecting expected: Int64?) async throws(StorageError) -> Int64 {
        try await put(key, ByteBuffer(string: text), expecting: expected)
    }
}

extension ByteBuffer: @retroactive ExpressibleByStringLiteral, @retroactive ExpressibleByUnicodeScalarLiteral,
    @retroactive ExpressibleByExtendedGraphemeClusterLiteral
{
    public init(stringLiteral text: String) { self.init(string: text) }
}

func expectError<R>(
    _ expected: StorageError, from location: SourceLocation = #_sourceLocation, _ body: () async throws -> R
) async {
    do {
        _ = try await body()
        Issue.record("nothing was thrown instead of \(expected)", sourceLocation: location)
    } catch { #expect(error as? StorageError == expected, sourceLocation: location) }
}
