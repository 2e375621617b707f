import Fault
import ImageStore
import JSON
import Linux
import NIOCore
import NIOConcurrencyHelpers
import OCI

// Images that need no network: a program that travels inside `hako`, made into an image when it is first asked for.
extension Engine {
    /// The image that stands in for the reference when its registry can't be reached; nil: there is none. It is made,
    /// tagged with the reference, and complete.
    package func builtInImage(for reference: Reference) async throws -> Image? {
        guard let twin = BuiltInImage.twin(of: reference) else { return nil }
        let program = try EmbeddedProgram.bytes(twin.program)
        let layer = twin.layer(program)
        let lease = images.lease()
        defer { withExtendedLifetime(lease) {} }
        let source = NIOLockedValueBox<ByteBuffer?>(ByteBuffer(bytes: layer))
        let made = try await images.addLayer(
            {
                source.withLockedValue { left in
                    defer { left = nil }
                    return left
                }
            }, lease)
        let config = twin.config(diffID: made.diffID).bytes()
        let manifest = try await images.makeManifest(config: config, diffIDs: [made.diffID])
        let image = try await images.register(manifest: manifest.bytes, mediaType: manifest.mediaType, config: config)
        try await images.tag(image.id, as: reference.withDefaultTag)
        return try await images.image(id: image.id)
    }
}
