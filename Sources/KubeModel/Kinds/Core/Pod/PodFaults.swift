import JSON

/// Faults of pods: new, changed, and through each subresource.
enum PodFaults {
    private static let spec = FieldPath("spec")

    // MARK: Any and new

    private static func any(_ pod: JSON, _ options: PodSpecRules.Options, _ faults: inout Faults) {
        let pods = pod["spec"]
        PodAnnotations.check(pod["metadata"], pods, FieldPath("metadata.annotations"), &faults)
        faults.add(PodSpecRules.validate(pods, spec, options))
        if pods.text("serviceAccountName").isEmpty {
            for (index, volume) in pods.list("volumes").enumerated() {
                for (place, source) in volume["projected"].list("sources").enumerated()
                where source.has("serviceAccountToken") {
                    faults.forbidden(
                        spec["volumes"][index]["projected"]["sources"][place]["serviceAccountToken"],
                        "must not be specified when serviceAccountName is not set")
                }
            }
        }
        for list in ["containers", "initContainers"] {
            for (index, container) in pods.list(list).enumerated() {
                ContainerRules.checkImageSpaces(container, spec[list][index], &faults)
            }
        }
    }

    private static func options(_ pod: JSON) -> PodSpecRules.Options {
        .init(isPod: true, podName: pod["metadata"].text("name"))
    }

    static func new(_ pod: JSON) -> [FieldError] {
        var faults = Faults()
        any(pod, options(pod), &faults)
        let pods = pod["spec"]
        if !pods.list("ephemeralContainers").isEmpty {
            faults.forbidden(spec["ephemeralContainers"], "cannot be set on create")
        }
        if !pods.text("nodeName").isEmpty, !pods.list("schedulingGates").isEmpty {
            faults.forbidden(spec["nodeName"], "cannot be set until all schedulingGates have been cleared")
        }
        PodAnnotations.checkAgreement(pod["metadata"], pods, spec, &faults)
        return faults.all
    }

    // MARK: Changed

    private static let changeable = [
        "`spec.containers[*].image`", "`spec.initContainers[*].image`", "`spec.activeDeadlineSeconds`",
        "`spec.tolerations` (only additions to existing tolerations)",
        "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)",
    ].joined(separator: ",")

    static func change(_ pod: JSON, _ old: JSON) -> [FieldError] {
        var faults = Faults()
        any(pod, options(pod), &faults)
        PodAnnotations.checkChange(pod, old, FieldPath("metadata.annotations"), &faults)
        let (now, before) = (pod["spec"], old["spec"])
        for list in ["containers", "initContainers"] {
            guard checkImages(now.list(list), before.list(list), spec[list], &faults) else { return faults.all }
        }
        guard checkDeadline(now, before, &faults) else { return faults.all }
        TolerationRules.checkChange(
            now.list("tolerations"), before.list("tolerations"), spec["tolerations"], &faults)
        checkGates(now.list("schedulingGates"), before.list("schedulingGates"), &faults)
        if now.isAlike(before) { return faults.all }

        var rest = now
        for list in ["containers", "initContainers"] {
            let images = before.list(list).map { $0["image"] }
            var place = 0
            rest.editEach(list) { container in
                container["image"] = images[place]
                place += 1
            }
        }
        for name in ["activeDeadlineSeconds", "schedulingGates", "tolerations"] { keep(name, before, &rest) }
        if let earlier = before["terminationGracePeriodSeconds"].int, earlier < 0,
            rest["terminationGracePeriodSeconds"] == 1
        {
            rest["terminationGracePeriodSeconds"] = .init(earlier)
        }
        if !before.list("schedulingGates").isEmpty { checkGated(&rest, before, &faults) }
        if !rest.isAlike(before) {
            let changes = LineDiff.of(PodInternalForm.of(before), PodInternalForm.of(rest), sorted: false)
            faults.forbidden(spec, "pod updates may not change fields other than \(changeable)\n\(changes)")
        }
        return faults.all
    }

    private static func keep(_ name: String, _ old: JSON, _ new: inout JSON) {
        if old.has(name) { new[name] = old[name] } else { new.remove(name) }
    }

    /// - Returns: whether the lists are of one length.
    private static func checkImages(
        _ new: [JSON], _ old: [JSON], _ path: FieldPath, _ faults: inout Faults
    ) -> Bool {
        guard new.count == old.count else {
            faults.forbidden(path, "pod updates may not add or remove containers")
            return false
        }
        for (index, container) in new.enumerated() {
            if container.text("image").isEmpty { faults.required(path[index]["image"]) }
            ContainerRules.checkImageSpaces(container, path[index], &faults)
        }
        return true
    }

