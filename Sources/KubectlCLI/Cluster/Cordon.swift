import CommandLine
import JSON
import KubeClient
import KubeModel
import NIOHTTP1

struct DrainOptions: Sendable {
    var dryRun = "none", labels = "", records = false
    var force = false, ignoresDaemonSets = false, deletesEmptyDirs = false, deletesLocal = false, grace = -1,
        timeout: Int64 = 0
    var podLabels = "", disablesEviction = false, skipWait = 0, chunk = 500

    static func common() -> [Flag<DrainOptions>] {
        [DryRun.flag(\.dryRun), .text("selector", short: "l", \.labels, "Select the nodes by labels")]
    }
}

extension VerbTree {
    static func cordon() -> Verb {
        Verb(
            "cordon", group: .cluster, "Mark node as unschedulable", usage: "cordon NODE [options]",
            options: DrainOptions(),
            flags: DrainOptions.common()
        ) { options, parsed, session in
            let cordoning = try await Cordoning(options, parsed, session, usage: "cordon NODE")
            try await cordoning.run(unschedulable: true)
        }
    }

    static func uncordon() -> Verb {
        Verb(
            "uncordon", group: .cluster, "Mark node as schedulable", usage: "uncordon NODE [options]",
            options: DrainOptions(), flags: DrainOptions.common()
        ) { options, parsed, session in
            let cordoning = try await Cordoning(options, parsed, session, usage: "uncordon NODE")
            try await cordoning.run(unschedulable: false)
        }
    }

    static func drain() -> Verb {
        Verb(
            "drain", group: .cluster, "Drain node in preparation for maintenance", usage: "drain NODE [options]",
            options: DrainOptions(),
            flags: DrainOptions.common() + [
                .toggle("force", \.force, "Go on with pods that no controller replaces"),
                .toggle("ignore-daemonsets", \.ignoresDaemonSets, "Leave the pods of daemon sets"),
                .toggle("delete-emptydir-data", \.deletesEmptyDirs, "Go on with pods whose emptyDir data is lost"),
                .toggle(
                    "delete-local-data", \.deletesEmptyDirs, hidden: true, "The old name of --delete-emptydir-data"),
                Flag(
                    "grace-period", value: "int", help: "Seconds in which each pod is to end; negative: the pod's own",
                    shownDefault: "-1"
                ) { $0.grace = try GoValue.int($1) },
                .duration("timeout", \.timeout, "How long to wait; 0: forever"),
                .text("pod-selector", \.podLabels, "Select the pods by labels"),
                .toggle("disable-eviction", \.disablesEviction, "Delete the pods, past all disruption budgets"),
                .int(
                    "skip-wait-for-delete-timeout", \.skipWait,
                    "Don't wait for pods whose deletion is older than so many seconds"),
                .int("chunk-size", \.chunk, default: 500, "Objects in one answer to a list; 0: all"),
            ]
        ) { options, parsed, session in
            let cordoning = try await Cordoning(options, parsed, session, usage: "drain NODE")
            guard (try? LabelSelectorText.object(options.podLabels)) != nil else {
                throw Refusal("--pod-selector=<pod_selector> must be a valid label selector")
            }
            try await cordoning.run(unschedulable: true)
            try await Draining(cordoning).run()
        }
    }
}

struct Cordoning: Sendable {
    let options: DrainOptions
    let session: Session
    let nodes: [Item]
    let dryRun: DryRun

    init(_ options: DrainOptions, _ parsed: Parsed, _ session: Session, usage: String) async throws {
        if parsed.arguments.isEmpty, options.labels.isEmpty { throw session.misuse("USAGE: \(usage) [flags]") }
        if !parsed.arguments.isEmpty, !options.labels.isEmpty {
            throw session.misuse("error: cannot specify both a node name and a --selector option")
        }
        dryRun = try DryRun(options.dryRun)
        var selection = Selection()
        selection.arguments =
            options.labels.isEmpty
            ? parsed.arguments.contains { $0.contains("/") } ? parsed.arguments : ["nodes"] + parsed.arguments
            : ["nodes"]
        if !options.labels.isEmpty { selection.labels = options.labels }
        nodes = try await session.select(selection).all()
        for node in nodes where node.resource.kind != "Node" {
            throw Refusal("error: expected resource of type node, got \(node.resource.goResource.quoted)")
        }
        self.options = options
        self.session = session
    }

    func run(unschedulable: Bool) async throws {
        let printer = try ObjectPrinter(session, PrintOptions())
        for node in nodes {
            let isSo = node.object["spec"]["unschedulable"].bool ?? false
            guard isSo != unschedulable else {
                try printer.print(node, "already \(unschedulable ? "cordoned" : "uncordoned")\(dryRun.suffix)")
                continue
            }
            if dryRun != .client {
                let query: KubeConnection.Query = dryRun == .server ? [("dryRun", "All")] : []
                do {
                    _ = try await session.send(
                        .PATCH, node.path, query, ["spec": ["unschedulable": unschedulable ? true : nil]],
                        contentType: "application/strategic-merge-patch+json")
                } catch {
                    let why = (error as? APIStatus)?.message ?? "\(error)"
                    session.err.line(
                        "error: unable to \(unschedulable ? "cordon" : "uncordon") node \(node.name.quoted): cordon error: \(why)"
                    )
                    continue
                }
            }
            try printer.print(node, "\(unschedulable ? "cordoned" : "uncordoned")\(dryRun.suffix)")
        }
    }
}
