import JSON

/// What `kubectl get services` prints.
enum ServiceTable {
    static let table = KindTable([
        .objectName, .init("Type"), .init("Cluster-IP"), .init("External-IP"), .init("Port(s)"), .objectAge,
        .init("Selector", priority: 1),
    ]) { service, now in
        let spec = service["spec"]
        let ports = spec.list("ports").map(portText).joined(separator: ",")
        return [
            KindTable.Cell.name(service), .string(spec.text("type")),
            .string(spec.list("clusterIPs").first?.string ?? "<none>"), .string(externalAddress(service)),
            .string(ports.isEmpty ? "<none>" : ports), KindTable.Cell.age(service, now),
            KindTable.Cell.labels(spec["selector"]),
        ]
    }

    /// `80/TCP`, or with the node's port `80:30080/TCP`.
    private static func portText(_ port: JSON) -> String {
        let (number, node) = (port["port"].int ?? 0, port["nodePort"].int ?? 0)
        return node > 0 ? "\(number):\(node)/\(port.text("protocol"))" : "\(number)/\(port.text("protocol"))"
    }

    private static func externalAddress(_ service: JSON) -> String {
        let spec = service["spec"]
        let own = spec["externalIPs"].strings
        switch spec.text("type") {
        case "ClusterIP", "NodePort": return own.isEmpty ? "<none>" : own.joined(separator: ",")
        case "LoadBalancer":
            let given = balancerAddresses(service["status", "loadBalancer"])
            let all = given + own
            return all.isEmpty ? "<pending>" : all.joined(separator: ",")
        case "ExternalName": return spec.text("externalName")
        default: return "<unknown>"
        }
    }

    /// Addresses or names, sorted, each once.
    static func balancerAddresses(_ balancer: JSON) -> [String] {
        var found: Set<String> = []
        for entry in balancer.list("ingress") {
            let (ip, host) = (entry.text("ip"), entry.text("hostname"))
            if !ip.isEmpty { found.insert(ip) } else if !host.isEmpty { found.insert(host) }
        }
        return found.sorted()
    }
}
