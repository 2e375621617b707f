import CLinux
import Fault
import GRDB
import Linux
import NIOCore
import NIOPosix
import OCI
import Synchronization

extension ImageStore {
    /// Take one for each pull, load or build, and hold it until the image is registered.
    package func lease() -> Lease { Lease(pins) }

    /// Layers are unpacked once, whatever lies below them: they go by diff ID.
    package func hasLayer(diffID: Digest, _ lease: Lease) async throws -> Bool {
        // Held before it is looked up, so that it can't go in between.
        lease.hold(diffID)
        return try await hasLayer(diffID)
    }

    private func hasLayer(_ diffID: Digest) async throws -> Bool {
        try await database.read {
            try Row.fetchOne($0, sql: "SELECT 1 FROM layers WHERE diff = ?", arguments: [diffID.hex]) != nil
        }
    }

    /// `blob` is the compressed content's descriptor (gzip, zstd or plain: found out from its first bytes).
    /// Waits while somebody else ingests the same layer; nil: the layer is here (now).
    package func ingestLayer(_ blob: Descriptor, diffID: Digest, _ lease: Lease) async throws -> (any LayerIngest)? {
        lease.hold(diffID)
        lease.hold(blob.digest)
        // By diff ID and by blob: two names for one content must not write one file at the same time.
        await gate.enter(blob.digest)
        do {
            if try await hasLayer(diffID) {
                await gate.leave(blob.digest)
                return nil
            }
            let pipeline = try openPipeline(blob, diffID)
            do {
                try await pipeline.resume()
                return pipeline
            } catch {
                // What was left is no use: start over with nothing.
                await pipeline.abandon()
                await gate.enter(blob.digest)
                return try openPipeline(blob, diffID)
            }
        } catch {
            await gate.leave(blob.digest)
            throw StoreError.explain(error, "preparing layer \(blob.digest.short)")
        }
    }

    /// A folder that holds what the layer does already, and the blob of it that lies at `path`, synced.
    func take(_ folder: String, _ path: String, _ blob: Descriptor, _ diffID: Digest, size: Int64) async throws {
        await gate.enter(blob.digest)
        do {
            if try await hasLayer(diffID) {
                _ = unlink(path)
                return await gate.leave(blob.digest)
            }
            try kernel("rename", path) { rename(path, folders.partial(blob.digest)) }
            // As an unpacked layer's own folder.
            try kernel("chmod", folder) { chmod(folder, 0o755) }
            try kernel("chown", folder) { chown(folder, 0, 0) }
            try await commitLayer(blob, diffID, folder, size: size, .gzip)
        } catch {
            await gate.leave(blob.digest)
            throw error
        }
    }

    private func openPipeline(_ blob: Descriptor, _ diffID: Digest) throws -> LayerPipeline {
        let (partial, folder) = (folders.partial(blob.digest), folders.unpacking(blob.digest))
        // A blob that is here already (its layer was removed, or another layer has it) is taken from the disk.
        if access(partial, F_OK) != 0 { _ = link(folders.blob(blob.digest), partial) }
        try kernel("mkdir", folder) { mkdir(folder, 0o755) }
        let file = try OwnedDescriptor.open(partial, O_RDWR | O_CREAT, mode: 0o600)
        return try LayerPipeline(
            blob: blob, diffID: diffID, partial: file, folder: folder,
            commit: { try await self.commitLayer(blob, diffID, folder, size: $0, $1) },
            discard: { keep in
                if !keep { _ = unlink(partial) }
                try? self.trash.discard(folder)
                await self.gate.leave(blob.digest)
            })
    }

    /// Files first, then the row that says that they are there. A crash in between leaves files without a row.
    private func commitLayer(
        _ blob: Descriptor, _ diffID: Digest, _ folder: String, size: Int64,
        _ compression: DetectingDecompressor.Compression
    ) async throws {
        let number = nextLayer.withLock { next in
            next += 1
            return next
        }
        let boot = HostBoot.id
        let mediaType = Self.mediaType(blob.mediaType, compression)
        try await NIOThreadPool.singleton.runIfActive { [folders, blobFolder] in
            try blobFolder.adopt(folders.partial(blob.digest), as: blob.digest)
            let to = folders.layer(number)
            try kernel("rename", to) { rename(folder, to) }
        }
        let isNew = try await database.write { database in
            try database.execute(
                sql: """
                    INSERT OR IGNORE INTO layers (diff, number, blob, blob_size, media_type, size, added, unsynced_boot)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [diffID.hex, number, blob.digest.hex, blob.size, mediaType, size, HostBoot.now(), boot])
            return database.changesCount > 0
        }
        // Another blob with the same tar was quicker.
        if !isNew { try? trash.discard(folders.layer(number)) }
        await gate.leave(blob.digest)
    }

    /// What the content is, whatever it was called: archives and some registries have it wrong.
    private static func mediaType(_ claimed: String, _ compression: DetectingDecompressor.Compression) -> String {
        let isOCI = claimed.hasPrefix("application/vnd.oci.")
        switch compression {
        case .none: return isOCI ? MediaType.ociLayer : MediaType.dockerLayer
        case .gzip: return isOCI ? MediaType.ociLayerGzip : MediaType.dockerLayerGzip
        case .zstd: return MediaType.ociLayerZstd
        }
    }

    /// Compressed content that was kept for a layer, for push and save; its digest may differ from the manifest's
    /// when the layer came from another registry.
    package func layerBlob(diffID: Digest) async throws -> Descriptor? {
        try await database.read { database in
            guard
                let row = try Row.fetchOne(
                    database, sql: "SELECT * FROM layers WHERE diff = ?", arguments: [diffID.hex])
            else {
                return nil
            }
            return Descriptor(
                mediaType: row["media_type"], digest: try Digest(parsing: "sha256:\(row["blob"] as String)"),
                size: row["blob_size"])
        }
    }

    /// The folder of an unpacked layer.
    func layerFolder(_ diffID: Digest) async throws -> String {
        let number = try await database.read {
            try Int64.fetchOne($0, sql: "SELECT number FROM layers WHERE diff = ?", arguments: [diffID.hex])
        }
        guard let number else { throw Fault(.notFound, "layer \(diffID) is not in the store") }
        return folders.layer(number)
    }

    /// Bytes of each layer's files, by diff ID.
    package func layerSizes() async throws -> [Digest: Int64] {
        try await database.read { database in
            var sizes: [Digest: Int64] = [:]
            for row in try Row.fetchAll(database, sql: "SELECT diff, size FROM layers") {
                sizes[try Digest(parsing: "sha256:\(row["diff"] as String)")] = row["size"]
            }
            return sizes
        }
    }
}

enum HostBoot {
    /// Changes with every start of the kernel.
    static let id = KernelFile.line("/proc/sys/kernel/random/boot_id") ?? ""

    /// Seconds since the epoch.
    static func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}

extension ImageStore {
    /// Folders of the image's unpacked layers, topmost first.
    package func layerFolders(_ image: Image) async throws -> [String] {
        var paths: [String] = []
        for diffID in image.diffIDs.reversed() { paths.append(try await layerFolder(diffID)) }
        return paths
    }
}
