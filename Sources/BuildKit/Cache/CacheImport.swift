import BuildProtocol
import Builder
import DockerModel
import Engine
import Fault
import ImageStore
import JSON
import Logging
import OCI
import Registry
import Wire

/// `--cache-from`: what steps made elsewhere. A cache that can't be read is told of, and the build goes on without it.
struct CacheImport: StepCache {
    private struct Source: Sendable {
        var place: ContentPlace
        var steps: [Digest: MadeStep]
        /// The content of layers, by their diff IDs.
        var blobs: [Digest: Descriptor]
    }

    private let kit: BuildKit
    private let board: StatusBoard
    private let sources: LoadedOnce<[Source]>

    init(kit: BuildKit, job: Job, session: Session, _ options: [CacheOption]) {
        self.kit = kit
        board = job.board
        sources = LoadedOnce {
            var sources: [Source] = []
            for option in options {
                let name = option.attributes["ref"] ?? option.attributes["src"] ?? option.type
                let source = try? await job.board.during(
                    "importing cache manifest from \(name)", in: job.reference
                ) { _ in try await Self.load(option, kit, job, session) }
                if let source { sources.append(source) }
            }
            return sources
        }
    }

    func step(_ key: Digest, _ lease: Lease) async throws -> MadeStep? {
        for source in try await sources.value() {
            guard let step = source.steps[key] else { continue }
            if try await kit.engine.images.hasLayer(diffID: step.layer, lease) { return step }
            guard let blob = source.blobs[step.layer] else { continue }
            do {
                try await kit.bring(blob, step.layer, source.place, lease)
                return step
            } catch {
                if error is CancellationError { throw error }
                kit.log.info("cached layer can't be brought", metadata: ["error": "\(error)"])
            }
        }
        return nil
    }

    private static func load(_ option: CacheOption, _ kit: BuildKit, _ job: Job, _ session: Session) async throws
        -> Source
    {
        switch option.type {
        case "registry":
            let place = try await kit.registryPlace(option.attributes["ref"] ?? "", job)
            guard case .registry(let reference, let credentials, _) = place else {
                throw Fault(.internalFault, "a registry is none")
            }
            let top = try await kit.engine.registry.manifest(reference, credentials)
            return try await load(top.bytes, top.mediaType, place)
        case "local":
            let place = ContentPlace.client(session.store("local:" + (option.attributes["src"] ?? "")))
            let digest = try Digest(parsing: option.attributes["digest"] ?? "")
            let top = Descriptor(mediaType: MediaType.ociManifest, digest: digest, size: 0)
            let bytes = try await place.content(top, limit: ImageManifest.Limit.manifestBytes)
            return try await load(bytes, nil, place)
        default: throw Fault(.invalid, "unknown cache importer: \(JSON(option.type).text)")
        }
    }

    private static func load(_ bytes: [UInt8], _ mediaType: String?, _ place: ContentPlace) async throws -> Source {
        switch try ManifestDocument(bytes, mediaType: mediaType) {
        case .index(let index):
            // An image for several platforms: this machine's says how that was made.
            guard let own = index.manifests.first(where: { $0.platform.map(Platform.host.accepts) ?? false }) else {
                throw Fault(.notFound, "the image has nothing for \(Platform.host)")
            }
            let inner = try await place.manifest(own)
            guard case .manifest = try ManifestDocument(inner, mediaType: own.mediaType) else {
                throw Fault(.invalid, "the cache is an index in an index")
            }
            return try await load(inner, own.mediaType, place)
        case .manifest(let manifest):
            let config = try JSON(
                parsing: try await place.content(manifest.config, limit: CacheDocument.Limit.bytes))
            if manifest.config.mediaType == CacheDocument.configType {
                let blobs = manifest.layers.compactMap { blob -> (Digest, Descriptor)? in
                    guard let layer = try? Digest(parsing: blob.annotations["hakobune.diff"] ?? "") else { return nil }
                    return (layer, blob)
                }
                return source(try CacheDocument(config), blobs, place)
            }
            let layers = try config["rootfs", "diff_ids"].strings.map { try Digest(parsing: $0) }
            guard !config[CacheDocument.member].isNull else {
                throw Fault(.notFound, "the image doesn't say how it was made: build it with --cache-to type=inline")
            }
            return source(
                try CacheDocument(config[CacheDocument.member]), Array(zip(layers, manifest.layers)), place)
        }
    }

    private static func source(
        _ document: CacheDocument, _ blobs: [(Digest, Descriptor)], _ place: ContentPlace
    ) -> Source {
        Source(
            place: place, steps: Dictionary(document.steps.map { ($0.key, $0) }) { first, _ in first },
            blobs: Dictionary(blobs) { first, _ in first })
    }
}

extension ContentPlace {
    /// One that an index names.
    fileprivate func manifest(_ descriptor: Descriptor) async throws -> [UInt8] {
        guard case .registry(let reference, let credentials, let engine) = self else {
            return try await content(descriptor, limit: ImageManifest.Limit.manifestBytes)
        }
        return try await engine.registry.manifest(reference.withoutTag.at(descriptor.digest), credentials).bytes
    }
}
