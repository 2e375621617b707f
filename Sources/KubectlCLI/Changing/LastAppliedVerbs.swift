import CommandLine
import JSON
import KubeClient
import KubeModel
import NIOHTTP1

struct LastAppliedOptions: Sendable {
    var files = FileOptions(), printing = PrintOptions()
    var all = false, labels: String?, output = "yaml", dryRun = "none", creates = false
}

extension VerbTree {
    static func applyViewLast() -> Verb {
        Verb(
            "view-last-applied", "View the latest last-applied-configuration annotations of a resource/object",
            usage: "apply view-last-applied (TYPE [NAME | -l label] | TYPE/NAME | -f FILENAME) [options]",
            options: LastAppliedOptions(),
            flags: FileOptions.flags(\.files, "to look at") + [
                .toggle("all", \.all, "All objects of the types"),
                .optionalText("selector", short: "l", \.labels, "Select by labels"),
                .text("output", short: "o", \.output, default: "yaml", "Output format. One of: (json, yaml)"),
            ]
        ) { options, parsed, session in
            guard ["yaml", "json", ""].contains(options.output) else {
                throw session.misuse(
                    "Unexpected -o output mode: \(options.output), the flag 'output' must be one of yaml|json")
            }
            var selection = options.files.selection(parsed.arguments)
            selection.labels = options.labels
            selection.takesAll = options.all
            selection.latest = true
            for item in try await session.select(selection).all() {
                guard let text = item.object["metadata"]["annotations"][LastApplied.annotation].string,
                    let tree = try? JSON(parsing: text)
                else { continue }
                if options.output == "json" {
                    session.out.line(tree.withSortedMembers.pretty(indent: "  ", escapeHTML: true))
                } else {
                    session.out.write(YAML.write(tree))
                }
            }
        }
    }

    static func applyEditLast() -> Verb {
        var options = EditOptions()
        options.manager = "kubectl-client-side-apply"
        return Verb(
            "edit-last-applied", "Edit latest last-applied-configuration annotations of a resource/object",
            usage: "apply edit-last-applied (RESOURCE/NAME | -f FILENAME) [options]", options: options,
            flags: FileOptions.flags(\.files, "to edit") + PrintOptions.flags(\.printing) + [
                Validation.flag(\.validate),
                .text(
                    "field-manager", \.manager, default: "kubectl-client-side-apply",
                    "Name under which the fields are owned"),
                ObjectEditor.linesFlag(\.windowsLines),
            ]
        ) { options, parsed, session in
            try await Editing(options: options, session: session).runLastApplied(parsed.arguments)
        }
    }

    static func applySetLast() -> Verb {
        Verb(
            "set-last-applied",
            "Set the last-applied-configuration annotation on a live object to match the contents of a file",
            usage: "apply set-last-applied -f FILENAME [options]", options: LastAppliedOptions(),
            flags: PrintOptions.flags(\.printing) + [
                .strings("filename", short: "f", \.files.filenames, "File, folder or URL whose annotation is set"),
                DryRun.flag(\.dryRun),
                .toggle("create-annotation", \.creates, "Make the annotation where there is none"),
            ]
        ) { options, parsed, session in
            let dryRun = try DryRun(options.dryRun)
            let printer = try ObjectPrinter(session, options.printing)
            for var item in try await session.select(options.files.selection(parsed.arguments)).all() {
                let text = LastApplied.text(item.object)
                let there = try await session.fetch(item)
                if there["metadata"]["annotations"][LastApplied.annotation].isNull, !options.creates {
                    throw Refusal(
                        "no last-applied-configuration annotation found on resource: \(item.name), to create the annotation, run the command with --create-annotation"
                    )
                }
                if dryRun != .client {
                    let query: KubeConnection.Query = dryRun == .server ? [("dryRun", "All")] : []
                    item.take(
                        try await session.send(
                            .PATCH, item.path, query,
                            ["metadata": ["annotations": [LastApplied.annotation: .string(text)]]],
                            contentType: "application/merge-patch+json"))
                }
                try printer.print(item, "configured\(dryRun.suffix)")
            }
        }
    }
}
