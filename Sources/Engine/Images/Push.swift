import DockerModel
import Fault
import ImageStore
import JSON
import OCI
import Registry

extension Engine {
    /// A reference without a tag means all tags of the repository, as in Docker's API.
    package func pushImage(
        _ reference: String, platform: String?, auth: JSON, progress: @escaping ProgressSink
    ) async throws {
        let reference = try Reference(parsing: reference)
        guard reference.digest == nil else { throw Fault(.invalid, "cannot push a digest reference") }
        let wanted = try platform.flatMap { $0.isEmpty ? nil : $0 }.map { try Platform(parsing: $0) }
        try await withFeed(progress) { feed in
            feed.post(ProgressMessage.line("The push refers to repository [\(reference.name)]"))
            for tag in try await self.localTags(of: reference) {
                let push = Push(engine: self, try reference.with(tag: tag), wanted, Credentials(authConfig: auth), feed)
                try await push.run()
            }
        }
    }

    /// The tag of the reference, or all that the repository has here. Throws Docker's sentences when there is none.
    private func localTags(of reference: Reference) async throws -> [String] {
        let all = try await images.images().flatMap(\.tags).compactMap { try? Reference(parsing: $0) }
        let tags = all.filter { $0.name == reference.name }.compactMap(\.tag)
        guard !tags.isEmpty else {
            throw Fault(.notFound, "An image does not exist locally with the tag: \(reference.familiarName)")
        }
        guard let tag = reference.tag else { return tags.sorted() }
        guard tags.contains(tag) else { throw Fault(.notFound, "tag does not exist: \(reference.familiar)") }
        return [tag]
    }

    /// Runs the work with a feed whose messages go to the sink. Ends the work when the sink fails.
    func withFeed(_ progress: @escaping ProgressSink, _ work: @escaping @Sendable (ProgressFeed) async throws -> Void)
        async throws
    {
        let feed = ProgressFeed()
        let reader = feed.join()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { feed.end() }
                try await work(feed)
            }
            while let message = await feed.next(reader) { try await progress(message) }
            try await group.waitForAll()
        }
    }
}

/// One tag's way to a registry: layers side by side, config, manifest.
struct Push: Sendable {
    enum Limit {
        /// Layers of one push that are on their way at once; dockerd's max-concurrent-uploads.
        static let layersAtOnce = 5
    }

    private let engine: Engine
    private let reference: Reference
    private let platform: Platform?
    private let credentials: Credentials?
    private let feed: ProgressFeed

    init(
        engine: Engine, _ reference: Reference, _ platform: Platform?, _ credentials: Credentials?, _ feed: ProgressFeed
    ) {
        self.engine = engine
        self.reference = reference
        self.platform = platform
        self.credentials = credentials
        self.feed = feed
    }

    func run() async throws {
        let image = try await engine.images.image(reference.canonical)
        try checkPlatform(image)
        let layers = try await layers(of: image)
        let (manifest, mediaType) = try await manifest(of: image, layers.map(\.blob))
        try await pushLayers(layers, siblings: siblings(of: image))
        try await pushConfig(of: image)
        let digest = try await engine.registry.putManifest(manifest, mediaType: mediaType, as: reference, credentials)
        try await engine.images.addRepoDigest(image.id, reference.withoutTag.at(digest))
        let tag = reference.tag ?? ""
        feed.post(ProgressMessage.line("\(tag): digest: \(digest) size: \(manifest.count)"))
        feed.post(
            ProgressMessage.aux([
                "Tag": .string(tag), "Digest": .string("\(digest)"), "Size": .int(Int64(manifest.count)),
            ]))
        engine.publish(.image, "push", actor: reference.familiar, attributes: ["name": reference.familiarName])
    }

    private func checkPlatform(_ image: Image) throws {
        let actual = Platform(image.config)
        guard let platform, !platform.accepts(actual) else { return }
        throw Fault(
            .notFound,
            "image with reference \(reference.familiar) was found but does not provide the specified platform (\(platform))"
        )
    }

