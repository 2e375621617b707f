import Fault
import ImageStore
import JSON
import OCI

/// Finds the images in an archive: `manifest.json` of docker-archives, else `index.json` of OCI layouts
/// (image-spec, image-layout.md), else `repositories` of the oldest archives.
enum LoadIndex {
    enum Limit {
        /// Indexes inside indexes that are followed.
        static let nesting = 4
        /// Layers of a v1 image, each with a parent: Docker never stacked more than 127.
        static let chain = 500
    }

    static func read(_ spool: ArchiveSpool) async throws -> [ArchivedImage] {
        let limit = ImageManifest.Limit.manifestBytes
        if let bytes = try spool.read("manifest.json", limit: limit) { return try dockerArchive(spool, bytes) }
        if let bytes = try spool.read("index.json", limit: limit) { return try layout(spool, bytes) }
        if let bytes = try spool.read("repositories", limit: limit) {
            return try await LegacyArchive.read(spool, bytes)
        }
        throw Fault(.invalid, "unrecognized image format: the archive has neither manifest.json nor index.json")
    }

    static func parse(_ bytes: [UInt8], _ name: String) throws -> JSON {
        do { return try JSON(parsing: bytes) } catch { throw Fault(.invalid, "archive's \(name) is damaged: \(error)") }
    }

    private static func dockerArchive(_ spool: ArchiveSpool, _ bytes: [UInt8]) throws -> [ArchivedImage] {
        guard let entries = try parse(bytes, "manifest.json").array else {
            throw Fault(.invalid, "archive's manifest.json is no list")
        }
        return try entries.map { entry in
            let name = entry["Config"].string ?? ""
            guard let config = try spool.read(name, limit: ImageManifest.Limit.configBytes) else {
                throw Fault(.invalid, "archive has no image config \"\(name)\"")
            }
            return ArchivedImage(
                config: config, layers: entry["Layers"].strings,
                names: try entry["RepoTags"].strings.map { try Reference(parsing: $0) })
        }
    }

    private static func layout(_ spool: ArchiveSpool, _ bytes: [UInt8]) throws -> [ArchivedImage] {
        guard case .index(let index) = try ManifestDocument(bytes, mediaType: MediaType.ociIndex) else { return [] }
        return try index.manifests.filter(\.isImage).compactMap { try image(spool, $0, depth: 0) }
    }

    /// Nil for an index that has nothing for this machine beside others that do.
    private static func image(_ spool: ArchiveSpool, _ descriptor: Descriptor, depth: Int) throws -> ArchivedImage? {
        guard depth < Limit.nesting else { throw Fault(.invalid, "archive's index is nested too deep") }
        let bytes = try blob(spool, descriptor, limit: ImageManifest.Limit.manifestBytes)
        switch try ManifestDocument(bytes, mediaType: descriptor.mediaType) {
        case .index(let index):
            var image = try image(spool, try index.selectManifest(for: .host), depth: depth + 1)
            image?.names = try names(descriptor)
            return image
        case .manifest(let manifest):
            return ArchivedImage(
                config: try blob(spool, manifest.config, limit: ImageManifest.Limit.configBytes),
                manifest: (bytes, manifest.mediaType), layers: manifest.layers.map { path($0.digest) },
                names: try names(descriptor))
        }
    }

    private static func path(_ digest: Digest) -> String { "blobs/sha256/\(digest.hex)" }

    private static func blob(_ spool: ArchiveSpool, _ descriptor: Descriptor, limit: Int) throws -> [UInt8] {
        guard let bytes = try spool.read(path(descriptor.digest), limit: limit) else {
            throw Fault(.invalid, "archive has no content \(descriptor.digest)")
        }
        guard Digest(of: bytes) == descriptor.digest else {
            throw Fault(.invalid, "archive's content \(descriptor.digest) is damaged")
        }
        return bytes
    }

    /// containerd and Docker write the whole name; the specification's own annotation may be a tag alone.
    private static func names(_ descriptor: Descriptor) throws -> [Reference] {
        if let name = descriptor.annotations["io.containerd.image.name"] { return [try Reference(parsing: name)] }
        guard let name = descriptor.annotations["org.opencontainers.image.ref.name"],
            name.contains("/") || name.contains(":")
        else { return [] }
        return [try Reference(parsing: name)]
    }
}

/// Archives of Docker before 1.10: a folder a layer with `json` and `layer.tar`, named by `repositories`.
enum LegacyArchive {
    static func read(_ spool: ArchiveSpool, _ bytes: [UInt8]) async throws -> [ArchivedImage] {
        var images: [ArchivedImage] = []
        for (repository, tags) in try LoadIndex.parse(bytes, "repositories").object ?? JSONObject() {
            for (tag, id) in tags.object ?? JSONObject() {
                var image = try await image(spool, id.string ?? "")
                image.names = [try Reference(parsing: "\(repository):\(tag)")]
                images.append(image)
            }
        }
        return images
    }

    private static func image(_ spool: ArchiveSpool, _ top: String) async throws -> ArchivedImage {
        var layers: [String] = []
        var history: [JSON] = []
        var config: JSON?
        var next: String? = top
        while let id = next {
            guard layers.count < LoadIndex.Limit.chain, Hex.isLayerID(id),
                let bytes = try spool.read(id + "/json", limit: ImageManifest.Limit.configBytes)
            else { throw Fault(.invalid, "archive has no image \"\(id)\"") }
            let json = try LoadIndex.parse(bytes, id + "/json")
            if config == nil { config = json }
            layers.insert(id + "/layer.tar", at: 0)
            let step = ImageConfig.History(
                created: json["created"].string,
                createdBy: json["container_config", "Cmd"].strings.joined(separator: " "))
            history.insert(step.json, at: 0)
            next = json["parent"].string
        }
        var document = config ?? [:]
        for member in ["id", "parent", "Size", "layer_id", "throwaway"] { document.remove(member) }
        var diffIDs: [JSON] = []
        for layer in layers { diffIDs.append(.string("\(try await spool.open(layer).digest())")) }
        document["rootfs"] = ["type": "layers", "diff_ids": .array(diffIDs)]
        document["history"] = .array(history)
        return ArchivedImage(config: document.bytes(), layers: layers, names: [])
    }

    private enum Hex {
        static func isLayerID(_ text: String) -> Bool {
            text.utf8.count == 64 && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
        }
    }
}
