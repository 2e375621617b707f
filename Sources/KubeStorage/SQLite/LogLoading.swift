import GRDB

/// What the program keeps in memory, read from the file at start.
struct LoadedState {
    var tree = ObjectTree()
    var revision: Int64
    var compacted: Int64
}

extension LogFile {
    /// Reads the whole log and holds it to what must be true of it: each row's checksum; after the compacted revision
    /// none is missing; and each names its key's last one as `previous`. Throws `DamagedRow` or `DatabaseError`.
    static func load(_ db: Database) throws -> LoadedState {
        let compacted = try mark("compacted", db)
        var state = LoadedState(revision: compacted, compacted: compacted)
        let rows = try RawStatement(db, "SELECT \(LogRecord.columns) FROM log ORDER BY revision")
        defer { rows.reset() }
        while try rows.step() {
            let record = try LogRecord(row: rows)
            if record.revision > compacted {
                guard record.revision == state.revision + 1 else {
                    throw DamagedRow(revision: state.revision + 1, what: "it is missing")
                }
                let last = state.tree.get(record.key)?.modRevision ?? 0
                guard record.previous == last else {
                    throw DamagedRow(
                        revision: record.revision,
                        what: "it says it follows revision \(record.previous), but \(last) is what came before")
                }
                state.revision = record.revision
            }
            if let stored = record.stored { state.tree.put(stored) } else { state.tree.remove(record.key) }
        }
        return state
    }
}
