import Fault
import JSON
import NIOCore
import OCI

/// An image that is complete in the store. Its ID is the digest of its config, as Docker's classic store has it.
package struct Image: Sendable {
    package let id: Digest
    /// The platform's manifest; made by us for images that came without one (load, import, commit).
    package let manifest: Descriptor
    /// The config document, image-spec config.md.
    package let config: JSON
    /// Unpacked layers, lowest first, by chain ID (image-spec, "Layer ChainID").
    package let chainIDs: [Digest]
    package let diffIDs: [Digest]
    /// `docker.io/library/nginx:latest` and so on, sorted.
    package let tags: [String]
    /// `docker.io/library/nginx@sha256:…`.
    package let repoDigests: [String]
    /// Sum of the unpacked layers, in bytes, as `docker images` counts.
    package let size: Int64
    package let parent: Digest?
}

/// Takes one layer's compressed bytes as they arrive: hash, keep, decompress, hash, untar, in one pass.
package protocol LayerIngest: Sendable {
    /// Bytes that an earlier, interrupted ingest of this blob has left: they have been taken through the pipeline
    /// again already, the caller goes on from here.
    var offset: Int64 { get }
    /// Returns when the bytes are taken over and the pipeline is ready for more: call one at a time, and fetch the
    /// next piece meanwhile.
    func write(_ bytes: ByteBuffer) async throws
    /// Verifies both digests and makes the layer visible, durably. Throws `invalid` on a mismatch.
    func finish() async throws
    /// Stops. What was received is kept for an hour, so that the next ingest of the blob resumes, unless the
    /// content was found to be wrong.
    func cancel() async
}

/// While it lives, garbage collection spares what was looked up or ingested under it. Ends with its last reference.
package final class Lease: Sendable {}

/// Where a container's root is: overlayfs lowers (topmost first), its own upper and work folder.
package struct Snapshot: Sendable {
    package let lowers: [String]
    package let upper: String
    package let work: String
    /// Where it is mounted when it is.
    package let merged: String
}

/// Blobs, unpacked layers, references, and containers' writable layers, in one folder that survives kill -9 at any
/// point. Layout and invariants: see the folder's README.
package final class ImageStore: Sendable {
    /// Opens or makes the store; finishes or undoes what a crash interrupted.
    package init(root: String) throws {}

    package var blobs: any BlobStore { get { fatalError("unwritten") } }

    // MARK: Layers (pull, load, build)

    /// Take one for each pull, load or build, and hold it until the image is registered.
    package func lease() -> Lease { Lease() }
    /// Layers are unpacked once, whatever lies below them: they go by diff ID.
    package func hasLayer(diffID: Digest, _ lease: Lease) async throws -> Bool { throw Fault(.notImplemented, "unwritten") }
    /// `blob` is the compressed content's descriptor (gzip, zstd or plain: found out from its first bytes).
    /// Waits while somebody else ingests the same layer; nil: the layer is here (now).
    package func ingestLayer(_ blob: Descriptor, diffID: Digest, _ lease: Lease) async throws -> (any LayerIngest)? {
        throw Fault(.notImplemented, "unwritten")
    }
    /// Compressed content that was kept for a layer, for push and save; its digest may differ from the manifest's
    /// when the layer came from another registry.
    package func layerBlob(diffID: Digest) async throws -> Descriptor? { throw Fault(.notImplemented, "unwritten") }
    /// The blob's bytes, piece by piece; `next` gives nil at the end.
    package func readBlob(_ digest: Digest, from offset: Int64) async throws -> @Sendable () async throws -> ByteBuffer? {
        throw Fault(.notImplemented, "unwritten")
    }

    // MARK: Images

    /// Makes an image of a manifest and a config whose layers are all here. The first thing that refers to them:
    /// until then garbage collection spares what is younger than an hour.
    package func register(manifest: [UInt8], mediaType: String, config: [UInt8]) async throws -> Image {
        throw Fault(.notImplemented, "unwritten")
    }
    /// By ID, unique ID prefix, name, name:tag, name@digest. Throws `notFound` `No such image: x`.
    package func image(_ ref: String) async throws -> Image { throw Fault(.notImplemented, "unwritten") }
    package func images() async throws -> [Image] { throw Fault(.notImplemented, "unwritten") }
    package func tag(_ image: Digest, as reference: Reference) async throws {}
    /// Remembers the digest under which a repository served the image.
    package func addRepoDigest(_ image: Digest, _ reference: Reference) async throws {}

    // MARK: Containers' writable layers

    /// `image` nil: an empty root. The same ID gives the same snapshot again.
    package func createSnapshot(_ containerID: String, image: Digest?) async throws -> Snapshot {
        throw Fault(.notImplemented, "unwritten")
    }
    package func snapshot(_ containerID: String) async throws -> Snapshot { throw Fault(.notImplemented, "unwritten") }
    /// Idempotent.
    package func removeSnapshot(_ containerID: String) async throws {}
}
