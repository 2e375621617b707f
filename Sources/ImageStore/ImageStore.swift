import CLinux
import Fault
import GRDB
import JSON
import Linux
import Logging
import NIOCore
import NIOPosix
import OCI
import Synchronization

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
    /// Seconds since the epoch; nil: it never had a tag.
    package let lastTagged: Double?
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
    let folders: StoreFolders
    let database: DatabaseQueue
    let blobFolder: BlobFolder
    let pins = Pins()
    let gate = IngestGate()
    let trash: Trash
    /// The number of the next layer folder.
    let nextLayer: Mutex<Int64>
    let isSyncing = Mutex(false)
    let syncLane = SerialLane(UnpackThreads.write)

    /// Who this is when the store is another engine's; nil: it is our own.
    let guest: ImageStoreGuest?

    /// Opens or makes the store; finishes or undoes what a crash interrupted.
    /// - Parameter guest: what is in the store is somebody else's to bring and take away; only containers' writable
    ///   layers are our own.
    package init(root: String, guest: ImageStoreGuest? = nil) throws {
        folders = StoreFolders(root: root, own: guest?.folder ?? root)
        self.guest = guest
        try folders.make(isGuest: guest != nil)
        database = try Schema.open(folders.database)
        blobFolder = BlobFolder(folders: folders)
        trash = Trash(folder: folders.trash)
        nextLayer = Mutex(0)
        try recover()
    }

    package var blobs: any BlobStore { blobFolder }
}

/// An engine inside a container that uses the store of the engine outside.
package struct ImageStoreGuest: Sendable {
    /// The ID of the container that it lives in: when that goes, so does all that it holds here.
    package let owner: String
    /// Where its containers' writable layers are.
    package let folder: String

    package init(owner: String, folder: String) {
        self.owner = owner
        self.folder = folder
    }
}

/// The store's folders. Layer folders have short names because the paths of all lowers share one page in mount(2).
struct StoreFolders: Sendable {
    let root: String
    /// Of this engine alone; the same unless it is a guest.
    let own: String
    var database: String { root + "/images.db" }
    var blobs: String { root + "/blobs/sha256" }
    var ingest: String { root + "/ingest" }
    var layers: String { root + "/layers" }
    var snapshots: String { own + "/snapshots" }
    var trash: String { own + "/trash" }
    /// The lower of containers whose image has no layer.
    var empty: String { own + "/empty" }

    func blob(_ digest: Digest) -> String { blobs + "/" + digest.hex }
    func partial(_ digest: Digest) -> String { ingest + "/" + digest.hex }
    /// A new name every time: ext4 chooses a folder's place by its name (see `make`).
    func unpacking(_ digest: Digest) -> String { "\(ingest)/\(digest.hex).\(UInt32.random(in: 0...UInt32.max)).layer" }
    func layer(_ number: Int64) -> String { layers + "/" + String(number, radix: 36) }
    func snapshot(_ id: String) -> String { snapshots + "/" + id }

    func make(isGuest: Bool) throws(KernelError) {
        var at = ""
        for part in own.split(separator: "/") {
            at += "/" + part
            try Self.makeFolder(at, 0o711)
        }
        let folders: [(String, mode_t)] = [(snapshots, 0o711), (trash, 0o700), (empty, 0o755)]
        let shared: [(String, mode_t)] = [(root + "/blobs", 0o700), (blobs, 0o700), (ingest, 0o700), (layers, 0o711)]
        for (path, mode) in isGuest ? folders : shared + folders { try Self.makeFolder(path, mode) }
        if isGuest { return }
        // ext4 hands out no inode number that was freed in the last half minute, and looks through them one by one. A
        // pull after the removal of a large image spent most of its time there (18 s instead of 5), as long as the new layer's
        // files went where the old one's had been.
        let folder = try OwnedDescriptor.open(ingest, O_RDONLY | O_DIRECTORY)
        _ = hako_spread_folders(folder.raw)
    }

    /// Gives whether it was made now.
    @discardableResult
    static func makeFolder(_ path: String, _ mode: mode_t) throws(KernelError) -> Bool {
        do throws(KernelError) {
            try kernel("mkdir", path) { mkdir(path, mode) }
            return true
        } catch {
            if error.errno == EEXIST { return false }
            throw error
        }
    }

    static func names(in path: String) throws(KernelError) -> [String] {
        let folder = try OwnedDescriptor.open(path, O_RDONLY | O_DIRECTORY)
        return try FileTree.entries(of: folder).map { String(decoding: $0.name.dropLast(), as: UTF8.self) }
    }

    static func sync(_ path: String) throws(KernelError) {
        let folder = try OwnedDescriptor.open(path, O_RDONLY | O_DIRECTORY)
        try kernel("fsync", path) { fsync(folder.raw) }
    }
}
