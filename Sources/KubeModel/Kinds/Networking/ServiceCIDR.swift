import JSON

/// `networking.k8s.io` ServiceCIDR: networks that Services get their addresses from.
enum ServiceCIDR {
    private static let path = FieldPath("spec.cidrs")

    static let rules: KindRules = {
        var rules = KindRules(group: "networking.k8s.io", kind: "ServiceCIDR")
        rules.keepStatusApart(keepsMetadata: true)
        rules.validate = { validateNetworks($0["spec"]) }
        rules.validateUpdate = { new, old in
            validateChange(new["spec"], new["spec"]["cidrs"].strings, old["spec"]["cidrs"].strings)
        }
        rules.table = KindTable([
            .objectName,
            .init("CIDRs", "The networks."),
            .objectAge,
        ]) { object, now in
            [
                KindTable.Cell.name(object),
                .string(object["spec"]["cidrs"].strings.joined(separator: ",")), KindTable.Cell.age(object, now),
            ]
        }
        return rules
    }()

    private static func validateNetworks(_ spec: JSON) -> [FieldError] {
        let cidrs = spec["cidrs"].strings
        if cidrs.isEmpty { return [.required(path, "at least one CIDR required")] }
        if cidrs.count > 2 {
            return [
                SpecFaults.invalid(path, internalForm: ["CIDRs": spec["cidrs"]], "may only hold up to 2 values")
            ]
        }
        var faults = cidrs.enumerated().flatMap { Names.cidr(path[$0], $1) }
        let families = cidrs.compactMap { CIDR($0)?.isIPv4 }
        if families == [true, true] || families == [false, false] {
            let detail =
                "may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64"
            faults.append(.invalid(path, spec["cidrs"], detail))
        }
        return faults
    }

    /// A second network, of the other family, may be added.
    private static func validateChange(_ spec: JSON, _ new: [String], _ old: [String]) -> [FieldError] {
        guard new.count == old.count || old.count == 1 && new.count == 2 else {
            return [.invalid(path, spec["cidrs"], SpecFaults.isImmutable)]
        }
        let changed = old.indices.filter { new[$0] != old[$0] }
            .map { FieldError.invalid(path[$0], .string(new[$0]), SpecFaults.isImmutable) }
        return changed + (new.count == old.count ? [] : validateNetworks(spec))
    }
}
