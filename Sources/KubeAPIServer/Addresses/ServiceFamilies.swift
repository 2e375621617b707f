import JSON
import KubeModel

/// The families that a service asks of a cluster whose services have IPv4 addresses alone.
enum ServiceFamilies {
    private static let path = FieldPath("spec")

    /// What is wrong with the addresses by themselves, or else what this cluster doesn't have.
    static func faults(_ service: JSON, old: JSON?) -> [FieldError] {
        let own = ServiceKind.addressFaults(service["spec"], old: old?["spec"])
        return own.isEmpty ? missing(service["spec"]) : own
    }

    private static func missing(_ spec: JSON) -> [FieldError] {
        let (addresses, families) = (spec["clusterIPs"].strings, spec["ipFamilies"].strings)
        let isHeadless = addresses == ["None"]
        // Its user lists the endpoints, of whatever family.
        if isHeadless, spec["selector"].object?.isEmpty ?? true { return [] }
        let policy = spec["ipFamilyPolicy"].string ?? "SingleStack"
        var faults: [FieldError] = []
        if policy == "SingleStack" {
            for (several, count) in [("cluster IPs", addresses.count), ("IP families", families.count)] where count > 1
            {
                faults.append(
                    .invalid(
                        path["ipFamilyPolicy"], .string(policy),
                        "must be 'RequireDualStack' or 'PreferDualStack' when multiple \(several) are specified"))
            }
        }
        for (index, address) in addresses.enumerated() where index >= families.count && address.contains(":") {
            faults.append(
                .invalid(path["clusterIPs"][index], JSON(addresses), "IPv6 is not configured on this cluster"))
        }
        if !faults.isEmpty { return faults }
        if policy == "RequireDualStack" {
            faults.append(
                .invalid(
                    path["ipFamilyPolicy"], .string(policy), "this cluster is not configured for dual-stack services"))
        }
        for (index, family) in families.enumerated() where family == "IPv6" {
            faults.append(.invalid(path["ipFamilies"][index], "IPv6", "not configured on this cluster"))
        }
        return faults
    }
}
