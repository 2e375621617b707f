import CommandLine
import JSON
import KubeClient
import KubeModel
import NIOHTTP1

struct ApplyOptions: Sendable {
    var files = FileOptions(), printing = PrintOptions()
    var dryRun = "none", validate = "strict", labels: String?, serverSide = false, forcesConflicts = false
    var manager = "", force = false, overwrites = true, all = false, prunes = false, cascade = "background", grace = -1
    var timeout: Int64 = 0, waits = false, openAPI = true, subresource = "", records = false, pruneList: [String] = []
}

extension VerbTree {
    static func apply() -> Verb {
        Verb(
            "apply", group: .advanced, "Apply a configuration to a resource by file name or stdin",
            usage: "apply (-f FILENAME | -k DIRECTORY) [options]",
            examples:
                "# What a file declares\nkubectl apply -f app.yaml\n\n# What another program writes\ncat app.yaml | kubectl apply -f -",
            options: ApplyOptions(),
            flags: FileOptions.flags(\.files, "to apply") + PrintOptions.flags(\.printing) + [
                DryRun.flag(\.dryRun), Validation.flag(\.validate),
                .optionalText("selector", short: "l", \.labels, "Apply only the objects with these labels"),
                .toggle("server-side", \.serverSide, "Have the server merge, by the owners of the fields"),
                .toggle("force-conflicts", \.forcesConflicts, "Take fields from their other owners"),
                .text(
                    "field-manager", \.manager, default: "kubectl-client-side-apply",
                    "Name under which the fields are owned"),
                .toggle("force", \.force, "Delete and create anew what can't be changed"),
                .toggle("overwrite", \.overwrites, default: true, "What the file says wins over changes of others"),
                .toggle("all", \.all, "With --prune: all objects of the namespace"),
                .toggle("prune", \.prunes, "Delete objects that were applied once and are in no file now"),
                .texts("prune-allowlist", \.pruneList, "Types that --prune deletes: group/version/Kind"),
                .optionalValue(
                    "cascade", \.cascade, bare: "background", default: "background",
                    "What becomes of the dependents of deleted objects"),
                Flag("grace-period", value: "int", help: "Seconds in which to end gracefully", shownDefault: "-1") {
                    $0.grace = try GoValue.int($1)
                },
                .duration("timeout", \.timeout, "How long to wait for a deletion"),
                .toggle("wait", \.waits, "Wait for deletions"),
                .toggle("openapi-patch", \.openAPI, default: true, "Taken for compatibility"),
                .text("subresource", \.subresource, "Subresource to apply; server-side only"),
                .toggle("record", \.records, "Taken for compatibility").hidden,
            ],
            subverbs: [applyEditLast(), applySetLast(), applyViewLast()]
        ) { options, parsed, session in
            guard !options.files.isEmpty else {
                guard parsed.arguments.isEmpty else {
                    throw session.misuse("Unexpected args: [\(parsed.arguments.joined(separator: " "))]")
                }
                throw Refusal("must specify one of -f and -k")
            }
            guard parsed.arguments.isEmpty else {
                throw session.misuse("Unexpected args: [\(parsed.arguments.joined(separator: " "))]")
            }
            try await Applying(options, session).run()
        }
    }
}

struct Applying: Sendable {
    private let options: ApplyOptions
    private let session: Session
    private let dryRun: DryRun
    private let printer: ObjectPrinter

