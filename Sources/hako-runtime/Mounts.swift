import CLinux

/// Flags of mount(2) and mount_setattr(2); kernel ABI, which C has as enums that Swift can't see.
enum MountFlag {
    static let readOnly: UInt64 = 1, noSetuid: UInt64 = 2, noDevices: UInt64 = 4, noExec: UInt64 = 8
    static let synchronous: UInt64 = 16, dirSync: UInt64 = 128, noSymlinks: UInt64 = 256
    static let noAccessTime: UInt64 = 1024, noFolderAccessTime: UInt64 = 2048, bind: UInt64 = 4096
    static let recursive: UInt64 = 16384, unbindable: UInt64 = 1 << 17, isPrivate: UInt64 = 1 << 18
    static let slave: UInt64 = 1 << 19, shared: UInt64 = 1 << 20, relativeTime: UInt64 = 1 << 21
    static let strictTime: UInt64 = 1 << 24, lazyTime: UInt64 = 1 << 25
    static let anyPropagation = unbindable | isPrivate | slave | shared

    static let attributeIDMap: UInt64 = 0x0010_0000
    private static let attributeTimes: UInt64 = 0x70

    /// MS_* as MOUNT_ATTR_*, for setting.
    static func attributes(_ flags: UInt64) -> UInt64 {
        var result = flags & 0xf
        if flags & noAccessTime != 0 { result |= 0x10 }
        if flags & strictTime != 0 { result |= 0x20 }
        if flags & noFolderAccessTime != 0 { result |= 0x80 }
        if flags & noSymlinks != 0 { result |= 0x20_0000 }
        return result
    }

    /// What to clear so that `flags` come to be set and `cleared` unset: the access-time kinds exclude each other.
    static func clearing(_ cleared: UInt64, setting flags: UInt64) -> UInt64 {
        let times = noAccessTime | strictTime | relativeTime
        var result = attributes(cleared) & ~attributeTimes
        if (cleared | flags) & times != 0 { result |= attributeTimes }
        return result
    }
}

private enum Tree {
    static let clone: UInt32 = 1
    static let recursive: UInt32 = 0x8000
    static let emptyPath: UInt32 = 0x1000
}

func setAttributes(
    _ descriptor: Int32, set: UInt64 = 0, clear: UInt64 = 0, propagation: UInt64 = 0, userNamespace: Int32 = -1,
    recursive: Bool = false, step: LaunchStep, _ subject: String
) throws(LaunchFailure) {
    var attributes = hako_mount_attr()
    attributes.set = set
    attributes.clear = clear
    attributes.propagation = propagation & MountFlag.anyPropagation
    if userNamespace >= 0 {
        attributes.set |= MountFlag.attributeIDMap
        attributes.userns = UInt64(userNamespace)
    }
    try check(step, subject) { hako_mount_setattr(descriptor, recursive ? Tree.recursive : 0, &attributes) }
}

/// A detached copy of the mount at `path`, relative to `folder`.
func cloneTree(_ folder: Int32, _ path: String, recursive: Bool, step: LaunchStep) throws(LaunchFailure) -> Int32 {
    let flags = Tree.clone | (recursive ? Tree.recursive : 0) | (path.utf8.isEmpty ? Tree.emptyPath : 0)
    return try check(step, path) { hako_open_tree(folder, path, flags) }
}

/// What the parent opens on the host before the container's process exists. The trees to bind are opened by it too,
/// as the process comes to them (`bindSource`), since a user namespace takes the power to do so away.
struct PreparedMounts {
    /// The container's root, a tree of its own.
    let root: Int32
    /// For each device the host's node when they can't be made, otherwise empty.
    private(set) var devices: [Int32] = []

    init(_ plan: LaunchPlan, bindDevices: Bool) throws(LaunchFailure) {
        root = try cloneTree(AT_FDCWD, plan.rootPath, recursive: true, step: .openRoot)
        let kept = plan.rootPropagation & MountFlag.slave != 0 ? MountFlag.slave : MountFlag.isPrivate
        try setAttributes(root, propagation: kept, recursive: true, step: .openRoot, plan.rootPath)
        if bindDevices {
            for device in plan.devices {
                devices.append(try cloneTree(AT_FDCWD, device.path, recursive: false, step: .openSource))
            }
        }
    }

    /// The tree of a bind step, with its attributes set while nobody can reach it yet. Opened when its turn comes: the
    /// kernel lists mounts by age, so the container sees them in the plan's order.
    static func bindSource(_ step: MountStep, _ plan: LaunchPlan) throws(LaunchFailure) -> Int32 {
        let whole = step.flags & MountFlag.recursive != 0
        let tree = try cloneTree(AT_FDCWD, step.source, recursive: whole, step: .openSource)
        let set = MountFlag.attributes(step.flags)
        let clear = MountFlag.clearing(step.clearedFlags, setting: step.flags)
        if set | clear != 0 { try setAttributes(tree, set: set, clear: clear, step: .mount, step.source) }
        if step.recursiveFlags | step.recursiveClearedFlags != 0 {
            try setAttributes(
                tree, set: MountFlag.attributes(step.recursiveFlags),
                clear: MountFlag.clearing(step.recursiveClearedFlags, setting: step.recursiveFlags), recursive: true,
                step: .mount, step.source)
        }
        if !step.uidMappings.isEmpty || !step.gidMappings.isEmpty {
            let namespace = try userNamespace(uids: step.uidMappings, gids: step.gidMappings)
            defer { closeDescriptor(namespace) }
            try setAttributes(
                tree, userNamespace: namespace, recursive: step.mapsRecursively, step: .mapUsers, step.source)
        }
        // Without a wish of its own a bind follows the root: what is mounted on the host later shows, not vice versa.
        var propagation = step.propagation
        if propagation & MountFlag.anyPropagation == 0 {
            propagation = plan.rootPropagation & MountFlag.anyPropagation
            if propagation == 0 { propagation = MountFlag.slave }
            propagation |= MountFlag.recursive
        }
        try setAttributes(
            tree, propagation: propagation, recursive: propagation & MountFlag.recursive != 0, step: .mount, step.source
        )
        return tree
    }

