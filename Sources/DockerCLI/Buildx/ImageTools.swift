import CommandLine
import Fault
import JSON
import OCI
import Registry

/// `docker buildx imagetools`: images in registries, past the daemon.
extension CommandTree {
    private struct ImageToolsOptions: Sendable {
        var format = "", isRaw = false, isTrial = false, appends = false
        var tags: [String] = []
        var builder = "", progress = ""
    }

    static func imageTools() -> DockerCommand {
        DockerCommand(
            "imagetools", "Work with images in registries", subcommands: [createFromImages(), inspectInRegistry()])
    }

    private static func inspectInRegistry() -> DockerCommand {
        DockerCommand(
            "inspect", "Show what a registry has under a name", usage: "[OPTIONS] NAME", count: .exactly(1),
            options: ImageToolsOptions(),
            flags: [
                .text("builder", \.builder, hidden: true, "Has no effect"),
                .text("format", \.format, "Format by a Go template"),
                .toggle("raw", \.isRaw, "Show the manifest as it is"),
            ]
        ) { options, parsed, session in
            let name = try imageReference(parsed.arguments[0])
            let fetched = try await ManifestRegistry.with(session, name, isInsecure: false) { registry in
                try await toolsFetch(registry, name)
            }
            if options.isRaw {
                session.out.write(String(decoding: fetched.bytes, as: UTF8.self))
                return 0
            }
            let shown = RegistryImageText(name: name, fetched: fetched)
            if options.format.isEmpty {
                session.out.write(try shown.text)
            } else {
                let template = options.format == "json" ? "{{json .}}" : options.format
                session.out.line(try Template(parsing: template).execute(.json(try shown.json)))
            }
            return 0
        }
    }

    private static func createFromImages() -> DockerCommand {
        DockerCommand(
            "create", "Put images of several platforms under one name", usage: "[OPTIONS] [SOURCE...]",
            count: .atLeast(0), options: ImageToolsOptions(),
            flags: [
                .toggle("append", \.appends, "Add to what has the name already"),
                .text("builder", \.builder, hidden: true, "Has no effect"),
                .toggle("dry-run", \.isTrial, "Show what would be pushed"),
                .text("progress", \.progress, hidden: true, "Has no effect"),
                .list("tag", short: "t", \.tags, value: "stringArray", "The name"),
            ]
        ) { options, parsed, session in
            guard !parsed.arguments.isEmpty else { throw Failure("ERROR: no sources specified") }
            guard !options.tags.isEmpty || options.isTrial else {
                throw Failure("ERROR: no sources specified: name the result by --tag, or look at it by --dry-run")
            }
            let names = try options.tags.map(imageReference)
            var sources = try parsed.arguments.map(imageReference)
            if options.appends, let first = names.first { sources.insert(first, at: 0) }
            var entries: [ManifestLists.Entry] = []
            for source in sources {
                for entry in try await images(of: source, session)
                where !entries.contains(where: { $0.descriptor.digest == entry.descriptor.digest }) {
                    entries.append(entry)
                }
            }
            let document = Array(ManifestLists.document(entries).pretty(indent: "  ").utf8)
            if options.isTrial {
                session.out.write(String(decoding: document, as: UTF8.self))
                return 0
            }
            let type = ManifestLists.document(entries)["mediaType"].string ?? MediaType.ociIndex
            let quiet = session.with(out: Output { _ in true })
            for name in names {
                let digest = try await ManifestRegistry.with(quiet, name, isInsecure: false) { registry in
                    for entry in entries { try await registry.copy(entry, to: name) }
                    return try await registry.client.putManifest(
                        document, mediaType: type, as: name, registry.credentials(name))
                }
                session.err.line("pushing \(digest) to \(name.canonical)")
            }
            return 0
        }
    }

    /// Those of a list, or the one.
    private static func images(of name: Reference, _ session: Session) async throws -> [ManifestLists.Entry] {
        try await ManifestRegistry.with(session, name, isInsecure: false) { registry in
            let fetched = try await toolsFetch(registry, name)
            switch try ManifestDocument(fetched.bytes, mediaType: fetched.mediaType) {
            case .manifest: return [try await registry.image(name)]
            case .index(let index):
                var entries: [ManifestLists.Entry] = []
                for manifest in index.manifests where manifest.isManifest {
                    entries.append(try await registry.image(name.withoutTag.at(manifest.digest)))
                }
                return entries
            }
        }
    }

    private static func toolsFetch(_ registry: ManifestRegistry, _ name: Reference) async throws -> FetchedManifest {
        do { return try await registry.client.manifest(name, registry.credentials(name)) } catch let fault as Fault {
            guard fault.kind == .notFound else { throw Failure("ERROR: \(fault.message)") }
            throw Failure("ERROR: \(name.canonical): not found")
        }
    }

    private static func imageReference(_ text: String) throws -> Reference {
        do { return try Reference(parsing: text).withDefaultTag } catch {
            throw Failure("ERROR: invalid reference \(GoText.quote(text)): \(sentence(error))")
        }
    }
}

/// What a registry answered for a name, for people.
struct RegistryImageText: Sendable {
    let name: Reference
    let fetched: FetchedManifest

    var json: JSON {
        get throws {
            [
                "name": .string(name.canonical), "manifest": (try? JSON(parsing: fetched.bytes)) ?? .null,
            ]
        }
    }

    var text: String {
        get throws {
            var text = Self.facts(
                [("Name", name.canonical), ("MediaType", fetched.mediaType), ("Digest", "\(fetched.digest)")],
                width: 11)
            guard case .index(let index) = try ManifestDocument(fetched.bytes, mediaType: fetched.mediaType) else {
                return text
            }
            text += "           \nManifests: \n"
            text += index.manifests.map { manifest in
                var facts = [
                    ("Name", "\(name.withoutTag.canonical)@\(manifest.digest)"), ("MediaType", manifest.mediaType),
                ]
                if let platform = manifest.platform { facts.append(("Platform", "\(platform)")) }
                return Self.facts(facts, width: 13, indent: "  ")
            }.joined(separator: "               \n")
            return text
        }
    }

    private static func facts(_ facts: [(String, String)], width: Int, indent: String = "") -> String {
        facts.map { name, value in
            indent + "\(name):" + String(repeating: " ", count: max(1, width - name.count - 1)) + value + "\n"
        }.joined()
    }
}
