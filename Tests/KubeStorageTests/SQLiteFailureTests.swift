import Fault
import Foundation
import GRDB
import NIOCore
import Testing

@testable import KubeStorage

@Suite struct SQLiteFailureTests {
    private func sentence(_ error: StorageError) -> String {
        if case .unavailable(let sentence) = error { return sentence }
        return "\(error)"
    }

    private func fill(_ store: SQLiteStorage) async -> StorageError? {
        for number in 0..<200 {
            do { try await store.put("/big/\(number)", ByteBuffer(repeating: 1, count: 50_000), expecting: 0) } catch {
                return error
            }
        }
        return nil
    }

    @Test("a full disk fails writes with what to do, uses no revision, and is over when there is room")
    func fullDisk() async throws {
        let folder = DataFolder()
        try await folder.open { store in
            try await store.put("/a", "before", expecting: 0)
            await store.onWriter { try $0.execute(sql: "PRAGMA max_page_count = 200") }
            let error = try #require(await fill(store))
            #expect(sentence(error).contains("is full: make room"))
            let last = store.revision
            #expect(store.get("/a")?.value == "before")
            #expect(try await store.list("/big/").values.count == Int(last) - 2)
            await store.onWriter { try $0.execute(sql: "PRAGMA max_page_count = 100000") }
            #expect(try await store.put("/a", "after", expecting: nil) == last + 1)
        }
        try await folder.open { #expect($0.get("/a")?.value == "after") }
    }

    @Test("after a failure that leaves the disk in doubt the store only reads")
    func doubtfulDisk() async throws {
        try await DataFolder().open { store in
            try await store.put("/a", "before", expecting: 0)
            await store.onWriter { try $0.execute(sql: "ALTER TABLE log RENAME TO gone") }
            for _ in 0..<2 {
                do throws(StorageError) {
                    try await store.put("/a", "after", expecting: nil)
                    Issue.record("the write succeeded")
                } catch { #expect(sentence(error).contains("only reading works until the server is started again")) }
            }
            #expect(store.get("/a")?.value == "before" && store.revision == 2)
            await #expect(throws: StorageError.self) { try await store.compact(upTo: 2) }
        }
    }

    /// Changes the closed store's file as SQLite, or as bytes.
    private func tamper(_ folder: DataFolder, _ sql: String) throws {
        try DatabaseQueue(path: folder.path + "/state.db").writeWithoutTransaction { try $0.execute(sql: sql) }
    }

    private func filled() async throws -> DataFolder {
        let folder = DataFolder()
        try await folder.open { store in
            for number in 0..<200 { try await store.put("/\(number % 20)", "value \(number)", expecting: nil) }
        }
        return folder
    }

    @Test(
        "a damaged file is refused, with what is wrong and what to do",
        arguments: [
            ("UPDATE log SET value = x'00' WHERE revision = 77", "revision 77 is damaged: its checksum is wrong"),
            ("DELETE FROM log WHERE revision = 50", "revision 50 is damaged: it is missing"),
            ("UPDATE log SET key = '/x' WHERE revision = 9", "revision 9 is damaged"),
            ("DROP TABLE log", "no such table: log"),
        ])
    func damage(_ sql: String, _ sentence: String) async throws {
        let folder = try await filled()
        try tamper(folder, sql)
        let fault = #expect(throws: Fault.self) { try SQLiteStorage(folder: folder.path, compaction: nil) }
        #expect(fault?.message.contains(sentence) == true, "\(fault?.message ?? "")")
        #expect(fault?.message.contains("hako snapshot restore") == true)
    }

    @Test("a file with overwritten bytes anywhere is refused or unharmed, and never crashes the server")
    func overwrittenBytes() async throws {
        let source = try await filled()
        let whole = try Data(contentsOf: URL(fileURLWithPath: source.path + "/state.db"))
        for offset in stride(from: 0, to: whole.count, by: max(whole.count / 24, 1)) {
            let folder = DataFolder()
            var bytes = whole
            for index in offset..<min(offset + 64, bytes.count) { bytes[index] ^= 0x5A }
            try bytes.write(to: URL(fileURLWithPath: folder.path + "/state.db"))
            do {
                try await folder.open { store async throws in
                    #expect(store.revision == 201)
                    #expect(try await store.list("/").values.count == 20)
                }
            } catch { #expect(error is Fault, "\(error)") }
        }
    }

    @Test("a file of a newer version is refused unchanged")
    func newerVersion() async throws {
        let folder = try await filled()
        try tamper(folder, "PRAGMA user_version = 7")
        let fault = #expect(throws: Fault.self) { try SQLiteStorage(folder: folder.path, compaction: nil) }
        #expect(fault?.message.contains("written by a newer version of hako (format 7, this one knows 1)") == true)
    }

    @Test("another program's database is refused unchanged")
    func otherDatabase() throws {
        let folder = DataFolder()
        try tamper(folder, "CREATE TABLE things (id INTEGER)")
        let fault = #expect(throws: Fault.self) { try SQLiteStorage(folder: folder.path, compaction: nil) }
        #expect(fault?.message.contains("isn't a cluster's state") == true)
    }

    @Test(
        "what can't be opened is told apart from what is damaged",
        arguments: [
            (ResultCode.SQLITE_FULL, "make room"), (.SQLITE_BUSY, "another program has it open"),
            (.SQLITE_CANTOPEN, "see who may write it"), (.SQLITE_IOERR, "look at its disk"),
            (.SQLITE_CORRUPT, "hako snapshot restore"), (.SQLITE_NOTADB, "hako snapshot restore"),
        ])
    func openingFailures(_ code: ResultCode, _ advice: String) {
        let fault = LogFile.fault("/data/state.db", DatabaseError(resultCode: code))
        #expect(fault.message.contains("/data/state.db") && fault.message.contains(advice), "\(fault.message)")
        #expect(fault.message.contains("restore") == (advice == "hako snapshot restore"))
    }

    @Test("a folder in the file's place is refused")
    func folderForFile() throws {
        let folder = DataFolder()
        try FileManager.default.createDirectory(atPath: folder.path + "/state.db", withIntermediateDirectories: true)
        let fault = #expect(throws: Fault.self) { try SQLiteStorage(folder: folder.path, compaction: nil) }
        #expect(fault?.message.contains("can't open \(folder.path)/state.db: Is a directory") == true)
    }

    @Test("only the owner may read the files")
    func privateFiles() async throws {
        let folder = try await filled()
        try await folder.open { store in
            try await store.put("/secret", "s", expecting: 0)
            for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
                let mode = try FileManager.default.attributesOfItem(atPath: folder.path + "/" + name)[.posixPermissions]
                #expect((mode as? Int).map { $0 & 0o077 } == 0, "\(name)")
            }
        }
    }

    @Test("a closed store refuses writes, ends its watches, and answers what was waiting")
    func closing() async throws {
        try await DataFolder().open { store in
            let watch = try store.watch(prefix: "/", after: nil)
            async let writes = withTaskGroup(of: Int64?.self) { group in
                for number in 0..<100 { group.addTask { try? await store.put("/\(number)", "v", expecting: 0) } }
                return await group.reduce(into: [Int64]()) { if let revision = $1 { $0.append(revision) } }
            }
            await store.close()
            let acknowledged = await writes
            #expect(acknowledged.sorted() == (0..<acknowledged.count).map { Int64($0 + 2) })
            await expectError(.unavailable("the store is closed")) { try await store.put("/a", "v", expecting: 0) }
            await expectError(.unavailable("the store is closed")) { for try await _ in watch {} }
        }
    }
}

extension SQLiteStorage {
    /// Runs the work on the writer's connection.
    func onWriter(_ body: @escaping @Sendable (Database) throws -> Void) async {
        await withCheckedContinuation { done in
            queue.add { db in
                do { if let db { try body(db) } } catch { Issue.record(error) }
                done.resume()
            }
        }
    }
}
