import DockerModel
import Fault
import ImageStore
import JSON
import NIOConcurrencyHelpers
import OCI
import Registry

extension Engine {
    /// A reference without tag and digest means all tags of the repository, as in Docker's API.
    /// Ends early, and safely, when the caller's task is cancelled or its progress can't be delivered.
    package func pullImage(
        _ reference: String, platform: String?, auth: JSON, progress: @escaping ProgressSink
    ) async throws {
        if let puller = options.puller { return try await puller(reference, platform, auth, progress) }
        let reference = try Reference(parsing: reference)
        let wanted = try platform.flatMap { $0.isEmpty ? nil : $0 }.map { try Platform(parsing: $0) }
        let credentials = Credentials(authConfig: auth)
        guard reference.tag == nil, reference.digest == nil else {
            return try await pullOne(reference, wanted, credentials, progress)
        }
        let tags = try await registry.tags(reference, credentials)
        guard !tags.isEmpty else {
            throw Fault(.notFound, "repository \(reference.familiarName) not found: it has no tags")
        }
        for tag in tags { try await pullOne(reference.with(tag: tag), wanted, credentials, progress) }
    }

    /// Joins a pull of the same image that is under way, or begins one.
    private func pullOne(
        _ reference: Reference, _ platform: Platform?, _ credentials: Credentials?, _ progress: @escaping ProgressSink
    ) async throws {
        let key = PullKey(reference: reference, platform: platform, credentials: credentials)
        let (transfer, reader) = pulls.join(key) { feed in
            Task {
                defer { feed.end() }
                try await Pull(engine: self, reference, platform, credentials, feed).run()
            }
        }
        try await withTaskCancellationHandler {
            defer { pulls.leave(key, transfer, reader) }
            while let message = await transfer.feed.next(reader) { try await progress(message) }
            try Task.checkCancellation()
            try await transfer.task.value
        } onCancel: {
            pulls.leave(key, transfer, reader)
        }
    }
}

/// What makes two pulls one.
struct PullKey: Hashable, Sendable {
    let reference: Reference
    let platform: Platform?
    let credentials: Credentials?
}

/// The pulls under way. One goes on while anybody waits for it, and is cancelled when the last has left.
package final class PullTable: Sendable {
    struct Transfer: Sendable {
        let id: Int
        let feed: ProgressFeed
        let task: Task<Void, any Error>
    }
    private let state = NIOLockedValueBox((running: [PullKey: Transfer](), nextID: 0))

    func join(_ key: PullKey, _ begin: (ProgressFeed) -> Task<Void, any Error>) -> (Transfer, reader: Int) {
        state.withLockedValue { state in
            if let running = state.running[key] { return (running, running.feed.join()) }
            let feed = ProgressFeed()
            let reader = feed.join()
            state.nextID += 1
            let transfer = Transfer(id: state.nextID, feed: feed, task: begin(feed))
            state.running[key] = transfer
            return (transfer, reader)
        }
    }

    /// May be called twice for one reader.
    func leave(_ key: PullKey, _ transfer: Transfer, _ reader: Int) {
        state.withLockedValue { state in
            guard transfer.feed.leave(reader) == 0 else { return }
            transfer.task.cancel()  // nothing is left to cancel when it has ended
            if state.running[key]?.id == transfer.id { state.running[key] = nil }
        }
    }
}

/// One pull: manifest, config, layers side by side, image. Nothing refers to what it brings until `register`, so it may
/// stop at any point; what it got is there for the next one.
struct Pull: Sendable {
    enum Limit {
        /// Layers of one pull that are on their way at once; dockerd's max-concurrent-downloads.
        static let layersAtOnce = 3
    }

