import DockerModel
import Fault
import JSON
import NIOHTTP1

/// `/images/…` and `/commit` (Engine API, "Image").
enum Images {
    @Sendable static func list(_ call: Call) async throws {
        let images = try await call.backend.listImages(
            all: call.flag("all"), digests: call.flag("digests"), sharedSize: call.flag("shared-size"),
            manifests: call.version.listsManifests && call.flag("manifests"), filters: try call.filters())
        try await call.answer(.array(call.version.imageList(images)))
    }

    @Sendable static func inspect(_ call: Call) async throws {
        let image = try await call.backend.inspectImage(
            call.subject, platform: try call.platform(since: 49))
        try await call.answer(call.version.imageInspection(image))
    }

    @Sendable static func history(_ call: Call) async throws {
        try await call.answer(
            try await call.backend.imageHistory(
                call.subject, platform: try call.platform(since: 48)))
    }

    /// Pull (`fromImage`) or import (`fromSrc`).
    @Sendable static func create(_ call: Call) async throws {
        let platform = try call.platform()
        if let image = call.text("fromImage") {
            let reference = try join(image, call.text("tag"))
            // What can't be decoded counts as no credentials here, as dockerd has it for pulls.
            let auth = (try? call.registryAuth()) ?? .null
            return try await call.progress { sink in
                try await call.whileConnected {
                    try await call.backend.pullImage(reference, platform: platform, auth: auth, progress: sink)
                }
            }
        }
        guard let source = call.text("fromSrc") else {
            throw Fault(.invalid, "either fromImage or fromSrc must be given")
        }
        guard source == "-" else {
            throw Fault(.notImplemented, "importing from \(source) is not available: download it and import the file")
        }
        let reference = try call.text("repo").map { try join($0, call.text("tag")) }
        try await call.progress { sink in
            let id = try await call.backend.importImage(
                reference: reference, message: call.text("message") ?? "", changes: call.all("changes"),
                platform: platform,
                tar: call.bodySource)
            try await sink(["status": .string(id)])
        }
    }

    /// `name` with the tag or digest that came as a parameter of its own.
    private static func join(_ name: String, _ tag: String?) throws(Fault) -> String {
        guard let tag else { return name }
        guard !name.contains("@") else { throw Fault(.invalid, "invalid reference format") }
        return name + (tag.contains(":") ? "@" : ":") + tag
    }

    @Sendable static func push(_ call: Call) async throws {
        let auth = try call.registryAuth()
        let reference = try join(call.subject, call.text("tag"))
        let platform = try call.platform(since: 46)
        try await call.progress { sink in
            try await call.whileConnected {
                try await call.backend.pushImage(reference, platform: platform, auth: auth, progress: sink)
            }
        }
    }

    @Sendable static func tag(_ call: Call) async throws {
        try await call.backend.tagImage(call.subject, repository: call.text("repo") ?? "", tag: call.text("tag") ?? "")
        try await call.answer(.created)
    }

    @Sendable static func remove(_ call: Call) async throws {
        let removed = try await call.backend.removeImage(
            call.subject, force: call.flag("force"), prune: !call.flag("noprune"))
        try await call.answer(removed)
    }

    @Sendable static func prune(_ call: Call) async throws {
        try await call.answer(try await call.backend.pruneImages(try call.filters()))
    }

    @Sendable static func save(_ call: Call) async throws {
        let names = call.all("names").flatMap { $0.split(separator: ",").map(String.init) }
        guard !names.isEmpty else { throw Fault(.invalid, "no image given: say which with the parameter names") }
        try await save(names, call)
    }

    @Sendable static func saveOne(_ call: Call) async throws { try await save([call.subject], call) }

    private static func save(_ names: [String], _ call: Call) async throws {
        try await call.stream(
            try await call.backend.saveImages(names, platform: try call.platform(since: 48)), type: "application/x-tar")
    }

    @Sendable static func search(_ call: Call) async throws {
        let limit = try call.integer("limit") ?? 0
        guard limit >= 0 else { throw Fault(.invalid, "invalid limit specified") }
        // Whoever isn't known searches without a name.
        let auth = (try? call.registryAuth()) ?? .null
        let found = try await call.backend.searchImages(
            call.text("term") ?? "", limit: limit, filters: try call.filters(), auth: auth)
        try await call.answer(.array(found))
    }

    @Sendable static func distribution(_ call: Call) async throws {
        let auth = (try? call.registryAuth()) ?? .null
        try await call.answer(try await call.backend.inspectDistribution(call.subject, auth: auth))
    }

    @Sendable static func load(_ call: Call) async throws {
        try await call.progress { sink in
            try await call.backend.loadImages(call.bodySource, quiet: call.flag("quiet"), progress: sink)
        }
    }

    @Sendable static func commit(_ call: Call) async throws {
        guard let container = call.text("container") else {
            throw Fault(.invalid, "no container given: say which with the parameter container")
        }
        let config = try await call.object()
        let made = try await call.backend.commitContainer(
            container, reference: try call.text("repo").map { try join($0, call.text("tag")) },
            author: call.text("author") ?? "",
            message: call.text("comment") ?? "", pause: call.text("pause") == nil || call.flag("pause"),
            changes: call.all("changes"),
            config: config)
        try await call.answer(.created, made)
    }
}

extension Call {
    /// `platform` where the route knows it since that minor version; nil for older ones, as dockerd passes it over.
    func platform(since minor: Int) throws(Fault) -> String? {
        version >= APIVersion(major: 1, minor: minor) ? try platform() : nil
    }

    /// `platform` as `os/architecture[/variant]`. Newer clients send it as JSON, with those members.
    func platform() throws(Fault) -> String? {
        guard let text = text("platform") else { return nil }
        guard text.hasPrefix("{") else { return text }
        let parsed: JSON
        do { parsed = try JSON(parsing: text) } catch { throw Fault(.invalid, "invalid platform: \(error)") }
        guard let system = parsed["os"].string, let architecture = parsed["architecture"].string else {
            throw Fault(.invalid, "invalid platform: \(text)")
        }
        return [system, architecture, parsed["variant"].string ?? ""].filter { !$0.isEmpty }.joined(separator: "/")
    }
}
