import JSON

/// Sources that a pod's volumes and persistent volumes share, except where `isPersistent` says which of the two.
enum RemoteVolumes {
    typealias Check = @Sendable (JSON, _ isPersistent: Bool, FieldPath, inout Faults) -> Void

    /// By the field's name.
    static let checks: [String: Check] = [
        "hostPath": checkHostPath,
        "gcePersistentDisk": { disk, _, path, faults in checkDisk(disk, "pdName", path, &faults) },
        "awsElasticBlockStore": { disk, _, path, faults in checkDisk(disk, "volumeID", path, &faults) },
        "nfs": checkNFS,
        "iscsi": ISCSIVolumes.check,
        "glusterfs": checkGluster,
        "flocker": checkFlocker,
        "rbd": { volume, _, path, faults in
            if volume.list("monitors").isEmpty { faults.required(path["monitors"]) }
            faults.checkPresent(volume, "image", path)
        },
        "cinder": { volume, isPersistent, path, faults in
            faults.checkPresent(volume, "volumeID", path)
            checkSecret(volume, isPersistent, path, &faults)
        },
        "cephfs": { volume, _, path, faults in
            if volume.list("monitors").isEmpty { faults.required(path["monitors"]) }
        },
        "quobyte": checkQuobyte,
        "fc": checkFibre,
        "flexVolume": checkFlex,
        "azureFile": { volume, isPersistent, path, faults in
            faults.checkPresent(volume, "secretName", path)
            faults.checkPresent(volume, "shareName", path)
            if isPersistent, volume["secretNamespace"] == "" { faults.required(path["secretNamespace"]) }
        },
        "vsphereVolume": { volume, _, path, faults in faults.checkPresent(volume, "volumePath", path) },
        "photonPersistentDisk": { volume, _, path, faults in faults.checkPresent(volume, "pdID", path) },
        "portworxVolume": { volume, _, path, faults in faults.checkPresent(volume, "volumeID", path) },
        "azureDisk": checkAzureDisk,
        "storageos": checkStorageOS,
        "scaleIO": { volume, _, path, faults in
            for name in ["gateway", "system", "volumeName"] { faults.checkPresent(volume, name, path) }
        },
    ]

    private static func checkHostPath(_ volume: JSON, _: Bool, _ path: FieldPath, _ faults: inout Faults) {
        let text = volume.text("path")
        if text.isEmpty { return faults.required(path["path"]) }
        FilePaths.checkNoBacksteps(text, path["path"], &faults)
        faults.checkOptionalChoice(
            volume, "type", path,
            [
                "", "DirectoryOrCreate", "Directory", "FileOrCreate", "File", "Socket", "CharDevice", "BlockDevice",
            ])
    }

    private static func checkDisk(_ volume: JSON, _ name: String, _ path: FieldPath, _ faults: inout Faults) {
        faults.checkPresent(volume, name, path)
        faults.checkRange(volume, "partition", path, 0...255, "must be between 1 and 255, inclusive")
    }

    private static func checkNFS(_ volume: JSON, _: Bool, _ path: FieldPath, _ faults: inout Faults) {
        faults.checkPresent(volume, "server", path)
        faults.checkPresent(volume, "path", path)
        let text = volume.text("path")
        if !text.hasPrefix("/") { faults.invalid(path["path"], .string(text), "must be an absolute path") }
    }

    private static func checkGluster(
        _ volume: JSON, _ isPersistent: Bool, _ path: FieldPath, _ faults: inout Faults
    ) {
        faults.checkPresent(volume, "endpoints", path)
        faults.checkPresent(volume, "path", path)
        guard isPersistent, volume.has("endpointsNamespace") else { return }
        let namespace = volume.text("endpointsNamespace")
        if namespace.isEmpty {
            faults.invalid(
                path["endpointsNamespace"], "",
                "if the endpointnamespace is set, it must be a valid namespace name")
        } else {
            faults.check(namespace, path["endpointsNamespace"], Names.dnsLabel)
        }
    }

    private static func checkFlocker(_ volume: JSON, _: Bool, _ path: FieldPath, _ faults: inout Faults) {
        let (name, uuid) = (volume.text("datasetName"), volume.text("datasetUUID"))
        if name.isEmpty, uuid.isEmpty {
            faults.required(path, "one of datasetName and datasetUUID is required")
        }
        if !name.isEmpty, !uuid.isEmpty {
            faults.invalid(
                path, "resource", "datasetName and datasetUUID can not be specified simultaneously")
        }
        if name.contains("/") { faults.invalid(path["datasetName"], .string(name), "must not contain '/'") }
    }

