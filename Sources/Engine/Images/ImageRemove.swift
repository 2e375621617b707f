import DockerModel
import Fault
import ImageStore
import JSON
import OCI

extension Engine {
    /// Takes a name away, and the image with its last name, as dockerd decides it. Images in use stay unless forced,
    /// and those that run stay in any case.
    package func removeImage(_ ref: String, force: Bool, prune: Bool) async throws -> JSON {
        try await inLane(ImageRemoval.lane) {
            var removal = ImageRemoval(engine: self, force: force, prune: prune)
            try await removal.run(ref)
            return .array(removal.records)
        }
    }
}

/// One `docker rmi`: what it took away so far, in order.
struct ImageRemoval {
    /// Removals decide by what refers to an image, so they run one after the other.
    static let lane = "image removal"

    let engine: Engine
    let force: Bool
    let prune: Bool
    private(set) var records: [JSON] = []
    /// Bytes of the layers that went.
    private(set) var freed: Int64 = 0

    init(engine: Engine, force: Bool, prune: Bool) {
        self.engine = engine
        self.force = force
        self.prune = prune
    }

    mutating func run(_ ref: String) async throws {
        let (image, reference) = try await engine.images.resolve(ref)
        guard let reference, !image.isNamed(byID: ref) else { return try await removeByID(image) }
        if !force, Self.isSingle(image.references), let user = containers(of: image).first {
            throw Fault(
                .conflict,
                "conflict: unable to remove repository reference \"\(ref)\" (must force) - container \(user.shortID) "
                    + "is using its referenced image \(image.id.short)" + Self.advice(user))
        }
        try await untag(reference, image)
        var left = try await engine.images.image(id: image.id).references
        if reference.digest == nil, !left.contains(where: { $0.digest == nil && $0.name == reference.name }) {
            for digest in left where digest.digest != nil && digest.name == reference.name {
                try await untag(digest, image)
            }
            left = try await engine.images.image(id: image.id).references
        }
        if left.isEmpty { try await delete(engine.images.image(id: image.id), quiet: true) }
    }

    private mutating func removeByID(_ image: Image) async throws {
        if Self.isSingle(image.references) {
            try await refuseConflict(image, references: false)
            for reference in image.references { try await untag(reference, image) }
        }
        try await delete(engine.images.image(id: image.id), quiet: false)
    }

    private mutating func untag(_ reference: Reference, _ image: Image) async throws {
        guard try await engine.images.untag(reference) else { return }
        records.append(["Untagged": .string(reference.familiar)])
        publish("untag", image)
    }

    /// `quiet`: the name went, which is what was asked; that the image must stay is no error then.
    private mutating func delete(_ image: Image, quiet: Bool) async throws {
        do {
            try await refuseConflict(image, references: true)
        } catch let fault as Fault where fault.kind == .conflict {
            if quiet, !image.tags.isEmpty || containers(of: image).isEmpty { return }
            throw fault
        }
        for reference in image.references { try await untag(reference, image) }
        let removal = try await engine.images.deleteImage(image)
        publish("delete", image)
        records.append(["Deleted": .string("\(image.id)")])
        for layer in removal.layers { records.append(["Deleted": .string("\(layer)")]) }
        freed += removal.freed
        try await pruneParent(of: image)
    }

    private mutating func pruneParent(of image: Image) async throws {
        guard prune, let id = image.parent, let parent = try? await engine.images.image(id: id),
            parent.references.isEmpty
        else { return }
        var above = ImageRemoval(engine: engine, force: false, prune: true)
        try? await above.delete(parent, quiet: true)
        records += above.records
        freed += above.freed
    }

    private func publish(_ action: String, _ image: Image) {
        engine.publish(
            .image, action, actor: "\(image.id)",
            attributes: ["name": "\(image.id)"].merging(image.labels) { mine, _ in mine })
    }
}

// MARK: Conflicts

extension ImageRemoval {
    private func refuseConflict(_ image: Image, references: Bool) async throws {
        func conflict(_ why: String, hard: Bool, _ user: ContainerRecord? = nil) -> Fault {
            Fault(
                .conflict,
                "conflict: unable to delete \(image.id.short) (\(hard ? "cannot" : "must") be forced) - \(why)"
                    + (user.map { Self.advice($0) } ?? ""))
        }
        if try await !engine.images.children(of: image.id).isEmpty {
            throw conflict("image has dependent child images", hard: true)
        }
        let users = containers(of: image)
        if let user = users.first(where: \.state.isRunning) {
            throw conflict("image is being used by running container \(user.shortID)", hard: true, user)
        }
        guard !force else { return }
        if references, !image.references.isEmpty {
            throw conflict("image is referenced in multiple repositories", hard: false)
        }
        if let user = users.first {
            throw conflict("image is being used by stopped container \(user.shortID)", hard: false, user)
        }
    }

    private func containers(of image: Image) -> [ContainerRecord] {
        engine.containers.all.map(\.record).filter { $0.imageID == "\(image.id)" }
    }

    /// The container by its name, and what to do about it.
    private static func advice(_ user: ContainerRecord) -> String {
        let how = user.state.isRunning ? "docker rm -f \(user.name)" : "docker rm \(user.name)"
        return " (the container is named \"\(user.name)\"; to remove it first: \(how))"
    }

    /// One tag, and digests of the same repository at most (moby, `isSingleReference`).
    static func isSingle(_ references: [Reference]) -> Bool {
        if references.count <= 1 { return references.count == 1 }
        let tags = references.filter { $0.digest == nil }
        guard tags.count <= 1 else { return false }
        let repositories = Set(references.filter { $0.digest != nil }.map(\.name))
        return repositories == [(tags.first ?? references[0]).name]
    }
}
