import CLinux
import Fault
import JSON
import Linux

/// A container that is ready to be made: what the runtime does, and the control group that must be there before.
package struct ContainerPlan: Sendable {
    package var launch: LaunchPlan
    package let group: any ControlGroup
    package let limits: ControlGroupLimits
    /// What the specification asks for and this machine can't give; the container runs without.
    package let warnings: [String]

    /// Makes the control group with its limits. Throws after taking it away again.
    package func prepareGroup() throws(Fault) {
        do throws(Fault) {
            try group.create()
            try group.apply(limits)
        } catch {
            try? group.remove()
            throw error
        }
    }
}

/// Where a container's parts are, apart from what its specification says.
package struct PlanContext: Sendable {
    package var id: String
    /// The folder that relative paths of the specification count from.
    package var bundle: String
    /// Absolute.
    package var stateFolder: String
    package var supervision: Supervision
    package let groups: ControlGroups

    package init(id: String, bundle: String, stateFolder: String, supervision: Supervision, groups: ControlGroups) {
        self.id = id
        self.bundle = bundle
        self.stateFolder = stateFolder
        self.supervision = supervision
        self.groups = groups
    }

    /// The annotation by which the engine asks for its built-in init as process 1 (`--init`).
    package static let initAnnotation = "hako.init"
}

/// Digests a runtime-spec 1.2 configuration. Everything is checked here, where an error can still be a sentence; the
/// runtime only carries out.
package func planContainer(_ spec: JSON, _ context: PlanContext) throws(Fault) -> ContainerPlan {
    try PlanBuilder(spec: PlanValue(spec), context: context).build()
}

/// A process that joins a running container. `spec` is the container's configuration: its seccomp filter holds for the
/// process, too. `group` is nil when it joins no control groups.
package func planExec(
    id: String, process: JSON, spec: JSON, target: Int32, supervision: Supervision, group: (any ControlGroup)?
) throws(Fault) -> (plan: ExecPlan, warnings: [String]) {
    var warnings: [String] = []
    let linux = PlanValue(spec)["linux"]
    let seccomp = try Seccomp.plan(linux["seccomp"], warnings: &warnings)
    let plan = try PlanProcess.plan(
        PlanValue(process, path: "process"), seccomp: seccomp,
        personality: try PlanScheduler.personality(linux["personality"]),
        warnings: &warnings)
    var exec = ExecPlan(id: id, supervision: supervision, target: target, process: plan)
    if let group { exec.cgroups = CgroupPlan(group) }
    return (exec, warnings)
}

extension CgroupPlan {
    package init(_ group: any ControlGroup) {
        self.init(
            processFiles: group.joinFiles, unifiedFolder: group.unifiedFolder, oomCounterFile: group.oomCounterFile)
    }
}

private struct PlanBuilder {
    let spec: PlanValue
    let context: PlanContext
    private var linux: PlanValue { spec["linux"] }

    init(spec: PlanValue, context: PlanContext) {
        self.spec = spec
        self.context = context
    }

    func build() throws(Fault) -> ContainerPlan {
        try checkVersion()
        var warnings: [String] = []
        let namespaces = try PlanNamespaces(linux)
        let group = try context.groups.group(try groupPath())
        let process = try processPlan(&warnings)
        var plan = LaunchPlan(
            id: context.id, supervision: context.supervision, stateFolder: context.stateFolder, process: process,
            rootPath: try rootPath())
        plan.rootIsReadOnly = try spec["root"]["readonly"].bool() ?? false
        plan.rootPropagation = try PlanMountOptions.rootPropagation(linux["rootfsPropagation"])
        plan.namespaces = namespaces.plans
        plan.uidMappings = namespaces.isNew(.user) ? namespaces.uidMappings : []
        plan.gidMappings = namespaces.isNew(.user) ? namespaces.gidMappings : []
        plan.monotonicOffset = try PlanNamespaces.offset(linux["timeOffsets"]["monotonic"])
        plan.boottimeOffset = try PlanNamespaces.offset(linux["timeOffsets"]["boottime"])
        try setNames(&plan, namespaces)
        try addMounts(&plan, namespaces, group, &warnings)
        plan.sysctls = try sysctls(namespaces)
        plan.maskedPaths = try paths(linux["maskedPaths"])
        plan.readOnlyPaths = try paths(linux["readonlyPaths"])
        plan.hooks = try PlanHooks.plan(spec["hooks"])
        (plan.hookStateHead, plan.hookStateTail) = hookState()
        plan.actsAsInit = spec["annotations"][PlanContext.initAnnotation].json.string == "true"
        plan.cgroups = CgroupPlan(group)
        try checkNamespaces(plan, namespaces)
        return ContainerPlan(
            launch: plan, group: group, limits: try PlanResources.limits(linux["resources"], isUpdate: false),
            warnings: warnings)
    }

    private func checkVersion() throws(Fault) {
        let version = try spec["ociVersion"].requiredString()
        guard version.hasPrefix("1.") else {
            throw spec["ociVersion"].fault("is \(version); versions 1.x are supported")
        }
    }

    private func rootPath() throws(Fault) -> String {
        let path = try spec["root"]["path"].requiredString()
        return path.hasPrefix("/") ? path : context.bundle + "/" + path
    }

    /// Without one the group is named after the container, beside the caller's own.
    private func groupPath() throws(Fault) -> String {
        let path = try linux["cgroupsPath"].string() ?? ""
        return path.isEmpty ? context.id : path
    }

