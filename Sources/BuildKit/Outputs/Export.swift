import BuildProtocol
import Builder
import DockerModel
import Engine
import Fault
import ImageStore
import JSON
import Linux
import NIOCore
import OCI
import Wire

// What becomes of results: images of the store, pushed or not, archives and folders of the client's.
extension BuildKit {
    /// Answers what the client is told of it (exptypes: `containerimage.digest`, …).
    func export(_ results: inout [Exported], _ request: SolveRequest, _ job: Job) async throws -> [String: String] {
        var built: [BuiltResult] = []
        for result in results {
            built.append(BuiltResult(platform: result.platform, image: try await result.target.image()))
        }
        if built.isEmpty { return [:] }
        var facts = try await exportCaches(built, request, job)
        built = try withInlineCache(built, request)
        for output in request.outputs {
            let made: [String: String]
            switch output.type {
            case "moby", "image": made = try await exportImage(built, output, job)
            case "local": made = try await exportFolder(built, output, job)
            case "tar": made = try await exportTar(built, output, job)
            case "oci", "docker": made = try await exportArchive(built, output, job)
            default: throw GRPCStatus(.unknown, "exporter \(JSON(output.type).text) could not be found")
            }
            facts.merge(made) { first, _ in first }
        }
        return facts
    }

    func session(_ job: Job) throws -> Session {
        guard let session = sessions[job.sessionID] else {
            throw GRPCStatus(.unknown, "no active session for \(job.sessionID)")
        }
        return session
    }

    // MARK: Images

    private func exportImage(_ built: [BuiltResult], _ output: OutputRequest, _ job: Job) async throws -> [String:
        String]
    {
        let names = try output.names()
        let push = output.flag("push")
        guard !push || !names.isEmpty else { throw GRPCStatus(.unknown, "tag is needed when pushing to registry") }
        let scope = "\(job.reference) output \(output.number)", form = OutputForm(output)
        if built.contains(where: { $0.platform != nil }) {
            guard push else {
                throw GRPCStatus(
                    .unknown,
                    "an image for several platforms can't be kept here: push it, or build with --output type=oci,dest=FILE"
                )
            }
            return try await pushPast(built, names, form, scope, job)
        }
        let (image, facts) = try await job.board.during("exporting to image", in: scope) { vertex in
            try await store(built, names, form, vertex, job)
        }
        guard push else {
            // Of an image that stays here clients want the ID (dockerd's own store answers so).
            return ["containerimage.digest", "containerimage.config.digest", "image.name"].reduce(into: [:]) {
                $0[$1] = $1 == "image.name" ? facts[$1] : "\(image.id)"
            }
        }
        // The store keeps Docker's form.
        if form.isOCI { return try await pushPast(built, names, form, scope, job).merging(facts) { first, _ in first } }
        for name in names { try await self.push(name, image, scope, job) }
        return facts
    }

    private func store(
        _ built: [BuiltResult], _ names: [Reference], _ form: OutputForm, _ vertex: Vertex, _ job: Job
    ) async throws -> (Image, [String: String]) {
        guard let only = built.first else { throw GRPCStatus(.unknown, "there is no result to keep") }
        let board = job.board
        let manifest = try await board.status("exporting layers", vertex) {
            try await OutputManifest(only.image, form, engine)
        }
        let image = try await board.status("writing image \(only.image.id)", vertex) {
            try await only.image.register(in: engine)
        }
        for name in names {
            try await board.status("naming to \(name.canonical)", vertex) {
                try await engine.tagImage("\(image.id)", repository: name.familiar, tag: "")
            }
        }
        return (image, manifest.facts(only.image, names))
    }

    private func push(_ name: Reference, _ image: Image, _ scope: String, _ job: Job) async throws {
        let credentials = await sessions[job.sessionID]?.credentials(name.registry) ?? .null
        try await job.board.during("pushing \(name.canonical)", in: scope) { vertex in
            let progress = PullProgress(job.board)
            do {
                try await engine.pushImage(name.canonical, platform: nil, auth: credentials) { message in
                    progress.hear(message, vertex)
                }
            } catch let fault as Fault {
                throw Fault(fault.kind, "failed to push \(name.canonical): \(fault.message)", cause: fault)
            }
        }
    }

    /// A list of platforms, or another form than the store's, straight to the registry.
    private func pushPast(
        _ built: [BuiltResult], _ names: [Reference], _ form: OutputForm, _ scope: String, _ job: Job
    ) async throws -> [String: String] {
        var facts: [String: String] = [:]
        for name in names {
            let place = try await registryPlace(name.canonical, job)
            let top = try await job.board.during("pushing \(name.canonical)", in: scope) { vertex in
                try await job.board.status("pushing layers", vertex) { try await put(built, form, in: place) }
            }
            facts["containerimage.digest"] = "\(top.digest)"
            facts["containerimage.descriptor"] = encodeBase64(top.json.bytes())
        }
        facts["image.name"] = names.map(\.canonical).joined(separator: ",")
        return facts
    }

