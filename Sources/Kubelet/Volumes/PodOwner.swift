import CLinux
import JSON

/// Whose a pod's files are.
struct PodOwner: Equatable {
    /// `fsGroup`; nil: nobody's in particular.
    let group: gid_t?
    /// The one user that all containers run as; nil when they differ or don't say.
    let user: uid_t?
    /// A volume that is the group's already isn't walked through again.
    let onlyOnMismatch: Bool

    init(_ pod: JSON) {
        let context = pod["spec"]["securityContext"]
        group = context["fsGroup"].int.flatMap { gid_t(exactly: $0) }
        onlyOnMismatch = context["fsGroupChangePolicy"].string == "OnRootMismatch"
        let users = PodContainers.all(pod).map { container in
            container["securityContext"]["runAsUser"].int ?? context["runAsUser"].int
        }
        let first = users.first ?? nil
        user = users.allSatisfy { $0 == first } ? first.flatMap { uid_t(exactly: $0) } : nil
    }
}
