import CLinux
import Fault

/// One container's control group: a folder of the v2 hierarchy, or one in each v1 hierarchy.
///
/// All calls go straight to the kernel's files and keep no state, so that the object may be made anew at any time.
/// They may block for as long as the limits below say: not for an event loop.
package protocol ControlGroup: Sendable {
    /// Every folder that belongs to the group.
    var folders: [String] { get }
    /// v1: files a new process joins by writing "0" itself, see `CgroupPlan.processFiles`. Empty on v2.
    var joinFiles: [String] { get }
    /// v2's folder, for CLONE_INTO_CGROUP: also on hybrid machines, where it has no controllers.
    var unifiedFolder: String? { get }
    /// The file whose `oom_kill` line counts killed processes; nil without a memory controller.
    var oomCounterFile: String? { get }
    /// A folder whose cgroup.procs names the members.
    var memberFolder: String { get }

    /// Makes the folders and those above them, with their controllers enabled. What is there already is kept.
    func create() throws(Fault)
    /// Sets what isn't nil, in the order that the kernel accepts. Throws on the first that fails, naming it.
    func apply(_ limits: ControlGroupLimits) throws(Fault)
    /// Stops every member in its tracks, and lets them go on. Returns when it has happened.
    func freeze() throws(Fault)
    func thaw() throws(Fault)
    var isFrozen: Bool { get }
    /// Counters as they are now; what the kernel doesn't count stays nil.
    func statistics() -> ControlGroupStatistics
    /// Calls for the monitor's sake: readable when a member was killed for want of memory. Nil without the controller.
    func watchOOM() throws(Fault) -> OOMWatch?
}

package enum ControlGroupLimit {
    /// Longest that `remove` waits for killed members to be gone, and `freeze` for all to stand still, in milliseconds.
    static let patience = 10_000
    /// Deepest tree of groups a container may leave behind; deeper ones are refused rather than followed.
    static let depth = 64
    /// How often a group is made when those above it are taken away meanwhile.
    static let makeTries = 10
    /// Longest path of a group in a hierarchy, in bytes.
    static let path = 4_000
}

/// The control groups of this machine: chooses the implementation once, at start.
package struct ControlGroups: Sendable {
    package let layout: ControlGroupLayout

    /// Throws `unavailable` with what to mount when there are none.
    package init() throws(Fault) {
        do throws(KernelError) {
            try self.init(layout: ControlGroupLayout.current())
        } catch {
            throw Fault(.unavailable, "can't read how cgroups are mounted: \(error)", cause: error)
        }
    }

    package init(layout: ControlGroupLayout) { self.layout = layout }

    /// "1" or "2": `CgroupVersion` of `docker info`.
    package var version: String { layout.isUnified ? "2" : "1" }

    /// The group of a runtime-spec `cgroupsPath`: absolute counts from the mount point, relative from this process's
    /// own group (v2: its parent, since a group with processes can't have children with controllers). A systemd-style
    /// "slice:prefix:name" becomes the folders that systemd would use.
    package func group(_ path: String) throws(Fault) -> any ControlGroup {
        let path = Self.folderPath(path)
        guard !ControlGroupLayout.clean(path).isEmpty else {
            throw Fault(
                .invalid, "cgroupsPath \"\(path)\" names the root of the hierarchy, which can't be a container's group")
        }
        guard path.utf8.count <= ControlGroupLimit.path, !path.utf8.contains(0), !path.contains("\n") else {
            throw Fault(
                .invalid, "cgroupsPath is longer than \(ControlGroupLimit.path) bytes or has a line break in it")
        }
        if layout.isUnified, let unified = layout.unified {
            let parent = unified.own.split(separator: "/").dropLast().map { "/" + $0 }.joined()
            return UnifiedControlGroup(mountPoint: unified.mountPoint, folder: unified.folder(path, relativeTo: parent))
        }
        guard !layout.legacy.isEmpty else { throw ControlGroupAdvice.none }
        var folders: [LegacyControlGroup.Folder] = []
        for hierarchy in layout.legacy {
            folders.append(.init(hierarchy: hierarchy, path: hierarchy.folder(path, relativeTo: hierarchy.own)))
        }
        return LegacyControlGroup(
            parts: folders, unifiedFolder: layout.unified.map { $0.folder(path, relativeTo: $0.own) })
    }

    /// The top of what this process sees: in a container with a cgroup namespace its own group, with all in it.
    package var top: (any ControlGroup)? {
        if layout.isUnified {
            return layout.unified.map { UnifiedControlGroup(mountPoint: $0.mountPoint, folder: $0.mountPoint) }
        }
        guard !layout.legacy.isEmpty else { return nil }
        return LegacyControlGroup(
            parts: layout.legacy.map { .init(hierarchy: $0, path: $0.mountPoint) },
            unifiedFolder: layout.unified?.mountPoint)
    }

    /// "a-b.slice:docker:ID" is /a.slice/a-b.slice/docker-ID.scope; other paths stay as they are.
    static func folderPath(_ path: String) -> String {
        let parts = path.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3, !path.contains("/") else { return path }
        let slice = parts[0].isEmpty ? "system.slice" : parts[0]
        let unit =
            parts[2].hasSuffix(".slice") ? parts[2] : (parts[1].isEmpty ? "" : parts[1] + "-") + parts[2] + ".scope"
        guard slice.hasSuffix(".slice"), slice != "-.slice" else { return "/" + unit }
        var folder = "", name = ""
        for part in slice.dropLast(".slice".count).split(separator: "-") {
            name += (name.isEmpty ? "" : "-") + part
            folder += "/\(name).slice"
        }
        return folder + "/" + unit
    }
}

extension ControlGroup {
    /// Pids of all members, of groups within it too.
    package func processes() -> [Int32] { ControlGroupFolder.members(memberFolder) }

    /// Whether any folder of the group is there.
    package var exists: Bool { folders.contains { ControlGroupFolder.exists($0) } }

    /// Sends SIGKILL to every member, those that are born meanwhile too.
    package func killAll() {
        if let folder = unifiedFolder, (try? KernelFile.write(folder + "/cgroup.kill", "1")) != nil {
            // On a hybrid machine a member may have been moved out of the v2 folder alone: go on and look.
            if processes().isEmpty { return }
        }
        // Standing still, a process can't multiply faster than it is killed.
        let froze = (try? freeze()) != nil
        for pid in processes() { kill(pid, SIGKILL) }
        if froze { try? thaw() }
    }

    /// How many members were killed for want of memory since the group was made.
    package func oomKills() -> UInt64 {
        guard let file = oomCounterFile, let text = try? KernelFile.read(file) else { return 0 }
        return ControlGroupFolder.keyed(text)["oom_kill"] ?? 0
    }

    /// Takes the group away where nothing is in it, neither processes nor groups; else it stays.
    package func removeIfEmpty() { for folder in folders { rmdir(folder) } }

    /// Takes the group away, with groups in it; members that are left are killed first. Nothing there is fine.
    package func remove() throws(Fault) {
        if !processes().isEmpty { killAll() }
        for folder in folders {
            do throws(KernelError) {
                try ControlGroupFolder.remove(folder)
            } catch {
                throw Fault(
                    .internalFault,
                    "can't remove cgroup \(folder): \(error.reason); still in it: \(processes().map(String.init).joined(separator: ", "))",
                    cause: error)
            }
        }
    }
}
