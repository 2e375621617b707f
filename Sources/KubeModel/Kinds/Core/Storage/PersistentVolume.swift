import JSON

/// `v1` PersistentVolume.
enum PersistentVolumeKind {
    static let rules: KindRules = {
        var rules = KindRules(group: "", kind: "PersistentVolume")
        rules.defaults = applyDefaults
        rules.prepareForCreate = { $0["status"] = ["phase": "Pending"] }
        rules.prepareForUpdate = KindRules.keepStatus
        rules.prepareForStatusUpdate = KindRules.keepAllButStatus
        rules.validate = { PersistentVolumeFaults.all($0).all }
        rules.validateUpdate = { new, old in
            var faults = PersistentVolumeFaults.all(new)
            PersistentVolumeFaults.checkChange(new, old, &faults)
            return faults.all
        }
        rules.validateStatusUpdate = { new, _ in
            new["metadata"].text("resourceVersion").isEmpty ? [.required(FieldPath("resourceVersion"))] : []
        }
        rules.warnings = { new, _ in warnings(new) }
        rules.table = table
        return rules
    }()

    private static func applyDefaults(_ volume: inout JSON) {
        if !volume.has("spec") { volume["spec"] = [:] }
        volume.edit("spec") { spec in
            ResourceRules.roundAmounts(&spec, "capacity")
            spec.fillZero("persistentVolumeReclaimPolicy", "Retain")
            spec.fillMissing("volumeMode", "Filesystem")
            spec.edit("hostPath") { $0.fillMissing("type", "") }
            PodSpecRules.applyRemoteVolumeDefaults(&spec)
        }
        if !volume.has("status") { volume["status"] = [:] }
        volume.edit("status") { $0.fillZero("phase", "Pending") }
    }

    static let classAnnotation = "volume.beta.kubernetes.io/storage-class"

    private static func warnings(_ volume: JSON) -> [String] {
        var warnings: [String] = []
        let spec = volume["spec"]
        let annotations = [
            classAnnotation: "deprecated since v1.8; use \"storageClassName\" attribute instead",
            "volume.beta.kubernetes.io/mount-options": "deprecated since v1.31; use \"mountOptions\" attribute instead",
        ]
        for (key, words) in annotations.sorted(by: { $0.key < $1.key })
        where volume["metadata", "annotations"].has(key) {
            warnings.append("metadata.annotations[\(key)]: \(words)")
        }
        if spec.text("persistentVolumeReclaimPolicy") == "Recycle" {
            warnings.append(
                "spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the "
                    + "recommended approach is to use dynamic provisioning.")
        }
        let terms = spec["nodeAffinity", "required"].list("nodeSelectorTerms")
        for (index, term) in terms.enumerated() {
            warnings += NodeLabelWarnings.of(
                term: term, FieldPath("spec.nodeAffinity.required.nodeSelectorTerms")[index])
        }
        for (name, words) in VolumeWarnings.retired where spec.has(name) {
            warnings.append("spec.\(name == "storageos" ? "storageOS" : name): \(words)")
        }
        return warnings
    }

    private static let table = KindTable([
        .objectName, .init("Capacity"), .init("Access Modes"), .init("Reclaim Policy"), .init("Status"), .init("Claim"),
        .init("StorageClass"), .init("VolumeAttributesClass"), .init("Reason"), .objectAge,
        .init("VolumeMode", priority: 1),
    ]) { volume, now in
        let (spec, status) = (volume["spec"], volume["status"])
        let claim = spec["claimRef"]
        let isDeleted = volume["metadata"].has("deletionTimestamp")
        return [
            KindTable.Cell.name(volume), .string(Quantity(spec["capacity", "storage"])?.description ?? "0"),
            .string(AccessModes.text(spec.list("accessModes"))),
            .string(spec.text("persistentVolumeReclaimPolicy")),
            isDeleted ? "Terminating" : .string(status.text("phase")),
            claim.isNull ? "" : .string("\(claim.text("namespace"))/\(claim.text("name"))"),
            .string(storageClass(volume)), .string(orUnset(spec, "volumeAttributesClassName")),
            .string(status.text("reason")), KindTable.Cell.age(volume, now), .string(orUnset(spec, "volumeMode")),
        ]
    }

    /// The class that an annotation of old names, or the field.
    static func storageClass(_ object: JSON) -> String {
        object["metadata"].map("annotations")[classAnnotation]?.string ?? object["spec"].text("storageClassName")
    }

    static func orUnset(_ spec: JSON, _ name: String) -> String {
        spec.has(name) ? spec.text(name) : "<unset>"
    }
}
