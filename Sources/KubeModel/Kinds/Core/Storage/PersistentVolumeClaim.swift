import JSON

/// `v1` PersistentVolumeClaim.
package enum PersistentVolumeClaimKind {
    static let rules: KindRules = {
        var rules = KindRules(group: "", kind: "PersistentVolumeClaim")
        rules.defaults = { claim in
            if !claim.has("spec") { claim["spec"] = [:] }
            claim.edit("spec", applySpecDefaults)
            if !claim.has("status") { claim["status"] = [:] }
            claim.edit("status") { $0.fillZero("phase", "Pending") }
        }
        rules.prepareForCreate = { claim in
            claim["status"] = ["phase": "Pending"]
            claim.edit("spec") { matchSources(&$0, before: nil) }
        }
        rules.prepareForUpdate = { new, old in
            KindRules.keepStatus(&new, old)
            new.edit("spec") { matchSources(&$0, before: old["spec"]) }
        }
        rules.prepareForStatusUpdate = KindRules.keepAllButStatus
        rules.validate = { ClaimFaults.all($0["spec"], FieldPath("spec")) }
        rules.validateUpdate = { new, old in
            let knownGroup = [old["spec", "dataSource"], old["spec", "dataSourceRef"]].contains { $0.has("apiGroup") }
            return ClaimFaults.all(new["spec"], allowsBadGroup: knownGroup, FieldPath("spec"))
                + ClaimFaults.change(new, old)
        }
        rules.validateStatusUpdate = { new, _ in ClaimFaults.status(new) }
        rules.warnings = { new, _ in specWarnings(new["spec"], FieldPath("spec")) }
        rules.table = table
        return rules
    }()

    /// Also of a claim's template in a pod or a StatefulSet.
    package static func applySpecDefaults(_ spec: inout JSON) {
        spec.fillMissing("resources", [:])
        spec.edit("resources") { ResourceRules.roundAmounts(&$0, "limits", "requests") }
        spec.fillMissing("volumeMode", "Filesystem")
    }

    /// `dataSource` and `dataSourceRef` say the same, unless the source is in another namespace. The older field only
    /// knows claims and snapshots; anything else in it is dropped.
    private static func matchSources(_ spec: inout JSON, before: JSON?) {
        let hadSource = before.map { $0.has("dataSource") || $0.has("dataSourceRef") } ?? false
        if !hadSource, spec.has("dataSource"), !isClaimOrSnapshot(spec["dataSource"]) { spec.remove("dataSource") }
        let reference = spec["dataSourceRef"]
        if spec.has("dataSource"), reference.isNull {
            spec["dataSourceRef"] = spec["dataSource"]
        } else if case .object = reference, !spec.has("dataSource"), reference.text("namespace").isEmpty {
            var source = reference
            source.remove("namespace")
            spec["dataSource"] = source
        }
    }

    private static func isClaimOrSnapshot(_ source: JSON) -> Bool {
        switch (source.text("kind"), source.text("apiGroup")) {
        case ("PersistentVolumeClaim", ""), ("VolumeSnapshot", "snapshot.storage.k8s.io"): true
        default: false
        }
    }

    static func specWarnings(_ spec: JSON, _ path: FieldPath) -> [String] {
        ["requests", "limits"].compactMap { part in
            guard let amount = Quantity(spec["resources", part]["storage"]), amount.milliValue % 1000 != 0 else {
                return nil
            }
            return "\(path["resources"][part][key: "storage"]): fractional byte value \"\(amount)\" is invalid, "
                + "must be an integer"
        }
    }

    private static let table = KindTable([
        .objectName, .init("Status"), .init("Volume"), .init("Capacity"), .init("Access Modes"), .init("StorageClass"),
        .init("VolumeAttributesClass"), .objectAge, .init("VolumeMode", priority: 1),
    ]) { claim, now in
        let (spec, status) = (claim["spec"], claim["status"])
        let volume = spec.text("volumeName")
        let isDeleted = claim["metadata"].has("deletionTimestamp")
        return [
            KindTable.Cell.name(claim), isDeleted ? "Terminating" : .string(status.text("phase")), .string(volume),
            volume.isEmpty ? "" : .string(Quantity(status["capacity", "storage"])?.description ?? "0"),
            volume.isEmpty ? "" : .string(AccessModes.text(status.list("accessModes"))),
            .string(PersistentVolumeKind.storageClass(claim)),
            .string(PersistentVolumeKind.orUnset(spec, "volumeAttributesClassName")), KindTable.Cell.age(claim, now),
            .string(PersistentVolumeKind.orUnset(spec, "volumeMode")),
        ]
    }
}
