import GRDB

/// Reads of revisions that memory no longer holds, on the pool's reader connections.
struct LogHistory: WatchHistory {
    let pool: DatabasePool
    let path: String

    private static let columns = "l.revision, l.previous, l.created, l.checksum, l.key, l.value"
    private static let previous = "p.revision, p.previous, p.created, p.checksum, p.key, p.value"
    private static let ascending = """
        SELECT \(columns), \(previous) FROM log l LEFT JOIN log p ON p.revision = l.previous
        WHERE l.revision > ? AND l.revision <= ? ORDER BY l.revision
        """
    private static let descending = ascending + " DESC"

    func events(prefix: String, after revision: Int64, through last: Int64) async throws(StorageError) -> HistoryPiece {
        try await read { db in
            try Self.notCompacted(revision, db)
            let rows = RawStatement(try db.cachedStatement(sql: Self.ascending))
            defer { rows.reset() }
            try rows.bind(1, revision)
            try rows.bind(2, last)
            var events: [StorageEvent] = []
            var seen = revision
            var count = 0
            var bytes = 0
            while count < Limit.catchUpRows, bytes < Limit.catchUpBytes {
                guard try rows.step() else {
                    seen = last
                    break
                }
                let event = try Self.event(rows)
                count += 1
                bytes += EventRing.size(event)
                seen = event.revision
                if KeyOrder.hasPrefix(event.key, prefix) { events.append(event) }
            }
            return HistoryPiece(events: events, last: seen)
        }
    }

    /// Takes the tree, which shows `newest`, back to how it was at `revision`.
    func undo(_ tree: ObjectTree, from newest: Int64, to revision: Int64) async throws(StorageError) -> ObjectTree {
        try await read { db in
            try Self.notCompacted(revision, db)
            var tree = tree
            let rows = RawStatement(try db.cachedStatement(sql: Self.descending))
            defer { rows.reset() }
            try rows.bind(1, revision)
            try rows.bind(2, newest)
            while try rows.step() { tree.undo(try Self.event(rows)) }
            return tree
        }
    }

    private static func event(_ rows: RawStatement) throws -> StorageEvent {
        let record = try LogRecord(row: rows)
        let old = rows.isNull(6) ? nil : try LogRecord(row: rows, from: 6).stored
        return StorageEvent(
            kind: record.value == nil ? .delete : .put, key: record.key, revision: record.revision,
            value: record.stored, previous: old)
    }

    private static func notCompacted(_ revision: Int64, _ db: Database) throws {
        let compacted = try LogFile.mark("compacted", db)
        if revision < compacted { throw StorageError.compacted(oldest: compacted) }
    }

    private func read<T: Sendable>(_ body: @escaping @Sendable (Database) throws -> T) async throws(StorageError) -> T {
        do { return try await pool.read(body) } catch let error as StorageError {
            throw error
        } catch is CancellationError { throw .unavailable("the request was cancelled") } catch {
            throw .unavailable("can't read \(path): \(error)")
        }
    }
}

extension ObjectTree {
    mutating func undo(_ event: StorageEvent) {
        if let old = event.previous { put(old) } else { remove(event.key) }
    }
}
