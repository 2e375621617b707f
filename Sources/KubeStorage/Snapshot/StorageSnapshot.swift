import Crypto
import Fault
import GRDB
import Glibc

/// Backups of a store in one file each: what `hako snapshot save`, `status` and `restore` do. All of it blocks.
package enum StorageSnapshot {
    package struct Info: Sendable, Equatable {
        /// The last revision that is in it.
        package let revision: Int64
        /// Revisions before it aren't in it.
        package let compactedRevision: Int64
        package let objects: Int
        /// The file's size.
        package let bytes: Int64
    }

    /// Writes the data folder's state as it is now to `file`, replacing what is there. A server may be running on the
    /// folder, in this process or another: it goes on meanwhile.
    ///
    /// What was written is read again and checked before it gets its name.
    @discardableResult
    package static func save(folder: String, to file: String) throws -> Info {
        let source = folder + "/" + LogFile.name
        guard access(source, R_OK) == 0 else {
            throw Fault(.notFound, "\(folder) holds no cluster's state: there is no \(source)")
        }
        let partial = file + ".part"
        unlink(partial)
        defer { unlink(partial) }
        do {
            var configuration = Configuration()
            configuration.readonly = true
            let database = try DatabaseQueue(path: source, configuration: configuration)
            defer { try? database.close() }
            // SQLite keeps the permissions of a file that is there.
            _ = try PlainFile(appendingTo: partial)
            try database.writeWithoutTransaction { try $0.execute(sql: "VACUUM INTO ?", arguments: [partial]) }
        } catch let error as DatabaseError { throw LogFile.fault(source, error) }
        let state = try check(partial)
        try seal(partial, state)
        try PlainFile.rename(partial, to: file)
        return try info(file, state)
    }

    /// What is in a snapshot file. Throws when it isn't whole, or isn't one.
    package static func status(of file: String) throws -> Info {
        let folder = file + ".checking-\(getpid())"
        let copy = folder + "/" + LogFile.name
        try makeFolder(folder)
        defer { remove(folder) }
        try unseal(file, to: copy)
        return try info(file, try check(copy))
    }

    /// Makes a data folder from a snapshot. The folder must not exist, or be empty.
    ///
    /// - Parameter bump: how much to raise the revision by, so that no revision that a client saw after the snapshot was
    ///   taken is used again; all watches from before then answer that they are too old, and clients read anew.
    @discardableResult
    package static func restore(_ file: String, to folder: String, bump: Int64 = 0) throws -> Info {
        guard bump >= 0, bump < 1 << 60 else { throw Fault(.invalid, "the revision can't be raised by \(bump)") }
        guard isFree(folder) else {
            throw Fault(
                .conflict, "\(folder) isn't empty: restore into a new folder; what is there was not changed")
        }
        let partial = folder + ".restoring"
        remove(partial)
        try makeFolder(partial)
        defer { remove(partial) }
        let path = partial + "/" + LogFile.name
        try unseal(file, to: path)
        var state = try check(path)
        if bump > 0 { state = try raise(path, state.revision + bump) }
        try PlainFile(appendingTo: path).sync()
        try LogFile.syncFolder(partial)
        try PlainFile.rename(partial, to: folder)
        return try info(file, state)
    }

    /// Reads all of a database: SQLite's own structures, and each revision.
    private static func check(_ path: String) throws -> LoadedState {
        do {
            let pool = try LogFile.open(path)
            defer { try? pool.close() }
            return try pool.writeWithoutTransaction { db in
                let problems = try String.fetchAll(db, sql: "PRAGMA quick_check(3)")
                guard problems == ["ok"] else {
                    throw DamagedRow(revision: 0, what: problems.joined(separator: "; "))
                }
                return try LogFile.load(db)
            }
        } catch let fault as Fault { throw fault } catch { throw broken(path, "\(error)") }
    }

    private static func raise(_ path: String, _ revision: Int64) throws -> LoadedState {
        let pool = try LogFile.open(path)
        defer { try? pool.close() }
        return try pool.writeWithoutTransaction { db in
            try LogFile.setMark("compacted", revision, db)
            return try LogFile.load(db)
        }
    }

    private static func seal(_ path: String, _ state: LoadedState) throws {
        let database = try PlainFile(reading: path)
        let trailer = SnapshotTrailer(revision: state.revision, databaseBytes: try database.size())
        var checksum = SHA256()
        while case let block = try database.read(PlainFile.blockBytes), !block.isEmpty { checksum.update(data: block) }
        checksum.update(data: trailer.head)
        let end = try PlainFile(appendingTo: path)
        try end.write(trailer.head + Array(checksum.finalize()))
        try end.sync()
    }

    /// Checks a snapshot file and copies the database in it to a new file.
    private static func unseal(_ path: String, to copy: String) throws {
        let file = try PlainFile(reading: path)
        let databaseBytes = try file.size() - Int64(SnapshotTrailer.length)
        guard databaseBytes > 0 else { throw broken(path, "it is too short") }
        let output = try PlainFile(appendingTo: copy)
        var checksum = SHA256()
        var left = databaseBytes
        while left > 0 {
            let block = try file.read(Int(min(left, Int64(PlainFile.blockBytes))))
            if block.isEmpty { throw broken(path, "it ended while it was read") }
            checksum.update(data: block)
            try output.write(block)
            left -= Int64(block.count)
        }
        guard let end = SnapshotTrailer.parse(try file.read(SnapshotTrailer.length)) else {
            throw broken(path, "it doesn't end as a snapshot does: is it one, and copied whole?")
        }
        checksum.update(data: end.trailer.head)
        guard end.trailer.databaseBytes == databaseBytes, Array(checksum.finalize()) == end.checksum else {
            throw broken(path, "its checksum is wrong")
        }
    }

    private static func broken(_ path: String, _ what: String) -> Fault {
        Fault(.invalid, "the snapshot \(path) can't be used: \(what). Nothing was changed; take another snapshot")
    }

    private static func info(_ file: String, _ state: LoadedState) throws -> Info {
        Info(
            revision: state.revision, compactedRevision: state.compacted, objects: state.tree.count,
            bytes: try PlainFile(reading: file).size())
    }

    private static func isFree(_ folder: String) -> Bool {
        guard let list = opendir(folder) else { return errno == ENOENT }
        defer { closedir(list) }
        var count = 0
        while readdir(list) != nil { count += 1 }
        return count <= 2  // . and ..
    }

    private static func makeFolder(_ folder: String) throws(Fault) {
        if mkdir(folder, 0o700) != 0 {
            throw Fault(.internalFault, "can't make the folder \(folder): \(String(cString: strerror(errno)))")
        }
    }

    /// Removes a folder of ours and the files in it: it has no other folders.
    private static func remove(_ folder: String) {
        for name in ["", "-wal", "-shm", "-journal"] { unlink(folder + "/" + LogFile.name + name) }
        rmdir(folder)
    }
}
