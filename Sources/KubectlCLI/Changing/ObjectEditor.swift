import CommandLine
import Glibc
import JSON
import KubeModel

/// Has a person change an object in an editor until what comes back can be saved.
struct ObjectEditor: Sendable {
    let session: Session
    let isJSON: Bool
    let hasWindowsLines: Bool

    private static let notice = """
        # Please edit the object below. Lines beginning with a '#' will be ignored,
        # and an empty file will abort the edit. If an error occurs while saving this file will be
        # reopened with the relevant failures.
        #

        """
    /// How often a file that can't be saved is opened again.
    private static let tries = 100

    static func linesFlag<Options>(_ path: any WritableKeyPath<Options, Bool> & Sendable) -> Flag<Options> {
        .toggle("windows-line-endings", path, "End the lines of the file as Windows does")
    }

    private var editor: String {
        for name in ["KUBE_EDITOR", "EDITOR"] {
            if let value = session.environment[name], !value.isEmpty { return value }
        }
        return "vi"
    }

    /// - Parameter save: called with what was edited; what it throws is shown in the file, which is opened again.
    func edit(_ shown: JSON, save: (JSON) async throws -> Void) async throws {
        var text =
            isJSON
            ? shown.withSortedMembers.pretty(escapeHTML: true) + "\n"
            : String(decoding: YAML.write(shown), as: UTF8.self)
        var complaint = ""
        for _ in 0..<Self.tries {
            let path = try TemporaryPlace.file("kubectl-edit-", isJSON ? ".json" : ".yaml")
            let written = (isJSON ? "" : Self.notice + complaint) + text
            try WholeFile.replace(
                path, with: Array((hasWindowsLines ? written.replacing("\n", with: "\r\n") : written).utf8),
                mode: 0o600)
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
                try await save(try Self.tree(edited, shown))
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

    /// Without comments, lines ended by line feeds.
    private static func plain(_ text: String) -> String {
        text.replacing("\r\n", with: "\n").parts("\n").filter { !$0.hasPrefix("#") }.joined(separator: "\n")
    }

    private static func tree(_ text: String, _ before: JSON) throws -> JSON {
        let tree: JSON
        do { tree = try YAML.parse(Array(text.utf8)).value } catch {
            throw Refusal("error parsing edited-file: error converting YAML to JSON: \(error)")
        }
        guard tree["kind"] == before["kind"], tree["apiVersion"] == before["apiVersion"],
            tree["metadata"]["name"] == before["metadata"]["name"]
        else { throw Refusal("At least one of apiVersion, kind and name was changed") }
        return tree
    }
}
