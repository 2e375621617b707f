import Fault
import Foundation
import NIOCore
import Testing

@testable import KubeStorage

@Suite struct SnapshotTests {
    private func filled(_ folder: DataFolder, _ body: (SQLiteStorage) async throws -> Void = { _ in }) async throws {
        try await folder.open { store in
            for number in 0..<300 { try await store.put("/\(number % 40)", "value \(number)", expecting: nil) }
            for number in 0..<5 { try await store.delete("/\(number)", expecting: nil) }
            try await store.compact(upTo: 100)
            try await body(store)
        }
    }

    @Test("a snapshot of a running store holds one revision whole, while writes go on, and becomes a new store")
    func roundTrip() async throws {
        let (folder, other) = (DataFolder(), DataFolder())
        let file = other.path + "/backup"
        let restored = other.path + "/restored"
        try await filled(folder) { store in
            async let writing: Void = {
                for number in 0..<100 { try await store.put("/during/\(number)", "v", expecting: 0) }
            }()
            let info = try StorageSnapshot.save(folder: folder.path, to: file)
            try await writing
            #expect(try StorageSnapshot.status(of: file) == info)
            #expect(info.revision >= 306 && info.revision <= store.revision && info.compactedRevision == 100)
            #expect(try StorageSnapshot.restore(file, to: restored) == info)
            let copy = try SQLiteStorage(folder: restored, compaction: nil)
            #expect(copy.revision == info.revision)
            let then = try await store.list(prefix: "", from: nil, limit: nil, at: info.revision)
            #expect(try await copy.list("").values == then.values)
            var watch = try copy.watch(prefix: "", after: 100).makeAsyncIterator()
            #expect(try await watch.events(Int(info.revision) - 100).last?.revision == info.revision)
            #expect(try await copy.put("/new", "v", expecting: 0) == info.revision + 1)
            await copy.close()
        }
        let left = try FileManager.default.contentsOfDirectory(atPath: other.path).sorted()
        #expect(left == ["backup", "restored"])
        let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int
        #expect(mode == 0o600)
    }

    @Test("a raised revision makes old clients read anew, and no old revision is used again")
    func bump() async throws {
        let (folder, other) = (DataFolder(), DataFolder())
        try await filled(folder)
        try StorageSnapshot.save(folder: folder.path, to: other.path + "/backup")
        try StorageSnapshot.restore(other.path + "/backup", to: other.path + "/restored", bump: 1_000_000_000)
        let store = try SQLiteStorage(folder: other.path + "/restored")
        #expect(store.revision == 1_000_000_306)
        #expect(try await store.list("").values.count == 35)
        await expectError(.compacted(oldest: 1_000_000_306)) { try store.watch(prefix: "", after: 306) }
        #expect(try await store.put("/new", "v", expecting: 0) == 1_000_000_307)
        var watch = try store.watch(prefix: "", after: 1_000_000_306).makeAsyncIterator()
        #expect(try await watch.events(1).map(\.key) == ["/new"])
        await store.close()
        let again = try SQLiteStorage(folder: other.path + "/restored", compaction: nil)
        #expect(again.revision == 1_000_000_307)
        #expect(try await again.list("").values.count == 36)
        await again.close()
    }

    @Test("a snapshot that isn't whole is refused, and nothing is made of it")
    func damaged() async throws {
        let (folder, other) = (DataFolder(), DataFolder())
        try await filled(folder)
        let file = other.path + "/backup"
        try StorageSnapshot.save(folder: folder.path, to: file)
        let whole = try Data(contentsOf: URL(fileURLWithPath: file))
        var flipped = whole
        flipped[whole.count / 2] ^= 1
        var shifted = whole
        shifted[whole.count - 40] ^= 1
        for bytes in [flipped, shifted, whole.dropLast(1), whole.prefix(5_000), Data(), whole + Data([0])] {
            try bytes.write(to: URL(fileURLWithPath: file))
            let fault = #expect(throws: Fault.self) {
                try StorageSnapshot.restore(file, to: other.path + "/restored")
            }
            #expect(fault?.message.contains("Nothing was changed") == true)
            #expect(throws: Fault.self) { try StorageSnapshot.status(of: file) }
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: other.path) == ["backup"])
    }

    @Test("a folder with anything in it is never restored into")
    func occupied() async throws {
        let (folder, other) = (DataFolder(), DataFolder())
        try await filled(folder)
        try StorageSnapshot.save(folder: folder.path, to: other.path + "/backup")
        let fault = #expect(throws: Fault.self) {
            try StorageSnapshot.restore(other.path + "/backup", to: folder.path)
        }
        #expect(fault?.message.contains("isn't empty") == true)
        try await folder.open { #expect($0.revision == 306) }
        let missing = #expect(throws: Fault.self) { try StorageSnapshot.save(folder: other.path, to: "/tmp/x") }
        #expect(missing?.kind == .notFound)
    }
}
