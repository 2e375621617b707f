import JSON

/// Updates through `resize`: cpu and memory of containers that run.
enum PodResize {
    private static let spec = FieldPath("spec")

    /// Keeps all but what may be resized, and the status.
    static func prepare(_ new: inout JSON, _ old: JSON) {
        let wish = new["spec"]
        let labels = new["metadata"]
        new = old
        new["metadata"] = labels
        new.edit("spec") { spec in
            for list in ["containers", "initContainers"] {
                let wishes = wish.list(list)
                guard wishes.count == spec.list(list).count else {
                    spec[list] = .array(wishes)
                    continue
                }
                var place = 0
                spec.editEach(list) { container in
                    let wish = wishes[place]
                    place += 1
                    guard wish["name"] == container["name"] else { return container = wish }
                    for field in ["resources", "resizePolicy"] {
                        if wish.has(field) { container[field] = wish[field] } else { container.remove(field) }
                    }
                }
            }
            if wish.has("resources") { spec["resources"] = wish["resources"] }
        }
        KindRules.countGeneration(&new, old)
    }

    static func faults(_ new: JSON, _ old: JSON) -> [FieldError] {
        var faults = Faults()
        PodFaults.checkAny(new, &faults)
        if let why = refusal(new, old) { return [.forbidden(FieldPath(), why)] }
        let (now, before) = (new["spec"], old["spec"])
        for list in ["containers", "initContainers"] where now.list(list).count != before.list(list).count {
            faults.forbidden(spec[list], "pod resize may not add or remove containers")
            return faults.all
        }
        if old["status"].text("qosClass") != QualityOfService.ofPod(now) {
            faults.invalid(
                spec, .string(old["status"].text("qosClass")), "Pod QOS Class may not change as a result of resizing")
        }
        if !isSupported(old) { faults.forbidden(spec, "Pod running on node without support for resize") }
        for list in ["initContainers", "containers"] {
            for (index, (container, earlier)) in zip(now.list(list), before.list(list)).enumerated()
            where list == "containers" || ContainerRules.isSidecar(earlier) {
                check(container, earlier, spec[list][index]["resources"], &faults)
            }
        }
        checkRest(now, before, &faults)
        return faults.all
    }

    private static func refusal(_ new: JSON, _ old: JSON) -> String? {
        if old["metadata", "annotations"].has(PodAnnotations.mirror) { return "static pods cannot be resized" }
        if old["spec", "os"].text("name") == "windows" { return "windows pods cannot be resized" }
        if !new["spec", "resources"].isAlike(old["spec", "resources"]) {
            return "pods with pod-level resources cannot be resized"
        }
        return nil
    }

    /// Whether the pod's node tells of resources at all.
    private static func isSupported(_ pod: JSON) -> Bool {
        let running = pod["status"].list("containerStatuses").first { $0["state"].has("running") }
        return running?.has("resources") ?? true
    }

    private static func check(_ new: JSON, _ old: JSON, _ path: FieldPath, _ faults: inout Faults) {
        for (part, word) in [("requests", "requests"), ("limits", "limits")] {
            let now = new["resources"].map(part)
            if old["resources"].map(part).contains(where: { now[$0.key] == nil }) {
                faults.forbidden(path[part], "resource \(word) cannot be removed")
            }
        }
    }

    private static func checkRest(_ new: JSON, _ old: JSON, _ faults: inout Faults) {
        var rest = new
        for list in ["containers", "initContainers"] {
            let before = old.list(list)
            var place = 0
            rest.editEach(list) { container in
                let earlier = before[place]
                place += 1
                let isSidecar = ContainerRules.isSidecar(container)
                if list == "containers" || isSidecar {
                    restore(&container, earlier)
                    if container.isAlike(earlier) { return }
                    faults.forbidden(
                        spec,
                        list == "containers"
                            ? "only cpu and memory resources are mutable"
                            : "only cpu and memory resources for sidecar containers are mutable")
                } else if !container.isAlike(earlier) {
                    faults.forbidden(spec, "resources for non-sidecar init containers are immutable")
                }
            }
        }
        if faults.isEmpty, !rest.isAlike(old) { faults.forbidden(spec, "only cpu and memory resources are mutable") }
    }

    /// cpu and memory as they were.
    private static func restore(_ container: inout JSON, _ old: JSON) {
        var resources = container["resources"]
        for part in ["limits", "requests"] {
            var amounts = resources.map(part)
            for name in ["cpu", "memory"] { amounts[name] = old["resources"].map(part)[name] }
            if amounts.isEmpty { resources.remove(part) } else { resources[part] = .object(amounts) }
        }
        container["resources"] = resources
    }
}
