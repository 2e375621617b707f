import CommandLine
import Glibc
import JSON
import KubeClient
import KubeModel
import NIOHTTP1

struct DiffOptions: Sendable {
    var files = FileOptions(), labels: String?, serverSide = false, forcesConflicts = false,
        manager: String?
    var showsManagedFields = false, concurrency = 1, prunes = false, pruneList: [String] = [], showsSecrets = false
}

extension VerbTree {
    static func diff() -> Verb {
        Verb(
            "diff", group: .advanced, "Diff the live version against a would-be applied version",
            usage: "diff -f FILENAME [options]",
            options: DiffOptions(),
            flags: FileOptions.flags(\.files, "to compare") + [
                .optionalText("selector", short: "l", \.labels, "Compare only the objects with these labels"),
                .toggle("server-side", \.serverSide, "As `apply --server-side` would do it"),
                .toggle("force-conflicts", \.forcesConflicts, "Take fields from their other owners"),
                Flag(
                    "field-manager", value: "string", help: "Name under which the fields are owned",
                    shownDefault: "'kubectl-client-side-apply'"
                ) { $0.manager = $1 },
                .toggle("show-managed-fields", \.showsManagedFields, "Keep the managedFields"),
                .int("concurrency", \.concurrency, default: 1, "Taken for compatibility"),
                .toggle("prune", \.prunes, "Show what `apply --prune` would delete, too"),
                .texts("prune-allowlist", \.pruneList, "Types that --prune looks for: group/version/Kind"),
                .toggle("show-secrets", \.showsSecrets, "Show the values of secrets"),
            ]
        ) { options, parsed, session in
            guard parsed.arguments.isEmpty else {
                throw Refusal(
                    session.misuse("Unexpected args: [\(parsed.arguments.joined(separator: " "))]").description,
                    exitCode: Comparing.failed)
            }
            guard !options.files.isEmpty else {
                throw Refusal("must specify one of -f and -k", exitCode: Comparing.failed)
            }
            if options.forcesConflicts, !options.serverSide {
                throw Refusal("--force-conflicts only works with --server-side", exitCode: Comparing.failed)
            }
            try await Comparing(options: options, session: session).run()
        }
    }
}

struct Comparing: Sendable {
    let options: DiffOptions
    let session: Session

    /// Exit code where the comparison itself failed, as diff(1) has it.
    static let failed: Int32 = 2

    func run() async throws {
        var selection = options.files.selection()
        selection.labels = options.labels
        let items: [Item]
        do { items = try await session.select(selection).all() } catch { throw Self.failure(error) }
        let live = try TemporaryPlace.folder("LIVE-"), merged = try TemporaryPlace.folder("MERGED-")
        defer { for folder in [live, merged] { Self.remove(folder) } }
        do {
            var uids = Set<String>()
            for item in items {
                var (before, after) = try await versions(item)
                if !options.showsManagedFields {
                    (before, after) = (
                        ObjectPrinter.withoutManagedFields(before), ObjectPrinter.withoutManagedFields(after)
                    )
                }
                uids.insert(before["metadata"]["uid"].string ?? "")
                if !options.showsSecrets, item.resource.kind == "Secret", item.resource.group.isEmpty {
                    (before, after) = SecretMask.masked(before, after)
                }
                try write(before, item, live)
                try write(after, item, merged)
            }
            if options.prunes {
                let search = PruneSearch(session: session, labels: options.labels, types: options.pruneList)
                let namespaces = Set(items.map(\.namespace).filter { !$0.isEmpty })
                for item in try await search.found(namespaces, without: uids) { try write(item.object, item, live) }
            }
        } catch { throw Self.failure(error) }
        let program = session.environment["KUBECTL_EXTERNAL_DIFF"].flatMap { $0.isEmpty ? nil : $0 } ?? "diff -u -N"
        let code = try await ChildProgram.run(program, [live, merged]) { word in
            Refusal("failed to run \(word.quoted): executable file not found in $PATH", exitCode: Self.failed)
        }
        if code != 0 { throw Exit(code) }
    }

    private func write(_ object: JSON, _ item: Item, _ folder: String) throws {
        let resource = item.resource
        let group = resource.group.isEmpty ? "" : "\(resource.group)."
        let name = "\(group)\(resource.version).\(resource.kind).\(item.namespace).\(item.name)"
        // What isn't there is an empty file.
        try WholeFile.replace(
            "\(folder)/\(name)", with: object.isNull ? [] : Array(YAML.write(object)), mode: 0o600)
    }

    private static func failure(_ error: any Error) -> any Error {
        PlainRefusal(text: ErrorText.message(error), exitCode: failed)
    }

    private func versions(_ item: Item) async throws -> (JSON, JSON) {
        var current = JSON.null
        do { current = try await session.fetch(item) } catch let status as APIStatus where status.reason == "NotFound" {
        }
        if options.serverSide {
            let query = [
                ("dryRun", "All"), ("fieldManager", options.manager ?? "kubectl"),
                ("force", options.forcesConflicts ? "true" : "false"),
            ]
            return (
                current,
                try await session.send(
                    .PATCH, item.path, query, item.object, contentType: "application/apply-patch+yaml")
            )
        }
        let query = [("dryRun", "All"), ("fieldManager", options.manager ?? "kubectl-client-side-apply")]
        var wanted = item.object
        // As apply has it: else annotations would seem to go where the file has none.
        if wanted["metadata"]["annotations"].isNull { wanted["metadata", "annotations"] = [:] }
        guard !current.isNull else { return (.null, try await session.send(.POST, item.folder, query, wanted)) }
        let last =
            current["metadata"]["annotations"][LastApplied.annotation].string.flatMap { try? JSON(parsing: $0) }
            ?? .null
        let type = BuiltInType.of(item.object)
        let patch =
            type == nil
            ? ThreeWay.merge(last: last, wanted: wanted, current: current)
            : ThreeWay.strategic(last: last, wanted: wanted, current: current, type: type)
        guard patch.object?.isEmpty == false else { return (current, current) }
        let after = try await session.send(
            .PATCH, item.path, query, patch,
            contentType: type == nil ? "application/merge-patch+json" : "application/strategic-merge-patch+json")
        return (current, after)
    }

    private static func remove(_ folder: String) {
        for name in (try? FolderListing.names(folder)) ?? [] { unlink("\(folder)/\(name)") }
        rmdir(folder)
    }
}

/// Values of secrets as diff shows them: only whether they change.
enum SecretMask {
    private static let same = "***", before = "*** (before)", after = "*** (after)"

    static func masked(_ old: JSON, _ new: JSON) -> (JSON, JSON) {
        let from = old["data"].object, to = new["data"].object
        func mask(_ object: JSON, _ own: JSONObject?, _ other: JSONObject?, _ changed: String) -> JSON {
            guard let own else { return object }
            var masked = object
            masked["data"] = .object(
                JSONObject(
                    own.map { key, value in
                        let isChanged = other?[key].map { $0 != value } ?? false
                        return (key, .string(isChanged ? changed : same))
                    }))
            return masked
        }
        return (mask(old, from, to, before), mask(new, to, from, after))
    }
}
