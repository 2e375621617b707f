import DockerModel
import Fault
import ImageStore
import JSON
import OCI

extension Engine {
    package func listImages(
        all: Bool, digests: Bool, sharedSize: Bool, manifests: Bool, filters: Filters
    ) async throws -> [JSON] {
        try filters.check(ImageFilter.list)
        let images = try await images.images()
        let chosen = try await ImageSelection(self, images, filters, all: all).summaries()
        let shares = sharedSize ? try await sharedSizes(images) : [:]
        let users = containers.all.reduce(into: [String: Int64]()) { $0[$1.record.imageID, default: 0] += 1 }
        var list: [JSON] = []
        for chosen in chosen.sorted(by: { $0.image.created ?? 0 > $1.image.created ?? 0 }) {
            var json = summary(
                chosen.image, tags: chosen.tags, digests: chosen.digests, shared: shares[chosen.image.id] ?? -1,
                containers: users["\(chosen.image.id)"] ?? 0)
            if manifests { json["Manifests"] = [try await manifestSummary(chosen.image)] }
            list.append(json)
        }
        return list
    }

    /// Engine API, ImageManifestSummary. The store keeps one platform of an image.
    private func manifestSummary(_ image: Image) async throws -> JSON {
        let (bytes, document) = try await images.manifest(of: image)
        let layers = document.layers.filter { !$0.isForeignLayer }
        let content = Int64(bytes.count) + document.config.size + layers.reduce(0) { $0 + $1.size }
        let digest = Digest(of: bytes), platform = Platform(image.config)
        let users = containers.all.filter { $0.record.imageID == "\(image.id)" }.map { JSON.string($0.id) }
        return [
            "ID": .string("\(digest)"),
            "Descriptor": [
                "mediaType": .string(document.mediaType), "digest": .string("\(digest)"), "size": JSON(bytes.count),
            ],
            "Available": true, "Size": ["Content": .int(content), "Total": .int(content + image.size)],
            "Kind": "image",
            "ImageData": [
                "Platform": platform.json, "Size": ["Unpacked": .int(image.size)], "Containers": .array(users),
            ],
        ]
    }

    /// Engine API, ImageSummary. `shared` and `containers` are -1 when they weren't asked for.
    func summary(_ image: Image, tags: [Reference], digests: [Reference], shared: Int64, containers: Int64 = -1) -> JSON
    {
        [
            "Containers": .int(containers), "Created": .int((image.created ?? 0) / 1_000_000_000),
            "Id": .string("\(image.id)"),
            "Labels": image.labels.isEmpty ? .null : JSON(image.labels),
            "ParentId": .string(image.parent.map { "\($0)" } ?? ""),
            "RepoDigests": JSON(digests.map(\.familiar)), "RepoTags": JSON(tags.map(\.familiar)),
            "SharedSize": .int(shared),
            "Size": .int(image.size),
        ]
    }

    /// Of each image the bytes of the layers that another image has too.
    func sharedSizes(_ images: [Image]) async throws -> [Digest: Int64] {
        let sizes = try await self.images.layerSizes()
        var users: [Digest: Int] = [:]
        for image in images { for layer in Set(image.diffIDs) { users[layer, default: 0] += 1 } }
        var shared: [Digest: Int64] = [:]
        for image in images {
            shared[image.id] = image.diffIDs.reduce(0) { $0 + (users[$1, default: 0] > 1 ? sizes[$1] ?? 0 : 0) }
        }
        return shared
    }
}

/// The images that a list shows, with the names that it shows them under.
private struct ImageSelection {
    struct Chosen { let image: Image, tags: [Reference], digests: [Reference] }

    let images: [Image]
    let all: Bool
    let isDangling: Bool?
    let patterns: [String]
    let filters: Filters
    let after: Int64?
    let before: Int64?
    let parents: Set<Digest>

    init(_ engine: Engine, _ images: [Image], _ filters: Filters, all: Bool) async throws {
        self.images = images
        self.all = all
        self.filters = filters
        isDangling = try ImageFilter.flag(filters, "dangling")
        patterns = filters["reference"]
        parents = Set(images.compactMap(\.parent))
        var after: Int64?
        var before = try ImageFilter.until(filters)
        for ref in filters["since"] { after = max(after ?? .min, try await engine.images.image(ref).created ?? .min) }
        for ref in filters["before"] {
            before = min(before ?? .max, try await engine.images.image(ref).created ?? .max)
        }
        (self.after, self.before) = (after, before)
    }

    func summaries() throws -> [Chosen] { try images.compactMap(choose) }

    private func choose(_ image: Image) throws -> Chosen? {
        if let after, (image.created ?? .min) <= after { return nil }
        if let before, (image.created ?? .min) >= before { return nil }
        guard LabelFilter.accepts(filters, labels: image.labels) else { return nil }
        func shown(_ references: [Reference]) throws -> [Reference] {
            guard !patterns.isEmpty else { return references }
            return try references.filter { reference in try patterns.contains { try ImageFilter.matches(reference, $0) }
            }
        }
        let (tags, digests) = (try shown(image.tagReferences), try shown(image.digestReferences))
        if tags.isEmpty, digests.isEmpty {
            // Steps on the way to another image are shown on request only.
            guard all || !parents.contains(image.id), isDangling ?? true, patterns.isEmpty else { return nil }
        } else if isDangling == true, !tags.isEmpty {
            return nil
        }
        return Chosen(image: image, tags: tags, digests: digests)
    }
}
