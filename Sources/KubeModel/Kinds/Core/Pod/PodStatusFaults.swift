import JSON

/// Faults of a pod's status.
enum PodStatusFaults {
    private static let path = FieldPath("status")

    static func change(_ pod: JSON, _ old: JSON) -> [FieldError] {
        var faults = Faults()
        let (status, before, spec) = (pod["status"], old["status"], old["spec"])
        PodAnnotations.checkChange(pod, old, FieldPath("metadata.annotations"), &faults)
        checkConditions(status.list("conditions"), &faults)
        if pod["spec"].text("nodeName") != spec.text("nodeName") {
            faults.forbidden(path["nodeName"], "may not be changed directly")
        }
        let nominated = status.text("nominatedNodeName")
        if !nominated.isEmpty, nominated != before.text("nominatedNodeName") {
            faults.check(nominated, path["nominatedNodeName"], Names.dnsSubdomain)
        }
        if status.text("qosClass") != before.text("qosClass") {
            faults.invalid(path["qosClass"], .string(status.text("qosClass")), "field is immutable")
        }
        let sidecars = Set(spec.list("initContainers").filter(ContainerRules.isSidecar).map { $0.text("name") })
        let lists = [
            ("containerStatuses", spec.text("restartPolicy"), []),
            ("initContainerStatuses", spec.text("restartPolicy"), sidecars),
            ("ephemeralContainerStatuses", "Never", []),
        ]
        for (list, policy, free) in lists {
            let changeable = free.union(ownRestarts(spec, list))
            checkStates(status.list(list), before.list(list), policy, changeable, path[list], &faults)
            checkUsers(status.list(list), spec, path[list], &faults)
        }
        checkClaims(status.list("resourceClaimStatuses"), spec, &faults)
        checkAddresses(status, "podIPs", before, &faults)
        checkHostAddresses(status, before, &faults)
        return faults.all
    }

    /// Containers that restart by rules of their own.
    private static func ownRestarts(_ spec: JSON, _ statuses: String) -> Set<String> {
        let list = statuses == "containerStatuses" ? "containers" : "initContainers"
        guard statuses != "ephemeralContainerStatuses" else { return [] }
        return Set(
            spec.list(list).filter { !$0.list("restartPolicyRules").isEmpty || $0.has("restartPolicy") }
                .map { $0.text("name") })
    }

    private static func checkConditions(_ conditions: [JSON], _ faults: inout Faults) {
        for (index, condition) in conditions.enumerated() {
            let type = condition.text("type")
            if ["PodScheduled", "Ready", "Initialized"].contains(type) { continue }
            faults.check(type, FieldPath("metadata.conditions")[index]["Type"], Names.qualifiedName)
        }
    }

    /// What ended and isn't to be restarted stays so.
    private static func checkStates(
        _ new: [JSON], _ old: [JSON], _ policy: String, _ free: Set<String>, _ path: FieldPath,
        _ faults: inout Faults
    ) {
        if policy == "Always" { return }
        let living = Set(new.filter { !$0["state"].has("terminated") }.map { $0.text("name") })
        for (index, status) in old.enumerated() where status["state"].has("terminated") {
            let failed = (status["state", "terminated"]["exitCode"].int ?? 0) != 0
            if failed && policy == "OnFailure" || free.contains(status.text("name")) { continue }
            if living.contains(status.text("name")) {
                faults.forbidden(path[index]["state"], "may not be transitioned to non-terminated state")
            }
        }
    }

    private static func checkUsers(_ statuses: [JSON], _ spec: JSON, _ path: FieldPath, _ faults: inout Faults) {
        let isWindows = spec["os"].text("name") == "windows"
        for (index, status) in statuses.enumerated() where status["user"].has("linux") {
            let (user, path) = (status["user", "linux"], path[index]["linux"])
            if isWindows {
                faults.forbidden(path, "cannot be set for a windows pod")
                continue
            }
            for name in ["uid", "gid"] {
                let id = user[name].int ?? 0
                for detail in Names.userID(id) { faults.invalid(path[name], .init(id), detail) }
            }
            for (place, group) in user.list("supplementalGroups").enumerated() {
                let id = group.int ?? 0
                for detail in Names.groupID(id) {
                    faults.invalid(path["supplementalGroups"][place], .init(id), detail)
                }
            }
        }
    }

    private static func checkClaims(_ statuses: [JSON], _ spec: JSON, _ faults: inout Faults) {
        let known = Set(spec.list("resourceClaims").map { $0.text("name") })
        var seen: Set<String> = []
        for (index, status) in statuses.enumerated() {
            let (name, path) = (status.text("name"), path["resourceClaimStatuses"][index]["name"])
            if !known.contains(name) {
                faults.invalid(
                    path, .string(name), "must match the name of an entry in `spec.resourceClaims`")
            }
            if !seen.insert(name).inserted { faults.duplicate(path, .string(name)) }
            if status.has("resourceClaimName") {
                faults.check(status.text("resourceClaimName"), path, Names.dnsSubdomain)
            }
        }
    }

    private static func checkAddresses(_ status: JSON, _ name: String, _ old: JSON, _ faults: inout Faults) {
        let entries = status.list(name)
        let (addresses, path) = (entries.map { $0.text("ip") }, path[name])
        let known = old.list(name).map { $0.text("ip") }
        for (index, address) in addresses.enumerated() {
            faults.add(Names.legacyIP(path[index], address, old: known))
        }
        guard addresses.count > 1 else { return }
        let shown = JSON.array(addresses.map { ["IP": .string($0)] })
        if addresses.count > 2 || Set(addresses.compactMap { IPAddress($0)?.isIPv4 }).count < 2 {
            faults.invalid(path, shown, "may specify no more than one IP for each IP family")
        }
        var seen: Set<String> = []
        for (index, address) in addresses.enumerated() where !seen.insert(address).inserted {
            faults.duplicate(path[index], ["IP": .string(address)])
        }
    }

    private static func checkHostAddresses(_ status: JSON, _ old: JSON, _ faults: inout Faults) {
        guard let first = status.list("hostIPs").first else { return }
        if first.text("ip") != status.text("hostIP") {
            faults.invalid(path["hostIPs"][0]["ip"], .string(first.text("ip")), "must be equal to `hostIP`")
        }
        checkAddresses(status, "hostIPs", old, &faults)
    }
}
