import DockerModel
import Fault
import ImageStore
import JSON
import NIOCore
import OCI

extension Engine {
    /// Takes what `docker save`, `podman save`, `skopeo` or BuildKit write: docker-archive or OCI layout in a tar.
    package func loadImages(_ tar: ByteSource, quiet: Bool, progress: @escaping ProgressSink) async throws {
        defer { tar.cancel() }
        let spool = try await images.spool(tar.next)
        let load = Load(engine: self, spool: spool, quiet: quiet, progress: progress)
        for found in try await LoadIndex.read(spool) { try await load.run(found) }
    }
}

/// One image of an archive: where its config and layers are, lowest first, and what it is called.
struct ArchivedImage {
    var config: [UInt8]
    /// The manifest as the archive has it; nil: docker-archives have none.
    var manifest: (bytes: [UInt8], mediaType: String)?
    /// Members that hold the layers, compressed or not.
    var layers: [String]
    var names: [Reference]
}

struct Load: Sendable {
    let engine: Engine
    let spool: ArchiveSpool
    let quiet: Bool
    let progress: ProgressSink

    func run(_ archived: ArchivedImage) async throws {
        let config = try ImageConfig(bytes: archived.config)
        let diffIDs = config.diffIDs
        guard archived.layers.count == diffIDs.count else {
            throw Fault(
                .invalid,
                "invalid manifest, layers length mismatch: expected \(archived.layers.count), got \(diffIDs.count)")
        }
        let lease = engine.images.lease()
        defer { withExtendedLifetime(lease) {} }
        for (name, diffID) in zip(archived.layers, diffIDs) { try await layer(name, diffID, lease) }
        let manifest = try await manifest(archived, diffIDs)
        let image = try await engine.images.register(
            manifest: manifest.bytes, mediaType: manifest.mediaType, config: archived.config)
        try await name(image, archived.names)
    }

    private func layer(_ name: String, _ diffID: Digest, _ lease: Lease) async throws {
        if try await engine.images.hasLayer(diffID: diffID, lease) { return }
        let file = try spool.open(name)
        let blob = Descriptor(mediaType: MediaType.dockerLayer, digest: try await file.digest(), size: file.size)
        guard let ingest = try await engine.images.ingestLayer(blob, diffID: diffID, lease) else { return }
        do {
            var offset = ingest.offset
            while let piece = try await file.piece(at: offset) {
                offset += Int64(piece.readableBytes)
                try await ingest.write(piece)
                try await report(diffID, offset, file.size)
            }
        } catch {
            await ingest.cancel()
            throw error
        }
        try await ingest.finish()
    }

    private func report(_ diffID: Digest, _ current: Int64, _ total: Int64) async throws {
        guard !quiet else { return }
        try await progress(ProgressMessage.state("Loading layer", id: diffID.short, current: current, total: total))
    }

    /// The archive's own, or one made of what the store keeps for the layers.
    private func manifest(_ archived: ArchivedImage, _ diffIDs: [Digest]) async throws -> (
        bytes: [UInt8], mediaType: String
    ) {
        if let manifest = archived.manifest { return manifest }
        return try await engine.images.makeManifest(config: archived.config, diffIDs: diffIDs)
    }

    private func name(_ image: Image, _ names: [Reference]) async throws {
        for name in names {
            let reference = name.withDefaultTag
            if reference.digest == nil, let before = try? await engine.images.image(reference.canonical),
                before.id != image.id
            {
                try await say(
                    "The image \(reference) already exists, renaming the old one with ID \(before.id) to empty string")
            }
            if let digest = reference.digest {
                try await engine.images.addRepoDigest(image.id, reference.withoutTag.at(digest))
            } else {
                try await engine.images.tag(image.id, as: reference)
            }
            engine.publish(.image, "load", actor: "\(image.id)", attributes: ["name": reference.familiar])
            try await say("Loaded image: \(reference)")
        }
        if names.isEmpty {
            engine.publish(.image, "load", actor: "\(image.id)", attributes: ["name": "\(image.id)"])
            try await say("Loaded image ID: \(image.id)")
        }
    }

    private func say(_ line: String) async throws { try await progress(["stream": .string(line + "\n")]) }
}
