import CLinux
import Fault

/// Where this machine's control groups are mounted, and which kind they are.
package struct ControlGroupLayout: Sendable, Equatable {
    package struct Hierarchy: Sendable, Equatable {
        /// v1 controllers, or "name=systemd" of a hierarchy without any; empty for v2.
        package var controllers: [String]
        /// Folder where it is mounted.
        package var mountPoint: String
        /// Folder of this process in it, below `mountPoint`; "" when it is the top.
        package var own: String

        /// The folder for a `cgroupsPath` (runtime-spec): an absolute one counts from the mount point, a relative
        /// one from `base`. Dots can't lead above the mount point.
        func folder(_ path: String, relativeTo base: String) -> String {
            let inner = path.hasPrefix("/") ? path : base + "/" + path
            return mountPoint + ControlGroupLayout.clean(inner)
        }
    }

    /// v1 hierarchies; empty on a pure v2 machine.
    package var legacy: [Hierarchy]
    /// v2, if mounted: with controllers on a pure v2 machine, without beside v1 (hybrid).
    package var unified: Hierarchy?

    /// Pure v2: all controllers are in the unified hierarchy.
    package var isUnified: Bool { legacy.isEmpty && unified != nil }

    /// Reads it from this process's own /proc.
    package static func current() throws(KernelError) -> ControlGroupLayout {
        ControlGroupLayout(mounts: try MountEntry.all(), own: try Proc.controlGroups())
    }

    package init(mounts: [MountEntry], own: [String: String]) {
        legacy = []
        for mount in mounts {
            if mount.type == "cgroup2", unified == nil {
                unified = Hierarchy(controllers: [], mountPoint: mount.target, own: Self.inner(own[""], mount))
            } else if mount.type == "cgroup" {
                let known = mount.superOptions.filter { own[$0] != nil && !$0.isEmpty }
                guard !known.isEmpty, !legacy.contains(where: { $0.controllers == known }) else { continue }
                legacy.append(
                    Hierarchy(controllers: known, mountPoint: mount.target, own: Self.inner(own[known[0]], mount)))
            }
        }
        // Named hierarchies alone (systemd's, beside a v2 that has the controllers) limit nothing.
        if legacy.allSatisfy({ $0.controllers.allSatisfy { $0.hasPrefix("name=") } }) && unified != nil { legacy = [] }
    }

    /// /proc/self/cgroup counts from the hierarchy's (or cgroup namespace's) root, the mount may show a part of it only.
    private static func inner(_ own: String?, _ mount: MountEntry) -> String {
        guard var path = own, path != "/" else { return "" }
        if mount.root != "/" {
            guard path == mount.root || path.hasPrefix(mount.root + "/") else { return "" }
            path = String(path.dropFirst(mount.root.count))
        }
        return clean(path)
    }

    /// The path with a slash before each component; "." and empty ones dropped, ".." resolved by the letter.
    static func clean(_ path: String) -> String {
        var parts: [Substring] = []
        for part in path.split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return parts.map { "/" + $0 }.joined()
    }

    /// The v1 hierarchy that has the controller.
    func hierarchy(of controller: String) -> Hierarchy? {
        legacy.first { $0.controllers.contains(controller) }
    }
}

/// Why a limit can't be set here, and what to do about it.
enum ControlGroupAdvice {
    static func missingController(_ controller: String, for what: String, unified: Bool) -> Fault {
        let fix =
            unified
            ? "enable it with: echo +\(controller) > /sys/fs/cgroup/cgroup.subtree_control"
            : "mount it with: mkdir -p /sys/fs/cgroup/\(controller) && mount -t cgroup -o \(controller) cgroup /sys/fs/cgroup/\(controller)"
        return Fault(
            .invalid, "\(what) can't be limited: the cgroup controller \"\(controller)\" isn't available here; \(fix)")
    }

    static let none = Fault(
        .unavailable,
        "no cgroup hierarchy is mounted; mount one with: mount -t cgroup2 none /sys/fs/cgroup")
}
