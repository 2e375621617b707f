import Fault
import JSON
import OCI

extension ImageStore {
    /// A manifest for an image that came without one, of the contents that are kept for its layers.
    package func makeManifest(config: [UInt8], diffIDs: [Digest]) async throws -> (bytes: [UInt8], mediaType: String) {
        var layers: [Descriptor] = []
        for diffID in diffIDs {
            guard let blob = try await layerBlob(diffID: diffID) else {
                throw Fault(.invalid, "layer \(diffID) is not in the store")
            }
            layers.append(blob)
        }
        // Docker's manifest has no word for zstd.
        let isOCI = layers.contains { $0.mediaType == MediaType.ociLayerZstd }
        for index in layers.indices { layers[index].mediaType = Self.mediaType(layers[index].mediaType, isOCI: isOCI) }
        let config = Descriptor(
            mediaType: isOCI ? MediaType.ociConfig : MediaType.dockerConfig, digest: Digest(of: config),
            size: Int64(config.count))
        let manifest = ImageManifest(
            mediaType: isOCI ? MediaType.ociManifest : MediaType.dockerManifest, config: config, layers: layers)
        return (manifest.json.bytes(), manifest.mediaType)
    }

    private static func mediaType(_ own: String, isOCI: Bool) -> String {
        switch own {
        case MediaType.dockerLayer, MediaType.ociLayer: isOCI ? MediaType.ociLayer : MediaType.dockerLayer
        case MediaType.dockerLayerGzip, MediaType.ociLayerGzip:
            isOCI ? MediaType.ociLayerGzip : MediaType.dockerLayerGzip
        default: own
        }
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
