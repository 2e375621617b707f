import JSON
import KubeModel

/// Folders that a volume must hold, since containers mount other volumes there: a mount inside a read-only volume
/// can't make them itself.
enum NestedMountPoints {
    /// Paths in the volume, of all containers.
    static func of(_ volume: String, _ pod: JSON) -> [String] {
        var found: [String] = []
        for container in PodContainers.all(pod) {
            let mounts = (container["volumeMounts"].array ?? []).map { mount in
                (name: mount["name"].string ?? "", path: AtomicFolder.clean(mount["mountPath"].string ?? ""))
            }
            let all = mounts.map(\.path).sorted()
            for own in mounts where own.name == volume {
                var above: [String] = []
                for path in all where path.hasPrefix(own.path + "/") && !above.contains(where: path.hasPrefix) {
                    above.append(path + "/")
                    let inner = String(path.dropFirst(own.path.count + 1))
                    if !found.contains(inner), !inner.split(separator: "/").contains("..") { found.append(inner) }
                }
            }
        }
        return found
    }
}