    init(_ options: ApplyOptions, _ session: Session) throws {
        self.options = options
        self.session = session
        dryRun = try DryRun(options.dryRun)
        _ = try Validation.query(options.validate)
        printer = try ObjectPrinter(session, options.printing)
        if options.forcesConflicts, !options.serverSide {
            throw Refusal("--force-conflicts only works with --server-side")
        }
        if options.serverSide, dryRun == .client {
            throw Refusal("--dry-run=client doesn't work with --server-side (did you mean --dry-run=server instead?)")
        }
        if options.force, options.serverSide { throw Refusal("--force cannot be used with --server-side") }
        if options.force, dryRun == .server { throw Refusal("--dry-run=server cannot be used with --force") }
        if options.all, options.labels != nil { throw Refusal("cannot set --all and --selector at the same time") }
        if !options.subresource.isEmpty, !options.serverSide {
            throw Refusal("--subresource can only be specified for --server-side")
        }
        if options.prunes, !options.all, options.labels == nil {
            throw Refusal(
                "all resources selected for prune without explicitly passing --all. To prune all resources, pass the --all flag. If you did not mean to prune all resources, specify a label selector"
            )
        }
        if options.prunes, options.serverSide {
            throw Refusal("--prune is in alpha and doesn't currently work on objects created by server-side apply")
        }
    }

    /// Whether objects are shown whole, and so together at the end.
    private var showsObjects: Bool {
        switch printer.format {
        case .standard, .wide, .name: false
        default: true
        }
    }

    func run() async throws {
        var selection = options.files.selection()
        selection.validates = Validation.isOn(options.validate)
        selection.labels = options.labels
        let selected = try await session.select(selection)
        var errors = selected.errors
        var shown: [Item] = []
        var uids = Set<String>()
        for item in selected.items {
            do {
                let (after, operation) = options.serverSide ? try await serverSide(item) : try await clientSide(item)
                uids.insert(after.object["metadata"]["uid"].string ?? "")
                shown.append(after)
                if !showsObjects { try printer.print(after, operation + dryRun.suffix) }
            } catch { errors.append(error) }
        }
        if selected.items.isEmpty, errors.isEmpty { throw Refusal("no objects passed to apply") }
        if showsObjects { try show(shown.map(\.object)) }
        try Failures.throwing(errors)
        if options.prunes {
            try await Pruning(options: options, session: session, dryRun: dryRun, printer: printer).run(
                selected.items, keeping: uids)
        }
    }

    private func show(_ objects: [JSON]) throws {
        if objects.count == 1 { return try printer.show(objects[0]) }
        if objects.isEmpty { return }
        try printer.show([
            "kind": "List", "apiVersion": "v1", "metadata": ["resourceVersion": ""], "items": .array(objects),
        ])
    }

    private func query(manager: String) throws -> KubeConnection.Query {
        var query: KubeConnection.Query = []
        if dryRun == .server { query.append(("dryRun", "All")) }
        query.append(("fieldManager", options.manager.isEmpty ? manager : options.manager))
        query.append(try Validation.query(options.validate))
        return query
    }

    // MARK: By the server

    private static let conflictAdvice = """

        Please review the fields above--they currently have other managers. Here
        are the ways you can resolve this warning:
        * If you intend to manage all of these fields, please re-run the apply
          command with the `--force-conflicts` flag.
        * If you do not intend to manage all of the fields, please edit your
          manifest to remove references to the fields that should keep their
          current managers.
        * You may co-own fields by updating your manifest to match the existing
          value; in this case, you'll become the manager if the other manager(s)
          stop managing the field (remove it from their configuration).
        See https://kubernetes.io/docs/reference/using-api/server-side-apply/#conflicts
        """

    private func serverSide(_ item: Item) async throws -> (Item, String) {
        var item = item
        item.subresource = options.subresource
        var query = try query(manager: "kubectl")
        query.append(("force", options.forcesConflicts ? "true" : "false"))
        do {
            item.take(
                try await session.send(
                    .PATCH, item.path, query, item.object, contentType: "application/apply-patch+yaml"))
        } catch let status as APIStatus where status.reason == "Conflict" {
            throw Refusal(status.message + Self.conflictAdvice)
        }
        warnIfDeleting(item)
        return (item, "serverside-applied")
    }

    // MARK: Here

