import CommandLine
import Fault
import JSON
import KubeClient
import KubeModel
import NIOHTTP1

struct CreateOptions: Sendable {
    var files = FileOptions()
    var printing = PrintOptions()
    var dryRun = "none", validate = "strict"
    var labels: String?
    var manager = "kubectl-create"
    var savesConfig = false
    var raw = "", edits = false, windowsLines = false

    static func commonFlags() -> [Flag<CreateOptions>] {
        PrintOptions.flags(\.printing) + [
            DryRun.flag(\.dryRun), Validation.flag(\.validate),
            .text("field-manager", \.manager, default: "kubectl-create", "Name under which the fields are owned"),
            .toggle(
                "save-config", \.savesConfig, "Keep the configuration in the object's annotation, for a later apply"),
        ]
    }
}

extension VerbTree {
    static func create() -> Verb {
        Verb(
            create: "create", "Create a resource from a file or from stdin", usage: "create -f FILENAME [options]",
            subverbs: [
                createClusterRole(), createClusterRoleBinding(), createConfigMap(), createCronJob(), createDeployment(),
                createIngress(), createJob(), createNamespace(), createDisruptionBudget(), createPriorityClass(),
                createQuota(), createRole(), createRoleBinding(), createSecret(), createService(),
                createServiceAccount(), createToken(),
            ])
    }
}

private func unexpected(_ parsed: Parsed, _ session: Session) -> Refusal {
    session.misuse("Unexpected args: [\(parsed.arguments.joined(separator: " "))]")
}

extension Verb {
    /// `create`: by files when no kind is named.
    fileprivate init(create name: String, _ summary: String, usage: String, subverbs: [Verb]) {
        self.init(
            name, group: .basicBeginner, summary, usage: usage, options: CreateOptions(),
            flags: FileOptions.flags(\.files, "to create") + CreateOptions.commonFlags() + [
                .optionalText("selector", short: "l", \.labels, "Create only the objects with these labels"),
                .text("raw", \.raw, "Path to post the file to as it is"),
                .toggle("edit", \.edits, "Edit the objects before they are created"),
                ObjectEditor.linesFlag(\.windowsLines),
            ], subverbs: subverbs
        ) { options, parsed, session in
            guard !options.files.isEmpty else {
                guard parsed.arguments.isEmpty else { throw unexpected(parsed, session) }
                throw Refusal("must specify one of -f and -k")
            }
            guard parsed.arguments.isEmpty else { throw unexpected(parsed, session) }
            try await Creating(options, session).files()
        }
    }
}

/// Creates objects and tells of it.
struct Creating: Sendable {
    let options: CreateOptions
    let session: Session
    let printer: ObjectPrinter
    let dryRun: DryRun

    init(_ options: CreateOptions, _ session: Session) throws {
        self.options = options
        self.session = session
        dryRun = try DryRun(options.dryRun)
        if options.dryRun == "unchanged" {
            session.err.line(
                "W\(LogTime.text) helpers.go:746] --dry-run is deprecated and can be replaced with --dry-run=client.")
        }
        printer = try ObjectPrinter(session, options.printing)
    }

    func query() throws -> KubeConnection.Query {
        var query: KubeConnection.Query = []
        if dryRun == .server { query.append(("dryRun", "All")) }
        query.append(("fieldManager", options.manager))
        query.append(try Validation.query(options.validate))
        return query
    }

    func files() async throws {
        if !options.raw.isEmpty {
            let bytes = try await session.read(options.files.filenames.first ?? "-")
            let answer = try await session.connection.accepted(
                try await session.connection.send(
                    .POST, options.raw,
                    headers: [("Content-Type", "application/json"), ("Accept", "application/json")], body: bytes))
            session.out.write(try await session.connection.whole(answer))
            return
        }
        var selection = options.files.selection()
        selection.validates = Validation.isOn(options.validate)
        selection.labels = options.labels
        let selected = try await session.select(selection)
        var errors = selected.errors
        for var item in selected.items {
            do {
                if options.edits {
                    try await edited(item)
                    continue
                }
                if options.savesConfig { item.object = LastApplied.annotated(item.object) }
                if dryRun != .client { item.take(try await post(item)) }
                try printer.print(item, "created\(dryRun.suffix)")
            } catch { errors.append(error) }
        }
        if selected.items.isEmpty, errors.isEmpty { throw Refusal("no objects passed to create") }
        try Failures.throwing(errors)
    }

    private func edited(_ item: Item) async throws {
        let editor = ObjectEditor(
            session: session, isJSON: options.printing.output == "json", hasWindowsLines: options.windowsLines)
        let printer = try ObjectPrinter(session, PrintOptions())
        try await editor.edit(item.object) { tree in
            var made = item
            made.object = options.savesConfig ? LastApplied.annotated(tree) : tree
            made.take(try await post(made))
            try printer.print(made, "created")
        }
    }

    func post(_ item: Item) async throws -> JSON {
        try await Session.sourced("creating", item.source) {
            try await session.send(.POST, item.folder, try query(), item.object)
        }
    }

    /// One object that was made of flags. - Parameter resource: the plural and its group.
    func object(_ object: JSON, _ resource: ServedResource, namespace: String) async throws {
        var item = Item(
            resource: resource, namespace: namespace, name: object["metadata"]["name"].string ?? "", object: object)
        if options.savesConfig { item.object = LastApplied.annotated(item.object) }
        if dryRun != .client {
            item.take(try await session.send(.POST, item.folder, try query(), item.object))
        }
        try printer.print(item, "created\(dryRun.suffix)", isTyped: true)
    }
}

enum LogTime {
    /// `1126 02:38:11.000000   12345`: the start of klog's lines.
    static var text: String {
        let time = Clock.now.rfc3339
        let month = time.dropFirst(5).prefix(2), day = time.dropFirst(8).prefix(2)
        return "\(month)\(day) \(time.dropFirst(11).prefix(8)).000000       1"
    }
}

/// The annotation in which apply keeps what it was given.
enum LastApplied {
    static let annotation = "kubectl.kubernetes.io/last-applied-configuration"

    /// The configuration as the annotation has it: without the annotation itself, members in order, a line end.
    static func text(_ object: JSON) -> String {
        var copy = object
        var annotations = copy["metadata"]["annotations"]
        annotations.remove(annotation)
        copy["metadata", "annotations"] = annotations.object?.isEmpty == false ? annotations : [:]
        return String(decoding: copy.withSortedMembers.bytes(escapeHTML: true), as: UTF8.self) + "\n"
    }

    static func annotated(_ object: JSON) -> JSON {
        var copy = object
        copy["metadata", "annotations", annotation] = .string(text(object))
        return copy
    }
}
