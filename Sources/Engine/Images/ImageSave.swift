import DockerModel
import Fault
import ImageStore
import JSON
import NIOConcurrencyHelpers
import NIOCore
import OCI

extension Engine {
    /// An archive that is an OCI layout and a docker-archive at once, as `docker save` writes it: the contents as the
    /// store has them, and both indexes.
    package func saveImages(_ refs: [String], platform: String?) async throws -> ByteSource {
        var plan = SavePlan()
        for ref in refs { try await plan.add(ref, platform, self) }
        return archive(try await plan.parts(self))
    }

    package func archive(_ parts: [ArchivePart]) -> ByteSource {
        let archive = ArchiveStream(parts, engine: self)
        return ByteSource(next: { try await archive.next() })
    }
}

/// One member of the archive.
package enum ArchivePart: Sendable {
    case folder(String)
    case bytes(String, [UInt8])
    case blob(String, Descriptor)
}

/// The images of an archive, each once, with all the names that were asked for.
struct SavePlan {
    private var images: [(image: Image, names: [Reference])] = []

    mutating func add(_ ref: String, _ platform: String?, _ engine: Engine) async throws {
        _ = try await engine.image(ref, platform: platform)
        let (image, reference) = try await engine.images.resolve(ref)
        // A repository alone means all its tags (dockerd's save does the same); an ID or a digest means no name.
        let named = try? Reference(parsing: ref)
        if let reference, reference.digest == nil, named?.tag == nil {
            for other in try await engine.images.images() {
                insert(other, other.tagReferences.filter { $0.name == reference.name })
            }
        } else if let reference, reference.digest == nil {
            insert(image, [reference])
        } else {
            insert(image, [])
            guard !images.contains(where: { $0.image.id == image.id }) else { return }
            images.append((image, []))
        }
    }

    private mutating func insert(_ image: Image, _ names: [Reference]) {
        guard !names.isEmpty else { return }
        guard let at = images.firstIndex(where: { $0.image.id == image.id }) else {
            return images.append((image, names))
        }
        images[at].names += names.filter { !images[at].names.contains($0) }
    }

    func parts(_ engine: Engine) async throws -> [ArchivePart] {
        var parts: [ArchivePart] = [.folder("blobs"), .folder("blobs/sha256")]
        var written: Set<Digest> = []
        var entries: [JSON] = []
        var descriptors: [Descriptor] = []
        for (image, names) in images {
            let manifest = try await engine.images.manifest(of: image)
            let digest = Digest(of: manifest.bytes)
            let config = manifest.document.config
            for blob in [config] + manifest.document.layers
            where !blob.isForeignLayer && written.insert(blob.digest).inserted {
                parts.append(.blob(Self.path(blob.digest), blob))
            }
            if written.insert(digest).inserted { parts.append(.bytes(Self.path(digest), manifest.bytes)) }
            entries.append([
                "Config": .string(Self.path(config.digest)),
                "RepoTags": names.isEmpty ? .null : JSON(names.map(\.familiar)),
                "Layers": JSON(manifest.document.layers.map { Self.path($0.digest) }),
            ])
            let plain = Descriptor(
                mediaType: manifest.document.mediaType, digest: digest, size: Int64(manifest.bytes.count))
            descriptors += names.isEmpty ? [plain] : names.map { Self.named(plain, $0) }
        }
        let index = ImageIndex(mediaType: MediaType.ociIndex, manifests: descriptors)
        return parts + [
            .bytes("index.json", index.json.bytes()), .bytes("manifest.json", JSON.array(entries).bytes()),
            .bytes("oci-layout", Array(#"{"imageLayoutVersion":"1.0.0"}"#.utf8)),
        ]
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

/// Writes the parts one after the other as they are asked for.
private actor ArchiveStream {
    private let engine: Engine
    private var parts: ArraySlice<ArchivePart>
    private var blob: (next: @Sendable () async throws -> ByteBuffer?, left: Int64, size: Int64)?
    private var isEnded = false

    init(_ parts: [ArchivePart], engine: Engine) {
        self.parts = parts[...]
        self.engine = engine
    }

    func next() async throws -> ByteBuffer? {
        if let (next, left, size) = blob {
            if left > 0, let piece = try await next() {
                blob = (next, left - Int64(piece.readableBytes), size)
                return piece
            }
            guard left == 0 else {
                throw Fault(.internalFault, "content of the image is shorter than its manifest says")
            }
            blob = nil
            let padding = TarWriter.padding(size)
            if padding > 0 { return ByteBuffer(repeating: 0, count: padding) }
        }
        guard let part = parts.popFirst() else {
            guard !isEnded else { return nil }
            isEnded = true
            return ByteBuffer(bytes: TarWriter.end)
        }
        switch part {
        case .folder(let path):
            return ByteBuffer(bytes: TarWriter.header(TarEntry(path: Array(path.utf8), kind: .directory, mode: 0o755)))
        case .bytes(let path, let bytes):
            var buffer = ByteBuffer(bytes: header(path, Int64(bytes.count)))
            buffer.writeBytes(bytes)
            buffer.writeRepeatingByte(0, count: TarWriter.padding(Int64(bytes.count)))
            return buffer
        case .blob(let path, let descriptor):
            blob = (try await engine.images.readBlob(descriptor.digest, from: 0), descriptor.size, descriptor.size)
            return ByteBuffer(bytes: header(path, descriptor.size))
        }
    }

    private func header(_ path: String, _ size: Int64) -> [UInt8] {
        TarWriter.header(TarEntry(path: Array(path.utf8), kind: .regular, mode: 0o644, size: size))
    }
}
