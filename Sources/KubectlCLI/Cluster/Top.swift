import CommandLine
import JSON
import KubeClient
import KubeModel

struct TopOptions: Sendable {
    var labels = "", fields = "", sortBy = "", noHeaders = false, allNamespaces = false, containers = false, sum = false
    var capacity = false, swap = false, protocolBuffers = true
}

extension VerbTree {
    static func top() -> Verb {
        Verb(
            "top", group: .cluster, "Display resource (CPU/memory) usage", usage: "top [flags] [options]",
            subverbs: [topNode(), topPod()])
    }

    private static func topNode() -> Verb {
        Verb(
            "node", aliases: ["nodes", "no"], "Display resource (CPU/memory) usage of nodes",
            usage: "top node [NAME | -l label] [options]",
            options: TopOptions(),
            flags: [
                .text("selector", short: "l", \.labels, "Select by labels"),
                .text("sort-by", \.sortBy, "cpu or memory"),
                .toggle("no-headers", \.noHeaders, "Print no headers"),
                .toggle("show-capacity", \.capacity, "Percentages of the capacity, not of what pods may use"),
                .toggle("show-swap", \.swap, "Show swap"),
                .toggle("use-protocol-buffers", \.protocolBuffers, default: true, "Taken for compatibility"),
            ]
        ) { options, parsed, session in
            guard parsed.arguments.count < 2 else { throw session.misuse("node [NAME | -l label]") }
            if !parsed.arguments.isEmpty, !options.labels.isEmpty {
                throw Refusal("only one of NAME or --selector can be provided")
            }
            try checkSort(options, session)
            try await Usage(options: options, session: session).nodes(parsed.arguments.first)
        }
    }

    private static func topPod() -> Verb {
        Verb(
            "pod", aliases: ["pods", "po"], "Display resource (CPU/memory) usage of pods",
            usage: "top pod [NAME | -l label] [options]",
            options: TopOptions(),
            flags: [
                .text("selector", short: "l", \.labels, "Select by labels"),
                .text("field-selector", \.fields, "Select by fields"),
                .text("sort-by", \.sortBy, "cpu or memory"), .toggle("no-headers", \.noHeaders, "Print no headers"),
                .toggle("all-namespaces", short: "A", \.allNamespaces, "Pods of all namespaces"),
                .toggle("containers", \.containers, "Each container by itself"),
                .toggle("sum", \.sum, "A last line with the sum"),
                .toggle("show-swap", \.swap, "Show swap"),
                .toggle("use-protocol-buffers", \.protocolBuffers, default: true, "Taken for compatibility"),
            ]
        ) { options, parsed, session in
            guard parsed.arguments.count < 2 else { throw session.misuse("pod [NAME | -l label]") }
            if !parsed.arguments.isEmpty, !options.labels.isEmpty || !options.fields.isEmpty {
                throw Refusal("only one of NAME or selector can be provided")
            }
            try checkSort(options, session)
            try await Usage(options: options, session: session).pods(parsed.arguments.first)
        }
    }

    private static func checkSort(_ options: TopOptions, _ session: Session) throws {
        guard ["", "cpu", "memory"].contains(options.sortBy) else {
            throw Refusal("--sort-by accepts only cpu or memory")
        }
    }
}

struct Usage: Sendable {
    let options: TopOptions
    let session: Session

    private static let nodes = ResourceID("metrics.k8s.io", "v1beta1", "nodes")
    private static let pods = ResourceID("metrics.k8s.io", "v1beta1", "pods")

    private func needMetrics() async throws {
        let isThere = try await session.resources().all.contains { $0.group == "metrics.k8s.io" }
        guard isThere else { throw Refusal("Metrics API not available") }
    }

    private func get(_ resource: ResourceID, _ namespace: String, _ name: String?) async throws -> [JSON] {
        if let name { return [try await session.get(resource.path(namespace: namespace, name: name))] }
        var query: KubeConnection.Query = []
        if !options.labels.isEmpty { query.append(("labelSelector", options.labels)) }
        if !options.fields.isEmpty { query.append(("fieldSelector", options.fields)) }
        return try await session.get(resource.path(namespace: namespace), query)["items"].array ?? []
    }

