import GRDB
import GRDBSQLite
import NIOCore

enum LogWriter {
    private static let sql = "INSERT INTO log (\(LogRecord.columns)) VALUES (?, ?, ?, ?, ?, ?)"

    /// Writes the records in one transaction: all are on the disk when it returns, none when it throws.
    static func append(_ records: [LogRecord], _ db: Database) throws {
        let insert = RawStatement(try db.cachedStatement(sql: sql))
        try db.inTransaction(.immediate) {
            for record in records { try append(record, insert) }
            return .commit
        }
    }

    private static func append(_ record: LogRecord, _ insert: RawStatement) throws {
        defer { insert.reset() }
        try insert.bind(1, record.revision)
        try insert.bind(2, record.previous)
        try insert.bind(3, record.createRevision)
        try KeyOrder.bytes(record.key) { key in
            try insert.bind(5, text: key)
            guard let value = record.value else {
                try insert.bind(4, checksum(record, UnsafeRawBufferPointer(key), nil))
                try insert.bindNull(6)
                return try insert.run()
            }
            try value.withUnsafeReadableBytes { bytes in
                try insert.bind(4, checksum(record, UnsafeRawBufferPointer(key), bytes))
                try insert.bind(6, blob: bytes)
                try insert.run()
            }
        }
    }

    private static func checksum(_ record: LogRecord, _ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer?)
        -> Int64
    {
        LogRecord.checksum(record.revision, record.previous, record.createRevision, key, value)
    }
}

/// What a failed transaction means for those after it.
enum WriteFailure {
    /// Nothing was written and the next try may succeed, say when there is room on the disk again.
    case passing(String)
    /// What is on the disk isn't certain any more: no write may follow until the file was read anew.
    case lasting(String)

    init(_ error: any Error, path: String) {
        let full = "the disk that holds \(path) is full: make room; reading goes on"
        guard let error = error as? DatabaseError else {
            self = .lasting("can't write \(path): \(error)")
            return
        }
        switch error.resultCode {
        case .SQLITE_FULL: self = .passing(full)
        case .SQLITE_BUSY, .SQLITE_LOCKED, .SQLITE_NOMEM, .SQLITE_TOOBIG, .SQLITE_INTERRUPT, .SQLITE_CONSTRAINT:
            self = .passing("can't write \(path): \(error.message ?? "\(error.resultCode)"): try again")
        // After a failed fsync the kernel may have dropped what was to be written and say so only once.
        default:
            self = .lasting(
                "can't write \(path) (\(error.message ?? "\(error.resultCode)"), \(error.extendedResultCode.rawValue)): "
                    + "only reading works until the server is started again; look at the disk first")
        }
    }
}
