import JSON

enum PersistentVolumeFaults {
    private static let path = FieldPath("spec")

    /// The sources in the order in which the original looks at them; the first that is set is the volume's type.
    static let sources = [
        "hostPath", "gcePersistentDisk", "awsElasticBlockStore", "glusterfs", "flocker", "nfs", "rbd", "quobyte",
        "cephfs", "iscsi", "cinder", "fc", "flexVolume", "azureFile", "vsphereVolume", "photonPersistentDisk",
        "portworxVolume", "azureDisk", "scaleIO", "local", "storageos", "csi",
    ]

    static func all(_ volume: JSON) -> Faults {
        var faults = Faults()
        let spec = volume["spec"]
        let modes = spec.list("accessModes")
        if modes.isEmpty { faults.required(path["accessModes"]) }
        AccessModes.check(modes, path["accessModes"], &faults)
        checkCapacity(spec, &faults)
        let policy = spec.text("persistentVolumeReclaimPolicy")
        if !policy.isEmpty {
            faults.checkOptionalChoice(
                spec, "persistentVolumeReclaimPolicy", path, ["Delete", "Recycle", "Retain"])
        }
        if spec.has("nodeAffinity") {
            let affinity = path["nodeAffinity"]
            if spec["nodeAffinity"].has("required") {
                NodeSelectors.check(spec["nodeAffinity", "required"], affinity["required"], &faults)
            } else {
                faults.required(affinity["required"], "must specify required node constraints")
            }
        }
        checkSources(spec, name: volume["metadata"].text("name"), path, &faults)
        if policy == "Recycle", spec.has("hostPath"), isRoot(spec["hostPath"].text("path")) {
            faults.forbidden(
                path["persistentVolumeReclaimPolicy"], "may not be 'recycle' for a hostPath mount of '/'")
        }
        checkClasses(spec, &faults)
        return faults
    }

    /// Of a spec that stands in an attachment, where there is no volume and no claim.
    static func inline(_ spec: JSON, _ path: FieldPath) -> Faults {
        var faults = Faults()
        func forbid(_ name: String, _ isThere: Bool) {
            if isThere { faults.forbidden(path[name], "may not be specified in the context of inline volumes") }
        }
        forbid("claimRef", spec.has("claimRef"))
        forbid("capacity", !spec.map("capacity").isEmpty)
        if !spec.has("csi") {
            faults.required(path["csi"], "has to be specified in the context of inline volumes")
        }
        let modes = spec.list("accessModes")
        if modes.isEmpty { faults.required(path["accessModes"]) }
        AccessModes.check(modes, path["accessModes"], &faults)
        forbid("persistentVolumeReclaimPolicy", !spec.text("persistentVolumeReclaimPolicy").isEmpty)
        forbid("nodeAffinity", spec.has("nodeAffinity"))
        checkSources(spec, name: "", path, &faults)
        forbid("storageClassName", !spec.text("storageClassName").isEmpty)
        forbid("volumeMode", spec.has("volumeMode"))
        return faults
    }

    private static func checkCapacity(_ spec: JSON, _ faults: inout Faults) {
        let capacity = spec.map("capacity")
        let path = path["capacity"]
        if capacity.isEmpty { faults.required(path) }
        if capacity["storage"] == nil || capacity.count > 1 {
            faults.notSupported(path, .object(capacity), ["storage"])
        }
        for (name, amount) in capacity {
            ResourceRules.checkBasic(amount, path[key: name], &faults)
            ResourceRules.checkPositive(amount, path[key: name], &faults)
        }
    }

    /// Where a source's faults stand, when that isn't its name.
    private static func place(_ name: String) -> String { name == "gcePersistentDisk" ? "persistentDisk" : name }

