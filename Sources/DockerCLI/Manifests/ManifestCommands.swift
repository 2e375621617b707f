import CommandLine
import Fault
import JSON
import OCI
import Registry

/// `docker manifest`: images of several platforms under one name, put together on this side.
extension CommandTree {
    struct ManifestOptions: Sendable {
        var amend = false, insecure = false, verbose = false, purge = false
        var architecture = "", os = "", osVersion = "", variant = ""
        var osFeatures: [String] = []
    }

    private static let insecure = Flag<ManifestOptions>.toggle(
        "insecure", \.insecure, "Speak to the registry over plain HTTP or unverified TLS")

    static func manifest() -> DockerCommand {
        DockerCommand(
            "manifest", "Manage Docker image manifests and manifest lists",
            subcommands: [annotateManifest(), createManifest(), inspectManifest(), pushManifest(), removeManifests()])
    }

    private static func createManifest() -> DockerCommand {
        DockerCommand(
            "create", "Create a local manifest list for annotating and pushing to a registry",
            usage: "MANIFEST_LIST MANIFEST [MANIFEST...]", count: .atLeast(2), options: ManifestOptions(),
            flags: [.toggle("amend", short: "a", \.amend, "Add to a list that is there already"), insecure]
        ) { options, parsed, session in
            let list = try reference(parsed.arguments[0])
            let lists = ManifestLists(session.configuration)
            guard options.amend || !lists.exists(list) else {
                throw Failure("refusing to amend an existing manifest list with no --amend flag")
            }
            for text in parsed.arguments.dropFirst() {
                let image = try reference(text)
                let entry = try await ManifestRegistry.with(session, image, isInsecure: options.insecure) {
                    try await $0.image(image)
                }
                try lists.save(entry, in: list)
            }
            session.out.line("Created manifest list \(list.canonical)")
            return 0
        }
    }

    private static func annotateManifest() -> DockerCommand {
        DockerCommand(
            "annotate", "Add additional information to a local image manifest",
            usage: "[OPTIONS] MANIFEST_LIST MANIFEST", count: .exactly(2), options: ManifestOptions(),
            flags: [
                .text("arch", \.architecture, "Set the image's architecture"),
                .text("os", \.os, "Set the image's operating system"),
                .list("os-features", \.osFeatures, "Set the image's operating system features"),
                .text("os-version", \.osVersion, "Set the image's operating system version"),
                .text("variant", \.variant, "Set the image's architecture variant"),
            ]
        ) { options, parsed, session in
            let list = try reference(parsed.arguments[0]), image = try reference(parsed.arguments[1])
            let lists = ManifestLists(session.configuration)
            guard var entry = try lists.entry(image, of: list) else {
                throw Failure(
                    lists.exists(list)
                        ? "manifest for image \(image.canonical) does not exist in \(list.canonical)"
                        : "No such manifest: \(list.canonical)")
            }
            var platform = entry.descriptor.platform ?? Platform(os: "", architecture: "")
            if !options.os.isEmpty { platform.os = options.os }
            if !options.architecture.isEmpty { platform.architecture = options.architecture }
            if !options.variant.isEmpty { platform.variant = options.variant }
            entry.descriptor.platform = platform
            if !options.osVersion.isEmpty { entry.osVersion = options.osVersion }
            for feature in options.osFeatures where !entry.osFeatures.contains(feature) {
                entry.osFeatures.append(feature)
            }
            try lists.save(entry, in: list)
            return 0
        }
    }