    let engine: Engine
    let reference: Reference
    let platform: Platform?
    let credentials: Credentials?
    let feed: ProgressFeed

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
        if BuiltInImage.twin(of: reference)?.isOwn == true {
            _ = try await engine.builtInImage(for: reference)
            return feed.post(ProgressMessage.line("Status: Using \(reference.familiar), which is built into hako"))
        }
        let top: FetchedManifest
        do {
            top = try await engine.registry.manifest(reference, credentials)
        } catch {
            guard try await useBuiltIn(insteadOf: error) else { throw error }
            return
        }
        let shown = reference.digest.map { "\($0)" } ?? reference.tag ?? ""
        feed.post(ProgressMessage.line("Pulling from \(reference.repository)", id: shown))
        let (served, manifest) = try await imageManifest(top)
        let before = try? await engine.images.image(reference.canonical).id
        let isNew = before != manifest.config.digest
        if isNew, (try? await engine.images.image("\(manifest.config.digest)")) == nil {
            try await fetch(manifest, served)
        }
        try await engine.images.addRepoDigest(manifest.config.digest, reference.withoutTag.at(top.digest))
        if reference.digest == nil { try await engine.images.tag(manifest.config.digest, as: reference) }
        try await warnOfPlatform()
        feed.post(ProgressMessage.line("Digest: \(top.digest)"))
        let outcome = isNew ? "Downloaded newer image" : "Image is up to date"
        feed.post(ProgressMessage.line("Status: \(outcome) for \(reference.familiar)"))
        engine.publish(.image, "pull", actor: reference.familiar, attributes: ["name": reference.familiarName])
    }

    /// False when there is no image that could stand in, or the registry's answer stands.
    private func useBuiltIn(insteadOf failure: any Error) async throws -> Bool {
        guard let fault = failure as? Fault,
            fault.kind == .unavailable || reference.registry == Reference.defaultRegistry,
            try await engine.builtInImage(for: reference) != nil
        else { return false }
        feed.post(ProgressMessage.line("NOTICE: \(reference.familiar) could not be pulled: \(fault.message)"))
        feed.post(ProgressMessage.line("Status: Using the image of that name that is built into hako"))
        return true
    }

    /// The manifest of the platform; an index is looked through once, an index in an index is refused.
    private func imageManifest(_ top: FetchedManifest) async throws -> (FetchedManifest, ImageManifest) {
        switch try ManifestDocument(top.bytes, mediaType: top.mediaType, name: reference.familiar) {
        case .manifest(let manifest): return (top, manifest)
        case .index(let index):
            let chosen = try index.selectManifest(for: platform ?? .host)
            let served = try await engine.registry.manifest(reference.withoutTag.at(chosen.digest), credentials)
            guard
                case .manifest(let manifest) = try ManifestDocument(
                    served.bytes, mediaType: served.mediaType, name: reference.familiar)
            else { throw Fault(.invalid, "\(reference): the index names another index where its image should be") }
            return (served, manifest)
        }
    }

    /// Config, layers, image.
    private func fetch(_ manifest: ImageManifest, _ served: FetchedManifest) async throws {
        try refuseOtherArtifacts(manifest)
        let bytes = try await engine.registry.content(
            manifest.config, of: reference, limit: ImageManifest.Limit.configBytes, credentials)
        let config = try ImageConfig(bytes: bytes)
        let diffIDs = config.diffIDs
        let blobs = manifest.layers.filter { !$0.isForeignLayer }
        guard diffIDs.count == blobs.count else {
            throw Fault(
                .invalid, "\(reference): the manifest has \(blobs.count) layers, the config \(diffIDs.count)")
        }
        let lease = engine.images.lease()
        defer { withExtendedLifetime(lease) {} }
        try await fetchLayers(Array(zip(blobs, diffIDs)), lease)
        _ = try await engine.images.register(manifest: served.bytes, mediaType: manifest.mediaType, config: bytes)
    }

    /// Helm charts, plugins and so on are stored in registries too; nothing here runs them.
    private func refuseOtherArtifacts(_ manifest: ImageManifest) throws {
        let type = manifest.config.mediaType
        guard ![MediaType.dockerConfig, MediaType.ociConfig, "", "application/octet-stream"].contains(type) else {
            return
        }
        let what = type.contains("helm") ? "helm chart" : type.contains("plugin") ? "plugin" : "artifact"
        throw Fault(
            .invalid, "Encountered remote \"\(type)\" (\(what)) when fetching \(reference): it is not a container image"
        )
    }

    /// An image that says it is for something else is taken, with a warning, as Docker does.
    private func warnOfPlatform() async throws {
        guard let platform else { return }
        let image = try await engine.images.image(reference.canonical)
        let actual = Platform(image.config)
        guard !actual.os.isEmpty, !platform.accepts(actual) else { return }
        feed.post(
            ProgressMessage.line(
                "WARNING: image with reference \(reference.familiarName) was found but its platform (\(actual)) does not "
                    + "match the specified platform (\(platform))"))
    }
}
