/// Where a pod's volumes are, in the original's layout.
struct PodPaths: Sendable {
    /// The kubelet's folder.
    let root: String

    func pod(_ uid: String) -> String { "\(root)/pods/\(uid)" }

    func volumes(_ uid: String) -> String { "\(pod(uid))/volumes" }

    /// - Parameter type: `configmap`, `empty-dir`, …
    func volume(_ uid: String, _ type: String, _ name: String) -> String {
        "\(volumes(uid))/kubernetes.io~\(type)/\(name)"
    }

    func subPaths(_ uid: String) -> String { "\(pod(uid))/volume-subpaths" }

    func subPath(_ uid: String, _ volume: String, _ container: String, _ at: Int) -> String {
        "\(subPaths(uid))/\(volume)/\(container)/\(at)"
    }
}
