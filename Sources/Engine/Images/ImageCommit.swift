import DockerModel
import Fault
import ImageStore
import JSON
import Linux
import NIOCore
import NIOPosix
import OCI
import CLinux

extension Engine {
    /// An image of one layer from a tar of a root file system; answers its ID.
    package func importImage(reference: String?, message: String, changes: [String], platform: String?, tar: ByteSource)
        async throws -> String
    {
        defer { tar.cancel() }
        let name = try reference.flatMap { $0.isEmpty ? nil : $0 }.map { (text) throws(Fault) in
            try Self.reference(repository: text, tag: "")
        }
        let platform = try platform.flatMap { $0.isEmpty ? nil : $0 }.map { try Platform(parsing: $0) } ?? .host
        let config = try ImageChange.apply(changes, to: [:])
        let lease = images.lease()
        defer { withExtendedLifetime(lease) {} }
        let layer = try await images.addLayer(tar.next, lease)
        let made = NewImage(
            base: nil, platform: platform, config: config, diffID: layer.diffID,
            step: ImageConfig.History(
                created: rfc3339(nowNanoseconds()), createdBy: "",
                comment: message.isEmpty ? "Imported from -" : message))
        let image = try await register(made, name: name)
        publish(.image, "import", actor: "\(image.id)", attributes: ["name": "\(image.id)"])
        return "\(image.id)"
    }

    /// What the container has written, as a layer on its image's.
    package func commitContainer(
        _ ref: String, reference: String?, author: String, message: String, pause: Bool, changes: [String], config: JSON
    ) async throws -> JSON {
        let container = try container(ref)
        let record = container.record
        let name = try reference.flatMap { $0.isEmpty ? nil : $0 }.map { (text) throws(Fault) in
            try Self.reference(repository: text, tag: "")
        }
        let merged = try ImageChange.apply(
            changes,
            to: Self.imageConfig(ImageDefaults.merge(config.object == nil ? [:] : config, image: record.config)))
        let mustPause = pause && record.state.isRunning && !record.state.isPaused
        if mustPause { try await pauseContainer(container.id) }
        let lease = images.lease()
        defer { withExtendedLifetime(lease) {} }
        let diffID: Digest
        do {
            diffID = try await commitLayer(container.id, lease)
        } catch {
            if mustPause { try? await unpauseContainer(container.id) }
            throw error
        }
        if mustPause { try await unpauseContainer(container.id) }
        let base = record.imageID.isEmpty ? nil : try? await images.image(record.imageID)
        let step = ImageConfig.History(
            created: rfc3339(nowNanoseconds()), createdBy: record.config["Cmd"].strings.joined(separator: " "),
            author: author, comment: message)
        let made = NewImage(
            base: base, platform: base.map { Platform($0.config) } ?? .host, config: merged, diffID: diffID, step: step)
        let image = try await register(made, name: name)
        publish("commit", record, ["comment": message, "imageID": "\(image.id)", "imageRef": name?.familiar ?? ""])
        return ["Id": .string("\(image.id)")]
    }

    /// What the snapshot's own layer holds, as a layer of the store.
    package func commitLayer(_ id: String, _ lease: Lease) async throws -> Digest {
        let archiver = try Self.archiver(try await images.snapshot(id))
        return try await images.addLayer(
            { try await NIOThreadPool.singleton.runIfActive { try archiver.value.next() } }, lease
        ).diffID
    }

    /// What was written in a build's root as a layer. The root's files become the layer's: nothing may use it any more.
    package func takeLayer(_ id: String, _ lease: Lease) async throws -> Digest {
        let snapshot = try await images.snapshot(id)
        let isFree = try await NIOThreadPool.singleton.runIfActive {
            do throws(KernelError) {
                try Mount.unmount(snapshot.merged, lazily: false)
                return true
            } catch {
                if error.errno == EBUSY { return false }
                throw error
            }
        }
        // Somebody looks at it: they go on, and the layer gets files of its own.
        guard isFree else { return try await commitLayer(id, lease) }
        let archiver = try Self.archiver(snapshot)
        return try await images.addLayer(
            folder: snapshot.upper, { try await NIOThreadPool.singleton.runIfActive { try archiver.value.next() } },
            size: { archiver.value.contentBytes }, lease
        ).diffID
    }

    private static func archiver(_ snapshot: Snapshot) throws -> SharedArchiver {
        var options = TreeArchiver.Options()
        options.whiteouts = true
        options.includesTop = false
        return SharedArchiver(
            TreeArchiver(".", in: try OwnedDescriptor.open(snapshot.upper, O_RDONLY | O_DIRECTORY), options))
    }

    /// An archiver that is read by one call at a time.
    private final class SharedArchiver: @unchecked Sendable {
        let value: TreeArchiver
        init(_ value: TreeArchiver) { self.value = value }
    }

    /// The members that an image keeps of a container's config (image-spec, config.md).
    private static func imageConfig(_ config: JSON) -> JSON {
        var json: JSON = [:]
        for member in [
            "User", "ExposedPorts", "Env", "Entrypoint", "Cmd", "Volumes", "WorkingDir", "Labels", "StopSignal",
            "ArgsEscaped",
            "Healthcheck", "OnBuild", "Shell",
        ] where !config[member].isNull && config[member] != .string("") { json[member] = config[member] }
        return json
    }

    private func register(_ new: NewImage, name: Reference?) async throws -> Image {
        let config = new.document.bytes()
        let diffIDs = try ImageConfig(new.document).diffIDs
        let manifest = try await images.makeManifest(config: config, diffIDs: diffIDs)
        let image = try await images.register(
            manifest: manifest.bytes, mediaType: manifest.mediaType, config: config, parent: new.base?.id)
        guard let name else { return image }
        try await images.tag(image.id, as: name)
        publish(.image, "tag", actor: "\(image.id)", attributes: ["name": name.familiar])
        return image
    }
}

/// An image that is one layer more than another, or one layer alone.
private struct NewImage {
    let base: Image?
    let platform: Platform
    let config: JSON
    let diffID: Digest
    let step: ImageConfig.History

    var document: JSON {
        var json = platform.json
        json["created"] = JSON(step.created)
        if !step.author.isEmpty { json["author"] = .string(step.author) }
        if !step.comment.isEmpty { json["comment"] = .string(step.comment) }
        json["config"] = config
        json["rootfs"] = ["type": "layers", "diff_ids": JSON(((base?.diffIDs ?? []) + [diffID]).map { "\($0)" })]
        json["history"] = .array((base?.config["history"].array ?? []) + [step.json])
        return json
    }
}
