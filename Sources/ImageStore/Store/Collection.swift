import CLinux
import Fault
import GRDB
import Linux
import NIOPosix
import OCI

/// What a removal freed.
package struct Removal: Sendable {
    /// Chain IDs of layers that no image or container uses any more, topmost first.
    package var layers: [Digest] = []
    /// Bytes of their files.
    package var freed: Int64 = 0
}

extension ImageStore {
    enum CollectionLimit {
        /// How long what no image names is kept for a pull that may come back to it, in seconds.
        static let graceSeconds: Double = 3_600
    }

    /// Removes the image with its names, and the layers and blobs that only it used. Conflicts are the caller's to find.
    package func deleteImage(_ image: Image) async throws -> Removal {
        let pins = pins
        let (layers, blobs) = try await database.write { database in
            let digests = try String.fetchAll(
                database, sql: "SELECT digest FROM image_blobs WHERE image = ?", arguments: [image.id.hex])
            try database.execute(sql: "DELETE FROM images WHERE id = ?", arguments: [image.id.hex])
            let layers = try Self.dropLayers(database, among: image.diffIDs, pins)
            let candidates = Set(digests + layers.map(\.blob))
            return (layers, try candidates.filter { try Self.isUnused(blob: $0, database, pins) })
        }
        var removal = Removal()
        for (chainID, diffID) in zip(image.chainIDs, image.diffIDs).reversed() {
            guard let layer = layers.first(where: { $0.diff == diffID.hex }) else { continue }
            removal.layers.append(chainID)
            removal.freed += layer.size
        }
        try await discard(layers: layers, blobs: Array(blobs))
        // What interrupted pulls left long ago goes on the same occasion.
        _ = try await collectGarbage()
        return removal
    }

    struct DroppedLayer: Sendable { let diff: String, number: Int64, blob: String, size: Int64 }

    /// Deletes the rows of those layers that nothing refers to.
    static func dropLayers(_ database: Database, among diffIDs: [Digest], _ pins: Pins) throws -> [DroppedLayer] {
        var dropped: [DroppedLayer] = []
        for diffID in Set(diffIDs) where !pins.holds(diffID) {
            let row = try Row.fetchOne(
                database,
                sql: """
                    DELETE FROM layers WHERE diff = ?1
                    AND NOT EXISTS (SELECT 1 FROM image_layers WHERE diff = ?1)
                    AND NOT EXISTS (SELECT 1 FROM snapshot_layers WHERE diff = ?1)
                    AND NOT EXISTS (SELECT 1 FROM build_cache WHERE diff = ?1)
                    RETURNING *
                    """, arguments: [diffID.hex])
            if let row {
                dropped.append(
                    DroppedLayer(diff: diffID.hex, number: row["number"], blob: row["blob"], size: row["size"]))
            }
        }
        return dropped
    }

    static func isUnused(blob hex: String, _ database: Database, _ pins: Pins) throws -> Bool {
        guard !pins.holds(try Digest(parsing: "sha256:" + hex)) else { return false }
        return try Row.fetchOne(
            database,
            sql:
                "SELECT 1 WHERE EXISTS (SELECT 1 FROM image_blobs WHERE digest = ?1) OR EXISTS (SELECT 1 FROM layers WHERE blob = ?1)",
            arguments: [hex]) == nil
    }

    func discard(layers: [DroppedLayer], blobs: [String]) async throws {
        try await NIOThreadPool.singleton.runIfActive { [trash, folders] in
            for layer in layers { try trash.discard(folders.layer(layer.number)) }
            for blob in blobs { _ = unlink(folders.blobs + "/" + blob) }
        }
    }

    /// Removes what nothing refers to and nobody may still come back for: after a prune, and at the start.
    package func collectGarbage() async throws -> Int64 {
        if guest != nil { return 0 }
        let oldest = HostBoot.now() - CollectionLimit.graceSeconds
        let pins = pins
        let layers = try await database.write { database in
            let stale = try String.fetchAll(
                database,
                sql: """
                    SELECT diff FROM layers WHERE added < ?
                    AND diff NOT IN (SELECT diff FROM image_layers) AND diff NOT IN (SELECT diff FROM snapshot_layers)
                    AND diff NOT IN (SELECT diff FROM build_cache)
                    """, arguments: [oldest])
            return try Self.dropLayers(database, among: stale.map { try Digest(parsing: "sha256:" + $0) }, pins)
        }
        let old = try await NIOThreadPool.singleton.runIfActive { [folders] in
            for name in try StoreFolders.names(in: folders.ingest)
            where Self.modified(folders.ingest + "/" + name) < oldest {
                try? FileTree.remove(folders.ingest + "/" + name)
            }
            return try StoreFolders.names(in: folders.blobs).filter { Self.modified(folders.blobs + "/" + $0) < oldest }
        }
        let blobs = try await database.read { database in
            try (old + layers.map(\.blob)).filter {
                $0.utf8.count == 64 ? try Self.isUnused(blob: $0, database, pins) : true
            }
        }
        try await discard(layers: layers, blobs: blobs)
        return layers.reduce(0) { $0 + $1.size }
    }

    /// Seconds since the epoch; `infinity` for what isn't there.
    static func modified(_ path: String) -> Double {
        var status = stat()
        guard lstat(path, &status) == 0 else { return .infinity }
        return Double(status.st_mtim.tv_sec)
    }
}
