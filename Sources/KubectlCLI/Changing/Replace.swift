import CommandLine
import JSON
import KubeClient
import KubeModel
import NIOHTTP1

struct ReplaceOptions: Sendable {
    var files = FileOptions(), printing = PrintOptions()
    var dryRun = "none", validate = "strict", manager = "kubectl-replace", force = false, cascade = "background"
    var grace = -1, timeout: Int64 = 0, waits = false, raw = "", subresource = "", savesConfig = false
}

extension VerbTree {
    static func replace() -> Verb {
        Verb(
            "replace", group: .advanced, "Replace a resource by file name or stdin",
            usage: "replace -f FILENAME [options]",
            options: ReplaceOptions(),
            flags: FileOptions.flags(\.files, "to replace") + PrintOptions.flags(\.printing) + [
                DryRun.flag(\.dryRun), Validation.flag(\.validate),
                .text("field-manager", \.manager, default: "kubectl-replace", "Name under which the fields are owned"),
                .toggle("force", \.force, "Delete the objects and create them anew"),
                .optionalValue(
                    "cascade", \.cascade, bare: "background", default: "background",
                    "What becomes of the dependents: background, orphan, foreground"),
                Flag("grace-period", value: "int", help: "Seconds in which to end gracefully", shownDefault: "-1") {
                    $0.grace = try GoValue.int($1)
                },
                .duration("timeout", \.timeout, "How long to wait until the old objects are gone"),
                .toggle("wait", \.waits, "Wait until the old objects are gone"),
                .text("raw", \.raw, "Path to put the file to as it is"),
                .text("subresource", \.subresource, "Subresource to replace"),
                .toggle("save-config", \.savesConfig, "Keep the configuration in the object's annotation"),
            ]
        ) { options, parsed, session in
            guard !options.files.isEmpty else { throw Refusal("must specify one of -f and -k") }
            guard parsed.arguments.isEmpty else {
                throw session.misuse("Unexpected args: [\(parsed.arguments.joined(separator: " "))]")
            }
            if options.grace >= 0, !options.force { throw Refusal("--grace-period must have --force specified") }
            if options.timeout != 0, !options.force { throw Refusal("--timeout must have --force specified") }
            try await Replacing(options: options, session: session).run()
        }
    }
}

struct Replacing: Sendable {
    let options: ReplaceOptions
    let session: Session

    func run() async throws {
        let dryRun = try DryRun(options.dryRun)
        if !options.raw.isEmpty {
            let bytes = try await session.read(options.files.filenames.first ?? "-")
            let connection = try session.connection
            let answer = try await connection.accepted(
                try await connection.send(
                    .PUT, options.raw, headers: [("Content-Type", "application/json"), ("Accept", "application/json")],
                    body: bytes))
            session.out.write(try await connection.whole(answer))
            return
        }
        let printer = try ObjectPrinter(session, options.printing)
        var selection = options.files.selection()
        selection.validates = Validation.isOn(options.validate)
        selection.subresource = options.subresource
        let selected = try await session.select(selection)
        var errors = selected.errors
        if options.force { try await deleteFirst(selected.items, dryRun, &errors) }
        for var item in selected.items {
            do {
                var isNew = options.force
                item.subresource = options.subresource
                if options.savesConfig || item.object["metadata"]["annotations"][LastApplied.annotation].string != nil {
                    item.object = LastApplied.annotated(item.object)
                }
                if dryRun != .client {
                    var query: KubeConnection.Query = [
                        ("fieldManager", options.manager), try Validation.query(options.validate),
                    ]
                    if dryRun == .server { query.append(("dryRun", "All")) }
                    if options.force {
                        item.take(
                            try await Session.sourced("creating", item.source) {
                                try await session.send(.POST, item.folder, query, item.object)
                            })
                    } else {
                        item.take(try await Session.sourced("replacing", item.source) { try await put(item, query) })
                    }
                } else {
                    isNew = false
                }
                try printer.print(item, "replaced\(dryRun.suffix)")
                _ = isNew
            } catch { errors.append(error) }
        }
        try Failures.throwing(errors)
        if selected.items.isEmpty { throw Refusal("no objects passed to replace") }
    }

    /// Over whatever is there, unless the file names a version.
    private func put(_ item: Item, _ query: KubeConnection.Query) async throws -> JSON {
        var object = item.object
        if object["metadata"]["resourceVersion"].string?.isEmpty != false {
            let there = try await session.fetch(item)
            object["metadata", "resourceVersion"] = there["metadata"]["resourceVersion"]
        }
        return try await session.send(.PUT, item.path, query, object)
    }

    private func deleteFirst(_ items: [Item], _ dryRun: DryRun, _ errors: inout [any Error]) async throws {
        guard dryRun == .none else { return }
        var deleted: [Item] = []
        for item in items {
            var body: JSON = ["kind": "DeleteOptions", "apiVersion": "v1"]
            body["gracePeriodSeconds"] = options.grace >= 0 ? .init(options.grace) : 0
            body["propagationPolicy"] =
                options.cascade == "orphan" ? "Orphan" : options.cascade == "foreground" ? "Foreground" : "Background"
            do {
                var copy = item
                copy.object = try await session.send(.DELETE, item.path, [], body)
                let place = item.resource.isNamespaced ? " from \(item.namespace) namespace" : ""
                session.out.line("\(item.quotedLabel) \(options.grace == 0 ? "force deleted" : "deleted")\(place)")
                deleted.append(copy)
            } catch let status as APIStatus where status.reason == "NotFound" { continue } catch {
                errors.append(error)
            }
        }
        try await Waiting.gone(deleted, session, timeout: options.timeout)
    }
}
