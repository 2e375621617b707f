import JSON

/// Faults of a service as a whole.
enum ServiceFaults {
    private static let path = FieldPath("spec")
    private static let balancedOnly = "may only be used when `type` is 'LoadBalancer'"

    /// - Parameter old: its addresses pass whatever they are.
    static func all(_ service: JSON, old: JSON?) -> [FieldError] {
        var faults = Faults()
        checkAnnotations(service, &faults)
        let spec = service["spec"]
        checkType(spec, &faults)
        ServicePortFaults.check(spec, path["ports"], &faults)
        faults.checkLabels(spec["selector"], path["selector"])
        checkAffinity(spec, &faults)
        ServiceAddressFaults.check(spec, old?["spec"], &faults)
        let known = old?["spec", "externalIPs"].strings ?? []
        for (index, ip) in spec["externalIPs"].strings.enumerated() {
            let path = path["externalIPs"][index]
            let found = Names.legacyIP(path, ip, old: known)
            faults.add(found)
            if found.isEmpty { EndpointsKind.checkOrdinary(ip, path, &faults) }
        }
        faults.checkChoice(spec, "type", path, ["ClusterIP", "NodePort", "LoadBalancer", "ExternalName"])
        ServicePortFaults.checkUniqueness(spec, path["ports"], &faults)
        checkBalancer(service, old, &faults)
        checkTraffic(spec, &faults)
        return faults.all
    }

    private static func checkAnnotations(_ service: JSON, _ faults: inout Faults) {
        let (hints, mode) = ("service.kubernetes.io/topology-aware-hints", "service.kubernetes.io/topology-mode")
        let annotations = service["metadata"].map("annotations")
        guard let old = annotations[hints], let new = annotations[mode], old != new else { return }
        faults.invalid(
            FieldPath("metadata.annotations")[key: mode], new,
            "must match annotations[\(hints)] when both are specified")
    }

    private static func checkType(_ spec: JSON, _ faults: inout Faults) {
        let (type, isHeadless) = (spec.text("type"), ServiceTraits.isHeadless(spec))
        if spec.list("ports").isEmpty, !isHeadless, type != "ExternalName" { faults.required(path["ports"]) }
        switch type {
        case "LoadBalancer", "NodePort":
            if isHeadless {
                faults.invalid(
                    path["clusterIPs"][0], "None", "may not be set to 'None' for \(type) services")
            }
        case "ExternalName":
            let why = "may not be set for ExternalName services"
            if !spec.list("clusterIPs").isEmpty { faults.forbidden(path["clusterIPs"], why) }
            if !spec.list("ipFamilies").isEmpty { faults.forbidden(path["ipFamilies"], why) }
            if spec.has("ipFamilyPolicy") { faults.forbidden(path["ipFamilyPolicy"], why) }
            var name = spec.text("externalName")
            if name.hasSuffix(".") { name.removeLast() }
            faults.checkRequired(name, path["externalName"], Names.dnsSubdomain)
        default: break
        }
    }

    /// Longest time that a client stays with its endpoint: a day, in seconds.
    private static let longestAffinity = 86_400

    private static func checkAffinity(_ spec: JSON, _ faults: inout Faults) {
        faults.checkChoice(spec, "sessionAffinity", path, ["ClientIP", "None"])
        let config = path["sessionAffinityConfig"]
        switch spec.text("sessionAffinity") {
        case "ClientIP":
            let why = "when session affinity type is ClientIP"
            guard spec.has("sessionAffinityConfig") else { return faults.required(config, why) }
            let client = spec["sessionAffinityConfig", "clientIP"]
            guard case .object = client else { return faults.required(config["clientIP"], why) }
            guard let seconds = client["timeoutSeconds"].int else {
                return faults.required(config["clientIP"]["timeoutSeconds"], why)
            }
            if !(1...longestAffinity).contains(seconds) {
                faults.invalid(
                    config["clientIP"]["timeoutSeconds"], .init(seconds),
                    "must be greater than 0 and less than \(longestAffinity)")
            }
        case "None":
            if spec.has("sessionAffinityConfig") {
                faults.forbidden(config, "must not be set when session affinity is None")
            }
        default: break
        }
    }

    private static func checkBalancer(_ service: JSON, _ old: JSON?, _ faults: inout Faults) {
        let spec = service["spec"]
        let isBalanced = spec.text("type") == "LoadBalancer"
        let ranges = spec["loadBalancerSourceRanges"].strings
        let key = "service.beta.kubernetes.io/load-balancer-source-ranges"
        if !ranges.isEmpty {
            let path = path["LoadBalancerSourceRanges"]
            if !isBalanced { faults.forbidden(path, balancedOnly) }
            let known = old?["spec", "loadBalancerSourceRanges"].strings ?? []
            for (index, range) in ranges.enumerated() {
                faults.add(Names.legacyCIDR(path[index], stripped(range), old: known))
            }
        } else if let text = service["metadata"].map("annotations")[key]?.string {
            let path = FieldPath("metadata.annotations")[key: key]
            if !isBalanced { faults.forbidden(path, balancedOnly) }
            let unchanged = old?["metadata", "annotations"].text(key) == text
            if !stripped(text).isEmpty, !unchanged {
                for range in text.split(separator: ",", omittingEmptySubsequences: false) {
                    faults.add(Names.legacyCIDR(path, stripped(String(range))))
                }
            }
        }
        if !isBalanced, spec.has("allocateLoadBalancerNodePorts") {
            faults.forbidden(path["allocateLoadBalancerNodePorts"], balancedOnly)
        } else if isBalanced, !spec.has("allocateLoadBalancerNodePorts") {
            faults.required(FieldPath("allocateLoadBalancerNodePorts"))
        }
        checkClass(spec, &faults)
    }