    private static func checkSources(
        _ spec: JSON, name volume: String, _ path: FieldPath, _ faults: inout Faults
    ) {
        var isFirst = true
        for name in sources where spec.has(name) {
            if !isFirst, name != "flexVolume" {
                faults.forbidden(
                    path[name == "cephfs" ? "cephFS" : name], "may not specify more than 1 volume type")
                continue
            }
            isFirst = false
            let (source, at) = (spec[name], path[place(name)])
            switch name {
            case "local":
                let folder = source.text("path")
                if folder.isEmpty {
                    faults.required(at["path"])
                } else {
                    FilePaths.checkNoBacksteps(folder, at["path"], &faults)
                }
                if !spec.has("nodeAffinity") {
                    faults.required(path["nodeAffinity"], "Local volume requires node affinity")
                }
            case "csi": CSIVolumes.checkPersistent(source, at, &faults)
            default:
                if name == "iscsi", source.has("initiatorName"),
                    "\(volume):\(source.text("targetPortal"))".utf8.count > ISCSIVolumes.portalLimit
                {
                    faults.invalid(at["targetportal"], source["targetPortal"], ISCSIVolumes.portalWords)
                }
                RemoteVolumes.checks[name]?(source, true, at, &faults)
            }
        }
        if isFirst { faults.required(path, "must specify a volume type") }
    }

    private static func isRoot(_ folder: String) -> Bool {
        folder.hasPrefix("/") && folder.split(separator: "/").allSatisfy { $0 == "." }
    }

    private static func checkClasses(_ spec: JSON, _ faults: inout Faults) {
        let name = spec.text("storageClassName")
        if !name.isEmpty { faults.check(name, path["storageClassName"], Names.dnsSubdomain) }
        faults.checkOptionalChoice(spec, "volumeMode", path, ["Block", "Filesystem"])
        guard spec.has("volumeAttributesClassName") else { return }
        let attributes = spec.text("volumeAttributesClassName")
        if attributes.isEmpty {
            faults.required(path["volumeAttributesClassName"], "an empty string is disallowed")
        } else {
            faults.check(attributes, path["volumeAttributesClassName"], Names.dnsSubdomain)
        }
        if !spec.has("csi") {
            faults.required(path["csi"], "has to be specified when using volumeAttributesClassName")
        }
    }

    static func checkChange(_ new: JSON, _ old: JSON, _ faults: inout Faults) {
        let (spec, before) = (new["spec"], old["spec"])
        func source(_ spec: JSON) -> JSON {
            .object(JSONObject(sources.filter { spec.has($0) }.map { ($0, spec[$0]) }))
        }
        var (now, earlier) = (source(spec), source(before))
        if earlier.has("csi"), !earlier["csi"].has("controllerExpandSecretRef") {
            now.edit("csi") { $0.remove("controllerExpandSecretRef") }
        }
        if !now.isAlike(earlier) {
            faults.forbidden(
                FieldPath("spec.persistentvolumesource"),
                "spec.persistentvolumesource is immutable after creation\n\(LineDiff.of(earlier, now))")
        }
        faults.checkUnchanged(spec["volumeMode"], before["volumeMode"], FieldPath("volumeMode"))
        if before.has("nodeAffinity"), !isSameAffinity(spec["nodeAffinity"], before["nodeAffinity"]) {
            faults.invalid(
                FieldPath("nodeAffinity"), spec["nodeAffinity"],
                "field is immutable, except for updating from beta label to GA")
        }
        if before.has("volumeAttributesClassName"), !spec.has("volumeAttributesClassName") {
            faults.forbidden(
                FieldPath("spec.volumeAttributesClassName"), "update from non-nil value to nil is forbidden")
        }
    }

    /// Labels of old may become those that replaced them.
    private static func isSameAffinity(_ new: JSON, _ old: JSON) -> Bool {
        var moved = old
        if new.isAlike(old) { return true }
        let requirements = new["required"].list("nodeSelectorTerms").map { $0.list("matchExpressions") }
        var term = 0
        moved.edit("required") { required in
            required.editEach("nodeSelectorTerms") { oldTerm in
                var place = 0
                oldTerm.editEach("matchExpressions") { requirement in
                    if requirements.indices.contains(term), requirements[term].indices.contains(place) {
                        let key = requirements[term][place].text("key")
                        if NodeLabelWarnings.successors[requirement.text("key")] == key {
                            requirement["key"] = .string(key)
                        }
                    }
                    place += 1
                }
                term += 1
            }
        }
        return new.isAlike(moved)
    }
}
