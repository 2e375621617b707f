import JSON
import KubeClient
import Linux

@testable import ClusterDNS
@testable import NameServer

/// A cluster's services and slices in memory.
struct FakeNames: ClusterNames {
    var isKnown = true
    var services: [JSON] = []
    var slices: [JSON] = []

    func hasNamespace(_ name: String) -> Bool { ["default", "kube-system"].contains(name) }

    func service(_ namespace: String, _ name: String) -> JSON? {
        services.first { ObjectKey($0) == ObjectKey(namespace, name) }
    }

    func slices(of service: ObjectKey) -> [JSON] {
        slices.filter {
            $0["metadata"]["labels"]["kubernetes.io/service-name"].string == service.name
                && $0["metadata"]["namespace"].string == service.namespace
        }
    }

    func services(at address: IPAddress) -> [JSON] {
        services.filter { $0["spec"]["clusterIPs"].strings.contains("\(address)") }
    }

    func slices(at address: IPAddress) -> [JSON] {
        slices.filter { slice in
            (slice["endpoints"].array ?? []).contains { $0["addresses"].strings.contains("\(address)") }
        }
    }

    static func service(_ name: String, _ spec: JSON, namespace: String = "default") -> JSON {
        var spec = spec
        if spec["clusterIPs"].isNull, let one = spec["clusterIP"].string { spec["clusterIPs"] = [.string(one)] }
        return ["metadata": ["name": .string(name), "namespace": .string(namespace)], "spec": spec]
    }

    /// Endpoints as `address` or `address=hostname`, with `!` in front when not ready.
    static func slice(_ service: String, _ endpoints: [String], ports: JSON, type: String = "IPv4") -> JSON {
        let trees = endpoints.map { text -> JSON in
            let isReady = !text.hasPrefix("!")
            let parts = text.drop { $0 == "!" }.split(separator: "=").map(String.init)
            var tree: JSON = ["addresses": [.string(parts[0])], "conditions": ["ready": .bool(isReady)]]
            if parts.count > 1 { tree["hostname"] = .string(parts[1]) }
            return tree
        }
        return [
            "metadata": [
                "name": .string("\(service)-\(type)"), "namespace": "default",
                "labels": ["kubernetes.io/service-name": .string(service)],
            ], "addressType": .string(type), "endpoints": .array(trees), "ports": ports,
        ]
    }

    static let http: JSON = [["name": "http", "port": 8080, "protocol": "TCP"]]

    static let cluster = FakeNames(
        services: [
            service("kubernetes", ["clusterIP": "10.96.0.1", "ports": [["name": "https", "port": 443]]]),
            service(
                "web",
                [
                    "clusterIP": "10.96.1.1", "clusterIPs": ["10.96.1.1", "fd00:96::1"],
                    "ports": [
                        ["name": "http", "port": 80, "protocol": "TCP"],
                        ["name": "dns", "port": 53, "protocol": "UDP"],
                    ],
                ]),
            service("db", ["clusterIP": "None", "ports": [["name": "http", "port": 80]]]),
            service("empty", ["clusterIP": "None", "ports": [["name": "http", "port": 80]]]),
            service("out", ["type": "ExternalName", "externalName": "example.org"]),
            service("inward", ["type": "ExternalName", "externalName": "web.default.svc.cluster.local"]),
            service("loop", ["type": "ExternalName", "externalName": "loop.default.svc.cluster.local"]),
        ],
        slices: [
            slice("web", ["10.244.0.5", "!10.244.0.6"], ports: http),
            slice("db", ["10.244.0.7=db-0", "10.244.0.8=db-1", "!10.244.0.9=db-2", "10.244.1.9"], ports: http),
            slice("db", ["fd00:244::7=db-0"], ports: http, type: "IPv6"),
        ])
}
