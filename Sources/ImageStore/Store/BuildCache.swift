import GRDB
import OCI

/// A step of a build whose outcome is kept.
package struct CachedStep: Sendable, Equatable {
    /// Of all that decides the outcome.
    package var key: Digest
    package var layer: Digest
    /// The instruction, for people.
    package var description: String
    /// Bytes of the layer's files.
    package var size: Int64
    /// Nanoseconds since the epoch.
    package var created: Int64
    /// Seconds since the epoch.
    package var used: Double
    package var uses: Int
    /// An image or container has the layer as well, so that dropping the step frees nothing.
    package var isShared: Bool
}

extension ImageStore {
    /// The layer that the step made when it ran before, and when that was in nanoseconds since the epoch; nil: it
    /// didn't, or the layer is gone. Counts as a use.
    package func cachedLayer(_ key: Digest, _ lease: Lease) async throws -> (layer: Digest, created: Int64)? {
        let found = try await database.write { database -> (String, Int64)? in
            let row = try Row.fetchOne(
                database, sql: "UPDATE build_cache SET used = ?, uses = uses + 1 WHERE key = ? RETURNING diff, created",
                arguments: [HostBoot.now(), key.hex])
            return row.map { ($0["diff"], $0["created"]) }
        }
        guard let (diff, created) = found else { return nil }
        let layer = try Digest(parsing: "sha256:" + diff)
        // Held first: a prune that runs beside may take the row away in between.
        return try await hasLayer(diffID: layer, lease) ? (layer, created) : nil
    }

    package func keep(_ layer: Digest, of key: Digest, description: String, created: Int64) async throws {
        try await database.write { database in
            try database.execute(
                sql: """
                    INSERT OR REPLACE INTO build_cache (key, diff, description, created, used, uses)
                    VALUES (?, ?, ?, ?, ?, 0)
                    """, arguments: [key.hex, layer.hex, description, created, HostBoot.now()])
        }
    }

    /// Those that weren't used for longest come first.
    package func cachedSteps() async throws -> [CachedStep] {
        try await database.read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT build_cache.*, layers.size AS size,
                    EXISTS (SELECT 1 FROM image_layers WHERE image_layers.diff = build_cache.diff)
                    OR EXISTS (SELECT 1 FROM snapshot_layers WHERE snapshot_layers.diff = build_cache.diff) AS shared
                    FROM build_cache JOIN layers USING (diff) ORDER BY used
                    """
            ).map { row in
                CachedStep(
                    key: try Digest(parsing: "sha256:\(row["key"] as String)"),
                    layer: try Digest(parsing: "sha256:\(row["diff"] as String)"), description: row["description"],
                    size: row["size"], created: row["created"], used: row["used"], uses: row["uses"],
                    isShared: row["shared"])
            }
        }
    }

    /// Forgets the steps and frees the layers that nothing else has; answers the bytes that were freed.
    package func dropCachedSteps(_ steps: [CachedStep]) async throws -> Int64 {
        let pins = pins
        let (layers, blobs) = try await database.write { database in
            for step in steps {
                try database.execute(sql: "DELETE FROM build_cache WHERE key = ?", arguments: [step.key.hex])
            }
            let layers = try Self.dropLayers(database, among: steps.map(\.layer), pins)
            return (layers, try layers.map(\.blob).filter { try Self.isUnused(blob: $0, database, pins) })
        }
        try await discard(layers: layers, blobs: blobs)
        return layers.reduce(0) { $0 + $1.size }
    }
}
