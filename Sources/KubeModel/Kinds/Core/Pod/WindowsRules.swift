import JSON

/// What a pod may say of Windows, and what a pod for Windows or for Linux may not say.
enum WindowsRules {
    /// Longest credential specification, domain and user, in bytes.
    private static let (specLimit, domainLimit, userLimit) = (64 * 1024, 256, 104)

    static func checkOptions(_ options: JSON, _ path: FieldPath, _ faults: inout Faults) {
        guard case .object = options else { return }
        if options.has("gmsaCredentialSpecName") {
            faults.check(
                options.text("gmsaCredentialSpecName"), path["gmsaCredentialSpecName"], Names.dnsSubdomain)
        }
        if let text = options["gmsaCredentialSpec"].string {
            if text.isEmpty {
                faults.invalid(
                    path["gmsaCredentialSpec"], "", "gmsaCredentialSpec cannot be an empty string")
            } else if text.utf8.count > specLimit {
                faults.invalid(
                    path["gmsaCredentialSpec"], .string(text),
                    "gmsaCredentialSpec size must be under \(specLimit / 1024) KiB")
            }
        }
        guard let name = options["runAsUserName"].string else { return }
        for detail in userFaults(name) { faults.invalid(path["runAsUserName"], .string(name), detail) }
    }

    /// `DOMAIN\user` or `user`.
    private static func userFaults(_ name: String) -> [String] {
        if name.isEmpty { return ["runAsUserName cannot be an empty string"] }
        if name.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) {
            return ["runAsUserName cannot contain control characters"]
        }
        let parts = name.split(separator: "\\", omittingEmptySubsequences: false)
        if parts.count > 2 { return ["runAsUserName cannot contain more than one backslash"] }
        var faults: [String] = []
        if parts.count == 2 {
            let domain = parts[0]
            if domain.utf8.count >= domainLimit {
                faults.append("runAsUserName's Domain length must be under \(domainLimit) characters")
            }
            if !isNetBIOS(domain), !Names.dnsSubdomain(domain.lowercased()).isEmpty {
                faults.append("runAsUserName's Domain doesn't match the NetBios nor the DNS format")
            }
        }
        let user = parts[parts.count - 1]
        if user.isEmpty {
            faults.append("runAsUserName's User cannot be empty")
        } else if user.utf8.count > userLimit {
            faults.append("runAsUserName's User length must not be longer than \(userLimit) characters")
        }
        if !user.isEmpty, user.allSatisfy({ $0 == "." || $0 == " " }) {
            faults.append("runAsUserName's User cannot contain only periods or spaces")
        }
        if user.contains(where: { "\"/\\:;|=,+*?<>@[]".contains($0) }) {
            faults.append(
                "runAsUserName's User cannot contain the following characters: \"/\\:;|=,+*?<>@[]")
        }
        return faults
    }

    private static func isNetBIOS(_ domain: Substring) -> Bool {
        let banned = "\\/:*?\"<>|"
        return (1...15).contains(domain.count) && domain.first != "." && !domain.contains { banned.contains($0) }
    }

    /// Containers in the host's own process space: all of a pod's or none.
    static func checkHostProcess(_ spec: JSON, _ path: FieldPath, _ faults: inout Faults) {
        let wish = spec["securityContext"]["windowsOptions"]["hostProcess"].bool
        var (all, ours) = (0, 0)
        for (container, at) in containers(spec, path) {
            all += 1
            let own = container["securityContext"]["windowsOptions"]["hostProcess"].bool
            if let wish, let own, wish != own {
                faults.invalid(
                    at["securityContext"]["windowsOptions"]["hostProcess"], .bool(own),
                    "pod hostProcess value must be identical if both are specified, was \(wish)")
            }
            if own ?? wish ?? false { ours += 1 }
        }
        guard ours > 0 else { return }
        if ours != all {
            faults.invalid(
                path, "",
                "If pod contains any hostProcess containers then all containers must be HostProcess containers")
        }
        if !spec.flag("hostNetwork") {
            faults.invalid(
                path["hostNetwork"], false, "hostNetwork must be true if pod contains any hostProcess containers")
        }
    }

    /// Every container with its path, in the order init, regular, ephemeral.
    static func containers(_ spec: JSON, _ path: FieldPath) -> [(JSON, FieldPath)] {
        PodSpecRules.containerLists.flatMap { list in
            spec.list(list).enumerated().map { ($1, path[list][$0]) }
        }
    }

    // MARK: spec.os

    private static let (ofPod, ofContext, ofContainer) = (
        ["hostUsers", "hostPID", "hostIPC", "shareProcessNamespace"],
        [
            "appArmorProfile", "seLinuxOptions", "seccompProfile", "fsGroup", "fsGroupChangePolicy", "sysctls",
            "runAsUser", "runAsGroup", "supplementalGroups", "supplementalGroupsPolicy", "seLinuxChangePolicy",
        ],
        [
            "appArmorProfile", "seLinuxOptions", "seccompProfile", "capabilities", "readOnlyRootFilesystem",
            "privileged", "allowPrivilegeEscalation", "procMount", "runAsUser", "runAsGroup",
        ]
    )

    static func checkSystem(_ spec: JSON, _ path: FieldPath, _ faults: inout Faults) {
        guard spec.has("os") else { return }
        let name = spec["os"].text("name")
        switch name {
        case "": faults.required(path["os"]["name"])
        case "linux":
            let why = "windows options cannot be set for a linux pod"
            if spec["securityContext"].has("windowsOptions") {
                faults.forbidden(path["securityContext"]["windowsOptions"], why)
            }
            for (container, at) in containers(spec, path) where container["securityContext"].has("windowsOptions") {
                faults.forbidden(at["securityContext"]["windowsOptions"], why)
            }
        case "windows":
            let why = "cannot be set for a windows pod"
            for field in ofContext where spec["securityContext"].has(field) {
                faults.forbidden(path["securityContext"][field], why)
            }
            for field in ofPod
            where spec.has(field) && !(field.hasPrefix("host") && field != "hostUsers" && !spec.flag(field)) {
                faults.forbidden(path[field], why)
            }
            for (container, at) in containers(spec, path) {
                for field in ofContainer where container["securityContext"].has(field) {
                    faults.forbidden(at["securityContext"][field], why)
                }
            }
        default: faults.notSupported(path["os"], .string(name), ["linux", "windows"])
        }
    }
}