    private struct Amount {
        var cpu = 0, memory = 0

        init(_ usage: JSON) {
            cpu = Quantity(usage["cpu"])?.milliValue ?? 0
            memory = Quantity(usage["memory"])?.value ?? 0
        }
        init() {}

        static func + (a: Amount, b: Amount) -> Amount {
            var sum = a
            sum.cpu += b.cpu
            sum.memory += b.memory
            return sum
        }
        /// `15m` and `20Mi`.
        var cells: [String] { ["\(cpu)m", "\(memory >> 20)Mi"] }
    }

    private func sorted<T>(_ rows: [(name: String, amount: Amount, rest: T)]) -> [(
        name: String, amount: Amount, rest: T
    )] {
        rows.sorted { a, b in
            switch options.sortBy {
            case "cpu": a.amount.cpu > b.amount.cpu
            case "memory": a.amount.memory > b.amount.memory
            default: a.name < b.name
            }
        }
    }

    func nodes(_ name: String?) async throws {
        try await needMetrics()
        let metrics = try await get(Self.nodes, "", name)
        if metrics.isEmpty { throw Refusal("metrics not available yet") }
        let nodes = try await session.get(ResourceID.nodes.path())["items"].array ?? []
        var table = TabWriter.kubectl
        if !options.noHeaders { table.write("NAME\tCPU(cores)\tCPU(%)\tMEMORY(bytes)\tMEMORY(%)\n") }
        let rows = metrics.map { (name: $0["metadata"]["name"].plain, amount: Amount($0["usage"]), rest: 0) }
        for row in sorted(rows) {
            let node = nodes.first { $0["metadata"]["name"].string == row.name } ?? .null
            let all = Amount(node["status"][options.capacity ? "capacity" : "allocatable"])
            func share(_ part: Int, _ whole: Int) -> String {
                whole == 0 ? "<unknown>" : "\(Int(Double(part) / Double(whole) * 100))%"
            }
            table.write(
                [
                    row.name, row.amount.cells[0], share(row.amount.cpu, all.cpu), row.amount.cells[1],
                    share(row.amount.memory, all.memory),
                ]
                .joined(separator: "\t") + "\n")
        }
        session.out.write(table.flush())
    }

    func pods(_ name: String?) async throws {
        try await needMetrics()
        let namespace = options.allNamespaces ? "" : try session.namespace
        let metrics = try await get(Self.pods, namespace, name)
        if metrics.isEmpty {
            return session.err.line(
                options.allNamespaces ? "No resources found" : "No resources found in \(namespace) namespace.")
        }
        var table = TabWriter.kubectl
        if !options.noHeaders {
            table.write(
                (options.allNamespaces ? "NAMESPACE\t" : "") + (options.containers ? "POD\tNAME" : "NAME")
                    + "\tCPU(cores)\tMEMORY(bytes)\n")
        }
        var total = Amount()
        let rows = metrics.map { metric in
            let all = (metric["containers"].array ?? []).map { Amount($0["usage"]) }
            return (name: metric["metadata"]["name"].plain, amount: all.reduce(Amount(), +), rest: metric)
        }
        for row in sorted(rows) {
            total = total + row.amount
            let head = options.allNamespaces ? "\(row.rest["metadata"]["namespace"].plain)\t" : ""
            guard options.containers else {
                table.write("\(head)\(row.name)\t\(row.amount.cells.joined(separator: "\t"))\n")
                continue
            }
            for container in row.rest["containers"].array ?? [] {
                table.write(
                    "\(head)\(row.name)\t\(container["name"].plain)\t\(Amount(container["usage"]).cells.joined(separator: "\t"))\n"
                )
            }
        }
        if options.sum {
            table.write(
                (options.allNamespaces ? "\t" : "") + (options.containers ? "\t" : "") + "\t________\t________\n")
            table.write(
                (options.allNamespaces ? "\t" : "") + (options.containers ? "\t" : "")
                    + "\t\(total.cells.joined(separator: "\t"))\n")
        }
        session.out.write(table.flush())
    }
}
