import JSON

/// What an update keeps, and what a change of type lets go.
enum ServiceUpkeep {
    static func prepareForUpdate(_ new: inout JSON, _ old: JSON) {
        KindRules.keepStatus(&new, old)
        matchAddresses(&new, old: old)
        let before = old["spec"]
        new.edit("spec") { spec in
            keepAllocated(&spec, before)
            dropForType(&spec, before)
            dropSecondFamily(&spec, before)
        }
        if new["spec"].text("type") != "LoadBalancer" { new["status", "loadBalancer"] = [:] }
    }

    /// `clusterIP` is the first of `clusterIPs`; clients may know one of the two only.
    static func matchAddresses(_ service: inout JSON, old: JSON?) {
        let before = old?["spec"]
        service.edit("spec") { spec in
            let (one, all) = (spec.text("clusterIP"), spec.list("clusterIPs"))
            guard let before else {
                if !one.isEmpty, all.isEmpty { spec["clusterIPs"] = [.string(one)] }
                return
            }
            let (oldOne, oldAll) = (before.text("clusterIP"), before.list("clusterIPs"))
            if one == oldOne {
                if all.isEmpty, !oldAll.isEmpty { spec["clusterIPs"] = .array(oldAll) }
            } else if all == oldAll {
                if one.isEmpty { spec.remove("clusterIPs") } else { spec["clusterIPs"] = [.string(one)] }
            }
        }
    }

    /// What was allocated stays when an update leaves it out.
    private static func keepAllocated(_ spec: inout JSON, _ before: JSON) {
        if ServiceTraits.needsAddress(before), ServiceTraits.needsAddress(spec) {
            spec.fillZero("clusterIP", before["clusterIP"])
            if spec.list("clusterIPs").isEmpty, spec["clusterIP"] == before["clusterIP"], before.has("clusterIPs") {
                spec["clusterIPs"] = before["clusterIPs"]
            }
            if spec["clusterIP"].isNull { spec.remove("clusterIP") }
        }
        if ServiceTraits.needsNodePorts(before), ServiceTraits.needsNodePorts(spec) {
            let now = Set(spec.list("ports").compactMap { $0["nodePort"].int })
            let earlier = before.list("ports")
            let used = now.intersection(earlier.compactMap { $0["nodePort"].int })
            spec.editEach("ports") { port in
                guard (port["nodePort"].int ?? 0) == 0, let match = earlier.last(where: { $0["name"] == port["name"] }),
                    let number = match["nodePort"].int, number != 0, !used.contains(number)
                else { return }
                port["nodePort"] = .init(number)
            }
        }
        if ServiceTraits.needsHealthCheck(before), ServiceTraits.needsHealthCheck(spec),
            before.has("healthCheckNodePort")
        {
            spec.fillZero("healthCheckNodePort", before["healthCheckNodePort"])
        }
    }

    /// Fields that the new type doesn't have go, unless the user changed them: then validation speaks.
    private static func dropForType(_ spec: inout JSON, _ before: JSON) {
        func drop(_ name: String) {
            if spec[name].isAlike(before[name]) { spec.remove(name) }
        }
        if ServiceTraits.needsAddress(before), !ServiceTraits.needsAddress(spec) {
            if spec["clusterIPs"].isAlike(before["clusterIPs"]), spec.text("clusterIP") == before.text("clusterIP") {
                spec.remove("clusterIP")
                spec.remove("clusterIPs")
            }
            drop("ipFamilies")
            drop("ipFamilyPolicy")
        }
        if ServiceTraits.needsNodePorts(before), !ServiceTraits.needsNodePorts(spec) {
            let ports = { (spec: JSON) in Set(spec.list("ports").map { $0["nodePort"].int ?? 0 }) }
            if ports(spec) == ports(before) { spec.editEach("ports") { $0.remove("nodePort") } }
        }
        if ServiceTraits.needsHealthCheck(before), !ServiceTraits.needsHealthCheck(spec) {
            drop("healthCheckNodePort")
        }
        if before.text("type") == "LoadBalancer", spec.text("type") != "LoadBalancer" {
            drop("allocateLoadBalancerNodePorts")
            drop("loadBalancerClass")
        }
        if ServiceTraits.isExternal(before), !ServiceTraits.isExternal(spec) { drop("externalTrafficPolicy") }
    }

    /// Going to one family: the second address and family go without being named.
    private static func dropSecondFamily(_ spec: inout JSON, _ before: JSON) {
        guard spec.text("ipFamilyPolicy") == "SingleStack", before.has("ipFamilyPolicy"),
            before.text("ipFamilyPolicy") != "SingleStack"
        else { return }
        for name in ["clusterIPs", "ipFamilies"] {
            let (now, earlier) = (spec.list(name), before.list(name))
            if earlier.count == 2, now == earlier { spec[name] = [now[0]] }
        }
    }
}
