import ImageStore
import JSON
import OCI

extension Engine {
    /// Engine API, ImageHistory: newest step first. Steps that aren't images of their own are `<missing>`.
    package func imageHistory(_ ref: String, platform: String?) async throws -> JSON {
        let image = try await image(ref, platform: platform)
        let sizes = try await images.layerSizes()
        let config = try ImageConfig(image.config)
        var layers = config.diffIDs[...]
        var steps: [JSON] = []
        for step in config.history {
            let layer = step.emptyLayer ? nil : layers.popFirst()
            steps.append([
                "Comment": .string(step.comment),
                "Created": .int((step.created.flatMap { nanoseconds(rfc3339: $0) } ?? 0) / 1_000_000_000),
                "CreatedBy": .string(step.createdBy), "Id": "<missing>", "Size": .int(layer.flatMap { sizes[$0] } ?? 0),
                "Tags": .null,
            ])
        }
        try await nameSteps(&steps, from: image)
        return .array(steps.reversed())
    }

    /// The newest step is the image itself; those before it may be images that are still here.
    private func nameSteps(_ steps: inout [JSON], from image: Image) async throws {
        var next: Image? = image
        for index in steps.indices.reversed() {
            guard let step = next else { return }
            steps[index]["Id"] = .string("\(step.id)")
            let tags = step.tagReferences.map(\.familiar)
            steps[index]["Tags"] = tags.isEmpty ? .null : JSON(tags)
            next = nil
            if let parent = step.parent { next = try? await images.image(id: parent) }
        }
    }
}
