import JSON
import KubeModel

private typealias Text = PodSecurityText

extension PodSecurityCheck {
    /// What keeps a pod from the host: known ways to become root on the node.
    static let baseline: [PodSecurityCheck] = [
        PodSecurityCheck("appArmorProfile", .baseline, [Form(since: 0, find: appArmor)]),
        PodSecurityCheck("capabilities_baseline", .baseline, [Form(since: 0) { _, spec in capabilities(spec) }]),
        PodSecurityCheck("hostNamespaces", .baseline, [Form(since: 0) { _, spec in hostNamespaces(spec) }]),
        PodSecurityCheck("hostPathVolumes", .baseline, [Form(since: 0) { _, spec in hostPaths(spec) }]),
        PodSecurityCheck("hostPorts", .baseline, [Form(since: 0) { _, spec in hostPorts(spec) }]),
        PodSecurityCheck(
            "hostProbesAndHostLifecycle", .baseline, [Form(since: 34) { _, spec in probeHosts(spec) }]),
        PodSecurityCheck("privileged", .baseline, [Form(since: 0) { _, spec in privileged(spec) }]),
        PodSecurityCheck(
            "procMount", .baseline,
            [
                Form(since: 0) { _, spec in procMount(spec) },
                Form(since: 35) { _, spec in hasOwnUsers(spec) ? nil : procMount(spec) },
            ]),
        PodSecurityCheck(
            "seLinuxOptions", .baseline,
            [
                Form(since: 0) { _, spec in seLinux(spec, seLinuxTypes) },
                Form(since: 31) { _, spec in seLinux(spec, seLinuxTypes + ["container_engine_t"]) },
            ]),
        PodSecurityCheck(
            "seccompProfile_baseline", .baseline,
            [
                Form(since: 0, find: seccompAnnotations),
                Form(since: 19) { _, spec in seccompTypes(spec) },
            ]),
        PodSecurityCheck(
            "sysctls", .baseline,
            sysctlNames.map { since, _ in
                let allowed = Set(sysctlNames.filter { $0.since <= since }.flatMap(\.names))
                return Form(since: since) { _, spec in sysctls(spec, allowed) }
            }),
        PodSecurityCheck("windowsHostProcess", .baseline, [Form(since: 0) { _, spec in hostProcess(spec) }]),
    ]

    /// A pod in its own user namespace: root in it is nobody on the node.
    static func hasOwnUsers(_ spec: JSON) -> Bool { spec["hostUsers"] == false }

    private static func appArmor(_ metadata: JSON, _ spec: JSON) -> Finding? {
        func badType(_ context: JSON) -> String? {
            let profile = context["appArmorProfile"]
            guard !profile.isNull else { return nil }
            let type = profile["type"].string ?? ""
            return ["RuntimeDefault", "Localhost"].contains(type) ? nil : type
        }
        var setters: [String] = [], values: Set<String> = []
        if let type = badType(spec["securityContext"]) {
            setters.append("pod")
            values.insert(type)
        }
        let names = Text.containers(of: spec) { container in
            guard let type = badType(container["securityContext"]) else { return false }
            values.insert(type)
            return true
        }
        if !names.isEmpty { setters.append(Text.containers(names)) }
        let prefix = "container.apparmor.security.beta.kubernetes.io/"
        let annotations = metadata["annotations"].stringMap.filter { key, value in
            key.hasPrefix(prefix) && !value.isEmpty && value != "runtime/default" && !value.hasPrefix("localhost/")
        }.map { "\($0.key)=\(GoText.quoted($0.value))" }.sorted()
        if !annotations.isEmpty { setters.append(Text.plural("annotation", "annotations", annotations.count)) }
        guard !setters.isEmpty else { return nil }
        let list = values.sorted() + annotations
        return Finding(
            reason: Text.plural("forbidden AppArmor profile", "forbidden AppArmor profiles", list.count),
            detail: "\(setters.joined(separator: " and ")) must not set AppArmor profile type to \(Text.quoted(list))")
    }

    private static let defaultCapabilities: Set<String> = [
        "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "SETFCAP",
        "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT",
    ]

