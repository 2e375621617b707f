import JSON

/// Where a container has the pod's volumes, as folders or as devices.
enum MountRules {
    static func check(_ container: JSON, _ volumes: [String: JSON], _ path: FieldPath, _ faults: inout Faults) {
        let (mounts, devices) = (container.list("volumeMounts"), container.list("volumeDevices"))
        if mounts.isEmpty, devices.isEmpty { return }
        checkMounts(mounts, devices, container, volumes, path["volumeMounts"], &faults)
        checkDevices(devices, mounts, volumes, path["volumeDevices"], &faults)
    }

    private static func checkMounts(
        _ mounts: [JSON], _ devices: [JSON], _ container: JSON, _ volumes: [String: JSON], _ list: FieldPath,
        _ faults: inout Faults
    ) {
        let names = Set(devices.map { $0.text("name") }), places = Set(devices.map { $0.text("devicePath") })
        var seen: Set<String> = []
        for (index, mount) in mounts.enumerated() {
            let path = list[index]
            let (name, place) = (mount.text("name"), mount.text("mountPath"))
            if name.isEmpty { faults.required(path["name"]) }
            if volumes[name] == nil { faults.notFound(path["name"], .string(name)) }
            if place.isEmpty { faults.required(path["mountPath"]) }
            if !seen.insert(place).inserted {
                faults.invalid(path["mountPath"], .string(place), "must be unique")
            }
            if names.contains(name) {
                faults.invalid(path["name"], .string(name), "must not already exist in volumeDevices")
            }
            if places.contains(place) {
                faults.invalid(
                    path["mountPath"], .string(place), "must not already exist as a path in volumeDevices")
            }
            checkPart(mount, path, list, &faults)
            checkPropagation(mount, container, list, &faults)
        }
    }

    /// A part of the volume only. The original places some of these faults at the list.
    private static func checkPart(_ mount: JSON, _ path: FieldPath, _ list: FieldPath, _ faults: inout Faults) {
        let (part, expression) = (mount.text("subPath"), mount.text("subPathExpr"))
        if !part.isEmpty { FilePaths.checkDescending(part, list["subPath"], &faults) }
        if expression.isEmpty { return }
        if !part.isEmpty {
            faults.invalid(
                path["subPathExpr"], .string(expression), "subPathExpr and subPath are mutually exclusive")
        }
        FilePaths.checkDescending(expression, list["subPathExpr"], &faults)
    }

    private static func checkPropagation(
        _ mount: JSON, _ container: JSON, _ list: FieldPath, _ faults: inout Faults
    ) {
        faults.checkOptionalChoice(mount, "mountPropagation", list, ["Bidirectional", "HostToContainer", "None"])
        let propagation = mount.text("mountPropagation")
        if propagation == "Bidirectional", container["securityContext", "privileged"] != true {
            faults.forbidden(
                list["mountPropagation"],
                "Bidirectional mount propagation is available only to privileged containers")
        }
        guard mount.has("recursiveReadOnly") else { return }
        switch mount.text("recursiveReadOnly") {
        case "Disabled": break
        case "Enabled", "IfPossible":
            let path = list["recursiveReadOnly"]
            if !mount.flag("readOnly") {
                faults.forbidden(path, "may only be specified when readOnly is true")
            }
            if !propagation.isEmpty, propagation != "None" {
                faults.forbidden(path, "may only be specified when mountPropagation is None or not specified")
            }
        default:
            faults.notSupported(
                list["recursiveReadOnly"], mount["recursiveReadOnly"], ["Disabled", "IfPossible", "Enabled"])
        }
    }

    private static func checkDevices(
        _ devices: [JSON], _ mounts: [JSON], _ volumes: [String: JSON], _ list: FieldPath, _ faults: inout Faults
    ) {
        let mounted = Set(mounts.map { $0.text("name") }), places = Set(mounts.map { $0.text("mountPath") })
        var names: Set<String> = [], paths: Set<String> = []
        for (index, device) in devices.enumerated() {
            let path = list[index]
            let (name, place) = (device.text("name"), device.text("devicePath"))
            if name.isEmpty { faults.required(path["name"]) }
            if names.contains(name) { faults.invalid(path["name"], .string(name), "must be unique") }
            if let volume = volumes[name] {
                if !volume.has("persistentVolumeClaim"), !volume.has("ephemeral") {
                    faults.invalid(
                        path["name"], .string(name),
                        "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode")
                }
            } else {
                faults.notFound(path["name"], .string(name))
            }
            if place.isEmpty { faults.required(path["devicePath"]) }
            if paths.contains(place) { faults.invalid(path["devicePath"], .string(place), "must be unique") }
            if FilePaths.hasBacksteps(place) {
                faults.invalid(path["devicePath"], .string(place), "can not contain backsteps ('..')")
            } else {
                paths.insert(place)
            }
            if mounted.contains(name) {
                faults.invalid(path["name"], .string(name), "must not already exist in volumeMounts")
            }
            if places.contains(place) {
                faults.invalid(
                    path["devicePath"], .string(place), "must not already exist as a path in volumeMounts")
            }
            if !name.isEmpty { names.insert(name) }
        }
    }
}
