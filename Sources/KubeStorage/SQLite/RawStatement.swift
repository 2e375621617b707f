import GRDB
import GRDBSQLite

/// SQLite's own calls on a statement that GRDB prepared: GRDB's rows and arguments cost more than the insert itself.
/// For use on the statement's connection only.
struct RawStatement {
    let statement: Statement
    private var handle: OpaquePointer { statement.sqliteStatement }

    init(_ statement: Statement) { self.statement = statement }

    init(_ db: Database, _ sql: String) throws { self.init(try db.makeStatement(sql: sql)) }

    func bind(_ index: Int32, _ value: Int64) throws { try check(sqlite3_bind_int64(handle, index, value)) }
    func bindNull(_ index: Int32) throws { try check(sqlite3_bind_null(handle, index)) }

    /// The bytes must stay where they are until the statement is reset.
    func bind(_ index: Int32, text: UnsafeBufferPointer<UInt8>) throws {
        try text.withMemoryRebound(to: CChar.self) {
            try check(sqlite3_bind_text(handle, index, $0.baseAddress, Int32($0.count), nil))
        }
    }

    /// The bytes must stay where they are until the statement is reset.
    func bind(_ index: Int32, blob: UnsafeRawBufferPointer) throws {
        // A null pointer would be NULL, which isn't an empty value.
        try check(
            blob.isEmpty
                ? sqlite3_bind_zeroblob(handle, index, 0)
                : sqlite3_bind_blob(handle, index, blob.baseAddress, Int32(blob.count), nil))
    }

    /// Goes on to the next row; false at the end. Resets the statement when it fails.
    func step() throws -> Bool {
        let code = sqlite3_step(handle)
        if code == SQLITE_ROW { return true }
        if code == SQLITE_DONE { return false }
        let message = String(cString: sqlite3_errmsg(sqlite3_db_handle(handle)))
        let extended = sqlite3_extended_errcode(sqlite3_db_handle(handle))
        sqlite3_reset(handle)
        throw DatabaseError(resultCode: ResultCode(rawValue: extended), message: message)
    }

    /// Runs a statement without rows.
    func run() throws {
        while try step() {}
        reset()
    }

    func reset() { sqlite3_reset(handle) }

    func int(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }
    func isNull(_ column: Int32) -> Bool { sqlite3_column_type(handle, column) == SQLITE_NULL }

    /// Valid until the next step.
    func bytes(_ column: Int32) -> UnsafeRawBufferPointer {
        // The pointer first: sqlite3.h, "the safest policy".
        let start = sqlite3_column_blob(handle, column)
        return UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, column)))
    }

    private func check(_ code: Int32) throws {
        guard code == SQLITE_OK else {
            throw DatabaseError(
                resultCode: ResultCode(rawValue: code),
                message: String(cString: sqlite3_errmsg(sqlite3_db_handle(handle))))
        }
    }
}