    private func processPlan(_ warnings: inout [String]) throws(Fault) -> ProcessPlan {
        guard spec["process"].isPresent else { throw spec["process"].fault("is missing") }
        let seccomp = try Seccomp.plan(linux["seccomp"], listenerMetadata: try listenerState(), warnings: &warnings)
        return try PlanProcess.plan(
            spec["process"], seccomp: seccomp, personality: try PlanScheduler.personality(linux["personality"]),
            warnings: &warnings)
    }

    private func listenerState() throws(Fault) -> String { try linux["seccomp"]["listenerMetadata"].string() ?? "" }

    private func setNames(_ plan: inout LaunchPlan, _ namespaces: PlanNamespaces) throws(Fault) {
        plan.hostname = try spec["hostname"].string().flatMap { $0.isEmpty ? nil : $0 }
        plan.domainname = try spec["domainname"].string().flatMap { $0.isEmpty ? nil : $0 }
        for (name, value) in [("hostname", plan.hostname), ("domainname", plan.domainname)] {
            guard let value else { continue }
            guard namespaces.has(.uts) else {
                throw Fault(.invalid, "unable to set \(name) without a private UTS namespace")
            }
            // __NEW_UTS_LEN
            guard value.utf8.count <= 64 else { throw spec[name].fault("is longer than 64 bytes") }
        }
    }

    private func addMounts(
        _ plan: inout LaunchPlan, _ namespaces: PlanNamespaces, _ group: any ControlGroup, _ warnings: inout [String]
    ) throws(Fault) {
        var mounts = PlanMounts(
            bundle: context.bundle, layout: context.groups.layout, group: group,
            hasControlGroupNamespace: namespaces.has(.cgroup), hasUserNamespace: namespaces.has(.user))
        for mount in try spec["mounts"].list() {
            try mounts.add(mount, uidMappings: namespaces.uidMappings, gidMappings: namespaces.gidMappings)
        }
        warnings += mounts.warnings
        if !namespaces.has(.mount), !mounts.steps.isEmpty {
            warnings.append("leaving the mounts out: without a mount namespace they would be the host's")
        }
        plan.mounts = mounts.steps
        let own = try PlanDevices.plan(linux["devices"])
        guard !mounts.bindsDeviceFolder else { return }
        plan.devices = own
        plan.mounts += PlanDevices.links
    }

    /// A sysctl of a namespace that the container shares with the host would change the host.
    private func sysctls(_ namespaces: PlanNamespaces) throws(Fault) -> [SysctlPlan] {
        let ofIPC: Set<String> = [
            "kernel.msgmax", "kernel.msgmnb", "kernel.msgmni", "kernel.sem", "kernel.shmall", "kernel.shmmax",
            "kernel.shmmni", "kernel.shm_rmid_forced",
        ]
        var result: [SysctlPlan] = []
        for (name, value) in try linux["sysctl"].members() {
            guard let text = try value.string() else { throw value.fault("must be a string") }
            let dotted = Self.dotted(name)
            guard !dotted.isEmpty, !dotted.split(separator: ".", omittingEmptySubsequences: false).contains("") else {
                throw value.fault("is no sysctl")
            }
            let needed: NamespaceKind
            if ofIPC.contains(dotted) || dotted.hasPrefix("fs.mqueue.") {
                needed = .ipc
            } else if dotted.hasPrefix("net.") {
                needed = .network
            } else if dotted == "kernel.domainname" || dotted == "kernel.hostname" {
                needed = .uts
            } else {
                throw Fault(.invalid, "sysctl \"\(name)\" is not in a separate kernel namespace")
            }
            if dotted == "kernel.hostname" {
                throw Fault(
                    .invalid, "sysctl \"\(name)\" conflicts with the hostname of the specification: set that instead")
            }
            guard namespaces.has(needed) else {
                throw Fault(.invalid, "sysctl \"\(name)\" is not allowed in the hosts \(needed) namespace")
            }
            result.append(SysctlPlan(key: name, value: text))
        }
        return result
    }

    /// sysctl(8): when a slash comes first, slashes separate and dots belong to names.
    private static func dotted(_ name: String) -> String {
        guard let first = name.first(where: { $0 == "." || $0 == "/" }), first == "/" else { return name }
        return String(name.map { $0 == "/" ? "." : $0 == "." ? "/" : $0 })
    }

    private func paths(_ value: PlanValue) throws(Fault) -> [String] {
        let paths = try value.strings()
        for path in paths where !path.hasPrefix("/") { throw value.fault("holds \"\(path)\"; it must be absolute") }
        return paths
    }

    private func checkNamespaces(_ plan: LaunchPlan, _ namespaces: PlanNamespaces) throws(Fault) {
        if !namespaces.has(.mount), !plan.maskedPaths.isEmpty || !plan.readOnlyPaths.isEmpty {
            throw Fault(.invalid, "unable to restrict sys entries without a private MNT namespace")
        }
        // Joining one of a process that runs already is the kernel's business; making one needs the kernel to have it.
        if namespaces.has(.time), access("/proc/self/ns/time", F_OK) != 0 {
            throw Fault(.invalid, "linux.namespaces asks for a time namespace, which this kernel doesn't have")
        }
        if plan.monotonicOffset != nil || plan.boottimeOffset != nil, !namespaces.isNew(.time) {
            throw Fault(.invalid, "linux.timeOffsets needs a new time namespace")
        }
    }

    private func hookState() -> (head: String, tail: String) {
        let head: JSON = ["ociVersion": "1.2.0", "id": .string(context.id)]
        var tail: JSON = ["bundle": .string(context.bundle)]
        if spec["annotations"].isPresent { tail["annotations"] = spec["annotations"].json }
        let first = String(decoding: head.bytes(), as: UTF8.self), rest = String(decoding: tail.bytes(), as: UTF8.self)
        return (String(first.dropLast()), "," + rest.dropFirst())
    }
}
