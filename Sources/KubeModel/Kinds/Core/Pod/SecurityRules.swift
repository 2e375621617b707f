import JSON

/// Security contexts of pods and containers.
enum SecurityRules {
    // MARK: Pods

    static func checkPod(_ spec: JSON, _ specPath: FieldPath, _ faults: inout Faults) {
        let (context, path) = (spec["securityContext"], specPath["securityContext"])
        if spec["shareProcessNamespace"] == true, spec.flag("hostPID") {
            faults.invalid(
                path["shareProcessNamespace"], true, "ShareProcessNamespace and HostPID cannot both be enabled")
        }
        guard let members = context.object, !members.isEmpty else { return }
        checkIDs(context, ["fsGroup", "runAsUser", "runAsGroup"], path, &faults)
        for (index, group) in context.list("supplementalGroups").enumerated() {
            let id = group.int ?? 0
            for detail in Names.groupID(id) {
                faults.invalid(path["supplementalGroups"][index], .init(id), detail)
            }
        }
        checkSysctls(spec, path["sysctls"], &faults)
        faults.checkOptionalChoice(context, "fsGroupChangePolicy", path, ["OnRootMismatch", "Always"])
        checkSeccomp(context, path["seccompProfile"], &faults)
        WindowsRules.checkOptions(context["windowsOptions"], path["windowsOptions"], &faults)
        checkAppArmor(context, path["appArmorProfile"], &faults)
        faults.checkOptionalChoice(context, "supplementalGroupsPolicy", path, ["Merge", "Strict"])
        // Mounting with a label is off in 1.36.
        faults.checkOptionalChoice(context, "seLinuxChangePolicy", path, ["Recursive"])
    }

    private static func checkIDs(_ context: JSON, _ names: [String], _ path: FieldPath, _ faults: inout Faults) {
        for name in names {
            guard let id = context[name].int else { continue }
            for detail in Names.userID(id) { faults.invalid(path[name], .init(id), detail) }
        }
    }

    private static let sysctlForm = "^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$"
    /// Longest name of a sysctl, in bytes.
    private static let sysctlLimit = 253

    private static func checkSysctls(_ spec: JSON, _ list: FieldPath, _ faults: inout Faults) {
        var seen: Set<String> = []
        for (index, sysctl) in spec["securityContext"].list("sysctls").enumerated() {
            let (name, path) = (sysctl.text("name"), list[index]["name"])
            if name.isEmpty {
                faults.required(path)
            } else if !isSysctl(name) {
                faults.invalid(
                    path, .string(name),
                    "must have at most \(sysctlLimit) characters and match regex \(sysctlForm)")
            } else if seen.contains(name) {
                faults.duplicate(path, .string(name))
            }
            seen.insert(name)
            switch namespace(of: name) {
            case "net" where spec.flag("hostNetwork"):
                faults.invalid(path, .string(name), "may not be specified when 'hostNetwork' is true")
            case "ipc" where spec.flag("hostIPC"):
                faults.invalid(path, .string(name), "may not be specified when 'hostIPC' is true")
            default: break
            }
        }
    }

    private static func isSysctl(_ name: String) -> Bool {
        func isEnd(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 || byte &- 0x61 < 26 }
        func isInner(_ byte: UInt8) -> Bool { isEnd(byte) || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_") }
        guard name.utf8.count <= sysctlLimit else { return false }
        let parts = name.utf8.split(omittingEmptySubsequences: false) {
            $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "/")
        }
        return parts.allSatisfy { part in
            guard let first = part.first, let last = part.last else { return false }
            return isEnd(first) && isEnd(last) && part.allSatisfy(isInner)
        }
    }

    /// The kernel namespace that a sysctl belongs to; nil when it is the host's alone.
    private static func namespace(of name: String) -> String? {
        // The first of the separators is the one that separates.
        let isSlashed = name.first { $0 == "." || $0 == "/" } == "/"
        let plain = isSlashed ? String(name.map { $0 == "/" ? "." : $0 == "." ? "/" : $0 }) : name
        if plain.hasPrefix("net.") { return "net" }
        if ["kernel.sem", "fs.mqueue."].contains(where: plain.hasPrefix) || plain.hasPrefix("kernel.shm")
            || plain.hasPrefix("kernel.msg")
        {
            return "ipc"
        }
        return nil
    }

    // MARK: Containers

