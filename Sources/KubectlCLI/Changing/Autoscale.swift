import CommandLine
import JSON
import KubeClient
import KubeModel
import NIOHTTP1

struct AutoscaleOptions: Sendable {
    var files = FileOptions(), printing = PrintOptions(), name = "", least = -1, most = -1, cpuPercent = -1, cpu = "",
        memory = ""
    var dryRun = "none", manager = "kubectl-autoscale", savesConfig = false, records = false
}

extension VerbTree {
    static func autoscale() -> Verb {
        Verb(
            "autoscale", group: .deploy,
            "Auto-scale a deployment, replica set, stateful set, or replication controller",
            usage:
                "autoscale (-f FILENAME | TYPE NAME | TYPE/NAME) [--min=MINPODS] --max=MAXPODS [--cpu=CPU] [--memory=MEMORY] [options]",
            options: AutoscaleOptions(),
            flags: FileOptions.flags(\.files, "to autoscale") + PrintOptions.flags(\.printing) + [
                .text("name", \.name, "Name of the autoscaler; else the object's"),
                .int("min", \.least, default: -1, "Least number of pods"),
                .int("max", \.most, default: -1, "Most number of pods"),
                .int("cpu-percent", \.cpuPercent, default: -1, "Percentage of the requested CPU to aim at").hidden,
                .text("cpu", \.cpu, "CPU to aim at: 80% of the request, or 500m"),
                .text("memory", \.memory, "Memory to aim at: 60% of the request, or 200Mi"),
                DryRun.flag(\.dryRun),
                .text(
                    "field-manager", \.manager, default: "kubectl-autoscale", "Name under which the fields are owned"),
                .toggle("save-config", \.savesConfig, "Keep the configuration in the object's annotation"),
                .toggle("record", \.records, "Taken for compatibility").hidden,
            ]
        ) { options, parsed, session in
            if parsed.given.contains("cpu-percent") {
                session.err.line(
                    "Flag --cpu-percent has been deprecated, Use --cpu with percentage or resource quantity format "
                        + "(e.g., '70%' for utilization or '500m' for milliCPU).")
            }
            try required(parsed, ["max"])
            if options.most < 1 {
                throw Refusal("--max=MAXPODS is required and must be at least 1, max: \(options.most)")
            }
            if options.most < options.least {
                throw Refusal(
                    "--max=MAXPODS must be larger or equal to --min=MINPODS, max: \(options.most), min: \(options.least)"
                )
            }
            let dryRun = try DryRun(options.dryRun)
            let printer = try ObjectPrinter(session, options.printing)
            for item in try await session.select(options.files.selection(parsed.arguments)).all() {
                guard item.resource.subresources.contains("scale") else {
                    throw Refusal(
                        "cannot autoscale a \(item.resource.kind): could not find scale subresource for \(item.resource.group.isEmpty ? "/" : "")\(item.resource.apiVersion), Resource=\(item.resource.name) in discovery information"
                    )
                }
                var made = Item(
                    resource: Known.autoscalers, namespace: item.namespace,
                    name: options.name.isEmpty ? item.name : options.name)
                made.object = try autoscaler(options, made.name, item, session)
                if options.savesConfig { made.object = LastApplied.annotated(made.object) }
                if dryRun != .client {
                    var query: KubeConnection.Query = [("fieldManager", options.manager)]
                    if dryRun == .server { query.append(("dryRun", "All")) }
                    made.take(try await session.send(.POST, made.folder, query, made.object))
                }
                try printer.print(made, "autoscaled\(dryRun.suffix)", isTyped: true)
            }
        }
    }

    private static func autoscaler(_ options: AutoscaleOptions, _ name: String, _ item: Item, _ session: Session) throws
        -> JSON
    {
        var metrics: [JSON] = []
        func metric(_ resource: String, _ text: String) throws {
            var target: JSON
            if text.hasSuffix("%"), let percent = Int(text.dropLast()) {
                target = ["type": "Utilization", "averageUtilization": .init(percent)]
            } else {
                do {
                    target = ["type": "AverageValue", "averageValue": .string("\(try Quantity(parsing: text))")]
                } catch {
                    throw Refusal("failed to parse value \(text.quoted) for \(resource): \(error)")
                }
            }
            metrics.append(["type": "Resource", "resource": ["name": .string(resource), "target": target]])
        }
        if !options.cpu.isEmpty {
            try metric("cpu", options.cpu)
        } else if options.cpuPercent >= 0 {
            try metric("cpu", "\(options.cpuPercent)%")
        }
        if !options.memory.isEmpty { try metric("memory", options.memory) }
        var metadata: [(String, JSON?)] = [("name", .string(name))]
        if session.options.namespaceGiven { metadata.append(("namespace", .string(item.namespace))) }
        return [
            "kind": "HorizontalPodAutoscaler", "apiVersion": "autoscaling/v2", "metadata": .members(metadata),
            "spec": .members([
                (
                    "scaleTargetRef",
                    [
                        "kind": .string(item.resource.kind), "name": .string(item.name),
                        "apiVersion": .string(item.resource.apiVersion),
                    ]
                ), ("minReplicas", options.least > 0 ? .init(options.least) : nil),
                ("maxReplicas", .init(options.most)),
                ("metrics", metrics.isEmpty ? nil : .array(metrics)),
            ]), "status": ["desiredReplicas": 0, "currentMetrics": nil],
        ]
    }
}
