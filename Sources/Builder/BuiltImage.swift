import Engine
import ImageStore
import JSON
import OCI

/// What a build has made, before anybody takes it: no image of the store yet. Its layers stay while this lives.
package struct BuiltImage: Sendable {
    /// The config document; its digest is the image's ID.
    package private(set) var config: [UInt8]
    /// Diff IDs, lowest first.
    package let layers: [Digest]
    package let platform: Platform
    let base: Digest?
    let lease: Lease
    /// All steps that it took, also those of other stages.
    package let steps: [MadeStep]

    init(
        config: [UInt8], layers: [Digest], platform: Platform, base: Digest?, lease: Lease, steps: [MadeStep]
    ) {
        (self.config, self.layers, self.platform) = (config, layers, platform)
        (self.base, self.lease, self.steps) = (base, lease, steps)
    }

    /// That came from elsewhere; the lease holds its layers.
    package init(config: [UInt8], layers: [Digest], platform: Platform, lease: Lease) {
        self.init(config: config, layers: layers, platform: platform, base: nil, lease: lease, steps: [])
    }

    /// With something more in the config document.
    package func adding(_ name: String, _ value: JSON) throws -> BuiltImage {
        var image = self
        var json = try JSON(parsing: config)
        json[name] = value
        image.config = json.bytes()
        return image
    }

    package var id: Digest { Digest(of: config) }

    /// The manifest over the layers as they are kept here.
    package func manifest(_ engine: Engine) async throws -> (bytes: [UInt8], mediaType: String) {
        try await engine.images.makeManifest(config: config, diffIDs: layers)
    }

    /// As an image of the store, without a name.
    package func register(in engine: Engine) async throws -> Image {
        let manifest = try await manifest(engine)
        return try await engine.images.register(
            manifest: manifest.bytes, mediaType: manifest.mediaType, config: config, parent: base)
    }
}