    /// Answers what stands at the top: a manifest, or a list of them.
    func put(_ built: [BuiltResult], _ form: OutputForm, in place: ContentPlace) async throws -> Descriptor {
        var manifests: [Descriptor] = []
        let isList = built.contains { $0.platform != nil }
        for result in built {
            let manifest = try await OutputManifest(result.image, form, engine)
            for layer in manifest.document.layers {
                let images = engine.images
                try await place.put(layer, from: { offset in try await images.readBlob(layer.digest, from: offset) })
            }
            try await place.put(manifest.document.config, result.image.config)
            _ = try await place.put(
                manifest: manifest.bytes, mediaType: manifest.document.mediaType, isTop: !isList)
            manifests.append(manifest.descriptor)
        }
        guard let first = manifests.first else { throw GRPCStatus(.unknown, "there is no result to export") }
        guard isList else { return first }
        let list = OutputManifest.list(manifests, form)
        return try await place.put(manifest: list.bytes, mediaType: list.mediaType, isTop: true)
    }

    // MARK: Files

    /// The result's files, mounted while the body runs.
    func inRoot<T: Sendable>(of image: BuiltImage, _ body: (SafeRoot) async throws -> T) async throws -> T {
        let id = Engine.randomID()
        do {
            let root = try await engine.makeBuildRoot(id, layers: image.layers)
            let value = try await body(root)
            await engine.discardBuildRoot(id)
            return value
        } catch {
            await engine.discardBuildRoot(id)
            throw error
        }
    }

    private func exportFolder(_ built: [BuiltResult], _ output: OutputRequest, _ job: Job) async throws -> [String:
        String]
    {
        let session = try session(job)
        try await job.board.during("exporting to client directory", in: "\(job.reference) output \(output.number)") {
            vertex in
            try await job.board.status("copying files", vertex) {
                try await inRoots(built, []) { trees in try await session.sendTrees(output.number, trees) }
            }
        }
        return [:]
    }

    /// All of them at once, each below its platform's name when there are several.
    private func inRoots(
        _ rest: [BuiltResult], _ trees: [(name: String, root: SafeRoot)],
        _ body: ([(name: String, root: SafeRoot)]) async throws -> Void
    ) async throws {
        guard let first = rest.first else { return try await body(trees) }
        let name = first.platform.map { $0.split(separator: "/").joined(separator: "_") } ?? ""
        try await inRoot(of: first.image) { root in
            try await inRoots(Array(rest.dropFirst()), trees + [(name, root)], body)
        }
    }

    private func exportTar(_ built: [BuiltResult], _ output: OutputRequest, _ job: Job) async throws -> [String: String]
    {
        let session = try session(job)
        guard built.count == 1, let only = built.first else {
            throw GRPCStatus(.unknown, "the tar output takes one platform at a time")
        }
        try await job.board.during("exporting to client tarball", in: "\(job.reference) output \(output.number)") {
            vertex in
            try await job.board.status("sending tarball", vertex) {
                try await inRoot(of: only.image) { root in
                    var options = TreeArchiver.Options()
                    options.includesTop = false
                    let pieces = ArchivePieces(TreeArchiver(".", in: root.folder, options))
                    try await session.sendFile(output.number, facts: [:]) { try await pieces.next() }
                }
            }
        }
        return [:]
    }

    private func exportArchive(
        _ built: [BuiltResult], _ output: OutputRequest, _ job: Job
    ) async throws -> [String: String] {
        let session = try session(job)
        let names = try output.names()
        let isOCI = output.type == "oci"
        if output.attributes["tar"] == "false" {
            return try await job.board.during(
                "exporting to client directory", in: "\(job.reference) output \(output.number)"
            ) { _ in
                let top = try await put(built, OutputForm(output), in: .client(session.store("export")))
                var facts = ["containerimage.digest": "\(top.digest)"]
                facts["containerimage.descriptor"] = encodeBase64(top.json.bytes())
                if !names.isEmpty { facts["image.name"] = names.map(\.canonical).joined(separator: ",") }
                return facts
            }
        }
        return try await job.board.during(
            "exporting to \(isOCI ? "oci" : "docker") image format", in: "\(job.reference) output \(output.number)"
        ) { vertex in
            let archive = try await job.board.status("exporting layers", vertex) {
                try await ImageArchive(built, names, output, engine)
            }
            try await job.board.status("sending tarball", vertex) {
                let source = engine.archive(archive.parts)
                defer { source.cancel() }
                try await session.sendFile(output.number, facts: archive.facts) { try await source.next() }
            }
            return archive.facts
        }
    }
}

/// One platform's outcome.
struct BuiltResult: Sendable {
    /// Nil: the only one.
    var platform: String?
    var image: BuiltImage
}

private final class ArchivePieces: @unchecked Sendable {
    // Unchecked: one reader, who waits for each piece.
    private let archiver: TreeArchiver
    init(_ archiver: TreeArchiver) { self.archiver = archiver }
    func next() async throws -> ByteBuffer? { try await onPool { try self.archiver.next() } }
}
