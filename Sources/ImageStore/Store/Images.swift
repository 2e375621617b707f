import Fault
import GRDB
import JSON
import NIOPosix
import OCI

extension ImageStore {
    /// Makes an image of a manifest and a config whose layers are all here. The first thing that refers to them:
    /// until then garbage collection spares what is younger than an hour.
    package func register(
        manifest: [UInt8], mediaType: String, config: [UInt8], parent: Digest? = nil
    ) async throws -> Image {
        guard case .manifest(let document) = try ManifestDocument(manifest, mediaType: mediaType) else {
            throw Fault(.invalid, "an index of images can't be registered as one image")
        }
        let view = try ImageConfig(bytes: config)
        let id = Digest(of: config)
        guard document.config.digest == id else {
            throw Fault(.invalid, "image config has digest \(id), but its manifest names \(document.config.digest)")
        }
        let layers = document.layers.filter { !$0.isForeignLayer }
        guard layers.count == view.diffIDs.count else {
            throw Fault(
                .invalid, "image has \(layers.count) layers in its manifest and \(view.diffIDs.count) in its config")
        }
        guard view.diffIDs.count <= ImageManifest.Limit.layers else { throw Fault(.invalid, "max depth exceeded") }
        let manifestDigest = Digest(of: manifest)
        try await blobs.write(config, expecting: id)
        try await blobs.write(manifest, expecting: manifestDigest)
        let row = NewImage(
            id: id,
            manifest: Descriptor(mediaType: document.mediaType, digest: manifestDigest, size: Int64(manifest.count)),
            config: config, diffIDs: view.diffIDs, blobs: [id, manifestDigest] + layers.map(\.digest), parent: parent)
        try await database.write { try row.insert($0) }
        syncBehind()
        return try await image(id: id)
    }

    private struct NewImage: Sendable {
        let id: Digest, manifest: Descriptor, config: [UInt8], diffIDs: [Digest], blobs: [Digest], parent: Digest?

        func insert(_ database: Database) throws {
            let text = String(decoding: config, as: UTF8.self)
            // The same config under another manifest (Docker and OCI media types, another registry) is the same image.
            try database.execute(
                sql: """
                    INSERT INTO images (id, manifest, manifest_type, manifest_size, config, parent, added)
                    VALUES (?, ?, ?, ?, ?, ?, ?)
                    ON CONFLICT (id) DO UPDATE SET
                    manifest = excluded.manifest, manifest_type = excluded.manifest_type,
                    manifest_size = excluded.manifest_size
                    """,
                arguments: [
                    id.hex, manifest.digest.hex, manifest.mediaType, manifest.size, text, parent?.hex, HostBoot.now(),
                ])
            try database.execute(sql: "DELETE FROM image_layers WHERE image = ?", arguments: [id.hex])
            for (position, diffID) in diffIDs.enumerated() {
                guard
                    try Row.fetchOne(database, sql: "SELECT 1 FROM layers WHERE diff = ?", arguments: [diffID.hex])
                        != nil
                else {
                    throw Fault(.invalid, "layer \(diffID) of image \(id.short) is not in the store")
                }
                try database.execute(
                    sql: "INSERT INTO image_layers (image, position, diff) VALUES (?, ?, ?)",
                    arguments: [id.hex, position, diffID.hex])
            }
            for blob in blobs {
                try database.execute(
                    sql: "INSERT OR IGNORE INTO image_blobs (image, digest) VALUES (?, ?)",
                    arguments: [id.hex, blob.hex])
            }
        }
    }

    /// By its full ID.
    package func image(id: Digest) async throws -> Image {
        let found = try await database.read { try Self.fetch($0, "WHERE id = ?", [id.hex]) }
        guard let image = found.first else { throw Fault(.notFound, "No such image: \(id)") }
        return image
    }

    package func images() async throws -> [Image] {
        try await database.read { try Self.fetch($0, "ORDER BY added DESC, id", []) }
    }

    /// By its manifest's digest, as those who built or pushed it may know it; nil: there is none.
    private func image(manifest digest: Digest) async throws -> Image? {
        try await database.read { try Self.fetch($0, "WHERE manifest = ? LIMIT 1", [digest.hex]) }.first
    }

    /// By ID, its manifest's digest, unique ID prefix, name, name:tag, name@digest. Throws `notFound` `No such image: x`.
    package func image(_ ref: String) async throws -> Image { try await resolve(ref).image }

    /// The image, and the reference under which it was found; nil reference: by its ID.
    package func resolve(_ ref: String) async throws -> (image: Image, reference: Reference?) {
        if let digest = try? Digest(parsing: ref) {
            if let image = try? await image(id: digest) { return (image, nil) }
            if let image = try await image(manifest: digest) { return (image, nil) }
        }
        if ref.utf8.count == 64, let id = try? Digest(parsing: "sha256:" + ref), let image = try? await image(id: id) {
            return (image, nil)
        }
        let reference = try? Reference(parsing: ref).withDefaultTag
        if let reference, let id = try await lookUp(reference) { return (try await image(id: id), reference) }
        let prefix = ref.hasPrefix("sha256:") ? String(ref.dropFirst("sha256:".count)) : ref
        if let id = try await search(prefix) { return (try await image(id: id), nil) }
        if reference == nil, !ref.hasPrefix("sha256:") { _ = try Reference(parsing: ref) }
        throw Fault(.notFound, "No such image: \(reference?.familiar ?? ref)")
    }

