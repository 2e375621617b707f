import Fault
import ImageStore
import JSON
import OCI

extension Engine {
    /// Engine API, ImageInspect as of 1.51.
    package func inspectImage(_ ref: String, platform: String?) async throws -> JSON {
        let image = try await image(ref, platform: platform)
        var json: JSON = [
            "Id": .string("\(image.id)"), "RepoTags": JSON(image.tagReferences.map(\.familiar)),
            "RepoDigests": JSON(image.digestReferences.map(\.familiar)),
            "Parent": .string(image.parent.map { "\($0)" } ?? ""), "Comment": .string(Self.comment(image)),
        ]
        if let created = image.config["created"].string { json["Created"] = .string(created) }
        json["DockerVersion"] = .string(image.config["docker_version"].string ?? "")
        json["Author"] = .string(image.config["author"].string ?? "")
        json["Config"] = Self.containerConfig(image)
        json["Architecture"] = .string(image.config["architecture"].string ?? "")
        if let variant = image.config["variant"].string, !variant.isEmpty { json["Variant"] = .string(variant) }
        json["Os"] = .string(image.config["os"].string ?? "")
        if let version = image.config["os.version"].string, !version.isEmpty { json["OsVersion"] = .string(version) }
        json["Size"] = .int(image.size)
        json["GraphDriver"] = ["Data": try await layerFolders(image), "Name": "overlay2"]
        json["RootFS"] = ["Type": "layers", "Layers": JSON(image.diffIDs.map { "\($0)" })]
        let tagged = image.lastTagged.map { Int64($0 * 1e9) }
        json["Metadata"] = ["LastTagTime": .string(rfc3339(tagged))]
        return json
    }

    /// The image, which must be for the platform when one is named.
    func image(_ ref: String, platform: String?) async throws -> Image {
        let image = try await images.image(ref)
        guard let platform, !platform.isEmpty else { return image }
        let wanted = try platform.hasPrefix("{") ? Platform(document: platform) : Platform(parsing: platform)
        guard wanted.accepts(Platform(image.config)) else {
            throw Fault(
                .notFound,
                "image with reference \(ref) was found but its platform (\(Platform(image.config))) does not match the specified platform (\(wanted))"
            )
        }
        return image
    }

    /// Of the last build step.
    private static func comment(_ image: Image) -> String {
        image.config["comment"].string ?? image.config["history"].array?.last?["comment"].string ?? ""
    }

    /// What containers of the image run with, members in the specification's order, those that say something.
    private static func containerConfig(_ image: Image) -> JSON {
        var json: JSON = [:]
        for member in [
            "User", "ExposedPorts", "Env", "Entrypoint", "Cmd", "Volumes", "WorkingDir", "Labels", "StopSignal",
            "ArgsEscaped", "Memory", "MemorySwap", "CpuShares", "Healthcheck", "OnBuild", "Shell",
        ] {
            let value = image.config["config", member]
            if !value.isNull, value != .string(""), value != .array([]) { json[member] = value }
        }
        return json
    }

    /// Where the layers lie, in the words of Docker's overlay2 driver.
    private func layerFolders(_ image: Image) async throws -> JSON {
        let folders = try await images.layerFolders(image)
        guard let top = folders.first else { return .null }
        var data: JSON = [:]
        if folders.count > 1 { data["LowerDir"] = .string(folders.dropFirst().joined(separator: ":")) }
        data["UpperDir"] = .string(top)
        return data
    }
}

extension Platform {
    /// The API gives a platform as text or, since 1.48, as a JSON object.
    init(document text: String) throws(Fault) {
        guard let json = try? JSON(parsing: text), json["architecture"].string != nil, json["os"].string != nil else {
            throw Fault(.invalid, "failed to parse platform \"\(text.prefix(200))\"")
        }
        self.init(json)
    }
}
