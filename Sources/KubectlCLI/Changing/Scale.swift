import CommandLine
import JSON
import KubeClient
import KubeModel
import NIOHTTP1

struct ScaleOptions: Sendable {
    var files = FileOptions(), printing = PrintOptions()
    var all = false, dryRun = "none", labels: String?, replicas = -1, current = -1, version = "", timeout: Int64 = 0
    var records = false
}

extension VerbTree {
    static func scale() -> Verb {
        Verb(
            "scale", group: .deploy, "Set a new size for a deployment, replica set, or replication controller",
            usage:
                "scale [--resource-version=version] [--current-replicas=count] --replicas=COUNT (-f FILENAME | TYPE NAME) [options]",
            options: ScaleOptions(),
            flags: FileOptions.flags(\.files, "to scale") + PrintOptions.flags(\.printing) + [
                .toggle("all", \.all, "All objects of the types, in the namespace"), DryRun.flag(\.dryRun),
                .optionalText("selector", short: "l", \.labels, "Select by labels"),
                Flag("replicas", value: "int", help: "The new number of replicas", shownDefault: "0") {
                    $0.replicas = try GoValue.int($1)
                },
                Flag(
                    "current-replicas", value: "int", help: "Only if there are that many now; -1: whatever there is",
                    shownDefault: "-1"
                ) { $0.current = try GoValue.int($1) },
                .text("resource-version", \.version, "Only if the object has this version"),
                .duration("timeout", \.timeout, "How long to wait until it has that size; 0: not at all"),
                .toggle("record", \.records, "Taken for compatibility").hidden,
            ]
        ) { options, parsed, session in
            try required(parsed, ["replicas"])
            guard options.replicas >= 0 else {
                throw Refusal("The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0")
            }
            guard options.current >= -1 else {
                throw Refusal("The --current-replicas must specify an integer of -1 or greater")
            }
            try await Scaling(options: options, session: session).run(parsed.arguments)
        }
    }
}

struct Scaling: Sendable {
    let options: ScaleOptions
    let session: Session

    func run(_ arguments: [String]) async throws {
        let dryRun = try DryRun(options.dryRun)
        let printer = try ObjectPrinter(session, options.printing)
        var selection = options.files.selection(arguments)
        selection.labels = options.labels
        selection.takesAll = options.all
        let selected = try await session.select(selection)
        if !options.version.isEmpty, selected.items.count > 1 {
            throw Refusal("cannot use --resource-version with multiple resources")
        }
        if selected.items.isEmpty {
            try Failures.throwing(selected.errors)
            throw Refusal("no objects passed to scale")
        }
        for var item in selected.items {
            if dryRun != .client { try await scale(item, dryRun) }
            item.object["spec", "replicas"] = .init(options.replicas)
            try printer.print(item, "scaled\(dryRun.suffix)")
        }
        try Failures.throwing(selected.errors)
    }

    /// How often a write is tried again over a changed object.
    private static let tries = 10

    private func scale(_ item: Item, _ dryRun: DryRun) async throws {
        var part = item
        part.subresource = "scale"
        let query: KubeConnection.Query = dryRun == .server ? [("dryRun", "All")] : []
        do {
            if options.current < 0, options.version.isEmpty {
                let patch: JSON = ["spec": ["replicas": .init(options.replicas)]]
                _ = try await session.send(
                    .PATCH, part.path, query, patch, contentType: "application/merge-patch+json")
            } else {
                try await replace(part, query)
            }
        } catch let status as APIStatus
            where status.reason == "NotFound" && !item.resource.subresources.contains("scale")
        {
            throw status
        }
        if options.timeout != 0, dryRun == .none { try await waitForSize(item) }
    }

    private func replace(_ part: Item, _ query: KubeConnection.Query) async throws {
        for attempt in 1... {
            var scale = try await session.get(part.path)
            let size = scale["spec"]["replicas"].int ?? 0
            if options.current >= 0, size != options.current {
                throw Refusal("Expected replicas to be \(options.current), was \(size)")
            }
            let version = scale["metadata"]["resourceVersion"].string ?? ""
            if !options.version.isEmpty, version != options.version {
                throw Refusal("Expected resource version to be \(options.version), was \(version)")
            }
            scale["spec", "replicas"] = .init(options.replicas)
            do {
                _ = try await session.send(.PUT, part.path, query, scale)
                return
            } catch let status as APIStatus where status.reason == "Conflict" && attempt < Self.tries { continue }
        }
    }

    private func waitForSize(_ item: Item) async throws {
        let wanted = options.replicas
        do {
            _ = try await Following(session: session).until(item, within: Double(options.timeout) / 1e9) {
                state -> Bool? in
                guard case .there(let object) = state else { return true }
                let seen = object["status"]["observedGeneration"].int ?? 0
                guard seen >= object["metadata"]["generation"].int ?? 0 else { return nil }
                return object["status"]["replicas"].int ?? 0 == wanted ? true : nil
            }
        } catch is Following.OutOfTime {
            throw Refusal("timed out waiting for \(item.name.quoted) to be synced")
        }
    }
}
