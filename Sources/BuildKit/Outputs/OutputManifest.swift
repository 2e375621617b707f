import Builder
import Engine
import Fault
import JSON
import OCI

/// In which form an output wants manifests (`oci-mediatypes`, `annotation.NAME`, …).
struct OutputForm: Sendable, Equatable {
    var isOCI = false
    /// Of each manifest, of the list over several, and of what the list says of each.
    var annotations: [String: String] = [:]
    var listAnnotations: [String: String] = [:]
    var entryAnnotations: [String: String] = [:]

    init(_ output: OutputRequest) {
        isOCI = output.type == "oci"
        if output.attributes["oci-mediatypes"] != nil { isOCI = output.flag("oci-mediatypes") }
        for (key, value) in output.attributes where key.hasPrefix("annotation") {
            guard let dot = key.firstIndex(of: ".") else { continue }
            let name = String(key[key.index(after: dot)...])
            switch key[..<dot] {
            case "annotation", "annotation-manifest": annotations[name] = value
            case "annotation-index": listAnnotations[name] = value
            case "annotation-manifest-descriptor": entryAnnotations[name] = value
            default: continue
            }
        }
        // Docker's manifests have none.
        if hasAnnotations { isOCI = true }
    }

    var hasAnnotations: Bool { !annotations.isEmpty || !listAnnotations.isEmpty || !entryAnnotations.isEmpty }
}

/// A result's manifest in an output's form.
struct OutputManifest: Sendable {
    let bytes: [UInt8]
    let document: ImageManifest
    /// Of the manifest itself, with its platform.
    let descriptor: Descriptor

    init(_ image: BuiltImage, _ form: OutputForm, _ engine: Engine) async throws {
        let made = try await image.manifest(engine)
        guard case .manifest(var document) = try ManifestDocument(made.bytes, mediaType: made.mediaType) else {
            throw Fault(.internalFault, "a manifest that was made is none")
        }
        var bytes = made.bytes
        if form.isOCI {
            document.mediaType = MediaType.ociManifest
            document.config.mediaType = MediaType.ociConfig
            for place in document.layers.indices {
                document.layers[place].mediaType = Self.oci(document.layers[place].mediaType)
            }
            document.annotations.merge(form.annotations) { $1 }
            bytes = document.json.bytes()
        }
        self.bytes = bytes
        self.document = document
        var descriptor = Descriptor(
            mediaType: document.mediaType, digest: Digest(of: bytes), size: Int64(bytes.count),
            platform: image.platform)
        descriptor.annotations = form.entryAnnotations
        self.descriptor = descriptor
    }

    private static func oci(_ layer: String) -> String {
        switch layer {
        case MediaType.dockerLayerGzip: MediaType.ociLayerGzip
        case MediaType.dockerLayer: MediaType.ociLayer
        default: layer
        }
    }

    /// What the client is told.
    func facts(_ image: BuiltImage, _ names: [Reference]) -> [String: String] {
        var facts = [
            "containerimage.digest": "\(descriptor.digest)", "containerimage.config.digest": "\(image.id)",
            "containerimage.descriptor": encodeBase64(descriptor.json.bytes()),
        ]
        if !names.isEmpty { facts["image.name"] = names.map(\.canonical).joined(separator: ",") }
        return facts
    }

    /// The list over several.
    static func list(_ manifests: [Descriptor], _ form: OutputForm) -> (bytes: [UInt8], mediaType: String) {
        let isOCI = form.isOCI || manifests.first?.mediaType == MediaType.ociManifest
        let type = isOCI ? MediaType.ociIndex : MediaType.dockerList
        var json = ImageIndex(mediaType: type, manifests: manifests).json
        if !form.listAnnotations.isEmpty { json["annotations"] = JSON(form.listAnnotations) }
        return (json.bytes(), type)
    }
}
