import CommandLine
import JSON
import KubeClient
import KubeModel
import NIOHTTP1

struct EditOptions: Sendable {
    var files = FileOptions(), printing = PrintOptions(), validate = "strict", manager = "kubectl-edit",
        outputsPatch = false
    var savesConfig = false, subresource = "", records = false, windowsLines = false
}

extension VerbTree {
    static func edit() -> Verb {
        Verb(
            "edit", group: .basicIntermediate, "Edit a resource on the server",
            usage: "edit (RESOURCE/NAME | -f FILENAME) [options]",
            options: EditOptions(),
            flags: FileOptions.flags(\.files, "to edit") + PrintOptions.flags(\.printing) + [
                Validation.flag(\.validate),
                .text("field-manager", \.manager, default: "kubectl-edit", "Name under which the fields are owned"),
                .toggle("output-patch", \.outputsPatch, "Show the patch that is sent"),
                .text("subresource", \.subresource, "Subresource to edit"),
                .toggle("save-config", \.savesConfig, "Keep the configuration in the object's annotation"),
                ObjectEditor.linesFlag(\.windowsLines),
                .toggle("record", \.records, "Taken for compatibility").hidden,
            ]
        ) { options, parsed, session in
            try await Editing(options: options, session: session).run(parsed.arguments)
        }
    }
}

struct Editing: Sendable {
    let options: EditOptions
    let session: Session

    func run(_ arguments: [String]) async throws {
        guard ["", "json", "yaml", "kyaml"].contains(options.printing.output) else {
            throw Refusal(
                "unable to match a printer suitable for the output format \(options.printing.output.quoted), "
                    + "allowed formats are: json,kyaml,yaml")
        }
        var selection = options.files.selection(arguments)
        selection.emptySelectsAll = true
        selection.latest = true
        selection.subresource = options.subresource
        let items = try await session.select(selection).all()
        guard !items.isEmpty else { throw Refusal("edit cancelled, no objects found") }
        for item in items { try await edit(item) }
    }

    private func edit(_ item: Item) async throws {
        let shown =
            options.printing.showsManagedFields ? item.object : ObjectPrinter.withoutManagedFields(item.object)
        try await editor.edit(shown) { try await save(item, shown, $0) }
    }

    private var editor: ObjectEditor {
        ObjectEditor(
            session: session, isJSON: options.printing.output == "json", hasWindowsLines: options.windowsLines)
    }

    /// `apply edit-last-applied`: the configuration that apply keeps, instead of the object.
    func runLastApplied(_ arguments: [String]) async throws {
        var selection = options.files.selection(arguments)
        selection.latest = true
        let pairs = try await session.select(selection).all().compactMap { item -> (Item, JSON)? in
            let text = item.object["metadata"]["annotations"][LastApplied.annotation].string
            return try text.map { (item, try JSON(parsing: $0)) }
        }
        guard !pairs.isEmpty else {
            throw Refusal(
                "no last-applied-configuration annotation found on resources, to create the annotation, use command `kubectl apply set-last-applied --create-annotation`"
            )
        }
        let printer = try ObjectPrinter(session, PrintOptions())
        for (item, shown) in pairs {
            try await editor.edit(shown) { edited in
                guard edited != shown else { return try printer.print(item, "skipped") }
                _ = try await session.send(
                    .PATCH, item.path, [("fieldManager", options.manager), try Validation.query(options.validate)],
                    ["metadata": ["annotations": [LastApplied.annotation: .string(LastApplied.text(edited))]]],
                    contentType: "application/merge-patch+json")
                try printer.print(item, "edited")
            }
        }
    }

    private func save(_ item: Item, _ before: JSON, _ tree: JSON) async throws {
        let printer = try ObjectPrinter(session, PrintOptions())
        let type = BuiltInType.of(before)
        let patch =
            type == nil
            ? ThreeWay.merge(last: before, wanted: tree, current: before)
            : ThreeWay.strategic(last: before, wanted: tree, current: before, type: type)
        guard patch.object?.isEmpty == false else { return try printer.print(item, "skipped") }
        if options.outputsPatch { session.out.line("Patch: \(patch.text)") }
        var after = item
        after.take(
            try await session.send(
                .PATCH, item.path, [("fieldManager", options.manager), try Validation.query(options.validate)], patch,
                contentType: type == nil ? "application/merge-patch+json" : "application/strategic-merge-patch+json"))
        after.subresource = ""
        try printer.print(after, "edited")
    }
}
