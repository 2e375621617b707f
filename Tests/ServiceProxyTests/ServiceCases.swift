import JSON
import Linux
import Testing

@testable import ServiceProxy

/// Services, endpoint slices and a node as the tests have them.
enum ServiceCases {
    static func settings() throws -> ProxySettings {
        ProxySettings(
            nodeName: "one", nodeAddresses: [try address("192.168.49.2")],
            clusterCIDRs: [try prefix("10.244.0.0/16")], serviceCIDRs: [try prefix("10.96.0.0/12")],
            podCIDRs: [try prefix("10.244.0.0/24")], bridge: "cni0", servedHere: [try address("10.96.0.10")])
    }

    static func address(_ text: String) throws -> IPAddress { try #require(IPAddress(text)) }
    static func prefix(_ text: String) throws -> IPPrefix { try #require(IPPrefix(text)) }

    static func service(_ spec: JSON, name: String = "web", status: JSON = [:]) -> JSON {
        var spec = spec
        if spec["type"].isNull { spec["type"] = "ClusterIP" }
        if spec["clusterIP"].isNull { spec["clusterIP"] = "10.96.1.1" }
        if spec["clusterIPs"].isNull { spec["clusterIPs"] = [spec["clusterIP"]] }
        if spec["ports"].isNull { spec["ports"] = [["port": 80, "protocol": "TCP", "targetPort": 8080]] }
        return ["metadata": ["name": .string(name), "namespace": "default"], "spec": spec, "status": status]
    }

    /// Endpoints as `address@node`, with `!` in front when not ready, `-` when terminating and serving.
    static func slice(
        _ endpoints: [String], port: Int = 8080, name: String = "", protocol transport: String = "TCP",
        service: String = "web", hints: [JSON] = []
    ) -> JSON {
        let trees = endpoints.enumerated().map { index, text in
            let isDown = text.hasPrefix("!"), isLeaving = text.hasPrefix("-")
            let parts = text.drop { $0 == "!" || $0 == "-" }.split(separator: "@")
            var tree: JSON = [
                "addresses": [.string(String(parts.first ?? ""))], "nodeName": .string(String(parts.last ?? "")),
                "conditions": [
                    "ready": .bool(!isDown && !isLeaving), "serving": .bool(!isDown), "terminating": .bool(isLeaving),
                ],
            ]
            if index < hints.count { tree["hints"] = hints[index] }
            return tree
        }
        return [
            "metadata": [
                "name": .string("\(service)-abc\(name)"), "namespace": "default",
                "labels": ["kubernetes.io/service-name": .string(service)],
            ], "addressType": "IPv4", "endpoints": .array(trees),
            "ports": [["name": .string(name), "port": .init(port), "protocol": .string(transport)]],
        ]
    }

    static func tracer(_ service: JSON, _ endpoints: [String]) throws -> PacketTracer {
        try tracer(service, slices: [slice(endpoints)])
    }

    static func tracer(_ service: JSON, slices: [JSON], zone: String = "") throws -> PacketTracer {
        let settings = try settings()
        var plan = ServicePlan(settings: settings, family: .four)
        plan.zone = zone
        return PacketTracer(ServiceRules(settings, .four), plan.elements(of: service, slices))
    }
}
