import JSON

/// Faults of claims, and of claims' templates in pods and StatefulSets.
package enum ClaimFaults {
    /// - Parameter allowsBadGroup: a source's group isn't judged; it was there before the rule.
    package static func all(_ spec: JSON, allowsBadGroup: Bool = false, _ path: FieldPath) -> [FieldError] {
        var faults = Faults()
        let modes = spec.list("accessModes")
        if modes.isEmpty { faults.required(path["accessModes"], "at least 1 access mode is required") }
        faults.checkSelector(spec["selector"], path["selector"])
        AccessModes.check(modes, path["accessModes"], &faults)
        let storage = path["resources"][key: "storage"]
        let amount = spec["resources", "requests"]["storage"]
        if amount.isNull {
            faults.required(storage)
        } else {
            ResourceRules.checkPositive(amount, storage, &faults)
        }
        let name = spec.text("storageClassName")
        if !name.isEmpty { faults.check(name, path["storageClassName"], Names.dnsSubdomain) }
        faults.checkOptionalChoice(spec, "volumeMode", path, ["Block", "Filesystem"])
        checkSources(spec, allowsBadGroup, path, &faults)
        let attributes = spec.text("volumeAttributesClassName")
        if !attributes.isEmpty {
            faults.check(attributes, path["volumeAttributesClassName"], Names.dnsSubdomain)
        }
        return faults.all
    }

    private static func checkSources(
        _ spec: JSON, _ allowsBadGroup: Bool, _ path: FieldPath, _ faults: inout Faults
    ) {
        let (source, reference) = (spec["dataSource"], spec["dataSourceRef"])
        for (name, source) in [("dataSource", source), ("dataSourceRef", reference)] where spec.has(name) {
            let path = path[name]
            faults.checkPresent(source, "name", path)
            faults.checkPresent(source, "kind", path)
            let (kind, group) = (source.text("kind"), source.text("apiGroup"))
            if group.isEmpty, kind != "PersistentVolumeClaim" {
                faults.invalid(
                    path, .string(kind), "must be 'PersistentVolumeClaim' when referencing the default apiGroup")
            }
            if !group.isEmpty, !allowsBadGroup { faults.check(group, path["apiGroup"], Names.dnsSubdomain) }
        }
        let namespace = reference.text("namespace")
        if !namespace.isEmpty {
            faults.check(namespace, path["dataSourceRef"]["namespace"], Names.dnsLabel)
            if !source.isNull {
                faults.add(
                    FieldError(
                        .invalid, path, value: "{}", "may not be specified when dataSourceRef.namespace is specified"))
            }
        } else if !source.isNull, !reference.isNull,
            ["kind", "name", "apiGroup"].contains(where: { source.text($0) != reference.text($0) })
        {
            // The original shows the place, of which JSON has nothing.
            faults.add(FieldError(.invalid, path, value: "{}", "must match dataSourceRef"))
        }
    }

    static func change(_ new: JSON, _ old: JSON) -> [FieldError] {
        var faults = Faults()
        var (spec, before) = (new["spec"], old["spec"])
        if before.text("volumeName").isEmpty { before["volumeName"] = spec["volumeName"] }
        checkClassChange(new, old, &spec, &faults)
        let isBound = new["status"].text("phase") == "Bound"
        if isBound, spec["resources"].has("requests") {
            spec["resources", "requests", "storage"] = before["resources", "requests", "storage"]
        }
        if isBound, spec.has("volumeAttributesClassName") {
            spec["volumeAttributesClassName"] = before["volumeAttributesClassName"]
        }
        if !spec.isAlike(before) {
            faults.forbidden(
                FieldPath("spec"),
                "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound "
                    + "claims\n\(LineDiff.of(goForm(before), goForm(spec), sorted: false))")
        }
        checkSize(new, old, &faults)
        faults.checkUnchanged(new["spec", "volumeMode"], old["spec", "volumeMode"], FieldPath("volumeMode"))
        // What has once been applied can't be taken away.
        let attributes = new["spec", "volumeAttributesClassName"]
        if old["status"].has("currentVolumeAttributesClassName"), attributes.isNull || attributes == "" {
            faults.forbidden(
                FieldPath("spec.volumeAttributesClassName"),
                "update to \(attributes.isNull ? "nil" : "empty string") is forbidden when "
                    + "status.currentVolumeAttributesClassName is not nil")
        }
        return faults.all
    }

    /// The specification as the original holds it, which its messages show.
    private static func goForm(_ spec: JSON) -> JSON {
        func amounts(_ name: String) -> JSON {
            let amounts = spec["resources"].map(name)
            return amounts.isEmpty ? .null : .object(amounts.sortedByKey())
        }
        func reference(_ name: String, _ members: [(String, String)]) -> JSON {
            let source = spec[name]
            if source.isNull { return .null }
            let isText = ["kind", "name"]
            return .object(
                JSONObject(
                    members.map { ($0, isText.contains($1) ? .string(source.text($1)) : source[$1]) }))
        }
        let local = [("APIGroup", "apiGroup"), ("Kind", "kind"), ("Name", "name")]
        return [
            "AccessModes": spec["accessModes"], "Selector": spec["selector"],
            "Resources": ["Limits": amounts("limits"), "Requests": amounts("requests")],
            "VolumeName": .string(spec.text("volumeName")), "StorageClassName": spec["storageClassName"],
            "VolumeMode": spec["volumeMode"], "DataSource": reference("dataSource", local),
            "DataSourceRef": reference("dataSourceRef", local + [("Namespace", "namespace")]),
            "VolumeAttributesClassName": spec["volumeAttributesClassName"],
        ]
    }

    /// A class may move from the annotation of old to the field, or be given where there was none.
    private static func checkClassChange(_ new: JSON, _ old: JSON, _ spec: inout JSON, _ faults: inout Faults) {
        let key = PersistentVolumeKind.classAnnotation
        let (annotation, earlier) = (
            new["metadata"].map("annotations")[key]?.string, old["metadata"].map("annotations")[key]?.string
        )
        let (name, before) = (new["spec", "storageClassName"].string, old["spec", "storageClassName"].string)
        if let earlier, before == nil, name == earlier, annotation == nil || annotation == earlier {
            spec.remove("storageClassName")
            return
        }
        if annotation != earlier {
            faults.invalid(
                FieldPath("metadata.annotations")[key], .string(annotation ?? ""), "field is immutable")
        }
        if let name, before == nil, earlier == nil || name == earlier { spec.remove("storageClassName") }
    }

    /// A claim may shrink only to get out of a growth that failed, and never below what it has.
    private static func checkSize(_ new: JSON, _ old: JSON, _ faults: inout Faults) {
        func asked(_ claim: JSON) -> Quantity { Quantity(claim["spec", "resources", "requests"]["storage"]) ?? .zero }
        let has = Quantity(old["status", "capacity"]["storage"]) ?? .zero
        if asked(new) < asked(old), asked(new) <= has {
            faults.forbidden(
                FieldPath("spec.resources.requests.storage"), "field can not be less than status.capacity")
        }
    }

    private static let resizeStates = [
        "ControllerResizeInProgress", "ControllerResizeInfeasible", "NodeResizePending", "NodeResizeInProgress",
        "NodeResizeInfeasible",
    ]

    static func status(_ claim: JSON) -> [FieldError] {
        var faults = Faults()
        let (status, path) = (claim["status"], FieldPath("status"))
        if claim["metadata"].text("resourceVersion").isEmpty { faults.required(FieldPath("resourceVersion")) }
        if claim["spec"].list("accessModes").isEmpty { faults.required(FieldPath("Spec.accessModes")) }
        for (name, amount) in status.map("capacity") {
            ResourceRules.checkBasic(amount, path["capacity"][key: name], &faults)
        }
        for (name, state) in status.map("allocatedResourceStatuses") {
            let path = path["allocatedResourceStatus"]
            checkResource(name, path, &faults)
            if !resizeStates.contains(state.string ?? "") {
                faults.notSupported(path, .string(name), resizeStates)
            }
        }
        for (name, amount) in status.map("allocatedResources") {
            let path = path["allocatedResources"]
            guard checkResource(name, path, &faults) else { continue }
            ResourceRules.checkBasic(amount, path[key: name], &faults)
        }
        return faults.all
    }

    /// Of the resources that Kubernetes defines a claim has one.
    @discardableResult
    private static func checkResource(_ name: String, _ path: FieldPath, _ faults: inout Faults) -> Bool {
        let details = Names.qualifiedName(name)
        for detail in details { faults.invalid(path, .string(name), detail) }
        if !details.isEmpty { return false }
        guard ResourceNames.isNative(name), name != "storage" else { return true }
        faults.notSupported(path, .string(name), ["storage"])
        return false
    }
}
