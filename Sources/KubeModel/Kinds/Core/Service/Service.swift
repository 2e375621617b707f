import JSON

/// `v1` Service. Addresses and node ports are the server's to give; it does so before validation.
package enum ServiceKind {
    static let rules: KindRules = {
        var rules = KindRules(group: "", kind: "Service")
        rules.nameRule = .dnsLabel
        rules.allowsCreateOnUpdate = true
        rules.defaults = ServiceDefaults.apply
        rules.prepareForCreate = { service in
            service["status"] = ["loadBalancer": [:]]
            ServiceUpkeep.matchAddresses(&service, old: nil)
        }
        rules.prepareForUpdate = ServiceUpkeep.prepareForUpdate
        rules.prepareForStatusUpdate = KindRules.keepAllButStatus
        rules.validate = { ServiceFaults.all($0, old: nil) }
        rules.validateUpdate = { new, old in
            let addresses = addressFaults(new["spec"], old: old["spec"])
            return addresses.isEmpty ? ServiceFaults.change(new, old) + ServiceFaults.all(new, old: old) : addresses
        }
        rules.validateStatusUpdate = { new, old in ServiceFaults.status(new, old) }
        rules.warnings = { new, _ in ServiceWarnings.of(new) }
        rules.selectableFields = {
            ["spec.clusterIP": $0["spec"].text("clusterIP"), "spec.type": $0["spec"].text("type")]
        }
        rules.table = ServiceTable.table
        return rules
    }()

    /// What is wrong with the addresses and families of a specification; told before any is handed out.
    package static func addressFaults(_ spec: JSON, old: JSON?) -> [FieldError] {
        var faults = Faults()
        ServiceAddressFaults.check(spec, old, &faults)
        return faults.all
    }
}

/// What is told apart in all parts of the rules.
enum ServiceTraits {
    static func isHeadless(_ spec: JSON) -> Bool { spec.list("clusterIPs") == ["None"] }

    /// Reachable from outside of the cluster.
    static func isExternal(_ spec: JSON) -> Bool {
        switch spec.text("type") {
        case "LoadBalancer", "NodePort": true
        case "ClusterIP": !spec.list("externalIPs").isEmpty
        default: false
        }
    }

    static func needsAddress(_ spec: JSON) -> Bool {
        ["ClusterIP", "NodePort", "LoadBalancer"].contains(spec.text("type"))
    }

    static func needsNodePorts(_ spec: JSON) -> Bool {
        switch spec.text("type") {
        case "NodePort": true
        case "LoadBalancer": spec["allocateLoadBalancerNodePorts"] != false
        default: false
        }
    }

    /// A load balancer asks a port of its own which nodes have endpoints.
    static func needsHealthCheck(_ spec: JSON) -> Bool {
        spec.text("type") == "LoadBalancer" && spec.text("externalTrafficPolicy") == "Local"
    }
}