    private static func capabilities(_ spec: JSON) -> Finding? {
        var added: Set<String> = []
        let names = Text.containers(of: spec) { container in
            let other = container["securityContext", "capabilities", "add"].strings
                .filter { !defaultCapabilities.contains($0) }
            added.formUnion(other)
            return !other.isEmpty
        }
        guard !names.isEmpty else { return nil }
        return Finding(
            reason: "non-default capabilities",
            detail: "\(Text.containers(names)) must not include \(Text.quoted(added.sorted())) in "
                + "securityContext.capabilities.add")
    }

    private static func hostNamespaces(_ spec: JSON) -> Finding? {
        let shared = ["hostNetwork", "hostPID", "hostIPC"].filter { spec[$0] == true }.map { "\($0)=true" }
        return shared.isEmpty ? nil : Finding(reason: "host namespaces", detail: shared.joined(separator: ", "))
    }

    private static func hostPaths(_ spec: JSON) -> Finding? {
        let names = (spec["volumes"].array ?? []).filter { !$0["hostPath"].isNull }.map { $0["name"].string ?? "" }
        guard !names.isEmpty else { return nil }
        return Finding(
            reason: "hostPath volumes",
            detail: "\(Text.plural("volume", "volumes", names.count)) \(Text.quoted(names))")
    }

    private static func hostPorts(_ spec: JSON) -> Finding? {
        var ports: Set<String> = []
        let names = Text.containers(of: spec) { container in
            let used = (container["ports"].array ?? []).compactMap { $0["hostPort"].int }.filter { $0 != 0 }
            ports.formUnion(used.map { "\($0)" })
            return !used.isEmpty
        }
        guard !names.isEmpty else { return nil }
        return Finding(
            reason: "hostPort",
            detail: "\(Text.containers(names)) \(Text.plural("uses", "use", names.count)) "
                + "\(Text.plural("hostPort", "hostPorts", ports.count)) \(ports.sorted().joined(separator: ", "))")
    }

    private static func probeHosts(_ spec: JSON) -> Finding? {
        var hosts: Set<String> = []
        let names = Text.containers(of: spec) { container in
            let handlers = [
                container["livenessProbe"], container["readinessProbe"], container["startupProbe"],
                container["lifecycle", "postStart"], container["lifecycle", "preStop"],
            ]
            let found = handlers.flatMap { [$0["httpGet", "host"], $0["tcpSocket", "host"]] }.compactMap(\.string)
                .filter { !$0.isEmpty }
            hosts.formUnion(found)
            return !found.isEmpty
        }
        guard !names.isEmpty else { return nil }
        let unique = Set(names).sorted(), kind = "probe or lifecycle host"
        return Finding(
            reason: kind,
            detail: "\(Text.containers(unique)) \(Text.plural("uses", "use", unique.count)) "
                + "\(Text.plural(kind, kind + "s", hosts.count)) \(Text.quoted(hosts.sorted()))")
    }

    private static func privileged(_ spec: JSON) -> Finding? {
        let names = Text.containers(of: spec) { $0["securityContext", "privileged"] == true }
        guard !names.isEmpty else { return nil }
        return Finding(
            reason: "privileged", detail: "\(Text.containers(names)) must not set securityContext.privileged=true")
    }

    static func procMount(_ spec: JSON) -> Finding? {
        var types: Set<String> = []
        let names = Text.containers(of: spec) { container in
            guard let type = container["securityContext", "procMount"].string, type != "Default" else { return false }
            types.insert(type)
            return true
        }
        guard !names.isEmpty else { return nil }
        return Finding(
            reason: "procMount",
            detail: "\(Text.containers(names)) must not set securityContext.procMount to \(Text.quoted(types.sorted()))"
        )
    }

    private static let seLinuxTypes = ["", "container_t", "container_init_t", "container_kvm_t"]