    func closeAll() {
        closeDescriptor(root)
        for device in devices { closeDescriptor(device) }
    }
}

/// A new filesystem, mounted nowhere yet.
func makeFilesystem(_ step: MountStep) throws(LaunchFailure) -> Int32 {
    let context = try check(.mount, step.destination) { hako_fsopen(step.type) }
    defer { closeDescriptor(context) }
    if !step.source.utf8.isEmpty { _ = hako_fsconfig(context, 1, "source", step.source) }
    for (flag, name) in [
        (MountFlag.synchronous, "sync"), (MountFlag.dirSync, "dirsync"), (MountFlag.lazyTime, "lazytime"),
    ] where step.flags & flag != 0 {
        try check(.mount, step.destination) { hako_fsconfig(context, 0, name, nil) }
    }
    for option in split(step.data, by: 44) where !option.isEmpty {
        let subject = step.destination + " (option " + text(option) + ")"
        if let equals = option.firstIndex(of: 61) {
            let key = text(Array(option[..<equals])), value = text(Array(option[(equals + 1)...]))
            try check(.mount, subject) { hako_fsconfig(context, 1, key, value) }
        } else {
            try check(.mount, subject) { hako_fsconfig(context, 0, text(option), nil) }
        }
    }
    try check(.mount, step.destination) { hako_fsconfig(context, 6, nil, nil) }
    return try check(.mount, step.destination) { hako_fsmount(context, UInt32(MountFlag.attributes(step.flags))) }
}

extension RootFolder {
    /// Carries out one step; `source` is the tree of a bind.
    func carryOut(_ step: MountStep, source: Int32) throws(LaunchFailure) {
        switch step.kind {
        case .symlink:
            try makeLink(step.destination, to: step.source)
        case .bind:
            let isFolder = try status(of: source, step: .mount, step.destination).isFolder
            let target =
                try isFolder
                ? makeFolders(step.destination, step: .findMountPoint)
                : makeFile(step.destination, step: .findMountPoint)
            defer { closeDescriptor(target) }
            try refuseInsideProc(target, step)
            try check(.mount, step.destination) { hako_move_mount(source, target) }
        case .filesystem:
            try mountFilesystem(step)
        case .remount:
            let target = try open(step.destination, O_PATH, step: .findMountPoint)
            defer { closeDescriptor(target) }
            try setAttributes(
                target, set: MountFlag.attributes(step.flags),
                clear: MountFlag.clearing(step.clearedFlags, setting: step.flags), step: .mount, step.destination)
        }
    }

    private func mountFilesystem(_ step: MountStep) throws(LaunchFailure) {
        let target = try makeFolders(step.destination, step: .findMountPoint)
        defer { closeDescriptor(target) }
        if equals(step.type, "proc") || equals(step.type, "sysfs") {
            // Their place must be the folder of that name and no link to another (CVE-2019-19921).
            guard let plain = find(step.destination, O_PATH | O_NOFOLLOW) else {
                throw LaunchFailure(step: .findMountPoint, errno: hako_errno(), subject: step.destination)
            }
            defer { closeDescriptor(plain) }
            guard try status(of: plain, step: .findMountPoint, step.destination).isFolder else {
                throw LaunchFailure(step: .findMountPoint, errno: ENOTDIR, subject: step.destination)
            }
        } else {
            try refuseInsideProc(target, step)
        }
        let made = try makeFilesystem(step)
        defer { closeDescriptor(made) }
        if step.copyUp { try copyUp(from: target, to: made, step.destination) }
        if step.propagation != 0 {
            try setAttributes(made, propagation: step.propagation, step: .mount, step.destination)
        }
        try check(.mount, step.destination) { hako_move_mount(made, target) }
    }

    /// Nothing but a few plain files of procfs may be covered: another file there could catch writes that set a
    /// label, a limit or a sysctl.
    private func refuseInsideProc(_ target: Int32, _ step: MountStep) throws(LaunchFailure) {
        guard HostProc.isProc(target) else { return }
        let allowed: [StaticString] = [
            "/proc/cpuinfo", "/proc/diskstats", "/proc/meminfo", "/proc/stat", "/proc/swaps", "/proc/uptime",
            "/proc/loadavg", "/proc/slabinfo", "/proc/sys/kernel/ns_last_pid", "/proc/sys/crypto/fips_enabled",
        ]
        for path in allowed where equals(step.destination, path) { return }
        throw LaunchFailure(step: .mount, errno: EPERM, subject: step.destination + " (inside /proc)")
    }

    func makeLink(_ path: String, to target: String) throws(LaunchFailure) {
        let (folder, name) = Self.divide(path)
        let parent = try makeFolders(folder, step: .makeLink)
        defer { closeDescriptor(parent) }
        if attempt({ symlinkat(target, parent, name) }) == nil, hako_errno() != EEXIST {
            throw LaunchFailure(step: .makeLink, errno: hako_errno(), subject: path)
        }
    }
}
