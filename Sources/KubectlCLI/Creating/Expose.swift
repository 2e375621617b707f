import CommandLine
import JSON
import KubeClient
import KubeModel
import NIOHTTP1

struct ExposeOptions: Sendable {
    var files = FileOptions(), printing = PrintOptions()
    var dryRun = "none", name = "", port = "", targetPort = "", transport = "", type = "", labels = ""
    var selector = "", clusterIP = "", externalIP = "", loadBalancerIP = "", affinity = "", externalName = ""
    var manager = "kubectl-expose", overrides = "", overrideType = "merge", savesConfig = false
}

extension VerbTree {
    static func expose() -> Verb {
        Verb(
            "expose", group: .basicBeginner,
            "Take a replication controller, service, deployment or pod and expose it as a new Kubernetes service",
            usage:
                "expose (-f FILENAME | TYPE NAME) [--port=port] [--protocol=TCP|UDP|SCTP] [--target-port=number-or-name] [--name=name] [--external-ip=external-ip-of-service] [--type=type] [options]",
            examples:
                "# A service for a deployment, on a port of every node\nkubectl expose deployment web --type=NodePort --port=80",
            options: ExposeOptions(),
            flags: FileOptions.flags(\.files, "to expose") + PrintOptions.flags(\.printing) + [
                DryRun.flag(\.dryRun), .text("name", \.name, "Name of the service; else the object's"),
                .text("port", \.port, "Port of the service; else the object's"),
                .text("target-port", \.targetPort, "Port of the container, by number or name"),
                .text("protocol", \.transport, "TCP, UDP or SCTP; else the object's"),
                .text("type", \.type, "ClusterIP, NodePort, LoadBalancer or ExternalName"),
                .text("labels", short: "l", \.labels, "Labels of the service"),
                .text("selector", \.selector, "Labels of the pods; else the object's selector"),
                .text("cluster-ip", \.clusterIP, "Address of the service, or None"),
                .text("external-ip", \.externalIP, "Another address at which the service is reached"),
                .text("load-balancer-ip", \.loadBalancerIP, "Address of the load balancer"),
                .text("session-affinity", \.affinity, "None or ClientIP"),
                .text("external-name", \.externalName, hidden: true, "Name that an ExternalName service stands for"),
                .text("field-manager", \.manager, default: "kubectl-expose", "Name under which the fields are owned"),
                .text("overrides", \.overrides, "JSON that is merged into the service"),
                .text("override-type", \.overrideType, default: "merge", "How: json, merge or strategic"),
                .toggle("save-config", \.savesConfig, "Keep the configuration in the object's annotation"),
            ]
        ) { options, parsed, session in
            try await Exposing(options: options, session: session).run(parsed.arguments)
        }
    }
}

struct Exposing: Sendable {
    let options: ExposeOptions
    let session: Session

    func run(_ arguments: [String]) async throws {
        let dryRun = try DryRun(options.dryRun)
        let printer = try ObjectPrinter(session, options.printing)
        let selected = try await session.select(options.files.selection(arguments))
        for item in try selected.all() {
            let service = try self.service(for: item)
            var made = Item(
                resource: Known.services, namespace: item.namespace, name: service["metadata"]["name"].string ?? "",
                object: service)
            if options.savesConfig { made.object = LastApplied.annotated(made.object) }
            if dryRun != .client {
                var query: KubeConnection.Query = [("fieldManager", options.manager)]
                if dryRun == .server { query.append(("dryRun", "All")) }
                made.take(try await session.send(.POST, made.folder, query, made.object))
            }
            try printer.print(made, "exposed\(dryRun.suffix)", isTyped: true)
        }
    }

    private static let exposable: Set<String> = [
        "Pod", "Service", "ReplicationController", "Deployment", "ReplicaSet",
    ]