    private static func seLinux(_ spec: JSON, _ allowed: [String]) -> Finding? {
        var types: Set<String> = [], setsUser = false, setsRole = false
        func isBad(_ context: JSON) -> Bool {
            let options = context["seLinuxOptions"]
            guard !options.isNull else { return false }
            let type = options.text("type")
            let hasType = !allowed.contains(type), hasUser = !options.text("user").isEmpty
            let hasRole = !options.text("role").isEmpty
            if hasType { types.insert(type) }
            setsUser = setsUser || hasUser
            setsRole = setsRole || hasRole
            return hasType || hasUser || hasRole
        }
        var setters: [String] = []
        if isBad(spec["securityContext"]) { setters.append("pod") }
        let names = Text.containers(of: spec) { isBad($0["securityContext"]) }
        if !names.isEmpty { setters.append(Text.containers(names)) }
        guard !setters.isEmpty else { return nil }
        var faults: [String] = []
        if !types.isEmpty {
            faults.append("\(Text.plural("type", "types", types.count)) \(Text.quoted(types.sorted()))")
        }
        if setsUser { faults.append("user may not be set") }
        if setsRole { faults.append("role may not be set") }
        return Finding(
            reason: "seLinuxOptions",
            detail: "\(setters.joined(separator: " and ")) set forbidden securityContext.seLinuxOptions: "
                + faults.joined(separator: "; "))
    }

    private static func seccompAnnotations(_ metadata: JSON, _ spec: JSON) -> Finding? {
        let annotations = metadata["annotations"].stringMap
        let keys =
            ["seccomp.security.alpha.kubernetes.io/pod"]
            + Text.containers(of: spec).map {
                "container.seccomp.security.alpha.kubernetes.io/\($0["name"].string ?? "")"
            }
        let bad = Set(
            keys.compactMap { key -> String? in
                guard let value = annotations[key],
                    value != "runtime/default", value != "docker/default", !value.hasPrefix("localhost/")
                else { return nil }
                return "\(key)=\(GoText.quoted(value))"
            })
        guard !bad.isEmpty else { return nil }
        return Finding(
            reason: "seccompProfile",
            detail: "forbidden \(Text.plural("annotation", "annotations", bad.count)) "
                + bad.sorted().joined(separator: ", "))
    }

    /// Who sets a profile that isn't allowed; nil when nobody does.
    static func seccompTypes(_ spec: JSON) -> Finding? {
        var setters: [String] = [], types: Set<String> = []
        func badType(_ context: JSON) -> Bool {
            let profile = context["seccompProfile"]
            guard !profile.isNull else { return false }
            let type = profile.text("type")
            guard type != "Localhost", type != "RuntimeDefault" else { return false }
            types.insert(type)
            return true
        }
        if badType(spec["securityContext"]) { setters.append("pod") }
        let names = Text.containers(of: spec) { badType($0["securityContext"]) }
        if !names.isEmpty { setters.append(Text.containers(names)) }
        guard !setters.isEmpty else { return nil }
        return Finding(
            reason: "seccompProfile",
            detail: "\(setters.joined(separator: " and ")) must not set securityContext.seccompProfile.type to "
                + Text.quoted(types.sorted()))
    }

    /// Sysctls of a namespace, by the version that first allowed them.
    private static let sysctlNames: [(since: Int, names: [String])] = [
        (
            0,
            [
                "kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.tcp_syncookies",
                "net.ipv4.ping_group_range", "net.ipv4.ip_unprivileged_port_start",
            ]
        ),
        (27, ["net.ipv4.ip_local_reserved_ports"]),
        (
            29,
            [
                "net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl",
                "net.ipv4.tcp_keepalive_probes",
            ]
        ),
        (32, ["net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem"]),
    ]

    private static func sysctls(_ spec: JSON, _ allowed: Set<String>) -> Finding? {
        let names = (spec["securityContext", "sysctls"].array ?? []).map { $0["name"].string ?? "" }
        let bad = names.filter { !allowed.contains($0) }
        return bad.isEmpty ? nil : Finding(reason: "forbidden sysctls", detail: bad.joined(separator: ", "))
    }

    private static func hostProcess(_ spec: JSON) -> Finding? {
        func isBad(_ object: JSON) -> Bool { object["securityContext", "windowsOptions", "hostProcess"] == true }
        var setters: [String] = []
        if isBad(spec) { setters.append("pod") }
        let names = Text.containers(of: spec, where: isBad)
        if !names.isEmpty { setters.append(Text.containers(names)) }
        guard !setters.isEmpty else { return nil }
        return Finding(
            reason: "hostProcess",
            detail: "\(setters.joined(separator: " and ")) must not set securityContext.windowsOptions.hostProcess=true"
        )
    }
}
