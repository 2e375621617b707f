import Fault
import JSON
import OCI
import Registry

extension Engine {
    /// Engine API, DistributionInspect: the manifest that the registry has, and the platforms it serves.
    package func inspectDistribution(_ text: String, auth: JSON) async throws -> JSON {
        let reference = try Reference(parsing: text), credentials = Credentials(authConfig: auth)
        let top = try await registry.manifest(reference, credentials)
        let platforms: [Platform]
        let type: String
        switch try ManifestDocument(top.bytes, mediaType: top.mediaType, name: reference.familiar) {
        case .index(let index):
            type = top.mediaType
            platforms = index.manifests.map { $0.platform ?? Platform(os: "", architecture: "") }
        case .manifest(let manifest):
            type = manifest.mediaType
            // Without a readable config the rest still holds.
            let config = try? await registry.content(
                manifest.config, of: reference, limit: ImageManifest.Limit.configBytes, credentials)
            platforms = config.flatMap { try? ImageConfig(bytes: $0).platform }.map { [$0] } ?? []
        }
        return [
            "Descriptor": [
                "mediaType": .string(type), "digest": .string("\(top.digest)"), "size": JSON(top.bytes.count),
            ],
            "Platforms": platforms.isEmpty ? .null : .array(platforms.map(\.json)),
        ]
    }
}