    /// - Returns: whether it makes sense to go on.
    private static func checkDeadline(_ new: JSON, _ old: JSON, _ faults: inout Faults) -> Bool {
        let path = spec["activeDeadlineSeconds"]
        guard let now = new["activeDeadlineSeconds"].int else {
            if old.has("activeDeadlineSeconds") {
                faults.invalid(path, nil, "must not update from a positive integer to nil value")
            }
            return true
        }
        let details = Names.inRange(now, 0, Int(Int32.max))
        for detail in details { faults.invalid(path, .init(now), detail) }
        if !details.isEmpty { return false }
        if let before = old["activeDeadlineSeconds"].int, before < now {
            faults.invalid(path, .init(now), "must be less than or equal to previous value")
            return false
        }
        return true
    }

    private static func checkGates(_ new: [JSON], _ old: [JSON], _ faults: inout Faults) {
        let known = Set(old.map { $0.text("name") })
        for (index, gate) in new.enumerated() where !known.contains(gate.text("name")) {
            faults.forbidden(
                spec["schedulingGates"][index]["name"],
                "only deletion is allowed, but found new scheduling gate '\(gate.text("name"))'")
        }
    }

    /// A pod that waits at its gates may still be narrowed down to fewer nodes.
    private static func checkGated(_ new: inout JSON, _ old: JSON, _ faults: inout Faults) {
        if !new["nodeSelector"].isAlike(old["nodeSelector"]) {
            let now = new.map("nodeSelector")
            if old.map("nodeSelector").contains(where: { now[$0.key] != $0.value }) {
                faults.invalid(
                    spec["nodeSelector"], new["nodeSelector"],
                    "only additions to spec.nodeSelector are allowed (no mutations or deletions)")
            }
            keep("nodeSelector", old, &new)
        }
        let (now, before) = (new["affinity", "nodeAffinity"], old["affinity", "nodeAffinity"])
        if now.isAlike(before) { return }
        checkNarrowing(now, before, &faults)
        if old.has("affinity") || new["affinity"].has("podAffinity") || new["affinity"].has("podAntiAffinity") {
            if before.isNull {
                new.edit("affinity") { $0.remove("nodeAffinity") }
            } else {
                new["affinity", "nodeAffinity"] = before
            }
        } else {
            new.remove("affinity")
        }
    }

    private static func checkNarrowing(_ new: JSON, _ old: JSON, _ faults: inout Faults) {
        let required = "requiredDuringSchedulingIgnoredDuringExecution"
        guard old.has(required) else { return }
        let path = spec["affinity"]["nodeAffinity"][required]["nodeSelectorTerms"]
        let (now, before) = (new[required].list("nodeSelectorTerms"), old[required].list("nodeSelectorTerms"))
        if !before.isEmpty, now.count != before.count {
            return faults.invalid(
                path, .array(now), "no additions/deletions to non-empty NodeSelectorTerms list are allowed")
        }
        for (index, (term, earlier)) in zip(now, before).enumerated() {
            let parts = ["matchExpressions", "matchFields"]
            let isEmpty = parts.allSatisfy { earlier.list($0).isEmpty }
            let isGrown = parts.allSatisfy { part in
                let (mine, theirs) = (term.list(part), earlier.list(part))
                if isEmpty { return mine.isEmpty }
                return mine.count >= theirs.count && zip(mine, theirs).allSatisfy { $0.isAlike($1) }
            }
            if !isGrown {
                faults.invalid(path[index], term, "only additions are allowed (no mutations or deletions)")
            }
        }
    }

    // MARK: Ephemeral containers

    static func ephemeralChange(_ pod: JSON, _ old: JSON) -> [FieldError] {
        if old["metadata", "annotations"].has(PodAnnotations.mirror) {
            return [.forbidden(FieldPath(), "static pods do not support ephemeral containers")]
        }
        var faults = Faults()
        any(pod, options(pod), &faults)
        PodAnnotations.checkChange(pod, old, FieldPath("metadata.annotations"), &faults)
        let path = spec["ephemeralContainers"]
        let now = Dictionary(
            pod["spec"].list("ephemeralContainers").map { ($0.text("name"), $0) }, uniquingKeysWith: { $1 })
        for container in old["spec"].list("ephemeralContainers") {
            let name = container.text("name")
            guard let new = now[name] else {
                faults.forbidden(
                    path, "existing ephemeral containers \(GoText.quoted(name)) may not be removed\n")
                continue
            }
            if !new.isAlike(container) {
                faults.forbidden(
                    path,
                    "existing ephemeral containers \(GoText.quoted(name)) may not be changed\n"
                        + LineDiff.of(container, new))
            }
        }
        return faults.all
    }

    /// For the other subresources' files.
    static func checkAny(_ pod: JSON, _ faults: inout Faults) { any(pod, options(pod), &faults) }
}