    private func service(for item: Item) throws -> JSON {
        let kind = item.resource.kind, object = item.object
        guard Self.exposable.contains(kind) else {
            throw Refusal("cannot expose a \(item.resource.group.isEmpty ? kind : "\(kind).\(item.resource.group)")")
        }
        let selector = try options.selector.isEmpty ? self.selector(kind, object) : labels(options.selector)
        let isHeadless = options.clusterIP == "None"
        let ports = try self.ports(kind, object)
        if ports.isEmpty, !isHeadless { throw Refusal("couldn't find port via --port flag or introspection") }
        var labels = object["metadata"]["labels"]
        if !options.labels.isEmpty { labels = try self.labels(options.labels) }
        var name = options.name.isEmpty ? item.name : options.name
        if name.utf8.count > 63 { name = String(name.prefix(63)) }
        var metadata: [(String, JSON?)] = [("name", .string(name))]
        if session.options.namespaceGiven {
            metadata.append(("namespace", .string(item.namespace)))
        }
        metadata.append(
            ("labels", labels.object?.isEmpty == false ? .object((labels.object ?? JSONObject()).sortedByKey()) : nil))
        return [
            "kind": "Service", "apiVersion": "v1", "metadata": .members(metadata),
            "spec": .members([
                ("ports", ports.isEmpty ? nil : .array(ports)), ("selector", selector),
                ("clusterIP", .some(options.clusterIP)), ("type", .some(options.type)),
                ("externalIPs", options.externalIP.isEmpty ? nil : [.string(options.externalIP)]),
                ("sessionAffinity", .some(options.affinity)),
                (
                    "loadBalancerIP", options.type == "LoadBalancer" ? .some(options.loadBalancerIP) : nil
                ),
                ("externalName", .some(options.externalName)),
            ]), "status": ["loadBalancer": [:]],
        ]
    }

    private func labels(_ text: String) throws -> JSON {
        var members = JSONObject()
        for part in text.parts(",") {
            guard let (key, value) = part.cut("=") else { throw Refusal("unexpected label spec: \(part)") }
            members[key] = .string(value)
        }
        return .object(members.sortedByKey())
    }

    private func selector(_ kind: String, _ object: JSON) throws -> JSON {
        func couldNot(_ why: String) -> Refusal {
            Refusal("couldn't retrieve selectors via --selector flag or introspection: \(why)")
        }
        switch kind {
        case "Pod":
            let labels = object["metadata"]["labels"]
            guard labels.object?.isEmpty == false else { throw couldNot("the pod has no labels and cannot be exposed") }
            return labels
        case "Service":
            let selector = object["spec"]["selector"]
            guard selector.object?.isEmpty == false else { throw couldNot("the service has no pod selector set") }
            return selector
        case "ReplicationController": return object["spec"]["selector"]
        default:
            let selector = object["spec"]["selector"]
            if selector["matchExpressions"].array?.isEmpty == false {
                throw couldNot(
                    "couldn't convert expressions - \"\(selector["matchExpressions"].text)\" to map-based selector format"
                )
            }
            guard selector["matchLabels"].object?.isEmpty == false else {
                throw couldNot("invalid deployment: no selectors, therefore cannot be exposed")
            }
            return selector["matchLabels"]
        }
    }

    /// The object's own ports with their protocols.
    private static func declared(_ kind: String, _ object: JSON) -> [(port: Int, transport: String)] {
        if kind == "Service" {
            return (object["spec"]["ports"].array ?? []).map { ($0["port"].int ?? 0, $0["protocol"].string ?? "TCP") }
        }
        let spec = kind == "Pod" ? object["spec"] : object["spec"]["template"]["spec"]
        return (spec["containers"].array ?? []).flatMap { $0["ports"].array ?? [] }.map {
            ($0["containerPort"].int ?? 0, $0["protocol"].string ?? "TCP")
        }
    }

    private func ports(_ kind: String, _ object: JSON) throws -> [JSON] {
        let declared = Self.declared(kind, object)
        let wanted = options.port.isEmpty ? declared.map { "\($0.port)" } : options.port.parts(",")
        var ports: [JSON] = []
        for (at, text) in wanted.enumerated() {
            guard let number = Int(text) else { throw Refusal("strconv.Atoi: parsing \(text.quoted): invalid syntax") }
            var transports = declared.filter { $0.port == number }.map(\.transport)
            if !options.transport.isEmpty { transports = [options.transport] }
            if transports.isEmpty { transports = ["TCP"] }
            for (place, transport) in Array(Set(transports)).sorted().enumerated() {
                let isAlone = wanted.count == 1 && Set(transports).count == 1
                let name = Set(transports).count > 1 ? "port-\(at + 1)-\(transport.lowercased())" : "port-\(at + 1)"
                _ = place
                ports.append(
                    .members([
                        ("name", isAlone ? nil : .string(name)), ("protocol", .string(transport)),
                        ("port", .init(number)),
                        ("targetPort", target(number)),
                    ]))
            }
        }
        return ports
    }

    private func target(_ port: Int) -> JSON {
        options.targetPort.isEmpty
            ? .init(port) : Int(options.targetPort).map { .init($0) } ?? .string(options.targetPort)
    }
}
