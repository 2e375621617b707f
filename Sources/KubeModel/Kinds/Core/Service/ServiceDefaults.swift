import JSON

enum ServiceDefaults {
    /// How long a client stays with its endpoint: three hours, in seconds.
    private static let affinitySeconds: JSON = 10_800

    static func apply(_ service: inout JSON) {
        if !service.has("spec") { service["spec"] = [:] }
        service.edit("spec", applyToSpec)
        if !service.has("status") { service["status"] = [:] }
        let isBalanced = service["spec"].text("type") == "LoadBalancer"
        service.edit("status") { status in
            status.fillMissing("loadBalancer", [:])
            guard isBalanced else { return }
            status.edit("loadBalancer") { balancer in
                balancer.editEach("ingress") { entry in
                    if !entry.text("ip").isEmpty { entry.fillMissing("ipMode", "VIP") }
                }
            }
        }
    }

    private static func applyToSpec(_ spec: inout JSON) {
        spec.fillZero("sessionAffinity", "None")
        spec.fillZero("type", "ClusterIP")
        switch spec.text("sessionAffinity") {
        case "None": spec.remove("sessionAffinityConfig")
        case "ClientIP":
            if spec["sessionAffinityConfig", "clientIP", "timeoutSeconds"].isNull {
                spec["sessionAffinityConfig"] = ["clientIP": ["timeoutSeconds": affinitySeconds]]
            }
        default: break
        }
        spec.editEach("ports") { port in
            port.fillZero("protocol", "TCP")
            port.fillZero("targetPort", port["port"])
        }
        if ServiceTraits.isExternal(spec) { spec.fillZero("externalTrafficPolicy", "Cluster") }
        if ServiceTraits.needsAddress(spec) { spec.fillMissing("internalTrafficPolicy", "Cluster") }
        if spec.text("type") == "LoadBalancer" { spec.fillMissing("allocateLoadBalancerNodePorts", true) }
    }
}
