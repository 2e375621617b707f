import CommandLine
import JSON
import KubeClient
import KubeModel
import NIOHTTP1

struct MetadataOptions: Sendable {
    var files = FileOptions(), printing = PrintOptions()
    var all = false, allNamespaces = false, dryRun = "none", fields = "", labels: String?, local = false, lists = false
    var overwrites = false, version = "", manager = "", records = false

    static func flags(_ purpose: String, manager: String, isRecursive: Bool = false) -> [Flag<MetadataOptions>] {
        FileOptions.flags(\.files, purpose, isRecursive: isRecursive) + PrintOptions.flags(\.printing) + [
            .toggle("all", \.all, "All objects of the types, in the namespace"),
            .toggle("all-namespaces", short: "A", \.allNamespaces, "Objects of all namespaces"),
            DryRun.flag(\.dryRun), .text("field-selector", \.fields, "Select by fields"),
            .optionalText("selector", short: "l", \.labels, "Select by labels"),
            .toggle("local", \.local, "Ask no server: show what would be sent"),
            .toggle("list", \.lists, "Show what is set"),
            .toggle("overwrite", \.overwrites, "Change values that are set already"),
            .text("resource-version", \.version, "Only if the object has this version"),
            .text("field-manager", \.manager, default: manager, "Name under which the fields are owned"),
            .toggle("record", \.records, "Taken for compatibility").hidden,
        ]
    }
}

extension VerbTree {
    static func label() -> Verb {
        var options = MetadataOptions()
        options.manager = "kubectl-label"
        return Verb(
            "label", group: .settings, "Update the labels on a resource",
            usage:
                "label [--overwrite] (-f FILENAME | TYPE NAME) KEY_1=VAL_1 ... KEY_N=VAL_N [--resource-version=version] [options]",
            options: options, flags: MetadataOptions.flags("to label", manager: "kubectl-label")
        ) { options, parsed, session in
            let (resources, words) = try Pairs.split(parsed.arguments, "label")
            let pairs = try Pairs.labels(words)
            try await MetadataEditing(
                options: options, session: session, member: "labels", pairs: pairs,
                nothing: "at least one label update is required"
            ).run(resources)
        }
    }

    static func annotate() -> Verb {
        var options = MetadataOptions()
        options.manager = "kubectl-annotate"
        options.files.recursive = true
        return Verb(
            "annotate", group: .settings, "Update the annotations on a resource",
            usage:
                "annotate [--overwrite] (-f FILENAME | TYPE NAME) KEY_1=VAL_1 ... KEY_N=VAL_N [--resource-version=version] [options]",
            options: options,
            flags: MetadataOptions.flags("to annotate", manager: "kubectl-annotate", isRecursive: true)
        ) { options, parsed, session in
            let (resources, words) = try Pairs.split(parsed.arguments, "annotation")
            let pairs = try Pairs.annotations(words)
            try await MetadataEditing(
                options: options, session: session, member: "annotations", pairs: pairs,
                nothing: "at least one annotation update is required"
            ).run(resources)
        }
    }
}

/// Sets and removes labels or annotations.
struct MetadataEditing: Sendable {
    let options: MetadataOptions
    let session: Session
    /// `labels` or `annotations`.
    let member: String
    let pairs: Pairs
    let nothing: String

    private var isLabels: Bool { member == "labels" }

