import Builder
import Engine
import Fault
import ImageStore
import JSON
import OCI

/// An archive of results that are no images of the store: an OCI layout, for Docker with its index, too.
struct ImageArchive: Sendable {
    let parts: [ArchivePart]
    /// What the client is told.
    let facts: [String: String]

    init(_ built: [BuiltResult], _ names: [Reference], _ output: OutputRequest, _ engine: Engine) async throws {
        let form = OutputForm(output)
        var parts: [ArchivePart] = [.folder("blobs"), .folder("blobs/sha256")]
        var written: Set<Digest> = []
        var manifests: [Descriptor] = []
        var entries: [JSON] = []
        var facts: [String: String] = [:]
        for result in built {
            let image = result.image
            let manifest = try await OutputManifest(image, form, engine)
            let digest = manifest.descriptor.digest
            for layer in manifest.document.layers where written.insert(layer.digest).inserted {
                parts.append(.blob(Self.path(layer.digest), layer))
            }
            if written.insert(image.id).inserted { parts.append(.bytes(Self.path(image.id), image.config)) }
            if written.insert(digest).inserted { parts.append(.bytes(Self.path(digest), manifest.bytes)) }
            manifests.append(manifest.descriptor)
            entries.append([
                "Config": .string(Self.path(image.id)), "RepoTags": JSON(names.map(\.familiar)),
                "Layers": JSON(manifest.document.layers.map { Self.path($0.digest) }),
            ])
            facts = manifest.facts(image, names)
        }
        var top = manifests
        if built.contains(where: { $0.platform != nil }) {
            let list = OutputManifest.list(manifests, form).bytes
            let digest = Digest(of: list)
            parts.append(.bytes(Self.path(digest), list))
            let descriptor = Descriptor(mediaType: MediaType.ociIndex, digest: digest, size: Int64(list.count))
            top = [descriptor]
            facts["containerimage.digest"] = "\(digest)"
            facts["containerimage.descriptor"] = encodeBase64(descriptor.json.bytes())
            facts["containerimage.config.digest"] = nil
        }
        let named = names.isEmpty ? top : names.flatMap { name in top.map { Self.named($0, name) } }
        parts.append(.bytes("index.json", ImageIndex(mediaType: MediaType.ociIndex, manifests: named).json.bytes()))
        if output.type != "oci" { parts.append(.bytes("manifest.json", JSON.array(entries).bytes())) }
        parts.append(.bytes("oci-layout", Array(#"{"imageLayoutVersion":"1.0.0"}"#.utf8)))
        self.parts = parts
        self.facts = facts
    }

    private static func named(_ descriptor: Descriptor, _ name: Reference) -> Descriptor {
        var descriptor = descriptor
        descriptor.annotations = [
            "io.containerd.image.name": name.canonical,
            "org.opencontainers.image.ref.name": name.tag ?? Reference.defaultTag,
        ]
        return descriptor
    }

    private static func path(_ digest: Digest) -> String { "blobs/sha256/\(digest.hex)" }
}