    /// The layers' compressed contents, lowest first.
    private func layers(of image: Image) async throws -> [(blob: Descriptor, diffID: Digest)] {
        var layers: [(blob: Descriptor, diffID: Digest)] = []
        for diffID in image.diffIDs {
            guard let blob = try await engine.images.layerBlob(diffID: diffID) else {
                throw Fault(
                    .notFound,
                    "layer \(diffID.short) of \(reference.familiar) has no content to push: pull the image again")
            }
            layers.append((blob, diffID))
        }
        return layers
    }

    /// The image's own manifest where it names the contents that are here, so that its digest stays the same;
    /// else one made for them.
    private func manifest(of image: Image, _ blobs: [Descriptor]) async throws -> (bytes: [UInt8], mediaType: String) {
        let own = try? await engine.images.blobs.read(image.manifest.digest, limit: ImageManifest.Limit.manifestBytes)
        if let own, case .manifest(let manifest) = try ManifestDocument(own, mediaType: image.manifest.mediaType),
            manifest.layers.map(\.digest) == blobs.map(\.digest)
        {
            return (own, manifest.mediaType)
        }
        let config = try await configBytes(of: image)
        let isOCI = blobs.contains { $0.mediaType.hasPrefix("application/vnd.oci.") }
        let made = ImageManifest(
            mediaType: isOCI ? MediaType.ociManifest : MediaType.dockerManifest,
            config: Descriptor(
                mediaType: isOCI ? MediaType.ociConfig : MediaType.dockerConfig, digest: image.id,
                size: Int64(config.count)),
            layers: blobs)
        return (made.json.bytes(), made.mediaType)
    }

    private func configBytes(of image: Image) async throws -> [UInt8] {
        try await engine.images.blobs.read(image.id, limit: ImageManifest.Limit.configBytes)
    }

    /// Repositories of the same registry that are known to hold the image, to mount its layers from.
    private func siblings(of image: Image) -> [String] {
        let known = image.repoDigests.compactMap { try? Reference(parsing: $0) }
        return known.filter { $0.registry == reference.registry }.map(\.repository)
    }

    private func pushLayers(_ layers: [(blob: Descriptor, diffID: Digest)], siblings: [String]) async throws {
        var seen: Set<Digest> = []
        let topFirst = layers.reversed().filter { seen.insert($0.diffID).inserted }
        for layer in topFirst { feed.post(ProgressMessage.state("Preparing", id: layer.diffID.short)) }
        for layer in topFirst.dropFirst(Limit.layersAtOnce) {
            feed.post(ProgressMessage.state("Waiting", id: layer.diffID.short))
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (position, layer) in topFirst.enumerated() {
                if position >= Limit.layersAtOnce { try await group.next() }
                group.addTask { try await self.pushLayer(layer.blob, layer.diffID, siblings) }
            }
            try await group.waitForAll()
        }
    }

    private func pushLayer(_ blob: Descriptor, _ diffID: Digest, _ siblings: [String]) async throws {
        let (id, feed, images) = (diffID.short, feed, engine.images)
        let throttle = ProgressThrottle()
        let arrival = try await engine.registry.push(
            blob, to: reference, siblings: siblings, credentials,
            source: { offset in try await images.readBlob(blob.digest, from: offset) },
            progress: { sent in
                guard sent == blob.size || throttle.isDue() else { return }
                feed.post(ProgressMessage.state("Pushing", id: id, current: sent, total: blob.size))
            })
        switch arrival {
        case .uploaded: feed.post(ProgressMessage.state("Pushed", id: id))
        case .alreadyThere: feed.post(ProgressMessage.state("Layer already exists", id: id))
        case .mounted(let from): feed.post(ProgressMessage.state("Mounted from \(from)", id: id))
        }
    }

    private func pushConfig(of image: Image) async throws {
        let bytes = try await configBytes(of: image)
        let descriptor = Descriptor(mediaType: MediaType.ociConfig, digest: image.id, size: Int64(bytes.count))
        _ = try await engine.registry.push(
            descriptor, to: reference, siblings: [], credentials, source: { RegistryClient.source(bytes, from: $0) },
            progress: { _ in })
    }
}
