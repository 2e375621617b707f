import JSON
import KubeModel

/// `HostConfig.Mounts` entries.
enum VolumeMounts {
    /// - Parameters:
    ///   - source: what is bound, on the host.
    ///   - volume: of the pod's spec.
    static func bind(_ mount: JSON, source: String, volume: JSON) throws(PodConfigError) -> JSON {
        let isReadOnly = mount["readOnly"].bool == true || self.isReadOnly(volume)
        var options: JSON = ["Propagation": .string(try propagation(mount["mountPropagation"].string))]
        if volume["hostPath"].object != nil, volume["hostPath"]["type"].string ?? "" == "" {
            options["CreateMountpoint"] = true
        }
        if try isRecursivelyReadOnly(mount) {
            options["ReadOnlyForceRecursive"] = true
        } else if isReadOnly {
            options["ReadOnlyNonRecursive"] = true
        }
        return [
            "Type": "bind", "Source": .string(source), "Target": .string(target(mount)), "ReadOnly": .bool(isReadOnly),
            "BindOptions": options,
        ]
    }

    /// An image's files as a volume; whoever starts the container has pulled it.
    static func image(_ mount: JSON, reference: String, subPath: String) -> JSON {
        var entry: JSON = [
            "Type": "image", "Source": .string(reference), "Target": .string(target(mount)), "ReadOnly": true,
        ]
        if !subPath.isEmpty { entry["ImageOptions"] = ["Subpath": .string(subPath)] }
        return entry
    }

    private static func target(_ mount: JSON) -> String {
        let path = mount["mountPath"].string ?? ""
        return path.hasPrefix("/") ? path : "/" + path
    }

    /// What containers may never write.
    private static func isReadOnly(_ volume: JSON) -> Bool {
        ProjectedVolume.types.contains { volume[$0.0].object != nil }
            || volume["persistentVolumeClaim"]["readOnly"].bool == true
    }

    private static func propagation(_ mode: String?) throws(PodConfigError) -> String {
        switch mode {
        case nil, "None"?: return "rprivate"
        case "HostToContainer"?: return "rslave"
        case "Bidirectional"?: return "rshared"
        case let other?: throw PodConfigError("invalid MountPropagation mode: \(GoText.quoted(other))")
        }
    }

    private static func isRecursivelyReadOnly(_ mount: JSON) throws(PodConfigError) -> Bool {
        let mode = mount["recursiveReadOnly"].string ?? "Disabled"
        if mode == "Disabled" { return false }
        let name = GoText.quoted(mount["name"].string ?? "")
        func fault(_ why: String) -> PodConfigError {
            PodConfigError(
                "failed to resolve recursive read-only mode: volume \(name) requested recursive read-only mode, \(why)")
        }
        guard mount["readOnly"].bool == true else { throw fault("but it is not read-only") }
        if let propagation = mount["mountPropagation"].string, propagation != "None" {
            throw fault("but it is not compatible with propagation \(GoText.quoted(propagation))")
        }
        return true
    }
}
