import CommandLine
import JSON
import KubeModel

extension VerbTree {
    struct ServiceOptions: Generator {
        var common = CreateOptions(), ports: [String] = [], clusterIP = "", nodePort = 0, externalName = ""
    }

    static func createService() -> Verb {
        Verb(
            "service", aliases: ["svc"], "Create a service using a specified subcommand",
            usage: "create service [flags] [options]",
            subverbs: [
                service(
                    "clusterip", "ClusterIP", "Create a ClusterIP service",
                    usage:
                        "create service clusterip NAME [--tcp=<port>:<targetPort>] [--dry-run=server|client|none] [options]"
                ),
                service(
                    "externalname", "ExternalName", "Create an ExternalName service",
                    usage:
                        "create service externalname NAME --external-name external.name [--dry-run=server|client|none] [options]"
                ),
                service(
                    "loadbalancer", "LoadBalancer", "Create a LoadBalancer service",
                    usage:
                        "create service loadbalancer NAME [--tcp=port:targetPort] [--dry-run=server|client|none] [options]"
                ),
                service(
                    "nodeport", "NodePort", "Create a NodePort service",
                    usage:
                        "create service nodeport NAME [--tcp=port:targetPort] [--dry-run=server|client|none] [options]"),
            ])
    }

    private static func service(_ name: String, _ type: String, _ summary: String, usage: String) -> Verb {
        var flags: [Flag<ServiceOptions>] = [
            .strings("tcp", \.ports, "Port pairs: port or port:targetPort")
        ]
        if type == "ClusterIP" {
            flags.append(.text("clusterip", \.clusterIP, "Address, or None for a headless service"))
        }
        if type == "NodePort" { flags.append(.int("node-port", \.nodePort, "Port on all nodes")) }
        if type == "ExternalName" {
            flags.append(.text("external-name", \.externalName, "Name that this service stands for"))
        }
        return generator(
            name, summary, usage: usage, resource: Known.services, failure: "failed to create \(type) service:",
            options: ServiceOptions(), flags: flags, needs: type == "ExternalName" ? ["external-name"] : []
        ) { options, name, parsed, _ in
            if options.clusterIP != "None", type != "ExternalName", options.ports.isEmpty {
                throw Refusal("at least one tcp port specifier must be provided")
            }
            let ports = try options.ports.map { try port($0, nodePort: type == "NodePort" ? options.nodePort : 0) }
            let labels: JSON = ["app": .string(name)]
            return [
                "kind": "Service", "apiVersion": "v1", "metadata": ["name": .string(name), "labels": labels],
                "spec": .members([
                    ("ports", ports.isEmpty ? nil : .array(ports)), ("selector", labels),
                    ("clusterIP", .some(options.clusterIP)), ("type", .string(type)),
                    ("externalName", .some(options.externalName)),
                ]), "status": ["loadBalancer": [:]],
            ]
        }
    }

    /// `80`, `80:8080`, `80:http`.
    private static func port(_ text: String, nodePort: Int) throws -> JSON {
        let (first, second) = text.cut(":") ?? (text, "")
        guard let number = Int(first), number >= 0 else {
            throw Refusal("strconv.ParseUint: parsing \(first.quoted): invalid syntax")
        }
        guard number <= 65_535 else {
            throw Refusal("strconv.ParseUint: parsing \(first.quoted): value out of range")
        }
        let target: JSON = second.isEmpty ? .init(number) : Int(second).map { .init($0) } ?? .string(second)
        return .members([
            ("name", .string(text.replacing(":", with: "-"))), ("protocol", "TCP"), ("port", .init(number)),
            ("targetPort", target), ("nodePort", nodePort > 0 ? .init(nodePort) : nil),
        ])
    }
}
