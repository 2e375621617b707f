import CLinux
import Fault
import JSON
import Linux

/// `mounts` of the runtime-spec as the runtime's steps. What one entry stands for may be several steps: a "cgroup"
/// mount shows whichever hierarchies this machine has.
struct PlanMounts {
    /// Folder that relative sources of binds count from.
    let bundle: String
    let layout: ControlGroupLayout
    let group: any ControlGroup
    /// With a cgroup namespace of its own the container mounts the hierarchies itself; without, its folders are bound.
    let hasControlGroupNamespace: Bool
    let hasUserNamespace: Bool
    private(set) var steps: [MountStep] = []
    private(set) var warnings: [String] = []
    /// A bind covers /dev: the devices there are the host's affair.
    private(set) var bindsDeviceFolder = false

    init(
        bundle: String, layout: ControlGroupLayout, group: any ControlGroup, hasControlGroupNamespace: Bool,
        hasUserNamespace: Bool
    ) {
        self.bundle = bundle
        self.layout = layout
        self.group = group
        self.hasControlGroupNamespace = hasControlGroupNamespace
        self.hasUserNamespace = hasUserNamespace
    }

    mutating func add(_ mount: PlanValue, uidMappings: [IDMapping], gidMappings: [IDMapping]) throws(Fault) {
        var destination = try mount["destination"].requiredString()
        if !destination.hasPrefix("/") {
            warnings.append("\(mount.path).destination \"\(destination)\" is relative; it counts from /")
            destination = "/" + destination
        }
        let options = PlanMountOptions(try mount["options"].strings())
        let type = try mount["type"].string() ?? ""
        let source = try mount["source"].string() ?? ""
        if options.flags & MountBits.bind != 0 || type == "bind" || type == "rbind" {
            try addBind(mount, source, destination, options, recursive: type == "rbind", (uidMappings, gidMappings))
        } else if type == "cgroup" || type == "cgroup2" {
            addControlGroups(destination, options)
        } else {
            guard !type.isEmpty else { throw mount["type"].fault("is missing, and the options name no bind") }
            guard !options.isMapped, !mount["uidMappings"].isPresent else {
                throw mount.fault("can't be id-mapped: only binds can")
            }
            var step = MountStep(
                kind: .filesystem, source: source.isEmpty ? type : source, destination: destination, type: type,
                flags: options.flags & ~MountBits.remount, data: options.data.joined(separator: ","))
            complete(&step, options)
            steps.append(step)
        }
    }

    private func complete(_ step: inout MountStep, _ options: PlanMountOptions) {
        step.clearedFlags = options.clearedFlags
        step.recursiveFlags = options.recursiveFlags
        step.recursiveClearedFlags = options.recursiveClearedFlags
        step.propagation = options.propagation
        step.copyUp = options.copyUp
    }

    private mutating func addBind(
        _ mount: PlanValue, _ source: String, _ destination: String, _ options: PlanMountOptions, recursive: Bool,
        _ ownMappings: (uid: [IDMapping], gid: [IDMapping])
    ) throws(Fault) {
        guard !source.isEmpty else { throw mount["source"].fault("is missing") }
        if !options.data.isEmpty {
            warnings.append(
                "\(mount.path).options holds \"\(options.data.joined(separator: ","))\", which a bind doesn't know")
        }
        let flags = options.flags & ~MountBits.remount | MountBits.bind | (recursive ? MountBits.recursive : 0)
        var step = MountStep(
            kind: .bind, source: source.hasPrefix("/") ? source : bundle + "/" + source, destination: destination,
            flags: flags)
        complete(&step, options)
        let uids = try PlanNamespaces.mappings(mount["uidMappings"]),
            gids = try PlanNamespaces.mappings(mount["gidMappings"])
        if uids.isEmpty != gids.isEmpty { throw mount.fault("needs both uidMappings and gidMappings, or neither") }
        if !uids.isEmpty || options.isMapped {
            step.uidMappings = uids.isEmpty ? ownMappings.uid : uids
            step.gidMappings = gids.isEmpty ? ownMappings.gid : gids
            step.mapsRecursively = options.mapsRecursively
            guard !step.uidMappings.isEmpty else {
                throw mount.fault("is to be id-mapped, but neither it nor the container has uidMappings")
            }
        }
        if ControlPath.clean(destination) == "/dev" { bindsDeviceFolder = true }
        steps.append(step)
    }

    /// v2: the one hierarchy. v1: a small tmpfs with a folder a hierarchy, and links for controllers that share one.
    private mutating func addControlGroups(_ destination: String, _ options: PlanMountOptions) {
        if layout.isUnified, let unified = layout.unified {
            var step =
                hasControlGroupNamespace
                ? MountStep(
                    kind: .filesystem, source: "cgroup", destination: destination, type: "cgroup2", flags: options.flags
                )
                : MountStep(
                    kind: .bind, source: hostsOwn(unified), destination: destination,
                    flags: options.flags | MountBits.bind | MountBits.recursive)
            complete(&step, options)
            return steps.append(step)
        }
        steps.append(
            MountStep(
                kind: .filesystem, source: "tmpfs", destination: destination, type: "tmpfs",
                flags: options.flags & ~MountBits.readOnly, data: "mode=755"))
        for (hierarchy, folder) in zip(layout.legacy, group.folders) {
            let name = hierarchy.mountPoint.split(separator: "/").last.map(String.init) ?? ""
            let inner = destination + "/" + name
            if hasControlGroupNamespace {
                let data = hierarchy.controllers.joined(separator: ",")
                let isNamed = data.hasPrefix("name=")
                steps.append(
                    MountStep(
                        kind: .filesystem, source: "cgroup", destination: inner, type: "cgroup", flags: options.flags,
                        data: isNamed ? "none,\(data)" : data))
            } else {
                steps.append(
                    MountStep(
                        kind: .bind, source: folder, destination: inner,
                        flags: options.flags | MountBits.bind | MountBits.recursive))
            }
            for controller in hierarchy.controllers where controller != name && !controller.hasPrefix("name=") {
                steps.append(MountStep(kind: .symlink, source: name, destination: destination + "/" + controller))
            }
        }
        if options.flags & MountBits.readOnly != 0 {
            steps.append(MountStep(kind: .remount, source: "", destination: destination, flags: options.flags))
        }
    }

    private func hostsOwn(_ unified: ControlGroupLayout.Hierarchy) -> String {
        group.unifiedFolder ?? unified.mountPoint
    }
}

/// A path by the letter: no doubled slashes, dots resolved without looking at the disk.
enum ControlPath {
    static func clean(_ path: String) -> String {
        var parts: [Substring] = []
        for part in path.split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return "/" + parts.joined(separator: "/")
    }
}
