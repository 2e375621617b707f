import JSON

/// A pod's volumes.
enum VolumeRules {
    /// The sources in the order in which the original looks at them.
    private static let sources = [
        "emptyDir", "hostPath", "gitRepo", "gcePersistentDisk", "awsElasticBlockStore", "secret", "nfs", "iscsi",
        "glusterfs", "flocker", "persistentVolumeClaim", "rbd", "cinder", "cephfs", "quobyte", "downwardAPI", "fc",
        "flexVolume", "configMap", "azureFile", "vsphereVolume", "photonPersistentDisk", "portworxVolume",
        "azureDisk", "storageos", "projected", "scaleIO", "csi", "ephemeral", "image",
    ]

    /// - Returns: the volumes that are in order, by name.
    static func check(
        _ volumes: [JSON], _ options: PodSpecRules.Options, _ list: FieldPath, _ faults: inout Faults
    ) -> [String: JSON] {
        var good: [String: JSON] = [:]
        var created: Set<String> = []
        if !options.podName.isEmpty {
            for volume in volumes where volume.has("ephemeral") {
                created.insert("\(options.podName)-\(volume.text("name"))")
            }
        }
        for (index, volume) in volumes.enumerated() {
            let path = list[index]
            let name = volume.text("name")
            var own = Faults()
            checkSource(volume, name, options, path, &own)
            own.checkRequired(name, path["name"], Names.dnsLabel)
            if good[name] != nil { own.duplicate(path["name"], .string(name)) }
            if own.isEmpty { good[name] = volume } else { faults.add(own.all) }
            let claim = volume["persistentVolumeClaim"].text("claimName")
            if !claim.isEmpty, created.contains(claim) {
                faults.invalid(
                    path["persistentVolumeClaim"]["claimName"], .string(claim),
                    "must not reference a PVC that gets created for an ephemeral volume")
            }
        }
        return good
    }

    /// Where a source's faults stand, when that isn't its name.
    private static func place(_ source: String) -> String {
        source == "gcePersistentDisk" ? "persistentDisk" : source
    }

    /// Where the original says that a source is one too many.
    private static func placeOfSurplus(_ source: String) -> String {
        switch source {
        case "cephfs": "cephFS"
        case "downwardAPI": "downwarAPI"
        default: source
        }
    }

    private static func checkSource(
        _ volume: JSON, _ name: String, _ options: PodSpecRules.Options, _ path: FieldPath, _ faults: inout Faults
    ) {
        var isFirst = true
        for source in sources where volume.has(source) {
            guard isFirst else {
                faults.forbidden(path[placeOfSurplus(source)], "may not specify more than 1 volume type")
                continue
            }
            isFirst = false
            check(volume[source], source, name, options, path, &faults)
        }
        if isFirst { faults.required(path, "must specify a volume type") }
        if volume["iscsi"].has("initiatorName"),
            "\(name):\(volume["iscsi"].text("targetPortal"))".utf8.count > ISCSIVolumes.portalLimit
        {
            faults.invalid(path["name"], .string(name), ISCSIVolumes.portalWords)
        }
    }

    private static func check(
        _ source: JSON, _ kind: String, _ name: String, _ options: PodSpecRules.Options, _ volume: FieldPath,
        _ faults: inout Faults
    ) {
        let path = volume[place(kind)]
        switch kind {
        case "emptyDir":
            if let limit = Quantity(source["sizeLimit"]), limit.sign < 0 {
                faults.forbidden(path["sizeLimit"], "SizeLimit field must be a valid resource quantity")
            }
        case "gitRepo":
            faults.checkPresent(source, "repository", path)
            FilePaths.checkDescending(source.text("directory"), path["directory"], &faults)
        case "secret", "configMap":
            faults.checkPresent(source, kind == "secret" ? "secretName" : "name", path)
            FilePaths.checkMode(source, "defaultMode", path, &faults)
            for (index, item) in source.list("items").enumerated() {
                ProjectedVolumes.checkItem(item, path["items"][index], &faults)
            }
        case "persistentVolumeClaim": faults.checkPresent(source, "claimName", path)
        case "downwardAPI":
            FilePaths.checkMode(source, "defaultMode", path, &faults)
            for file in source.list("items") { ProjectedVolumes.checkFile(file, path, &faults) }
        case "projected": ProjectedVolumes.check(source, path, &faults)
        case "csi": CSIVolumes.check(source, path, &faults)
        case "ephemeral": checkEphemeral(source, name, options, path, volume, &faults)
        case "image":
            if options.isPod { faults.checkPresent(source, "reference", path) }
            faults.checkChoice(source, "pullPolicy", path, ContainerRules.pullPolicies)
        default: RemoteVolumes.checks[kind]?(source, false, path, &faults)
        }
    }

    /// What a claim's template may have of metadata.
    private static let templateMetadata: Set<String> = ["labels", "annotations"]

    private static func checkEphemeral(
        _ source: JSON, _ name: String, _ options: PodSpecRules.Options, _ path: FieldPath, _ volume: FieldPath,
        _ faults: inout Faults
    ) {
        let (template, at) = (source["volumeClaimTemplate"], path["volumeClaimTemplate"])
        if template.isNull {
            faults.required(at)
        } else {
            let metadata = template["metadata"]
            faults.add(MetadataRules.validateAnnotations(metadata["annotations"], at["metadata"]["annotations"]))
            faults.checkLabels(metadata["labels"], at["metadata"]["labels"])
            for (key, value) in metadata.object ?? JSONObject()
            where !templateMetadata.contains(key) && !value.isAlike(nil) {
                faults.forbidden(at["metadata"][key], "cannot be set")
            }
            faults.add(ClaimFaults.all(template["spec"], at["spec"]))
        }
        guard !options.podName.isEmpty, !name.isEmpty else { return }
        let claim = "\(options.podName)-\(name)"
        for detail in Names.dnsSubdomain(claim) {
            faults.invalid(volume["name"], .string(name), "PVC name \(GoText.quoted(claim)): \(detail)")
        }
    }
}