    private static func checkClass(_ spec: JSON, _ faults: inout Faults) {
        guard spec.has("loadBalancerClass") else { return }
        if spec.text("type") == "LoadBalancer" {
            faults.check(spec.text("loadBalancerClass"), path["loadBalancerClass"], Names.qualifiedName)
        } else {
            faults.forbidden(path["loadBalancerClass"], balancedOnly)
        }
    }

    private static func stripped(_ text: String) -> String {
        String(text.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }

    private static let trafficPolicies = ["Cluster", "Local"]

    private static func checkTraffic(_ spec: JSON, _ faults: inout Faults) {
        if ServiceTraits.isExternal(spec) {
            faults.checkChoice(spec, "externalTrafficPolicy", path, trafficPolicies)
        } else if !spec.text("externalTrafficPolicy").isEmpty {
            faults.invalid(
                path["externalTrafficPolicy"], spec["externalTrafficPolicy"],
                "may only be set for externally-accessible services")
        }
        let port = spec["healthCheckNodePort"].int ?? 0
        if !ServiceTraits.needsHealthCheck(spec) {
            if port != 0 {
                faults.invalid(
                    path["healthCheckNodePort"], .init(port),
                    "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'")
            }
        } else if port == 0 {
            faults.required(path["healthCheckNodePort"])
        } else {
            for detail in Names.portNumber(port) {
                faults.invalid(path["healthCheckNodePort"], .init(port), detail)
            }
        }
        if !spec.has("internalTrafficPolicy"), ServiceTraits.needsAddress(spec) {
            faults.required(path["internalTrafficPolicy"])
        }
        faults.checkOptionalChoice(spec, "internalTrafficPolicy", path, trafficPolicies)
        let distributions = ["PreferClose", "PreferSameZone", "PreferSameNode"]
        if spec.has("trafficDistribution"), case let chosen = spec.text("trafficDistribution"),
            !distributions.contains(chosen)
        {
            faults.notSupported(path["trafficDistribution"], .string(chosen), inOrder: distributions)
        }
    }

    // MARK: Changes

    static func change(_ new: JSON, _ old: JSON) -> [FieldError] {
        var faults = Faults()
        let (spec, before) = (new["spec"], old["spec"])
        ServiceAddressFaults.checkChange(spec, before, &faults)
        if before.text("type") == "LoadBalancer", spec.text("type") == "LoadBalancer",
            spec["loadBalancerClass"] != before["loadBalancerClass"]
        {
            faults.invalid(path["loadBalancerClass"], spec["loadBalancerClass"], "may not change once set")
        }
        checkClass(spec, &faults)
        if ServiceTraits.needsHealthCheck(before), ServiceTraits.needsHealthCheck(spec),
            (spec["healthCheckNodePort"].int ?? 0) != (before["healthCheckNodePort"].int ?? 0)
        {
            faults.forbidden(path["healthCheckNodePort"], "field is immutable")
        }
        return faults.all
    }

    static func status(_ new: JSON, _ old: JSON) -> [FieldError] {
        var faults = Faults()
        let path = FieldPath("status.loadBalancer.ingress")
        let ingress = new["status", "loadBalancer"].list("ingress")
        if new["spec"].text("type") != "LoadBalancer", !ingress.isEmpty {
            faults.forbidden(path, "may only be used when `spec.type` is 'LoadBalancer'")
            return faults.all
        }
        let known = old["status", "loadBalancer"].list("ingress").map { $0.text("ip") }
        for (index, entry) in ingress.enumerated() {
            let path = path[index]
            let (ip, host) = (entry.text("ip"), entry.text("hostname"))
            if !ip.isEmpty { faults.add(Names.legacyIP(path["ip"], ip, old: known)) }
            if !entry.has("ipMode") {
                if !ip.isEmpty { faults.required(path["ipMode"], "must be specified when `ip` is set") }
            } else if ip.isEmpty {
                faults.forbidden(path["ipMode"], "may not be specified when `ip` is not set")
            } else {
                faults.checkOptionalChoice(entry, "ipMode", path, ["VIP", "Proxy"])
            }
            if !host.isEmpty {
                faults.check(host, path["hostname"], Names.dnsSubdomain)
                if IPAddress(host) != nil {
                    faults.invalid(path["hostname"], .string(host), "must be a DNS name, not an IP address")
                }
            }
        }
        return faults.all
    }
}
