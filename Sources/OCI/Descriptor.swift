import Fault
import JSON

/// What a content is, how long, and its digest (image-spec, descriptor.md).
package struct Descriptor: Sendable, Hashable {
    package var mediaType: String
    package var digest: Digest
    /// Bytes.
    package var size: Int64
    package var platform: Platform?
    package var annotations: [String: String] = [:]
    package var urls: [String] = []

    package init(mediaType: String, digest: Digest, size: Int64, platform: Platform? = nil) {
        self.mediaType = mediaType
        self.digest = digest
        self.size = size
        self.platform = platform
    }

    /// Throws `invalid` when digest or size are missing or malformed.
    package init(_ json: JSON) throws(Fault) {
        digest = try Digest(parsing: json["digest"].string ?? "")
        guard let size = json["size"].int, size >= 0 else {
            throw Fault(.invalid, "descriptor of \(digest) has no valid size")
        }
        self.size = Int64(size)
        mediaType = json["mediaType"].string ?? ""
        platform = json["platform"].object == nil ? nil : Platform(json["platform"])
        annotations = json["annotations"].stringMap
        urls = json["urls"].strings
    }

    package var json: JSON {
        var json: JSON = ["mediaType": .string(mediaType), "size": .int(size), "digest": .string("\(digest)")]
        if let platform { json["platform"] = platform.json }
        if !annotations.isEmpty { json["annotations"] = JSON(annotations) }
        if !urls.isEmpty { json["urls"] = JSON(urls) }
        return json
    }
}

package enum MediaType {
    package static let ociManifest = "application/vnd.oci.image.manifest.v1+json"
    package static let ociIndex = "application/vnd.oci.image.index.v1+json"
    package static let ociConfig = "application/vnd.oci.image.config.v1+json"
    package static let ociLayer = "application/vnd.oci.image.layer.v1.tar"
    package static let ociLayerGzip = "application/vnd.oci.image.layer.v1.tar+gzip"
    package static let ociLayerZstd = "application/vnd.oci.image.layer.v1.tar+zstd"
    package static let dockerManifest = "application/vnd.docker.distribution.manifest.v2+json"
    package static let dockerList = "application/vnd.docker.distribution.manifest.list.v2+json"
    package static let dockerConfig = "application/vnd.docker.container.image.v1+json"
    package static let dockerLayerGzip = "application/vnd.docker.image.rootfs.diff.tar.gzip"
    package static let dockerLayer = "application/vnd.docker.image.rootfs.diff.tar"
    package static let dockerForeignLayer = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"
}
