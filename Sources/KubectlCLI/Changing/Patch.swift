import CommandLine
import Fault
import JSON
import KubeClient
import KubeModel
import NIOHTTP1

struct PatchOptions: Sendable {
    var files = FileOptions(), printing = PrintOptions()
    var patch = "", patchFile = "", type = "strategic", dryRun = "none", local = false, manager = "kubectl-patch"
    var subresource = "", records = false
}

extension VerbTree {
    static func patch() -> Verb {
        Verb(
            "patch", group: .advanced, "Update fields of a resource",
            usage: "patch (-f FILENAME | TYPE NAME) [-p PATCH|--patch-file FILE] [options]", options: PatchOptions(),
            flags: FileOptions.flags(\.files, "to patch") + PrintOptions.flags(\.printing) + [
                .text("patch", short: "p", \.patch, "The patch, JSON or YAML"),
                .text("patch-file", \.patchFile, "A file with the patch"),
                .text("type", \.type, default: "strategic", "Kind of the patch; one of [json merge strategic]"),
                DryRun.flag(\.dryRun), .toggle("local", \.local, "Ask no server: patch the file's content"),
                .text("field-manager", \.manager, default: "kubectl-patch", "Name under which the fields are owned"),
                .text("subresource", \.subresource, "Subresource to patch"),
                .toggle("record", \.records, "Taken for compatibility").hidden,
            ]
        ) { options, parsed, session in
            try await Patching(options: options, session: session).run(parsed.arguments)
        }
    }
}

struct Patching: Sendable {
    let options: PatchOptions
    let session: Session

    private func text() async throws -> String {
        if !options.patch.isEmpty, !options.patchFile.isEmpty {
            throw Refusal("cannot specify --patch and --patch-file together")
        }
        if !options.patch.isEmpty { return options.patch }
        guard !options.patchFile.isEmpty else {
            throw Refusal("must specify --patch or --patch-file containing the contents of the patch")
        }
        do { return String(decoding: try await session.read(options.patchFile), as: UTF8.self) } catch {
            throw Refusal("unable to read patch file: \(sentence(error))")
        }
    }

    func run(_ arguments: [String]) async throws {
        let text = try await text()
        let types = [
            "json": "application/json-patch+json", "merge": "application/merge-patch+json",
            "strategic": "application/strategic-merge-patch+json",
        ]
        guard let contentType = types[options.type.lowercased()] else {
            throw Refusal("--type must be one of [json merge strategic], not \(options.type.quoted)")
        }
        if options.local, !arguments.isEmpty { throw Refusal("cannot specify --local and server resources") }
        let dryRun = try DryRun(options.dryRun)
        // JSON goes to the server as it is, and is the server's to refuse.
        var bytes = Array(text.utf8)
        if !text.trimmed.hasPrefix("{") {
            do { bytes = try YAML.parse(bytes).value.bytes() } catch {
                throw Refusal("unable to parse \(text.quoted): \(error)")
            }
        }
        let printer = try ObjectPrinter(session, options.printing)
        var selection = options.files.selection(arguments)
        let sends = !options.local && dryRun != .client
        selection.latest = !options.local
        selection.isLocal = options.local
        selection.subresource = options.subresource
        let selected = try await session.select(selection)
        var errors = selected.errors
        for item in selected.items {
            do {
                var after = item
                if sends {
                    var query: KubeConnection.Query = [("fieldManager", options.manager)]
                    if dryRun == .server { query.append(("dryRun", "All")) }
                    after.take(
                        try await session.send(.PATCH, item.path, query, bytes: bytes, contentType: contentType))
                } else {
                    let patch: JSON
                    do { patch = try JSON(parsing: bytes) } catch {
                        throw Refusal("unable to parse \(text.quoted): \(error)")
                    }
                    after.take(try Self.apply(patch, options.type.lowercased(), to: item.object))
                }
                let changed = after.object != item.object
                try printer.print(
                    options.subresource == "scale" ? after.asScale : after,
                    "patched\(changed ? "" : " (no change)")")
            } catch let status as APIStatus where status.code == 415 {
                let kind =
                    item.resource.group.isEmpty
                    ? "/\(item.resource.version), Kind=\(item.resource.kind)"
                    : "\(item.resource.apiVersion), Kind=\(item.resource.kind)"
                errors.append(Refusal("\(contentType) is not supported by \(kind): \(status.message)"))
            } catch { errors.append(error) }
        }
        try Failures.throwing(errors)
        if selected.items.isEmpty { throw Refusal("no objects passed to patch") }
    }

    static func apply(_ patch: JSON, _ type: String, to object: JSON) throws -> JSON {
        do {
            switch type {
            case "json": return try JSONPatch(patch).apply(to: object)
            case "merge": return try MergePatch.apply(patch, to: object)
            default: return try StrategicMergePatch.apply(patch, to: object, type: BuiltInType.of(object))
            }
        } catch let status as APIStatus { throw Refusal(status.message) }
    }
}

enum BuiltInType {
    /// The schema of a built-in kind; nil for a custom resource.
    static func of(_ object: JSON) -> SchemaType? {
        GroupVersion(apiVersion: object["apiVersion"].string ?? "").flatMap {
            Schema.builtIn.type($0, kind: object["kind"].string ?? "")
        }
    }
}
