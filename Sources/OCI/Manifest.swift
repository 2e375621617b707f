import Fault
import JSON

/// An image of one platform: its config and its layers, lowest first (image-spec, manifest.md; Docker's schema 2).
package struct ImageManifest: Sendable, Hashable {
    package var mediaType: String
    package var config: Descriptor
    package var layers: [Descriptor]
    package var annotations: [String: String] = [:]

    package init(mediaType: String, config: Descriptor, layers: [Descriptor]) {
        self.mediaType = mediaType
        self.config = config
        self.layers = layers
    }

    package init(_ json: JSON, mediaType: String) throws(Fault) {
        self.mediaType = mediaType
        config = try Descriptor(json["config"])
        layers = []
        let list = json["layers"].array ?? []
        guard list.count <= Limit.layers else {
            throw Fault(.invalid, "manifest has \(list.count) layers; at most \(Limit.layers) can be stacked")
        }
        for layer in list { layers.append(try Descriptor(layer)) }
        annotations = json["annotations"].stringMap
    }

    package var json: JSON {
        var json: JSON = [
            "schemaVersion": 2, "mediaType": .string(mediaType), "config": config.json,
            "layers": .array(layers.map(\.json)),
        ]
        if !annotations.isEmpty { json["annotations"] = JSON(annotations) }
        return json
    }

    package enum Limit {
        /// Layers an image may have: overlayfs stacks at most 500 lower folders (fs/overlayfs, OVL_MAX_STACK).
        package static let layers = 500
        /// Largest manifest we read, in bytes. distribution-spec asks for at least 4 MiB.
        package static let manifestBytes = 4 << 20
        /// Largest image config we read, in bytes.
        package static let configBytes = 8 << 20
    }
}

/// Manifests by platform (image-spec, image-index.md; Docker's manifest list).
package struct ImageIndex: Sendable, Hashable {
    package var mediaType: String
    package var manifests: [Descriptor]

    package init(mediaType: String, manifests: [Descriptor]) {
        self.mediaType = mediaType
        self.manifests = manifests
    }

    package init(_ json: JSON, mediaType: String) throws(Fault) {
        self.mediaType = mediaType
        manifests = []
        for entry in json["manifests"].array ?? [] { manifests.append(try Descriptor(entry)) }
    }

    package var json: JSON {
        ["schemaVersion": 2, "mediaType": .string(mediaType), "manifests": .array(manifests.map(\.json))]
    }

    /// The manifest that runs best on the platform. Attestations (`unknown/unknown`) never match. Throws `notFound`.
    package func selectManifest(for platform: Platform) throws(Fault) -> Descriptor {
        for wanted in platform.matchOrder {
            if let match = manifests.first(where: { $0.isImage && $0.platform?.normalized == wanted }) { return match }
        }
        // An index of one image that doesn't say for what: take it at its config's word.
        let unnamed = manifests.filter { $0.isImage && $0.platform == nil }
        if let only = unnamed.first, unnamed.count == 1, manifests.filter(\.isImage).count == 1 { return only }
        throw Fault(.notFound, "no matching manifest for \(platform) in the manifest list entries")
    }
}

extension Descriptor {
    /// False for attestations and other things that travel in an index beside images.
    package var isImage: Bool {
        if let platform, platform.os == "unknown" || platform.architecture == "unknown" { return false }
        return annotations["vnd.docker.reference.type"] == nil
    }

    package var isManifest: Bool { mediaType == MediaType.ociManifest || mediaType == MediaType.dockerManifest }
    package var isIndex: Bool { mediaType == MediaType.ociIndex || mediaType == MediaType.dockerList }
    /// Layers that only their vendor may hand out (Windows); nobody stores them.
    package var isForeignLayer: Bool { mediaType == MediaType.dockerForeignLayer }
}

/// What a registry serves under a reference.
package enum ManifestDocument: Sendable {
    case manifest(ImageManifest)
    case index(ImageIndex)

    /// `mediaType` is the Content-Type the bytes came with; nil or a generic one: the document's own, else its shape.
    /// `name` is for the sentence about images that are too old.
    package init(_ bytes: [UInt8], mediaType: String? = nil, name: String = "the image") throws(Fault) {
        guard bytes.count <= ImageManifest.Limit.manifestBytes else {
            throw Fault(.invalid, "manifest is larger than \(ImageManifest.Limit.manifestBytes) bytes")
        }
        let json: JSON
        do { json = try JSON(parsing: bytes) } catch { throw Fault(.invalid, "manifest is not JSON: \(error)") }
        if json["schemaVersion"].int == 1 { throw Self.tooOld(name) }
        let claims = [json["mediaType"].string, mediaType]
        let known = claims.compactMap { $0 }.first {
            [MediaType.ociManifest, MediaType.ociIndex, MediaType.dockerManifest, MediaType.dockerList].contains($0)
        }
        // A document that is both could be read in two ways under one digest (CVE-2021-41190): refuse it.
        guard json["manifests"].isNull || (json["layers"].isNull && json["config"].isNull) else {
            throw Fault(.invalid, "manifest is ambiguous: it has both 'manifests' and 'layers' or 'config'")
        }
        let isIndex =
            known.map { $0 == MediaType.ociIndex || $0 == MediaType.dockerList } ?? (json["manifests"].array != nil)
        if isIndex {
            guard json["manifests"].array != nil else { throw Fault(.invalid, "image index has no 'manifests' list") }
            self = .index(try ImageIndex(json, mediaType: known ?? MediaType.ociIndex))
        } else {
            guard json["config"].object != nil else { throw Fault(.invalid, "manifest has no 'config' descriptor") }
            self = .manifest(try ImageManifest(json, mediaType: known ?? MediaType.ociManifest))
        }
    }

    private static func tooOld(_ name: String) -> Fault {
        Fault(
            .invalid,
            "Docker Image Format v1 and Docker Image manifest version 2, schema 1 support has been removed. "
                + "Suggest the author of \(name) to upgrade the image to the OCI Format or Docker Image manifest v2, "
                + "schema 2. More information at https://docs.docker.com/go/deprecated-image-specs/")
    }
}