    private static func inspectManifest() -> DockerCommand {
        DockerCommand(
            "inspect", "Display an image manifest, or manifest list", usage: "[OPTIONS] [MANIFEST_LIST] MANIFEST",
            count: .range(1, 2), options: ManifestOptions(),
            flags: [insecure, .toggle("verbose", short: "v", \.verbose, "Output additional info, platforms included")]
        ) { options, parsed, session in
            let lists = ManifestLists(session.configuration)
            let name = try reference(parsed.arguments[0])
            if parsed.arguments.count == 2 {
                let image = try reference(parsed.arguments[1])
                guard let entry = try lists.entry(image, of: name) else {
                    throw Failure("no such manifest: \(image.canonical)")
                }
                show(entry, options, session)
            } else if lists.exists(name) {
                show(try lists.entries(name), options, session)
            } else {
                try await ManifestRegistry.with(session, name, isInsecure: options.insecure) { registry in
                    let fetched = try await registry.fetch(name)
                    switch try ManifestDocument(fetched.bytes, mediaType: fetched.mediaType) {
                    case .manifest:
                        if options.verbose {
                            show(try await registry.image(name), options, session)
                        } else {
                            session.out.line(try JSON(parsing: fetched.bytes).pretty(indent: "\t"))
                        }
                    case .index(let index):
                        if !options.verbose {
                            return session.out.line(try JSON(parsing: fetched.bytes).pretty(indent: "   "))
                        }
                        var entries: [ManifestLists.Entry] = []
                        for manifest in index.manifests where manifest.isManifest {
                            var image = name
                            (image.tag, image.digest) = (nil, manifest.digest)
                            entries.append(try await registry.image(image))
                        }
                        show(entries, options, session)
                    }
                }
            }
            return 0
        }
    }

    private static func show(_ entry: ManifestLists.Entry, _ options: ManifestOptions, _ session: Session) {
        let tree = options.verbose ? entry.document : (try? JSON(parsing: entry.bytes)) ?? .null
        session.out.line(tree.pretty(indent: "\t"))
    }

    private static func show(_ entries: [ManifestLists.Entry], _ options: ManifestOptions, _ session: Session) {
        session.out.line(
            options.verbose
                ? JSON.array(entries.map(\.document)).pretty(indent: "\t")
                : ManifestLists.document(entries).pretty(indent: "   "))
    }

    private static func pushManifest() -> DockerCommand {
        DockerCommand(
            "push", "Push a manifest list to a repository", usage: "[OPTIONS] MANIFEST_LIST", count: .exactly(1),
            options: ManifestOptions(),
            flags: [insecure, .toggle("purge", short: "p", \.purge, "Remove the local list after it was pushed")]
        ) { options, parsed, session in
            let list = try reference(parsed.arguments[0])
            let lists = ManifestLists(session.configuration)
            let entries = try lists.entries(list)
            guard !entries.isEmpty else { throw Failure("\(list.canonical) not found") }
            if let bare = entries.first(where: {
                ($0.descriptor.platform?.os ?? "").isEmpty || ($0.descriptor.platform?.architecture ?? "").isEmpty
            }) {
                throw Failure(
                    "manifest \(bare.reference.canonical) must have an OS and Architecture to be pushed to a registry")
            }
            let digest = try await ManifestRegistry.with(session, list, isInsecure: options.insecure) { registry in
                for entry in entries { try await registry.copy(entry, to: list) }
                let document = ManifestLists.document(entries)
                return try await registry.client.putManifest(
                    Array(document.pretty(indent: "   ").utf8), mediaType: document["mediaType"].string ?? "", as: list,
                    registry.credentials(list))
            }
            session.out.line("\(digest)")
            if options.purge { _ = lists.remove(list) }
            return 0
        }
    }

    private static func removeManifests() -> DockerCommand {
        DockerCommand(
            "rm", "Delete one or more manifest lists from local storage", usage: "MANIFEST_LIST [MANIFEST_LIST...]",
            count: .atLeast(1), options: ManifestOptions()
        ) { _, parsed, session in
            let lists = ManifestLists(session.configuration)
            var missing: [String] = []
            for text in parsed.arguments {
                let list = try reference(text)
                if !lists.remove(list) { missing.append("No such manifest: \(list.canonical)") }
            }
            guard missing.isEmpty else { throw Failure(missing.joined(separator: "\n")) }
            return 0
        }
    }

    private static func reference(_ text: String) throws -> Reference {
        do { return try Reference(parsing: text).withDefaultTag } catch {
            throw Failure("error parsing name for manifest list \(text): \(sentence(error))")
        }
    }
}
