import Fault
import GRDB
import JSON
import NIOConcurrencyHelpers
import NIOPosix

/// The engine's durable state: JSON documents by kind and key in one SQLite file.
///
/// A write that returned survives kill -9 and power loss. Writes that arrive while a transaction is being committed
/// share the next one, so that ten containers started at once pay for two or three fsyncs.
package final class DocumentStore: Sendable {
    package enum Kind: String, Sendable { case container, volume, network, setting }

    package enum Change: Sendable {
        case put(Kind, String, JSON)
        case remove(Kind, String)
    }

    private struct Pending {
        let changes: [Change]
        let done: CheckedContinuation<Void, any Error>
    }
    private struct Queue {
        var waiting: [Pending] = []
        var isDraining = false
    }

    private let database: DatabaseQueue
    private let queue = NIOLockedValueBox(Queue())

    /// Opens or makes the file. Throws `internalFault` when it can't be read or is damaged: it is never set aside.
    package init(path: String) throws {
        var configuration = Configuration()
        configuration.journalMode = .wal
        // GRDB sets NORMAL when it turns the WAL on; acknowledged writes would be lost on power failure.
        configuration.prepareDatabase { try $0.execute(sql: "PRAGMA synchronous = FULL") }
        do {
            database = try DatabaseQueue(path: path, configuration: configuration)
            // Outside a transaction: SQLite refuses to change it inside one.
            try database.writeWithoutTransaction { db in
                try db.execute(sql: "PRAGMA synchronous = FULL")
                try db.execute(
                    sql: """
                        CREATE TABLE IF NOT EXISTS document (
                            kind TEXT NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (kind, key)
                        ) WITHOUT ROWID
                        """)
            }
        } catch {
            throw Fault(
                .internalFault,
                "can't open the engine's state \(path): \(error): restore the file from a backup; nothing was changed",
                cause: error)
        }
    }

    /// All documents of a kind by key. Blocking: for start.
    package func all(_ kind: Kind) throws -> [(key: String, body: JSON)] {
        try database.read { db in
            try Row.fetchAll(db, sql: "SELECT key, body FROM document WHERE kind = ?", arguments: [kind.rawValue])
                .map { row in
                    let key: String = row["key"]
                    let text: String = row["body"]
                    do { return (key, try JSON(parsing: text)) } catch {
                        throw Fault(.internalFault, "the stored \(kind.rawValue) \(key) is damaged: \(error)")
                    }
                }
        }
    }

    /// Makes the changes, all or none. Durable when it returns.
    package func write(_ changes: Change...) async throws { try await write(changes) }

    package func write(_ changes: [Change]) async throws {
        if changes.isEmpty { return }
        try await withCheckedThrowingContinuation { done in
            let mustDrain = queue.withLockedValue { queue in
                queue.waiting.append(Pending(changes: changes, done: done))
                defer { queue.isDraining = true }
                return !queue.isDraining
            }
            if mustDrain { NIOThreadPool.singleton.submit { _ in self.drain() } }
        }
    }

    private func drain() {
        while true {
            let batch = queue.withLockedValue { queue in
                defer { queue.waiting = [] }
                if queue.waiting.isEmpty { queue.isDraining = false }
                return queue.waiting
            }
            if batch.isEmpty { return }
            do {
                try database.write { db in
                    for pending in batch { for change in pending.changes { try Self.apply(change, db) } }
                }
                for pending in batch { pending.done.resume() }
            } catch {
                let fault = Fault(.internalFault, "can't write the engine's state: \(error)", cause: error)
                for pending in batch { pending.done.resume(throwing: fault) }
            }
        }
    }

    private static func apply(_ change: Change, _ db: Database) throws {
        switch change {
        case .put(let kind, let key, let body):
            let statement = try db.cachedStatement(
                sql: "INSERT OR REPLACE INTO document (kind, key, body) VALUES (?, ?, ?)")
            try statement.execute(arguments: [kind.rawValue, key, body.text])
        case .remove(let kind, let key):
            try db.cachedStatement(sql: "DELETE FROM document WHERE kind = ? AND key = ?")
                .execute(arguments: [kind.rawValue, key])
        }
    }
}
