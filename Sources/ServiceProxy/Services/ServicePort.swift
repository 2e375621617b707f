import JSON
import KubeClient
import Linux

/// One port of a service with all addresses it is reached at.
struct ServicePort: Sendable, Hashable {
    /// As endpoint slices name it; "" for the only one.
    var name: String
    var transport: Transport
    var port: UInt16
    /// Nil: not on nodes.
    var nodePort: UInt16?
    var clusterIPs: [IPAddress] = []
    var externalIPs: [IPAddress] = []
    /// Those of its load balancer that expect nodes to take their packets.
    var balancerIPs: [IPAddress] = []
    /// Who may send to the load balancer's addresses; empty: everybody.
    var sourceRanges: [IPPrefix] = []
    /// Only this node's pods get what comes from within the cluster, or from outside.
    var internalLocal = false
    var externalLocal = false
    /// How long a client stays with its pod after its last new connection; nil: not at all.
    var affinitySeconds: Int?
}

extension ServicePort {
    private static let otherProxy = "service.kubernetes.io/service-proxy-name"
    /// What the API gives ClientIP affinity without a configuration, in seconds.
    private static let usualAffinity = 10_800

    /// The ports of a service; none when there is nothing to do for it: it is headless, a name, or another program's.
    static func all(of service: JSON) -> [ServicePort] {
        let spec = service["spec"]
        guard spec["type"].string != "ExternalName", service["metadata"]["labels"][otherProxy].isNull else { return [] }
        let clusterIPs = addresses(spec["clusterIPs"].strings, or: spec["clusterIP"].string)
        guard !clusterIPs.isEmpty else { return [] }
        var common = ServicePort(name: "", transport: .tcp, port: 0)
        common.clusterIPs = clusterIPs
        common.externalIPs = spec["externalIPs"].strings.compactMap { IPAddress($0) }
        common.balancerIPs = (service["status"]["loadBalancer"]["ingress"].array ?? []).compactMap { ingress in
            ingress["ipMode"].string == "Proxy" ? nil : ingress["ip"].string.flatMap { IPAddress($0) }
        }
        common.sourceRanges = sourceRanges(spec["loadBalancerSourceRanges"].strings)
        common.internalLocal = spec["internalTrafficPolicy"].string == "Local"
        common.externalLocal = spec["externalTrafficPolicy"].string == "Local"
        if spec["sessionAffinity"].string == "ClientIP" {
            common.affinitySeconds = spec["sessionAffinityConfig"]["clientIP"]["timeoutSeconds"].int ?? usualAffinity
        }
        return (spec["ports"].array ?? []).compactMap { port(of: $0, common) }
    }

    private static func port(of tree: JSON, _ common: ServicePort) -> ServicePort? {
        guard let transport = Transport(kubernetes: tree["protocol"].string ?? ""),
            let number = tree["port"].int.flatMap({ UInt16(exactly: $0) }), number > 0
        else { return nil }
        var port = common
        port.name = tree["name"].string ?? ""
        port.transport = transport
        port.port = number
        port.nodePort = tree["nodePort"].int.flatMap { UInt16(exactly: $0) }.flatMap { $0 == 0 ? nil : $0 }
        return port
    }

    private static func addresses(_ several: [String], or one: String?) -> [IPAddress] {
        (several.isEmpty ? [one ?? ""] : several).compactMap { IPAddress($0) }
    }

    /// Without those that others contain, which nft's intervals would refuse; one that holds every address is no limit.
    private static func sourceRanges(_ texts: [String]) -> [IPPrefix] {
        let ranges = texts.compactMap { IPPrefix($0.filter { $0 != " " })?.network }.sorted { $0.length < $1.length }
        if ranges.contains(where: { $0.length == 0 }) { return [] }
        var kept: [IPPrefix] = []
        for range in ranges where !kept.contains(where: { $0.overlaps(range) }) { kept.append(range) }
        return kept
    }
}
