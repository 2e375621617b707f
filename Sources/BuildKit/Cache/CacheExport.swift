import BuildProtocol
import Builder
import DockerModel
import Engine
import Fault
import ImageStore
import JSON
import OCI
import Registry
import Wire

// `--cache-to`: what steps made, for builds elsewhere.
extension BuildKit {
    /// Answers what the client is told of it.
    func exportCaches(_ built: [BuiltResult], _ request: SolveRequest, _ job: Job) async throws -> [String: String] {
        var facts: [String: String] = [:]
        for option in request.cacheExports {
            let place: ContentPlace
            switch option.type {
            case "inline": continue
            case "registry": place = try await registryPlace(option.attributes["ref"] ?? "", job)
            case "local":
                place = .client(try session(job).store("local:" + (option.attributes["dest"] ?? "")))
            default: throw GRPCStatus(.unknown, "unknown cache exporter: \(JSON(option.type).text)")
            }
            do {
                let top = try await job.board.during(
                    "exporting cache to \(option.type == "local" ? "client directory" : "registry")",
                    in: job.reference + option.type
                ) { vertex in
                    try await job.board.status("writing layers", vertex) {
                        try await exportCache(built, all: option.attributes["mode"] == "max", place)
                    }
                }
                facts["cache.manifest"] = top.json.text
            } catch {
                guard option.attributes["ignore-error"] == "true" else { throw error }
            }
        }
        return facts
    }

    func registryPlace(_ name: String, _ job: Job) async throws -> ContentPlace {
        let reference = try Reference(parsing: name).withDefaultTag
        let auth = await sessions[job.sessionID]?.credentials(reference.registry) ?? .null
        return .registry(reference, Credentials(authConfig: auth), engine)
    }

    private func exportCache(_ built: [BuiltResult], all: Bool, _ place: ContentPlace) async throws -> Descriptor {
        let document = CacheDocument(
            built.flatMap { result in
                result.image.steps.filter { all || result.image.layers.contains($0.layer) }
            })
        var layers: [Descriptor] = []
        for layer in document.layers {
            guard var blob = try await engine.images.layerBlob(diffID: layer) else { continue }
            blob.annotations["hakobune.diff"] = "\(layer)"
            let source = blob.digest, images = engine.images
            try await place.put(blob, from: { offset in try await images.readBlob(source, from: offset) })
            layers.append(blob)
        }
        let bytes = document.json.bytes()
        let config = Descriptor(
            mediaType: CacheDocument.configType, digest: Digest(of: bytes), size: Int64(bytes.count))
        try await place.put(config, bytes)
        let manifest = ImageManifest(mediaType: MediaType.ociManifest, config: config, layers: layers)
        return try await place.put(
            manifest: manifest.json.bytes(), mediaType: MediaType.ociManifest, isTop: true)
    }

    /// Images that say in their own config how they were made.
    func withInlineCache(_ built: [BuiltResult], _ request: SolveRequest) throws -> [BuiltResult] {
        guard request.cacheExports.contains(where: { $0.type == "inline" }) else { return built }
        return try built.map { result in
            let own = CacheDocument(result.image.steps.filter { result.image.layers.contains($0.layer) })
            var result = result
            result.image = try result.image.adding(CacheDocument.member, own.json)
            return result
        }
    }
}
