import Fault
import GRDB
import Glibc

/// The database file: what it holds and how it is opened.
///
/// `log` has one row for each revision that is kept, appended in order: it is written without any index, so that a
/// transaction writes little more than its values. `previous` chains the revisions of a key. What the current state
/// is, the program knows from memory; it reads the table once, at start.
enum LogFile {
    /// Raised when the tables change; an older program then refuses the file instead of damaging it.
    static let version: Int64 = 1
    /// "hako" in ASCII: other SQLite files are refused.
    static let applicationID: Int64 = 0x6861_6B6F
    static let name = "state.db"

    static let tables = """
        CREATE TABLE log (
            revision INTEGER PRIMARY KEY, previous INTEGER NOT NULL, created INTEGER NOT NULL,
            checksum INTEGER NOT NULL, key TEXT NOT NULL, value BLOB
        );
        -- compacted: revisions before it aren't kept. removed: how far the rows are gone already.
        CREATE TABLE mark (name TEXT PRIMARY KEY, revision INTEGER NOT NULL) WITHOUT ROWID;
        INSERT INTO mark VALUES ('compacted', 1), ('removed', 1);
        """

    static func open(_ path: String) throws -> DatabasePool {
        do { return try prepared(path) } catch let fault as Fault { throw fault } catch { throw fault(path, error) }
    }

    /// The sentence for a file that can't be read, and what to do: only a damaged one is to be replaced.
    static func fault(_ path: String, _ error: any Error) -> Fault {
        let why: String
        switch (error as? DatabaseError)?.resultCode {
        case .SQLITE_FULL?: why = "its disk is full: make room"
        case .SQLITE_BUSY?, .SQLITE_LOCKED?: why = "another program has it open: end that one"
        case .SQLITE_CANTOPEN?, .SQLITE_PERM?, .SQLITE_READONLY?, .SQLITE_AUTH?:
            why = "it can't be opened (\(error)): see who may write it and its folder"
        case .SQLITE_IOERR?, .SQLITE_NOMEM?: why = "\(error): look at its disk and at free memory, then try again"
        default:
            why =
                "\(error). Move its folder away and restore the last snapshot into a new one with \"hako snapshot "
                + "restore\""
        }
        return Fault(
            .internalFault, "can't read the cluster's state \(path): \(why). Nothing was changed", cause: error)
    }

    private static func prepared(_ path: String) throws -> DatabasePool {
        var configuration = Configuration()
        configuration.label = "kube"
        configuration.maximumReaderCount = 3
        // A backup in another process may hold the file for a moment.
        configuration.busyMode = .timeout(5)
        configuration.prepareDatabase { db in
            // Only has an effect while the file is empty.
            if !db.configuration.readonly { try db.execute(sql: "PRAGMA auto_vacuum = INCREMENTAL") }
        }
        try makePrivate(path)
        let pool = try DatabasePool(path: path, configuration: configuration)
        try pool.writeWithoutTransaction { db in
            // GRDB sets NORMAL when it turns the WAL on: acknowledged writes would be lost with the power.
            try db.execute(sql: "PRAGMA synchronous = FULL")
            try db.execute(sql: "PRAGMA wal_autocheckpoint = \(Limit.forcedCheckpointPages)")
            try db.execute(sql: "PRAGMA journal_size_limit = \(Limit.forcedCheckpointPages * 4096)")
            let application = try Int64.fetchOne(db, sql: "PRAGMA application_id") ?? 0
            let found = try Int64.fetchOne(db, sql: "PRAGMA user_version") ?? 0
            let tables = try Int64.fetchOne(db, sql: "SELECT count(*) FROM sqlite_schema") ?? 0
            if application == 0 && found == 0 && tables == 0 { return try create(db) }
            guard application == applicationID else {
                throw Fault(.invalid, "\(path) isn't a cluster's state: give --data-dir a folder of its own")
            }
            guard found <= version else {
                throw Fault(
                    .unavailable,
                    "\(path) was written by a newer version of hako (format \(found), this one knows \(version)): use that one"
                )
            }
        }
        return pool
    }

    /// Makes the file when there is none, readable by its owner only: it holds secrets. SQLite's other files follow it.
    private static func makePrivate(_ path: String) throws {
        let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw Fault(.internalFault, "can't open \(path): \(String(cString: strerror(errno)))")
        }
        Glibc.close(descriptor)
    }

    private static func create(_ db: Database) throws {
        try db.inTransaction(.immediate) {
            try db.execute(sql: tables)
            try db.execute(sql: "PRAGMA application_id = \(applicationID)")
            try db.execute(sql: "PRAGMA user_version = \(version)")
            return .commit
        }
    }

    static func mark(_ name: String, _ db: Database) throws -> Int64 {
        try Int64.fetchOne(db, sql: "SELECT revision FROM mark WHERE name = ?", arguments: [name]) ?? 1
    }

    /// Raises the mark; it never falls.
    static func setMark(_ name: String, _ revision: Int64, _ db: Database) throws {
        try db.execute(sql: "UPDATE mark SET revision = max(revision, ?) WHERE name = ?", arguments: [revision, name])
    }

    /// Makes the files' names durable, which syncing the files doesn't.
    static func syncFolder(_ folder: String) throws(Fault) {
        let descriptor = Glibc.open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        defer { if descriptor >= 0 { close(descriptor) } }
        guard descriptor >= 0, fsync(descriptor) == 0 else {
            throw Fault(.internalFault, "can't sync the folder \(folder): \(String(cString: strerror(errno)))")
        }
    }
}
