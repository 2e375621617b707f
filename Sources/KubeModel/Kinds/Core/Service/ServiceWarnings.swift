import JSON

enum ServiceWarnings {
    static func of(_ service: JSON) -> [String] {
        var warnings: [String] = []
        let (spec, path) = (service["spec"], FieldPath("spec"))
        let (type, external) = (spec.text("type"), spec["externalIPs"].strings)
        let hints = "service.kubernetes.io/topology-aware-hints"
        if service["metadata", "annotations"].has(hints) {
            warnings.append(
                "annotation \(hints) is deprecated, please use service.kubernetes.io/topology-mode instead")
        }
        let isHeadless = type == "ClusterIP" && spec.text("clusterIP") == "None"
        if !isHeadless, type != "ExternalName" {
            for (index, address) in spec["clusterIPs"].strings.enumerated() {
                warnings += Names.ipWarnings(path["clusterIPs"][index], address)
            }
        }
        if isHeadless {
            if !spec.text("loadBalancerIP").isEmpty {
                warnings.append("spec.loadBalancerIP is ignored for headless services")
            }
            if !external.isEmpty { warnings.append("spec.externalIPs is ignored for headless services") }
            if spec.text("sessionAffinity") != "None" {
                warnings.append("spec.SessionAffinity is ignored for headless services")
            }
        }
        for (index, address) in external.enumerated() {
            warnings += Names.ipWarnings(path["externalIPs"][index], address)
        }
        if !external.isEmpty, !isHeadless, type != "ExternalName" {
            warnings.append("spec.externalIPs is deprecated and may no longer be implemented in some clusters")
        }
        let balancer = spec.text("loadBalancerIP")
        if !balancer.isEmpty { warnings += Names.ipWarnings(path["loadBalancerIP"], balancer) }
        for (index, range) in spec["loadBalancerSourceRanges"].strings.enumerated() {
            warnings += Names.cidrWarnings(path["loadBalancerSourceRanges"][index], range)
        }
        if type == "ExternalName" {
            if !external.isEmpty {
                warnings.append("spec.externalIPs is ignored when spec.type is \"ExternalName\"")
            }
        } else if !spec.text("externalName").isEmpty {
            warnings.append("spec.externalName is ignored when spec.type is not \"ExternalName\"")
        }
        if spec.text("trafficDistribution") == "PreferClose" {
            warnings.append("spec.trafficDistribution: \"PreferClose\" is deprecated; use \"PreferSameZone\"")
        }
        return warnings
    }
}
