import CommandLine
import Glibc
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
                .toggle("windows-line-endings", \.windowsLines, "Taken for compatibility"),
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

    private static let notice = """
        # Please edit the object below. Lines beginning with a '#' will be ignored,
        # and an empty file will abort the edit. If an error occurs while saving this file will be
        # reopened with the relevant failures.
        #

        """

    func run(_ arguments: [String]) async throws {
        var selection = options.files.selection(arguments)
        selection.emptySelectsAll = true
        selection.latest = true
        selection.subresource = options.subresource
        let items = try await session.select(selection).all()
        guard !items.isEmpty else { throw Refusal("edit cancelled, no objects found") }
        for item in items { try await edit(item) }
    }

    private var editor: String {
        for name in ["KUBE_EDITOR", "EDITOR"] {
            if let value = session.environment[name], !value.isEmpty { return value }
        }
        return "vi"
    }

    /// How often a file that can't be saved is opened again.
    private static let tries = 100

    private func edit(_ item: Item) async throws {
        let isJSON = options.printing.output == "json"
        let shown = options.printing.showsManagedFields ? item.object : ObjectPrinter.withoutManagedFields(item.object)
        let original =
            isJSON
            ? shown.withSortedMembers.pretty(escapeHTML: true) + "\n"
            : String(decoding: YAML.write(shown), as: UTF8.self)
        var text = original, complaint = ""
        for _ in 0..<Self.tries {
            let path = try TemporaryPlace.file("kubectl-edit-", isJSON ? ".json" : ".yaml")
            try WholeFile.replace(
                path, with: Array((isJSON ? "" : Self.notice + complaint).utf8) + Array(text.utf8), mode: 0o600)
            let code = try await ChildProgram.run(editor, [path])
            guard code == 0 else {
                unlink(path)
                throw Refusal("there was a problem with the editor \(editor.quoted)")
            }
            let edited = Self.plain(String(decoding: try WholeFile.read(path, limit: 16 << 20), as: UTF8.self))
            if edited.trimmed.isEmpty {
                unlink(path)
                session.err.line("Edit cancelled, saved file was empty.")
                return
            }
            if edited == Self.plain(text) {
                unlink(path)
                session.err.line(
                    complaint.isEmpty
                        ? "Edit cancelled, no changes made." : "Edit cancelled, no valid changes were saved.")
                if !complaint.isEmpty { throw Exit(1) }
                return
            }
            do {
                try await save(item, shown, edited)
                unlink(path)
                return
            } catch {
                let message = ErrorText.of(error)
                session.err.write(message)
                complaint = message.parts("\n").filter { !$0.isEmpty }.map { "# \($0)\n" }.joined() + "#\n"
                text = edited
                session.err.line("A copy of your changes has been stored to \(path.quoted)")
            }
        }
        throw Refusal("Edit cancelled, no valid changes were saved.")
    }

    /// Without comments.
    private static func plain(_ text: String) -> String {
        text.parts("\n").filter { !$0.hasPrefix("#") }.joined(separator: "\n")
    }

    private func save(_ item: Item, _ before: JSON, _ text: String) async throws {
        let tree: JSON
        do { tree = try YAML.parse(Array(text.utf8)).value } catch {
            throw Refusal("error parsing edited-file: error converting YAML to JSON: \(error)")
        }
        for member in ["kind", "apiVersion"] where tree[member] != before[member] {
            throw Refusal("At least one of apiVersion, kind and name was changed")
        }
        guard tree["metadata"]["name"] == before["metadata"]["name"] else {
            throw Refusal("At least one of apiVersion, kind and name was changed")
        }
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
