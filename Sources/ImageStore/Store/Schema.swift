import Fault
import GRDB

/// The database: what is in the store. Files without a row are leftovers of a crash.
enum Schema {
    /// Raised when the tables change; an older program then refuses the store instead of damaging it.
    static let version = 3

    static func open(_ path: String) throws -> DatabaseQueue {
        do { return try prepared(path) } catch let error as DatabaseError {
            throw Fault(
                .internalFault,
                "can't open the image store \(path): \(error): restore the file from a backup; nothing was changed",
                cause: error)
        }
    }

    private static func prepared(_ path: String) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.label = "images"
        // Somebody may look into it with sqlite3.
        configuration.busyMode = .timeout(5)
        configuration.prepareDatabase { database in
            // WAL first: a mode change may set synchronous to NORMAL, and then a write that a client saw succeed
            // could be lost with the power.
            try database.execute(sql: "PRAGMA journal_mode = WAL")
            try database.execute(sql: "PRAGMA synchronous = FULL")
            try database.execute(sql: "PRAGMA foreign_keys = ON")
        }
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        try queue.write { database in
            let found = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
            guard found <= version else {
                throw Fault(
                    .unavailable,
                    "the image store was written by a newer version (format \(found), this one knows \(version))")
            }
            try database.execute(sql: tables)
            if found == 1 { try database.execute(sql: "ALTER TABLE snapshots ADD COLUMN owner TEXT") }
            try database.execute(sql: "PRAGMA user_version = \(version)")
        }
        return queue
    }

    private static let tables = """
        CREATE TABLE IF NOT EXISTS layers (
            diff TEXT PRIMARY KEY, number INTEGER NOT NULL UNIQUE, blob TEXT NOT NULL, blob_size INTEGER NOT NULL,
            media_type TEXT NOT NULL, size INTEGER NOT NULL, added REAL NOT NULL,
            -- The boot during which it was unpacked, until its files are known to be on the disk.
            unsynced_boot TEXT
        );
        CREATE TABLE IF NOT EXISTS images (
            id TEXT PRIMARY KEY, manifest TEXT NOT NULL, manifest_type TEXT NOT NULL, manifest_size INTEGER NOT NULL,
            config TEXT NOT NULL, parent TEXT, added REAL NOT NULL, last_tagged REAL
        );
        CREATE TABLE IF NOT EXISTS image_layers (
            image TEXT NOT NULL REFERENCES images ON DELETE CASCADE, position INTEGER NOT NULL,
            diff TEXT NOT NULL REFERENCES layers, PRIMARY KEY (image, position)
        ) WITHOUT ROWID;
        CREATE INDEX IF NOT EXISTS image_layers_diff ON image_layers (diff);
        CREATE TABLE IF NOT EXISTS image_blobs (
            image TEXT NOT NULL REFERENCES images ON DELETE CASCADE, digest TEXT NOT NULL, PRIMARY KEY (image, digest)
        ) WITHOUT ROWID;
        CREATE INDEX IF NOT EXISTS image_blobs_digest ON image_blobs (digest);
        CREATE TABLE IF NOT EXISTS tags (
            reference TEXT PRIMARY KEY, image TEXT NOT NULL REFERENCES images ON DELETE CASCADE
        ) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS repo_digests (
            reference TEXT NOT NULL, image TEXT NOT NULL REFERENCES images ON DELETE CASCADE, PRIMARY KEY (reference, image)
        ) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS snapshots (
            container TEXT PRIMARY KEY, image TEXT, created REAL NOT NULL,
            -- The container in which the engine lives that made it; null: this one.
            owner TEXT
        ) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS snapshot_layers (
            container TEXT NOT NULL REFERENCES snapshots ON DELETE CASCADE, position INTEGER NOT NULL,
            diff TEXT NOT NULL REFERENCES layers, PRIMARY KEY (container, position)
        ) WITHOUT ROWID;
        CREATE INDEX IF NOT EXISTS snapshot_layers_diff ON snapshot_layers (diff);
        -- What steps of builds made, by all that decides it.
        CREATE TABLE IF NOT EXISTS build_cache (
            key TEXT PRIMARY KEY, diff TEXT NOT NULL REFERENCES layers, description TEXT NOT NULL,
            -- Nanoseconds since the epoch, as the image's history has them; seconds.
            created INTEGER NOT NULL, used REAL NOT NULL, uses INTEGER NOT NULL
        ) WITHOUT ROWID;
        CREATE INDEX IF NOT EXISTS build_cache_diff ON build_cache (diff);
        """
}
