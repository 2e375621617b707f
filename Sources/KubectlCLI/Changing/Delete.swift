import CommandLine
import JSON
import KubeClient
import KubeModel
import NIOHTTP1

struct DeleteOptions: Sendable {
    var files = FileOptions()
    var all = false, allNamespaces = false, cascade = "background", dryRun = "none", fields = ""
    var force = false, grace = -1, ignoresNotFound = false, asksFirst = false, now = false, output = "", raw = ""
    var labels: String?, timeout: Int64 = 0, wait = true
}

extension VerbTree {
    static func delete() -> Verb {
        Verb(
            "delete", group: .basicIntermediate,
            "Delete resources by file names, stdin, resources and names, or by resources and label selector",
            usage: "delete ([-f FILENAME] | [-k DIRECTORY] | TYPE [(NAME | -l label | --all)]) [options]",
            examples:
                "# What a file declares\nkubectl delete -f app.yaml\n\n# One deployment\nkubectl delete deployment web",
            options: DeleteOptions(),
            flags: FileOptions.flags(\.files, "to delete") + [
                .toggle("all", \.all, "All objects of the types, in the namespace"),
                .toggle("all-namespaces", short: "A", \.allNamespaces, "Objects of all namespaces"),
                .optionalValue(
                    "cascade", \.cascade, bare: "background", default: "background",
                    "What becomes of the dependents: background, orphan, foreground"),
                DryRun.flag(\.dryRun), .text("field-selector", \.fields, "Select by fields"),
                .toggle("force", \.force, "With a grace period of 0: don't wait for the node's word"),
                Flag(
                    "grace-period", value: "int",
                    help: "Seconds in which to end gracefully; negative: the object's own", shownDefault: "-1"
                ) { $0.grace = try GoValue.int($1) },
                .toggle(
                    "ignore-not-found", \.ignoresNotFound, "Don't fail for objects that aren't there; on with --all"),
                .toggle("interactive", short: "i", \.asksFirst, "Ask before anything is deleted"),
                .toggle("now", \.now, "A grace period of 1"),
                .text("output", short: "o", \.output, "name: print names only"),
                .text("raw", \.raw, "Path to delete as it is"),
                .optionalText("selector", short: "l", \.labels, "Select by labels"),
                .duration("timeout", \.timeout, "How long to wait at most; 0: as long as the object's size suggests"),
                .toggle("wait", \.wait, default: true, "Wait until the objects are gone"),
            ]
        ) { options, parsed, session in
            try await Deleting(options, parsed, session).run(parsed.arguments)
        }
    }
}

struct Deleting: Sendable {
    private var options: DeleteOptions
    private let session: Session
    private let dryRun: DryRun
    private let waits: Bool

    init(_ options: DeleteOptions, _ parsed: Parsed, _ session: Session) throws {
        var options = options
        dryRun = try DryRun(options.dryRun)
        guard ["background", "foreground", "orphan", "true", "false"].contains(options.cascade) else {
            throw Refusal(
                "invalid cascade value (\(options.cascade)). Must be \"background\", \"foreground\", or \"orphan\"")
        }
        if options.now {
            guard options.grace == -1 else { throw Refusal("--now and --grace-period cannot be specified together") }
            options.grace = 1
        }
        if options.grace == 0, !options.force {
            // Deleting without grace has to be asked for twice; else it is as short as can be.
            options.grace = 1
        } else if options.force, options.grace < 0 {
            options.grace = 0
        }
        if options.all, options.labels != nil {
            throw Refusal("setting 'all' parameter but found a non empty selector. ")
        }
        if options.all, !options.fields.isEmpty {
            throw Refusal("cannot set --all and --field-selector at the same time")
        }
        if !["", "name"].contains(options.output) {
            throw Refusal("unexpected -o output mode: \(options.output). We only support '-o name'")
        }
        if options.grace == 0, options.force {
            session.err.line(
                "Warning: Immediate deletion does not wait for confirmation that the running resource has been terminated. The resource may continue to run on the cluster indefinitely."
            )
        } else if options.force, options.grace > 0 {
            throw Refusal("--force and --grace-period greater than 0 cannot be specified together")
        }
        if options.all || options.labels != nil {
            options.ignoresNotFound =
                options.ignoresNotFound || (options.all && !parsed.given.contains("ignore-not-found"))
        }
        waits =
            options.wait && !(options.force && options.grace == 0 && !parsed.given.contains("wait")) && dryRun == .none
        self.options = options
        self.session = session
    }