    private func clientSide(_ item: Item) async throws -> (Item, String) {
        guard !item.name.isEmpty else {
            throw Refusal(
                "from \(item.object["metadata"]["generateName"].string ?? ""): cannot use generate name with apply")
        }
        let wanted = LastApplied.annotated(item.object)
        let current: JSON
        do { current = try await session.fetch(item) } catch let status as APIStatus where status.reason == "NotFound" {
            return (try await create(item, wanted), "created")
        } catch let status as APIStatus {
            throw SourcedFailure(
                doing: "retrieving current configuration of:\n\(Self.described(item))\nfrom server for:",
                source: item.source, error: status)
        }
        let lastText = current["metadata"]["annotations"][LastApplied.annotation].string
        if lastText == nil {
            session.err.line(
                "Warning: resource \(item.resource.name)/\(item.name) is missing the \(LastApplied.annotation) annotation which is required by kubectl apply. kubectl apply should only be used on resources created declaratively by either kubectl create --save-config or kubectl apply. The missing annotation will be patched automatically."
            )
        }
        let last = lastText.flatMap { try? JSON(parsing: $0) } ?? .null
        let type = BuiltInType.of(item.object)
        let patch =
            type == nil
            ? ThreeWay.merge(last: last, wanted: wanted, current: current)
            : ThreeWay.strategic(last: last, wanted: wanted, current: current, type: type)
        var after = item
        after.take(current)
        guard patch.object?.isEmpty == false else {
            warnIfDeleting(after)
            return (after, "unchanged")
        }
        after = try await send(patch, item, wanted, current, type)
        warnIfDeleting(after)
        return (after, "configured")
    }

    private func create(_ item: Item, _ wanted: JSON) async throws -> Item {
        var made = item
        made.object = wanted
        guard dryRun != .client else {
            // Null stands for one that isn't there.
            if made.object["metadata"]["creationTimestamp"].isNull {
                made.object.edit("metadata") { $0.remove("creationTimestamp") }
            }
            return made
        }
        made.take(
            try await Session.sourced("creating", item.source) {
                try await session.send(.POST, item.folder, try query(manager: "kubectl-client-side-apply"), wanted)
            })
        return made
    }

    private func send(_ patch: JSON, _ item: Item, _ wanted: JSON, _ current: JSON, _ type: SchemaType?) async throws
        -> Item
    {
        var after = item
        if dryRun == .client {
            after.take(try Patching.apply(patch, type == nil ? "merge" : "strategic", to: current))
            return after
        }
        do {
            after.take(
                try await session.send(
                    .PATCH, item.path, try query(manager: "kubectl-client-side-apply"), patch,
                    contentType: type == nil ? "application/merge-patch+json" : "application/strategic-merge-patch+json"
                ))
        } catch let status as APIStatus where options.force && ["Conflict", "Invalid"].contains(status.reason) {
            _ = try await session.send(
                .DELETE, item.path, [],
                ["kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": "Background"])
            var gone = item
            gone.object = current
            try await Waiting.gone([gone], session, timeout: options.timeout)
            after.take(
                try await session.send(.POST, item.folder, try query(manager: "kubectl-client-side-apply"), wanted))
        } catch let status as APIStatus {
            let text = String(decoding: patch.withSortedMembers.bytes(escapeHTML: true), as: UTF8.self)
            throw SourcedFailure(
                doing: "applying patch:\n\(text)\nto:\n\(Self.described(item))\nfor:", source: item.source,
                error: status)
        }
        return after
    }

    private static func described(_ item: Item) -> String {
        let resource = item.resource
        return
            "Resource: \"\(resource.apiVersion), Resource=\(resource.name)\", GroupVersionKind: \"\(resource.group.isEmpty ? "/" : "")\(resource.apiVersion), Kind=\(resource.kind)\"\nName: \(item.name.quoted), Namespace: \(item.namespace.quoted)"
    }

    private func warnIfDeleting(_ item: Item) {
        guard item.object["metadata"]["deletionTimestamp"].string != nil else { return }
        session.err.line("Warning: Detected changes to resource \(item.name) which is currently being deleted.")
    }
}
