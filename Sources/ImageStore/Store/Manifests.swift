import Fault
import JSON
import OCI

extension ImageStore {
    /// A manifest for an image that came without one, of the contents that are kept for its layers.
    package func makeManifest(config: [UInt8], diffIDs: [Digest]) async throws -> (bytes: [UInt8], mediaType: String) {
        var layers: [Descriptor] = []
        for diffID in diffIDs {
            guard let blob = try await layerBlob(diffID: diffID) else { throw Fault(.invalid, "layer \(diffID) is not in the store") }
            layers.append(blob)
        }
        let config = Descriptor(mediaType: MediaType.dockerConfig, digest: Digest(of: config), size: Int64(config.count))
        let manifest = ImageManifest(mediaType: MediaType.dockerManifest, config: config, layers: layers)
        return (manifest.json.bytes(), MediaType.dockerManifest)
    }

    /// The image's manifest as it was served, when the store has all it names; else one of what the store has. Layers
    /// may have come from another registry in another compression.
    package func manifest(of image: Image) async throws -> (bytes: [UInt8], document: ImageManifest) {
        let bytes = try await blobs.read(image.manifest.digest, limit: ImageManifest.Limit.manifestBytes)
        guard case .manifest(let document) = try ManifestDocument(bytes, mediaType: image.manifest.mediaType) else {
            throw Fault(.internalFault, "image \(image.id.short) has an index for a manifest")
        }
        var isComplete = true
        for layer in document.layers where !layer.isForeignLayer {
            if try await blobs.size(of: layer.digest) != layer.size { isComplete = false }
        }
        if isComplete { return (bytes, document) }
        let config = try await blobs.read(image.id, limit: ImageManifest.Limit.configBytes)
        let made = try await makeManifest(config: config, diffIDs: image.diffIDs)
        guard case .manifest(let document) = try ManifestDocument(made.bytes, mediaType: made.mediaType) else {
            throw Fault(.internalFault, "image \(image.id.short) has no manifest")
        }
        return (made.bytes, document)
    }
}
