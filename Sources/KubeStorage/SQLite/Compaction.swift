import GRDB

/// Removes what was overwritten or deleted, in steps between which writes go on.
///
/// The compacted revision is made durable first, and from then on reads before it are refused; the rows follow. A
/// program that ends in between goes on at its next start.
struct Compaction: Sendable {
    let queue: CommitQueue
    private static let closed = StorageError.unavailable("can't compact: the store takes no more writes")

    /// - Parameter begun: called on the writer's thread once the revision is durable.
    func run(upTo revision: Int64, begun: @escaping @Sendable () -> Void) async throws(StorageError) {
        try await chore { db in
            try db.inTransaction(.immediate) {
                try LogFile.setMark("compacted", revision, db)
                return .commit
            }
            begun()
        }
        try await removeRows()
    }

    /// Removes the rows that the compacted revision makes useless and gives free space back.
    func removeRows() async throws(StorageError) {
        while try await chore(Self.removeStep) {}
        while try await chore(Self.vacuumStep) {}
    }

    /// - Returns: whether there is more to do.
    private static func removeStep(_ db: Database) throws -> Bool {
        let removed = try LogFile.mark("removed", db)
        let compacted = try LogFile.mark("compacted", db)
        if removed >= compacted { return false }
        // By rows, not by numbers: a restored store's revisions may begin far above its rows.
        let last =
            try Int64.fetchOne(
                db,
                sql: "SELECT revision FROM log WHERE revision > ? AND revision <= ? ORDER BY revision LIMIT 1 OFFSET ?",
                arguments: [removed, compacted, Limit.compactionStep]) ?? compacted
        try db.inTransaction(.immediate) {
            // Each row names the one that it made useless; a deletion is useless itself.
            try db.execute(
                sql: """
                    DELETE FROM log WHERE revision IN (
                        SELECT previous FROM log WHERE revision > ?1 AND revision <= ?2 AND previous > 0);
                    """, arguments: [removed, last])
            try db.execute(
                sql: "DELETE FROM log WHERE revision > ?1 AND revision <= ?2 AND value IS NULL",
                arguments: [removed, last])
            try LogFile.setMark("removed", last, db)
            return .commit
        }
        return last < compacted
    }

    /// Free pages are reused by the next writes; only when they are many, and a good part of the file, are they worth
    /// the moving of others.
    private static func vacuumStep(_ db: Database) throws -> Bool {
        let free = try Int.fetchOne(db, sql: "PRAGMA freelist_count") ?? 0
        let all = try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0
        guard free > 4 * Limit.vacuumPages, free * 4 > all else { return false }
        let vacuum = try RawStatement(db, "PRAGMA incremental_vacuum(\(Limit.vacuumPages))")
        try vacuum.run()
        return true
    }

    private func chore<T: Sendable>(_ body: @escaping @Sendable (Database) throws -> T) async throws(StorageError) -> T
    {
        let result: Result<T, StorageError> = await withCheckedContinuation { done in
            queue.add { db in
                guard let db else { return done.resume(returning: .failure(Self.closed)) }
                do { done.resume(returning: .success(try body(db))) } catch {
                    done.resume(returning: .failure(.unavailable("can't compact: \(error)")))
                }
            }
        }
        return try result.get()
    }
}