    func run(_ resources: [String]) async throws {
        if options.all, options.labels != nil { throw Refusal("cannot set --all and --selector at the same time") }
        if options.all, !options.fields.isEmpty {
            throw Refusal("cannot set --all and --field-selector at the same time")
        }
        if options.lists, !options.printing.output.isEmpty {
            throw Refusal("--list and --output may not be specified together")
        }
        let dryRun = try DryRun(options.dryRun)
        if resources.isEmpty, options.files.isEmpty {
            throw Refusal("one or more resources must be specified as <resource> <name> or <resource>/<name>")
        }
        if pairs.set.isEmpty, pairs.removed.isEmpty, !options.lists { throw Refusal(nothing) }
        let printer = try ObjectPrinter(session, options.printing)
        var selection = options.files.selection(resources)
        selection.labels = options.labels
        selection.fields = options.fields
        selection.takesAll = options.all
        selection.allNamespaces = options.allNamespaces
        selection.latest = !options.local
        selection.isLocal = options.local
        let example = isLabels ? "pod" : "rsrc"
        selection.needsFiles =
            "can only use local files by -f \(example).yaml or --filename=\(example).json when --local=true is set"
        let selected = try await session.select(selection)
        if !selected.isSingle, !options.version.isEmpty {
            throw Refusal("--resource-version may only be used with a single resource")
        }
        var errors = selected.errors
        for item in selected.items {
            do { try await edit(item, printer, dryRun, isSingle: selected.isSingle) } catch { errors.append(error) }
        }
        try Failures.throwing(errors)
    }

    private func edit(_ item: Item, _ printer: ObjectPrinter, _ dryRun: DryRun, isSingle: Bool) async throws {
        var item = item
        let before = item.object["metadata"][member].stringMap
        if options.lists { return list(item, before, isSingle: isSingle) }
        let sends = !options.local && dryRun != .client
        if isLabels, sends {
            for key in pairs.removed where before[key] == nil { session.out.line("label \(key.quoted) not found.") }
        }
        if !options.overwrites { try checkOverwrites(before) }
        let added = pairs.set.filter { before[$0.key] != $0.value }
        let gone = pairs.removed.filter { before[$0] != nil }
        let changes = !added.isEmpty || !gone.isEmpty
        var after = item.object["metadata"][member].object ?? JSONObject()
        for key in gone { after[key] = nil }
        for (key, value) in pairs.set.sorted(by: { $0.key < $1.key }) { after[key] = .string(value) }
        item.object["metadata", member] = .object(after)
        if !options.version.isEmpty { item.object["metadata", "resourceVersion"] = .string(options.version) }
        if sends, changes || !isLabels {
            var patched = JSONObject()
            for (key, value) in added.sorted(by: { $0.key < $1.key }) { patched[key] = .string(value) }
            for key in gone { patched[key] = .null }
            var metadata: JSON = patched.isEmpty ? [:] : [member: .object(patched)]
            if !options.version.isEmpty { metadata["resourceVersion"] = .string(options.version) }
            var query: KubeConnection.Query = [("fieldManager", options.manager)]
            if dryRun == .server { query.append(("dryRun", "All")) }
            let answer = try await session.send(
                .PATCH, item.path, query, metadata.object?.isEmpty == false ? ["metadata": metadata] : [:],
                contentType: "application/merge-patch+json")
            item.take(answer)
        }
        try printer.print(item, operation(added: !added.isEmpty, removed: !gone.isEmpty) + dryRun.suffix)
    }

    private func operation(added: Bool, removed: Bool) -> String {
        guard isLabels else { return "annotated" }
        switch (added, removed) {
        case (true, true): return "modified"
        case (true, false): return "labeled"
        case (false, true): return "unlabeled"
        case (false, false): return "not labeled"
        }
    }

    private func list(_ item: Item, _ values: [String: String], isSingle: Bool) {
        if !isSingle {
            session.out.line("Listing \(member) for \(item.resource.kind).\(item.resource.group)/\(item.name):")
        }
        for (key, value) in values.sorted(by: { $0.key < $1.key }) {
            session.out.line("\(isSingle ? "" : " ")\(key)=\(value)")
        }
    }

    private func checkOverwrites(_ before: [String: String]) throws {
        let taken = pairs.set.filter { key, value in
            guard let old = before[key], old != value else { return false }
            return isLabels || key != "kubernetes.io/change-cause"
        }.keys.sorted()
        guard !taken.isEmpty else { return }
        if isLabels {
            try Failures.throwing(
                taken.map {
                    Refusal("'\($0)' already has a value (\(before[$0] ?? "")), and --overwrite is false")
                })
        }
        let list = taken.map { "'\($0)' already has a value (\(before[$0] ?? ""))" }.joined(separator: "; ")
        throw Refusal("--overwrite is false but found the following declared annotation(s): \(list)")
    }
}
