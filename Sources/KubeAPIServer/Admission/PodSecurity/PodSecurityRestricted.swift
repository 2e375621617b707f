import JSON
import KubeModel

private typealias Text = PodSecurityText

extension PodSecurityCheck {
    /// Hardening on top of the baseline: a pod must say that it does without.
    static let restricted: [PodSecurityCheck] = [
        PodSecurityCheck(
            "allowPrivilegeEscalation", .restricted,
            [
                Form(since: 8) { _, spec in privilegeEscalation(spec) },
                Form(since: 25) { _, spec in isWindows(spec) ? nil : privilegeEscalation(spec) },
            ]),
        PodSecurityCheck(
            "capabilities_restricted", .restricted,
            [
                Form(since: 22, overrides: ["capabilities_baseline"]) { _, spec in droppedCapabilities(spec) },
                Form(since: 25, overrides: ["capabilities_baseline"]) { _, spec in
                    isWindows(spec) ? nil : droppedCapabilities(spec)
                },
            ]),
        PodSecurityCheck(
            "procMount_restricted", .restricted,
            [Form(since: 35, overrides: ["procMount"]) { _, spec in procMount(spec) }]),
        PodSecurityCheck(
            "restrictedVolumes", .restricted,
            [Form(since: 0, overrides: ["hostPathVolumes"]) { _, spec in volumeTypes(spec) }]),
        PodSecurityCheck(
            "runAsNonRoot", .restricted,
            [
                Form(since: 0) { _, spec in runAsNonRoot(spec) },
                Form(since: 35) { _, spec in hasOwnUsers(spec) ? nil : runAsNonRoot(spec) },
            ]),
        PodSecurityCheck(
            "runAsUser", .restricted,
            [
                Form(since: 23) { _, spec in runAsUser(spec) },
                Form(since: 35) { _, spec in hasOwnUsers(spec) ? nil : runAsUser(spec) },
            ]),
        PodSecurityCheck(
            "seccompProfile_restricted", .restricted,
            [
                Form(since: 19, overrides: ["seccompProfile_baseline"]) { _, spec in seccompProfile(spec) },
                Form(since: 25, overrides: ["seccompProfile_baseline"]) { _, spec in
                    isWindows(spec) ? nil : seccompProfile(spec)
                },
            ]),
    ]

    private static func isWindows(_ spec: JSON) -> Bool { spec["os", "name"] == "windows" }

    private static func privilegeEscalation(_ spec: JSON) -> Finding? {
        let names = Text.containers(of: spec) { $0["securityContext", "allowPrivilegeEscalation"] != false }
        guard !names.isEmpty else { return nil }
        return Finding(
            reason: "allowPrivilegeEscalation != false",
            detail: "\(Text.containers(names)) must set securityContext.allowPrivilegeEscalation=false")
    }

    private static func droppedCapabilities(_ spec: JSON) -> Finding? {
        var added: Set<String> = []
        let keeping = Text.containers(of: spec) {
            !$0["securityContext", "capabilities", "drop"].strings.contains("ALL")
        }
        let adding = Text.containers(of: spec) { container in
            let other = container["securityContext", "capabilities", "add"].strings.filter { $0 != "NET_BIND_SERVICE" }
            added.formUnion(other)
            return !other.isEmpty
        }
        var details: [String] = []
        if !keeping.isEmpty {
            details.append("\(Text.containers(keeping)) must set securityContext.capabilities.drop=[\"ALL\"]")
        }
        if !adding.isEmpty {
            details.append(
                "\(Text.containers(adding)) must not include \(Text.quoted(added.sorted())) in "
                    + "securityContext.capabilities.add")
        }
        return details.isEmpty
            ? nil : Finding(reason: "unrestricted capabilities", detail: details.joined(separator: "; "))
    }

    private static let goodVolumes = [
        "configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image", "persistentVolumeClaim", "projected",
        "secret",
    ]
    private static let otherVolumes = [
        "hostPath", "gcePersistentDisk", "awsElasticBlockStore", "gitRepo", "nfs", "iscsi", "glusterfs", "rbd",
        "flexVolume", "cinder", "cephfs", "flocker", "fc", "azureFile", "vsphereVolume", "quobyte", "azureDisk",
        "photonPersistentDisk", "portworxVolume", "scaleIO", "storageos",
    ]

    private static func volumeTypes(_ spec: JSON) -> Finding? {
        var names: [String] = [], types: Set<String> = []
        for volume in spec["volumes"].array ?? [] where !goodVolumes.contains(where: { volume.has($0) }) {
            names.append(volume["name"].string ?? "")
            types.insert(otherVolumes.first { volume.has($0) } ?? "unknown")
        }
        guard !names.isEmpty else { return nil }
        let kind = "restricted volume type"
        return Finding(
            reason: "restricted volume types",
            detail: "\(Text.plural("volume", "volumes", names.count)) \(Text.quoted(names)) "
                + "\(Text.plural("uses", "use", names.count)) \(Text.plural(kind, kind + "s", types.count)) "
                + Text.quoted(types.sorted()))
    }

    private static func runAsNonRoot(_ spec: JSON) -> Finding? {
        let own = spec["securityContext", "runAsNonRoot"]
        var setters: [String] = own == false ? ["pod"] : []
        let explicit = Text.containers(of: spec) { $0["securityContext", "runAsNonRoot"] == false }
        if !explicit.isEmpty { setters.append(Text.containers(explicit)) }
        let reason = "runAsNonRoot != true"
        guard setters.isEmpty else {
            return Finding(
                reason: reason,
                detail: "\(setters.joined(separator: " and ")) must not set securityContext.runAsNonRoot=false")
        }
        guard own != true else { return nil }
        let implicit = Text.containers(of: spec) { $0["securityContext", "runAsNonRoot"].isNull }
        guard !implicit.isEmpty else { return nil }
        return Finding(
            reason: reason, detail: "pod or \(Text.containers(implicit)) must set securityContext.runAsNonRoot=true")
    }

    private static func runAsUser(_ spec: JSON) -> Finding? {
        func isRoot(_ object: JSON) -> Bool { object["securityContext", "runAsUser"].int == 0 }
        var setters = isRoot(spec) ? ["pod"] : []
        let names = Text.containers(of: spec, where: isRoot)
        if !names.isEmpty { setters.append(Text.containers(names)) }
        guard !setters.isEmpty else { return nil }
        return Finding(
            reason: "runAsUser=0", detail: "\(setters.joined(separator: " and ")) must not set runAsUser=0")
    }

    private static func seccompProfile(_ spec: JSON) -> Finding? {
        if let bad = seccompTypes(spec) { return bad }
        guard spec["securityContext", "seccompProfile"].isNull else { return nil }
        let implicit = Text.containers(of: spec) { $0["securityContext", "seccompProfile"].isNull }
        guard !implicit.isEmpty else { return nil }
        return Finding(
            reason: "seccompProfile",
            detail: "pod or \(Text.containers(implicit)) must set securityContext.seccompProfile.type to "
                + "\"RuntimeDefault\" or \"Localhost\"")
    }
}
