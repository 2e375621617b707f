import JSON
import KubeModel

/// What a container may do: its own security context over the pod's, as Docker's configuration.
struct SecurityContext: Sendable {
    private let own: JSON, shared: JSON

    init(_ container: JSON, _ pod: PodSpec) {
        own = container["securityContext"]
        shared = pod.spec["securityContext"]
    }

    private func value(_ name: String) -> JSON { own[name].isNull ? shared[name] : own[name] }

    /// Docker's `User`; nil: the image's own.
    var user: String? {
        guard let user = value("runAsUser").int else {
            // Docker takes no group without a user; the image's user is then named by its number, which is root's.
            return value("runAsGroup").int.map { "0:\($0)" }
        }
        return value("runAsGroup").int.map { "\(user):\($0)" } ?? "\(user)"
    }

    var groups: [String] {
        let list = shared.list("supplementalGroups").compactMap(\.int) + [shared["fsGroup"].int].compactMap { $0 }
        return list.map { "\($0)" }
    }

    func apply(to host: inout JSON, seccompFolder: String, read: (String) -> String?) throws(PodFault) {
        if own.flag("privileged") { host["Privileged"] = true }
        if own.flag("readOnlyRootFilesystem") { host["ReadonlyRootfs"] = true }
        let capabilities = own["capabilities"]
        if !capabilities.list("add").isEmpty { host["CapAdd"] = JSON(capabilities["add"].strings) }
        if !capabilities.list("drop").isEmpty { host["CapDrop"] = JSON(capabilities["drop"].strings) }
        if !groups.isEmpty { host["GroupAdd"] = JSON(groups) }
        var options: [String] = []
        if own["allowPrivilegeEscalation"].bool == false { options.append("no-new-privileges") }
        if let profile = try seccomp(seccompFolder, read) { options.append("seccomp=" + profile) }
        if !options.isEmpty { host["SecurityOpt"] = JSON(options) }
        if own.text("procMount") == "Unmasked" {
            host["MaskedPaths"] = []
            host["ReadonlyPaths"] = []
        }
    }

    /// Docker's word or a profile's text; nil: the engine's own profile. Without any the original confines nothing.
    private func seccomp(_ folder: String, _ read: (String) -> String?) throws(PodFault) -> String? {
        let profile = value("seccompProfile")
        switch profile.text("type") {
        case "RuntimeDefault": return nil
        case "Localhost":
            let path = folder + "/" + profile.text("localhostProfile")
            guard let text = read(path) else {
                throw PodFault(
                    reason: "CreateContainerError",
                    message:
                        "cannot load seccomp profile \(GoText.quoted(path)): open \(path): no such file or directory")
            }
            return text
        default: return "unconfined"
        }
    }

    /// Throws when the container must not run as root and would.
    /// - Parameter imageUser: `USER` of the image.
    func check(_ container: JSON, _ pod: PodSpec, imageUser: String) throws(PodFault) {
        guard value("runAsNonRoot").bool == true else { return }
        let place = "(pod: \"\(pod.fullName)\", container: \(container.text("name")))"
        if let user = value("runAsUser").int {
            if user != 0 { return }
            throw PodFault(
                reason: "CreateContainerConfigError",
                message: "container's runAsUser breaks non-root policy \(place)")
        }
        let name = String(imageUser.prefix { $0 != ":" })
        if let number = Int(name), number != 0 { return }
        let why =
            name.isEmpty || Int(name) == 0
            ? "container has runAsNonRoot and image will run as root"
            : "container has runAsNonRoot and image has non-numeric user (\(name)), cannot verify user is non-root"
        throw PodFault(reason: "CreateContainerConfigError", message: "\(why) \(place)")
    }
}
