import JSON

/// What a debugging container may do, and what of a copied pod stays (`--profile`, `--keep-…`).
struct DebugProfile: Sendable {
    enum Name: String, Sendable, CaseIterable { case legacy, general, baseline, restricted, netadmin, sysadmin }

    /// How the container comes to what it debugs.
    enum Style: Sendable, CaseIterable {
        /// Beside the containers of a running pod.
        case ephemeral
        /// In a copy of a pod.
        case copy
        /// In a pod of its own on a node.
        case node
    }

    struct Kept: Sendable {
        var labels = false, annotations = false, liveness = false, readiness = false, startup = false
        var initContainers = true
    }

    let name: Name
    let kept: Kept

    init(_ text: String, _ kept: Kept) throws {
        guard let name = Name(rawValue: text) else { throw Refusal("unknown profile: \(text)") }
        self.name = name
        self.kept = kept
    }

    func apply(to pod: inout JSON, container: String, _ style: Style) {
        switch (name, style) {
        case (.legacy, .copy): Self.remove("labels", of: &pod)
        case (.legacy, _): break
        case (_, .copy):
            strip(&pod)
            if pod["spec"]["shareProcessNamespace"].isNull { pod["spec", "shareProcessNamespace"] = true }
        default: break
        }
        if style == .node, [.legacy, .general, .sysadmin].contains(name) { Self.mountRoot(&pod, container) }
        if style == .node, [.legacy, .general, .netadmin, .sysadmin].contains(name) {
            for member in ["hostNetwork", "hostPID", "hostIPC"] { pod["spec", member] = true }
        }
        Self.edit(container, in: &pod) { secure(&$0, style) }
    }

    private func secure(_ container: inout JSON, _ style: Style) {
        var context = container["securityContext"].object.map { JSON.object($0) } ?? [:]
        func add(_ capabilities: [String]) {
            let there = context["capabilities"]["add"].array ?? []
            context["capabilities", "add"] = .array(there + capabilities.map { .string($0) })
        }
        switch name {
        case .legacy: return
        case .general where style == .node: context = [:]
        case .general: add(["SYS_PTRACE"])
        case .baseline: context = [:]
        case .restricted:
            context = [
                "runAsNonRoot": true, "capabilities": ["drop": ["ALL"]], "allowPrivilegeEscalation": false,
                "seccompProfile": ["type": "RuntimeDefault"],
            ]
        case .netadmin: add(["NET_ADMIN", "NET_RAW"])
        case .sysadmin: context["privileged"] = true
        }
        if context.object?.isEmpty != false {
            container.remove("securityContext")
        } else {
            container["securityContext"] = context
        }
    }

    /// Takes out of a copy what would make it count as the pod that it is a copy of, or would end it.
    private func strip(_ pod: inout JSON) {
        if !kept.labels { Self.remove("labels", of: &pod) }
        if !kept.annotations { Self.remove("annotations", of: &pod) }
        let probes = [
            ("livenessProbe", kept.liveness), ("readinessProbe", kept.readiness), ("startupProbe", kept.startup),
        ]
        pod["spec", "containers"] = .array(
            (pod["spec"]["containers"].array ?? []).map { container in
                var container = container
                for (probe, isKept) in probes where !isKept { container.remove(probe) }
                return container
            })
        if !kept.initContainers {
            var spec = pod["spec"]
            spec.remove("initContainers")
            pod["spec"] = spec
        }
    }

    private static func remove(_ member: String, of pod: inout JSON) {
        var metadata = pod["metadata"]
        metadata.remove(member)
        pod["metadata"] = metadata
    }

    private static func mountRoot(_ pod: inout JSON, _ container: String) {
        let volume = "host-root"
        pod["spec", "volumes"] = .array(
            (pod["spec"]["volumes"].array ?? []) + [["name": .string(volume), "hostPath": ["path": "/"]]])
        edit(container, in: &pod) {
            $0["volumeMounts"] = .array(
                ($0["volumeMounts"].array ?? []) + [["name": .string(volume), "mountPath": "/host"]])
        }
    }

    /// Changes the container of that name, of whichever sort it is.
    static func edit(_ name: String, in pod: inout JSON, _ change: (inout JSON) throws -> Void) rethrows {
        for member in ["initContainers", "containers", "ephemeralContainers"] {
            guard var list = pod["spec"][member].array, let at = list.firstIndex(where: { $0["name"].string == name })
            else { continue }
            try change(&list[at])
            pod["spec", member] = .array(list)
            return
        }
    }
}