    /// - Parameter hasHostUsers: whether users in the pod are the host's users.
    static func checkContainer(
        _ context: JSON, hasHostUsers: Bool, _ path: FieldPath, _ faults: inout Faults
    ) {
        guard let members = context.object, !members.isEmpty else { return }
        checkIDs(context, ["runAsUser", "runAsGroup"], path, &faults)
        if context.has("procMount") {
            faults.checkOptionalChoice(context, "procMount", path, ["Default", "Unmasked"])
            if hasHostUsers, context["procMount"] == "Unmasked" {
                faults.invalid(
                    path["procMount"], "Unmasked", "`hostUsers` must be false to use `Unmasked`")
            }
        }
        checkSeccomp(context, path["seccompProfile"], &faults)
        if context["allowPrivilegeEscalation"] == false {
            if context["privileged"] == true {
                faults.invalid(
                    path, goForm(context),
                    "cannot set `allowPrivilegeEscalation` to false and `privileged` to true")
            }
            for capability in context["capabilities"].list("add") where capability == "CAP_SYS_ADMIN" {
                faults.invalid(
                    path, goForm(context),
                    "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN")
            }
        }
        WindowsRules.checkOptions(context["windowsOptions"], path["windowsOptions"], &faults)
        checkAppArmor(context, path["appArmorProfile"], &faults)
    }

    /// As the original prints its own form of the context.
    private static func goForm(_ context: JSON) -> JSON {
        let capabilities = context["capabilities"]
        return [
            "Capabilities": capabilities.isNull ? .null : ["Add": capabilities["add"], "Drop": capabilities["drop"]],
            "Privileged": context["privileged"], "SELinuxOptions": context["seLinuxOptions"],
            "WindowsOptions": context["windowsOptions"], "RunAsUser": context["runAsUser"],
            "RunAsGroup": context["runAsGroup"], "RunAsNonRoot": context["runAsNonRoot"],
            "ReadOnlyRootFilesystem": context["readOnlyRootFilesystem"],
            "AllowPrivilegeEscalation": context["allowPrivilegeEscalation"], "ProcMount": context["procMount"],
            "SeccompProfile": context["seccompProfile"], "AppArmorProfile": context["appArmorProfile"],
        ]
    }

    // MARK: Profiles

    private static let profileTypes = ["Localhost", "RuntimeDefault", "Unconfined"]

    private static func checkSeccomp(_ context: JSON, _ path: FieldPath, _ faults: inout Faults) {
        guard context.has("seccompProfile") else { return }
        let profile = context["seccompProfile"]
        let (type, file) = (profile.text("type"), profile["localhostProfile"])
        if type.isEmpty {
            faults.required(path["type"], "type is required when seccompProfile is set")
        } else if !profileTypes.contains(type) {
            faults.notSupported(path["type"], .string(type), profileTypes)
        }
        if type == "Localhost" {
            if let file = file.string {
                FilePaths.checkDescending(file, path["localhostProfile"], &faults)
            } else {
                faults.required(path["localhostProfile"], "must be set when seccomp type is Localhost")
            }
        } else if !file.isNull {
            faults.invalid(
                path["localhostProfile"], ["Type": .string(type), "LocalhostProfile": file],
                "can only be set when seccomp type is Localhost")
        }
    }

    /// Longest name of a profile, in bytes: PATH_MAX without its end.
    private static let appArmorLimit = 4_095

    private static func checkAppArmor(_ context: JSON, _ path: FieldPath, _ faults: inout Faults) {
        guard context.has("appArmorProfile") else { return }
        let profile = context["appArmorProfile"]
        let (type, at) = (profile.text("type"), path["localhostProfile"])
        let name = profile["localhostProfile"].string
        switch type {
        case "Localhost":
            guard let name, !name.isEmpty else {
                return faults.required(at, "must be set when AppArmor type is Localhost")
            }
            if name.first?.isWhitespace == true || name.last?.isWhitespace == true {
                faults.invalid(at, .string(name), "must not be padded with whitespace")
            }
            if name.utf8.count > appArmorLimit { faults.add(.tooLong(at, maxLength: appArmorLimit)) }
        case "RuntimeDefault", "Unconfined":
            if let name { faults.invalid(at, .string(name), "can only be set when AppArmor type is Localhost") }
        case "": faults.required(path["type"], "type is required when appArmorProfile is set")
        default: faults.notSupported(path["type"], .string(type), profileTypes)
        }
    }
}
