import JSON

/// How a pod's like spread over zones, nodes and so on.
enum TopologySpreadRules {
    static func check(_ constraints: [JSON], _ list: FieldPath, _ faults: inout Faults) {
        var last: [String: Int] = [:]
        for (index, constraint) in constraints.enumerated() { last[pair(constraint)] = index }
        for (index, constraint) in constraints.enumerated() {
            let path = list[index]
            let (key, action) = (constraint.text("topologyKey"), constraint.text("whenUnsatisfiable"))
            let skew = constraint["maxSkew"].int ?? 0
            if skew <= 0 { faults.invalid(path["maxSkew"], .init(skew), "must be greater than zero") }
            if key.isEmpty { faults.required(path["topologyKey"], "can not be empty") }
            if action != "DoNotSchedule", action != "ScheduleAnyway" {
                faults.notSupported(
                    path["whenUnsatisfiable"], .string(action), ["DoNotSchedule", "ScheduleAnyway"])
            }
            if last[pair(constraint)] != index {
                faults.duplicate(path["{topologyKey, whenUnsatisfiable}"], .string(pair(constraint)))
            }
            checkDomains(constraint, action, path["minDomains"], &faults)
            for name in ["nodeAffinityPolicy", "nodeTaintsPolicy"] {
                faults.checkOptionalChoice(constraint, name, path, ["Honor", "Ignore"])
            }
            checkKeys(constraint, path["matchLabelKeys"], &faults)
            faults.checkSelector(constraint["labelSelector"], path["labelSelector"])
        }
    }

    /// What a pod may have one constraint for.
    private static func pair(_ constraint: JSON) -> String {
        "{\(constraint.text("topologyKey")), \(constraint.text("whenUnsatisfiable"))}"
    }

    private static func checkDomains(
        _ constraint: JSON, _ action: String, _ path: FieldPath, _ faults: inout Faults
    ) {
        guard let domains = constraint["minDomains"].int else { return }
        if domains <= 0 { faults.invalid(path, .init(domains), "must be greater than zero") }
        if action != "DoNotSchedule" {
            faults.invalid(
                path, .init(domains), "can only use minDomains if whenUnsatisfiable=DoNotSchedule, not \(action)")
        }
    }

    private static func checkKeys(_ constraint: JSON, _ path: FieldPath, _ faults: inout Faults) {
        let keys = constraint["matchLabelKeys"].strings
        guard !keys.isEmpty else { return }
        let selector = constraint["labelSelector"]
        if selector.isNull { faults.forbidden(path, "must not be specified when labelSelector is not set") }
        var chosen = Set(selector.map("matchLabels").names)
        // What the keys themselves were turned into doesn't count.
        var merged: Set<String> = []
        for requirement in selector.list("matchExpressions") {
            let key = requirement.text("key")
            let isOwn =
                keys.contains(key) && requirement["operator"] == "In" && requirement.list("values").count == 1
                && merged.insert(key).inserted
            if !isOwn { chosen.insert(key) }
        }
        for (index, key) in keys.enumerated() {
            faults.check(key, path[index], Names.qualifiedName)
            if chosen.contains(key) {
                faults.invalid(
                    path[index], .string(key), "exists in both matchLabelKeys and labelSelector")
            }
        }
    }
}