    func run(_ arguments: [String]) async throws {
        if !options.raw.isEmpty {
            let connection = try session.connection
            let answer = try await connection.accepted(
                try await connection.send(.DELETE, options.raw, headers: [("Accept", "application/json")]))
            session.out.write(try await connection.whole(answer))
            return
        }
        var selection = options.files.selection(arguments)
        selection.labels = options.labels
        selection.fields = options.fields
        selection.takesAll = options.all
        selection.allNamespaces = options.allNamespaces
        selection.leavesUnread = true
        var selected = try await session.select(selection)
        if options.ignoresNotFound { selected.errors.removeAll { ($0 as? APIStatus)?.reason == "NotFound" } }
        if options.asksFirst, try await !confirms(selected.items) { return }
        var errors = selected.errors
        var deleted: [Item] = []
        var isFirst = true
        for item in selected.items {
            defer { isFirst = false }
            if isFirst, options.allNamespaces == false, session.options.namespaceGiven, !item.resource.isNamespaced {
                session.err.line("Warning: deleting cluster-scoped resources, not scoped to the provided namespace")
            }
            if dryRun == .client {
                tell(item)
                continue
            }
            do {
                var copy = item
                copy.object = try await delete(item)
                tell(item)
                deleted.append(copy)
            } catch let status as APIStatus where status.reason == "NotFound" && options.ignoresNotFound {
                continue
            } catch { errors.append(error) }
        }
        if selected.items.isEmpty, errors.isEmpty {
            session.out.line("No resources found")
        }
        try Failures.throwing(errors)
        if waits { try await Waiting.gone(deleted, session, timeout: options.timeout) }
    }

    private func confirms(_ items: [Item]) async throws -> Bool {
        guard !items.isEmpty else { return true }
        session.out.line("You are about to delete the following \(items.count) resource(s):")
        for item in items { session.out.line(item.label) }
        session.out.write("Do you want to continue? (y/N): ")
        var answer: [UInt8] = []
        while answer.count < 1_024, let byte = try await session.input.read(1).first, byte != UInt8(ascii: "\n") {
            answer.append(byte)
        }
        if String(decoding: answer, as: UTF8.self).trimmed.lowercased() == "y" { return true }
        session.out.line("deletion is cancelled")
        return false
    }

    private func delete(_ item: Item) async throws -> JSON {
        var body: JSON = ["kind": "DeleteOptions", "apiVersion": "v1"]
        if options.grace >= 0 { body["gracePeriodSeconds"] = .init(options.grace) }
        switch options.cascade {
        case "foreground": body["propagationPolicy"] = "Foreground"
        case "orphan", "false": body["propagationPolicy"] = "Orphan"
        default: body["propagationPolicy"] = "Background"
        }
        if dryRun == .server { body["dryRun"] = ["All"] }
        return try await Session.sourced("deleting", item.source) {
            try await session.send(.DELETE, item.path, [], body)
        }
    }

    private func tell(_ item: Item) {
        if options.output == "name" { return session.out.line(item.label) }
        let operation = options.grace == 0 ? "force deleted" : "deleted"
        let place = item.resource.isNamespaced ? " from \(item.namespace) namespace" : ""
        session.out.line("\(item.quotedLabel) \(operation)\(place)\(dryRun.suffix)")
    }
}