    private func lookUp(_ reference: Reference) async throws -> Digest? {
        let id: String? = try await database.read { database in
            if let digest = reference.digest {
                return try String.fetchOne(
                    database, sql: "SELECT image FROM repo_digests WHERE reference = ?",
                    arguments: [reference.at(digest).canonical])
            }
            return try String.fetchOne(
                database, sql: "SELECT image FROM tags WHERE reference = ?", arguments: [reference.canonical])
        }
        return try id.map { try Digest(parsing: "sha256:" + $0) }
    }

    /// The one image whose ID begins so; nil for none or several, as Docker has it.
    private func search(_ prefix: String) async throws -> Digest? {
        guard !prefix.isEmpty, prefix.utf8.count <= 64,
            prefix.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
        else { return nil }
        let ids = try await database.read {
            try String.fetchAll(
                $0, sql: "SELECT id FROM images WHERE id >= ? AND id < ? LIMIT 2", arguments: [prefix, prefix + "g"])
        }
        guard ids.count == 1, let id = ids.first else { return nil }
        return try Digest(parsing: "sha256:" + id)
    }

    static func fetch(_ database: Database, _ condition: String, _ arguments: StatementArguments) throws -> [Image] {
        try Row.fetchAll(database, sql: "SELECT * FROM images \(condition)", arguments: arguments).map { row in
            let id: String = row["id"]
            func strings(_ sql: String) throws -> [String] { try String.fetchAll(database, sql: sql, arguments: [id]) }
            let config = try ImageConfig(bytes: Array((row["config"] as String).utf8))
            let diffIDs = config.diffIDs
            let size = try Int64.fetchOne(
                database,
                sql: "SELECT COALESCE(SUM(size), 0) FROM image_layers JOIN layers USING (diff) WHERE image = ?",
                arguments: [id])
            let manifest: String = row["manifest"]
            let parent: String? = row["parent"]
            return Image(
                id: try Digest(parsing: "sha256:" + id),
                manifest: Descriptor(
                    mediaType: row["manifest_type"], digest: try Digest(parsing: "sha256:" + manifest),
                    size: row["manifest_size"]),
                config: config.json, chainIDs: ChainID.all(diffIDs), diffIDs: diffIDs,
                tags: try strings("SELECT reference FROM tags WHERE image = ? ORDER BY reference"),
                repoDigests: try strings("SELECT reference FROM repo_digests WHERE image = ? ORDER BY reference"),
                size: size ?? 0, parent: try parent.map { try Digest(parsing: "sha256:" + $0) },
                lastTagged: row["last_tagged"])
        }
    }
}

// MARK: Names

extension ImageStore {
    /// Moves the tag here when another image has it.
    package func tag(_ image: Digest, as reference: Reference) async throws {
        guard reference.tag != nil, reference.digest == nil else {
            throw Fault(.invalid, "refusing to create a tag with a digest reference")
        }
        let name = reference.canonical
        try await database.write { database in
            try database.execute(
                sql: """
                    INSERT INTO tags (reference, image) VALUES (?, ?)
                    ON CONFLICT (reference) DO UPDATE SET image = excluded.image
                    """, arguments: [name, image.hex])
            try database.execute(
                sql: "UPDATE images SET last_tagged = ? WHERE id = ?", arguments: [HostBoot.now(), image.hex])
        }
    }

    /// Remembers the digest under which a repository served the image.
    package func addRepoDigest(_ image: Digest, _ reference: Reference) async throws {
        guard let digest = reference.digest else { throw Fault(.invalid, "\(reference) has no digest") }
        let name = reference.at(digest).canonical
        try await database.write { database in
            // One repository serves one image under a digest; an index's digest goes with the last platform pulled.
            try database.execute(
                sql: "DELETE FROM repo_digests WHERE reference = ? AND image <> ?", arguments: [name, image.hex])
            try database.execute(
                sql: "INSERT OR IGNORE INTO repo_digests (reference, image) VALUES (?, ?)",
                arguments: [name, image.hex])
        }
    }

    /// Takes a tag or a repository digest away; false: there was none.
    package func untag(_ reference: Reference) async throws -> Bool {
        let (table, name) =
            reference.digest.map { ("repo_digests", reference.at($0).canonical) } ?? ("tags", reference.canonical)
        return try await database.write { database in
            try database.execute(sql: "DELETE FROM \(table) WHERE reference = ?", arguments: [name])
            return database.changesCount > 0
        }
    }

    /// Images that were made from this one here (commit, build).
    package func children(of image: Digest) async throws -> [Digest] {
        try await database.read { database in
            try String.fetchAll(database, sql: "SELECT id FROM images WHERE parent = ?", arguments: [image.hex])
                .map { try Digest(parsing: "sha256:" + $0) }
        }
    }
}
