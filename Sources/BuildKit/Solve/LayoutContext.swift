import BuildProtocol
import Builder
import Engine
import Fault
import ImageStore
import JSON
import OCI

/// A named context that is an image in a folder on the client's disk: `oci-layout://STORE[:TAG]@DIGEST`, where the store
/// is the client's name for the folder.
struct LayoutContext: Sendable {
    static let prefix = "oci-layout://"

    let name: String
    let store: String
    let digest: Digest

    init(_ name: String, _ value: String) throws {
        self.name = name
        let parts = value.dropFirst(Self.prefix.count).split(separator: "@", maxSplits: 1).map(String.init)
        guard let place = parts.first, !place.isEmpty else {
            throw Fault(.invalid, "could not parse oci-layout reference \(value)")
        }
        guard parts.count == 2 else {
            throw Fault(.invalid, "oci-layout reference \(JSON(place).text) has no digest")
        }
        store = String(place.prefix { $0 != ":" })
        digest = try Digest(parsing: parts[1])
    }

    /// As what another build would have made. Its layers come over once, and stay while the image is held.
    func load(_ kit: BuildKit, _ job: Job, _ session: Session, platform: Platform) async throws -> BuiltImage {
        let place = ContentPlace.client(session.store("oci:" + store))
        let shown = try Reference(parsing: name).withoutTag.at(digest).canonical
        let (manifest, config) = try await job.board.during(
            "[context \(name)] load metadata for \(shown)", in: job.reference
        ) { _ in
            let manifest = try await self.manifest(digest, nil, place, platform)
            return (manifest, try await place.content(manifest.config, limit: ImageManifest.Limit.configBytes))
        }
        let layers = try JSON(parsing: config)["rootfs", "diff_ids"].strings.map { try Digest(parsing: $0) }
        guard layers.count == manifest.layers.count else {
            throw Fault(.invalid, "\(shown) has \(manifest.layers.count) layers, and its config says \(layers.count)")
        }
        let lease = kit.engine.images.lease()
        try await job.board.during("[context \(name)] OCI load from client", in: job.reference) { _ in
            for (layer, blob) in zip(layers, manifest.layers) {
                try Task.checkCancellation()
                if try await kit.engine.images.hasLayer(diffID: layer, lease) { continue }
                try await kit.bring(blob, layer, place, lease)
            }
        }
        return BuiltImage(config: config, layers: layers, platform: platform, lease: lease)
    }

    /// Of an index, the one for the platform.
    private func manifest(
        _ digest: Digest, _ type: String?, _ place: ContentPlace, _ platform: Platform
    ) async throws -> ImageManifest {
        let top = Descriptor(mediaType: type ?? MediaType.ociManifest, digest: digest, size: 0)
        let bytes = try await place.content(top, limit: ImageManifest.Limit.manifestBytes)
        switch try ManifestDocument(bytes, mediaType: type) {
        case .manifest(let manifest): return manifest
        case .index(let index):
            guard type == nil else { throw Fault(.invalid, "\(digest) is an index in an index") }
            let own = index.manifests.first { $0.platform.map(platform.accepts) ?? false }
            guard let own = own ?? index.manifests.first(where: { $0.platform == nil && $0.isManifest }) else {
                throw Fault(.notFound, "no match for platform in manifest \(digest): not found")
            }
            return try await self.manifest(own.digest, own.mediaType, place, platform)
        }
    }
}

extension BuildKit {
    /// A layer into the store, from where its content is.
    func bring(_ blob: Descriptor, _ layer: Digest, _ place: ContentPlace, _ lease: Lease) async throws {
        guard let ingest = try await engine.images.ingestLayer(blob, diffID: layer, lease) else { return }
        do {
            let next = try await place.read(blob, from: ingest.offset)
            while let piece = try await next() {
                try Task.checkCancellation()
                try await ingest.write(piece)
            }
            try await ingest.finish()
        } catch {
            await ingest.cancel()
            throw error
        }
    }
}
