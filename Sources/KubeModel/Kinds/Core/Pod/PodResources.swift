import JSON

/// Amounts that a pod asks for as a whole, and those that its containers add up to.
enum PodResources {
    typealias Amounts = [String: Quantity]

    /// What all containers need at the busiest moment: sidecars stay, other init containers run before the rest.
    static func sum(_ spec: JSON, _ part: String) -> Amounts {
        var total: Amounts = [:]
        for container in spec.list("containers") { add(amounts(container, part), to: &total) }
        var (sidecars, highest): (Amounts, Amounts) = ([:], [:])
        for container in spec.list("initContainers") {
            let own = amounts(container, part)
            if ContainerRules.isSidecar(container) {
                add(own, to: &total)
                add(own, to: &sidecars)
                raise(&highest, to: sidecars)
            } else {
                var together = own
                add(sidecars, to: &together)
                raise(&highest, to: together)
            }
        }
        raise(&total, to: highest)
        return total
    }

    private static func amounts(_ container: JSON, _ part: String) -> Amounts {
        var amounts: Amounts = [:]
        for (name, amount) in container["resources"].map(part) { amounts[name] = Quantity(amount) }
        return amounts
    }

    private static func add(_ some: Amounts, to total: inout Amounts) {
        for (name, amount) in some { total[name] = total[name].map { $0 + amount } ?? amount }
    }

    private static func raise(_ total: inout Amounts, to some: Amounts) {
        for (name, amount) in some where total[name].map({ $0 < amount }) ?? true { total[name] = amount }
    }

    // MARK: Defaults

    /// Requests that aren't given are the limits. Of pods only: a template keeps what its user wrote.
    static func applyDefaults(_ spec: inout JSON) {
        for list in ["containers", "initContainers"] {
            spec.editEach(list) { container in
                container.edit("resources") { resources in
                    let limits = resources.map("limits")
                    guard !limits.isEmpty else { return }
                    resources.fillMissing("requests", [:])
                    resources.edit("requests") { requests in
                        for (name, amount) in limits { requests.fillMissing(name, amount) }
                    }
                }
            }
        }
        guard let whole = spec["resources"].object, !whole.isEmpty else { return }
        applyPageLimits(&spec)
        applyRequests(&spec)
        applyLimits(&spec)
    }

    private static func applyPageLimits(_ spec: inout JSON) {
        let (limits, requests) = (spec["resources"].map("limits"), spec["resources"].map("requests"))
        guard !limits.isEmpty || !requests.isEmpty else { return }
        let missing = sum(spec, "limits").filter {
            ResourceNames.isHugePage($0.key) && requests[$0.key] == nil && limits[$0.key] == nil
        }
        fill(&spec, "limits", missing)
    }

    private static func applyRequests(_ spec: inout JSON) {
        let (limits, requests) = (spec["resources"].map("limits"), spec["resources"].map("requests"))
        guard !limits.isEmpty else { return }
        var missing = sum(spec, "requests").filter {
            requests[$0.key] == nil && ResourceNames.isForPods($0.key) && ResourceNames.allowsOvercommit($0.key)
        }
        for (name, amount) in limits where requests[name] == nil && missing[name] == nil {
            if ResourceNames.isForPods(name), let amount = Quantity(amount) { missing[name] = amount }
        }
        fill(&spec, "requests", missing)
    }

    private static func applyLimits(_ spec: inout JSON) {
        let (limits, requests) = (spec["resources"].map("limits"), spec["resources"].map("requests"))
        guard !limits.contains(where: { ResourceNames.isForPods($0.key) }),
            requests.contains(where: { ResourceNames.isForPods($0.key) })
        else { return }
        let containers = spec.list("containers") + spec.list("initContainers")
        let missing = sum(spec, "limits").filter { limit in
            ResourceNames.isForPods(limit.key) && ResourceNames.allowsOvercommit(limit.key)
                && containers.allSatisfy { $0["resources"].map("limits")[limit.key] != nil }
        }
        fill(&spec, "limits", missing)
    }

    private static func fill(_ spec: inout JSON, _ part: String, _ amounts: Amounts) {
        guard !amounts.isEmpty else { return }
        spec.edit("resources") { resources in
            resources.fillMissing(part, [:])
            resources.edit(part) { map in
                for (name, amount) in amounts.sorted(by: { $0.key < $1.key }) {
                    map[name] = .string(amount.description)
                }
            }
        }
    }

    // MARK: Checks

    static func check(_ spec: JSON, claims: Set<String>, _ path: FieldPath, _ faults: inout Faults) {
        let whole = spec["resources"]
        guard case .object = whole else { return }
        if whole.has("claims") {
            faults.forbidden(path["claims"], "claims may not be set for Resources at pod-level")
        }
        ResourceRules.checkRequirements(whole, isPod: true, claims: claims, path, &faults)
        let (requests, limits) = (whole.map("requests"), whole.map("limits"))
        for (name, amount) in sum(spec, "requests").sorted(by: { $0.key < $1.key }) {
            // What the pod as a whole doesn't name, its containers ask for alone.
            guard let own = requests[name].flatMap({ Quantity($0) }) else { continue }
            if amount > own {
                faults.invalid(
                    path["requests"][key: name], .string(own.description),
                    "must be greater than or equal to aggregate container requests of \(amount)")
            }
        }
        for (index, container) in spec.list("containers").enumerated() {
            for (name, amount) in container["resources"].map("limits") {
                guard let own = limits[name].flatMap({ Quantity($0) }), let amount = Quantity(amount), amount > own
                else { continue }
                faults.invalid(
                    path["containers"][index][key: name]["limits"], .string(amount.description),
                    "must be less than or equal to pod limits of \(own)")
            }
        }
    }
}