    private static func checkQuobyte(_ volume: JSON, _: Bool, _ path: FieldPath, _ faults: inout Faults) {
        let registry = volume.text("registry")
        let words = "must be a host:port pair or multiple pairs separated by commas"
        if registry.isEmpty {
            faults.required(path["registry"], words)
        } else if volume.text("tenant").utf8.count >= 65 {
            faults.required(path["tenant"], "must be a UUID and may not exceed a length of 64 characters")
        } else {
            for pair in registry.split(separator: ",", omittingEmptySubsequences: false) where !isHostAndPort(pair) {
                faults.invalid(path["registry"], .string(registry), words)
            }
        }
        faults.checkPresent(volume, "volume", path)
    }

    private static func isHostAndPort(_ text: Substring) -> Bool {
        guard let colon = text.lastIndex(of: ":") else { return false }
        let host = text[..<colon]
        return host.hasPrefix("[") ? host.hasSuffix("]") : !host.contains(":")
    }

    private static func checkFibre(_ volume: JSON, _: Bool, _ path: FieldPath, _ faults: inout Faults) {
        let (targets, ids) = (volume.list("targetWWNs"), volume.list("wwids"))
        if targets.isEmpty, ids.isEmpty {
            faults.required(path["targetWWNs"], "must specify either targetWWNs or wwids, but not both")
        }
        if !targets.isEmpty, !ids.isEmpty {
            faults.invalid(
                path["targetWWNs"], .array(targets), "targetWWNs and wwids can not be specified simultaneously")
        }
        guard !targets.isEmpty else { return }
        if volume.has("lun") {
            faults.checkRange(volume, "lun", path, 0...255)
        } else {
            faults.required(path["lun"], "lun is required if targetWWNs is specified")
        }
    }

    private static func checkFlex(_ volume: JSON, _: Bool, _ path: FieldPath, _ faults: inout Faults) {
        faults.checkPresent(volume, "driver", path)
        for (key, _) in volume.map("options") {
            let domain = ".\(key.split(separator: "/", omittingEmptySubsequences: false)[0].lowercased())"
            if domain.hasSuffix(".kubernetes.io") || domain.hasSuffix(".k8s.io") {
                faults.invalid(
                    path["options"][key: key], .string(key), "kubernetes.io and k8s.io namespaces are reserved")
            }
        }
    }

    private static func checkAzureDisk(_ volume: JSON, _: Bool, _ path: FieldPath, _ faults: inout Faults) {
        faults.checkPresent(volume, "diskName", path)
        faults.checkPresent(volume, "diskURI", path)
        faults.checkOptionalChoice(volume, "cachingMode", path, ["None", "ReadOnly", "ReadWrite"])
        faults.checkOptionalChoice(volume, "kind", path, ["Shared", "Dedicated", "Managed"])
        let address = volume.text("diskURI")
        if volume.text("kind") == "Managed" {
            if !address.hasPrefix("/subscriptions/") {
                let form =
                    "/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}"
                faults.notSupported(path["diskURI"], .string(address), [form])
            }
        } else if volume.has("kind"), !address.hasPrefix("https://") {
            let form = "https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd"
            faults.notSupported(path["diskURI"], .string(address), [form])
        }
    }

    private static func checkStorageOS(
        _ volume: JSON, _ isPersistent: Bool, _ path: FieldPath, _ faults: inout Faults
    ) {
        faults.checkRequired(volume.text("volumeName"), path["volumeName"], Names.dnsLabel)
        let namespace = volume.text("volumeNamespace")
        if !namespace.isEmpty { faults.check(namespace, path["volumeNamespace"], Names.dnsLabel) }
        checkSecret(volume, isPersistent, path, &faults)
    }

    /// A secret by name; with its namespace where the volume has none of its own.
    private static func checkSecret(
        _ volume: JSON, _ isPersistent: Bool, _ path: FieldPath, _ faults: inout Faults
    ) {
        guard volume.has("secretRef") else { return }
        faults.checkPresent(volume["secretRef"], "name", path["secretRef"])
        if isPersistent { faults.checkPresent(volume["secretRef"], "namespace", path["secretRef"]) }
    }
}
