import CLinux
import DockerModel
import Fault
import ImageStore
import JSON
import Linux
import NIOPosix

extension Engine {
    /// Null when nothing has changed, as dockerd answers.
    package func containerChanges(_ ref: String) async throws -> JSON {
        let record = try container(ref).record
        let snapshot = try await images.snapshot(record.id)
        let places = Set(record.mounts.map(\.destination))
        return try await NIOThreadPool.singleton.runIfActive {
            let changes = try LayerChanges(snapshot, mountPoints: places).list()
            return changes.isEmpty
                ? .null : .array(changes.map { ["Path": .string($0.path), "Kind": JSON($0.kind.rawValue)] })
        }
    }
}

/// What an overlay's upper folder changes in the lowers below it. Everything goes by descriptors and by one name at a
/// time, so links in the layers lead nowhere.
struct LayerChanges {
    /// The Engine API's numbers (ChangeType).
    enum Kind: Int, Sendable { case modified = 0, added = 1, deleted = 2 }

    struct Change: Sendable, Equatable {
        var path: String
        var kind: Kind
    }

    private enum Limit {
        /// Folders within folders.
        static let depth = 512
    }

    private let snapshot: Snapshot
    /// Made for mounting something over them, by us: no change of the container's.
    private let hidden: Set<String>

    init(_ snapshot: Snapshot, mountPoints: Set<String> = []) {
        self.snapshot = snapshot
        hidden = mountPoints.union([
            "/dev", "/dev/console", "/dev/pts", "/dev/shm", "/dev/mqueue", "/etc/hostname", "/etc/hosts",
            "/etc/resolv.conf",
            "/etc/mtab", "/proc", "/sys", "/sys/fs/cgroup", "/.dockerenv", "/sbin/docker-init", "/run/.containerenv",
        ])
    }

    /// By path.
    func list() throws -> [Change] {
        let upper = try OwnedDescriptor.open(snapshot.upper, O_RDONLY | O_DIRECTORY)
        let lowers = try snapshot.lowers.map { lower throws in try OwnedDescriptor.open(lower, O_RDONLY | O_DIRECTORY) }
        var changes: [Change] = []
        _ = try walk(upper, lowers, "", &changes, depth: 0)
        return changes.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
    }

    /// Gives whether something in the folder was left out.
    private func walk(
        _ upper: OwnedDescriptor, _ lowers: [OwnedDescriptor], _ path: String, _ changes: inout [Change], depth: Int
    ) throws -> Bool {
        guard depth < Limit.depth else { throw KernelError(call: "diff", subject: path, errno: ELOOP) }
        var hasHidden = false
        let names = KernelFile.names(in: upper.procPath)
        for name in names {
            let place = path + "/" + name
            var status = stat()
            guard fstatat(upper.raw, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { continue }
            let below = try Below(name, in: lowers)
            if Self.isWhiteout(status) {
                if below.exists { changes.append(Change(path: place, kind: .deleted)) }
            } else if status.isFolder {
                if try !folder(name, status, upper, below, place, &changes, depth: depth) { hasHidden = true }
            } else if hidden.contains(place), status.st_size == 0 || status.isLink {
                hasHidden = true
            } else {
                changes.append(Change(path: place, kind: below.exists ? .modified : .added))
            }
        }
        if Self.isOpaque(upper) { try reportHidden(lowers, upperNames: Set(names), path, &changes) }
        return hasHidden
    }

    /// Gives whether the folder itself counts as changed.
    private func folder(
        _ name: String, _ status: stat, _ parent: OwnedDescriptor, _ below: Below, _ place: String,
        _ changes: inout [Change], depth: Int
    ) throws -> Bool {
        let folder = try Self.open(parent, name)
        var inner: [Change] = []
        let hasHidden = try walk(folder, below.folders, place, &inner, depth: depth + 1)
        let isSame = below.folderStatus.map {
            $0.st_mode == status.st_mode && $0.st_uid == status.st_uid && $0.st_gid == status.st_gid
        }
        if inner.isEmpty, hidden.contains(place) || (hasHidden && isSame ?? true) { return false }
        changes.append(Change(path: place, kind: below.exists ? .modified : .added))
        changes += inner
        return true
    }

    /// An opaque folder hides what is below it without naming it.
    private func reportHidden(
        _ lowers: [OwnedDescriptor], upperNames: Set<String>, _ path: String, _ changes: inout [Change]
    ) throws {
        var seen = upperNames
        for lower in lowers {
            for name in KernelFile.names(in: lower.procPath) where seen.insert(name).inserted {
                if try Below(name, in: lowers).exists {
                    changes.append(Change(path: path + "/" + name, kind: .deleted))
                }
            }
        }
    }

    /// What the lowers, topmost first, have under a name.
    private struct Below {
        var exists = false
        /// Those in which it is a folder that shines through.
        var folders: [OwnedDescriptor] = []
        var folderStatus: stat?

        init(_ name: String, in lowers: [OwnedDescriptor]) throws {
            for lower in lowers {
                var status = stat()
                guard fstatat(lower.raw, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { continue }
                if LayerChanges.isWhiteout(status) { return }
                exists = true
                guard status.isFolder else { return }
                let folder = try LayerChanges.open(lower, name)
                folders.append(folder)
                if folderStatus == nil { folderStatus = status }
                if LayerChanges.isOpaque(folder) { return }
            }
        }
    }

    private static func open(_ folder: OwnedDescriptor, _ name: String) throws(KernelError) -> OwnedDescriptor {
        OwnedDescriptor(
            taking: try kernel("open", name) {
                hako_openat(folder.raw, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0)
            })
    }

    private static func isWhiteout(_ status: stat) -> Bool {
        status.isCharacterDevice && status.st_rdev == 0
    }

    private static func isOpaque(_ folder: OwnedDescriptor) -> Bool {
        var value: UInt8 = 0
        return fgetxattr(folder.raw, "trusted.overlay.opaque", &value, 1) == 1 && value == UInt8(ascii: "y")
    }
}
