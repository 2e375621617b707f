import JSON

/// Cluster addresses and their families.
enum ServiceAddressFaults {
    private static let path = FieldPath("spec")

    static func check(_ spec: JSON, _ before: JSON?, _ faults: inout Faults) {
        guard spec.text("type") != "ExternalName" else { return }
        let (one, all) = (spec.text("clusterIP"), spec.list("clusterIPs"))
        let (list, addresses) = (JSON.array(all), all.map { $0.string ?? "" })
        if one.isEmpty {
            if !all.isEmpty {
                faults.invalid(path["clusterIPs"], list, "must be empty when `clusterIP` is not specified")
            }
        } else if all.isEmpty {
            faults.required(path["clusterIPs"])
        } else if addresses[0] != one {
            faults.invalid(path["clusterIPs"], list, "first value must match `clusterIP`")
        }
        checkFamilies(spec, &faults)

        var hasBad = false
        let known = before?["clusterIPs"].strings ?? []
        for (index, address) in addresses.enumerated() {
            if index == 0, address == "None" {
                if addresses.count > 1 {
                    hasBad = true
                    faults.invalid(path["clusterIPs"], list, "'None' must be the first and only value")
                }
                continue
            }
            let found = Names.legacyIP(path["clusterIPs"][index], address, old: known)
            if !found.isEmpty { hasBad = true }
            faults.add(found)
        }
        if addresses.count > 2 { faults.invalid(path["clusterIPs"], list, "may only hold up to 2 values") }
        if !hasBad { checkMatch(spec, addresses, &faults) }
    }

    private static func checkFamilies(_ spec: JSON, _ faults: inout Faults) {
        let known = ["IPv4", "IPv6"]
        var seen: Set<String> = []
        for (index, entry) in spec.list("ipFamilies").enumerated() {
            let (family, path) = (entry.string ?? "", path["ipFamilies"][index])
            if !known.contains(family) { faults.notSupported(path, .string(family), known) }
            if !seen.insert(family).inserted { faults.duplicate(path, .string(family)) }
        }
        faults.checkOptionalChoice(
            spec, "ipFamilyPolicy", path, ["SingleStack", "PreferDualStack", "RequireDualStack"])
    }

    private static func checkMatch(_ spec: JSON, _ addresses: [String], _ faults: inout Faults) {
        let isFour = addresses.map { IPAddress($0)?.isIPv4 ?? true }
        if addresses.count > 1, Set(isFour).count < 2 {
            faults.invalid(
                path["clusterIPs"], JSON(addresses), "may specify no more than one IP for each IP family")
        }
        guard !ServiceTraits.isHeadless(spec) else { return }
        for (index, (address, family)) in zip(addresses, spec["ipFamilies"].strings).enumerated()
        where ["IPv4", "IPv6"].contains(family) && isFour[index] != (family == "IPv4") {
            faults.invalid(
                path["clusterIPs"][index], .string(address),
                "expected an \(family) value as indicated by `ipFamilies[\(index)]`")
        }
    }

    /// The first address and family stay; the second may come and go.
    static func checkChange(_ spec: JSON, _ before: JSON, _ faults: inout Faults) {
        guard spec.text("type") != "ExternalName", before.text("type") != "ExternalName" else { return }
        let (isHeadless, wasHeadless) = (ServiceTraits.isHeadless(spec), ServiceTraits.isHeadless(before))
        if isHeadless, wasHeadless { return }
        checkAddressChange(spec, before, &faults)
        if isHeadless == wasHeadless { checkFamilyChange(spec, before, &faults) }
    }

    private static func checkAddressChange(_ spec: JSON, _ before: JSON, _ faults: inout Faults) {
        let (old, new) = (before.list("clusterIPs"), spec.list("clusterIPs"))
        let (list, path) = (spec["clusterIPs"], path["clusterIPs"])
        if old.count == new.count {
            for index in old.indices where old[index] != new[index] {
                faults.invalid(path[index], list, "may not change once set")
            }
            return
        }
        if new.isEmpty { faults.invalid(path[0], list, "primary clusterIP can not be unset") }
        if let first = old.first, let now = new.first, first != now {
            faults.invalid(path[0], list, "may not change once set")
        }
        if old.count > new.count, new.count == 1, spec.text("ipFamilyPolicy") != "SingleStack" {
            faults.invalid(
                self.path["ipFamilyPolicy"], spec["ipFamilyPolicy"],
                "must be set to 'SingleStack' when releasing the secondary clusterIP")
        }
    }

    private static func checkFamilyChange(_ spec: JSON, _ before: JSON, _ faults: inout Faults) {
        let (old, new) = (before.list("ipFamilies"), spec.list("ipFamilies"))
        let path = path["ipFamilies"][0]
        if old.count == new.count {
            for index in old.indices where old[index] != new[index] {
                faults.invalid(path, spec["ipFamilies"], "may not change once set")
            }
            return
        }
        if old.count > new.count, spec.list("clusterIPs").isEmpty {
            faults.invalid(path, spec["ipFamilies"], "primary ipFamily can not be unset")
        }
        if let first = old.first, let now = new.first, first != now {
            faults.invalid(path, spec["clusterIPs"], "may not change once set")
        }
        if old.count > new.count, new.count == 1, spec.text("ipFamilyPolicy") != "SingleStack" {
            faults.invalid(
                self.path["ipFamilyPolicy"], spec["ipFamilyPolicy"],
                "must be set to 'SingleStack' when releasing the secondary ipFamily")
        }
    }
}
