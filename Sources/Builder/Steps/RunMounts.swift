import CLinux
import DockerModel
import Dockerfile
import Engine
import Fault
import JSON
import Linux
import OCI

/// The mounts of a RUN, ready to be mounted. Trees of stages and images are mounted until `release`.
struct RunMounts: Sendable {
    private(set) var points: [ContainerRecord.MountPoint] = []
    private(set) var variables: [String] = []
    /// What of them decides the step's outcome.
    private(set) var facts: [String] = []
    private var trees: [BorrowedTree] = []

    static func bind(_ source: String, on target: String, isWritable: Bool) -> ContainerRecord.MountPoint {
        var point = ContainerRecord.MountPoint(kind: .bind, destination: target)
        point.source = source
        point.isWritable = isWritable
        return point
    }

    static func resolve(_ run: Run, _ state: StageState, _ stage: StageRun) async throws -> RunMounts {
        var mounts = RunMounts()
        let words = state.words(stage.file.escape)
        do {
            for mount in run.mounts {
                let target = ImageSettings.resolve(try words.expand(mount.target), in: state.settings.workingFolder)
                switch mount.kind {
                case .bind: try await mounts.bind(mount, target, stage)
                case .cache: try await mounts.cache(mount, try words.expand(mount.id), target, stage)
                case .tmpfs: mounts.tmpfs(mount, target)
                case .secret, .ssh:
                    guard mount.required else { continue }
                    throw Fault(
                        .invalid,
                        "\(mount.kind.rawValue) \(mount.id) is required, and this client has sent none: secrets and ssh keys need a BuildKit session"
                    )
                }
            }
        } catch {
            await mounts.release()
            throw error
        }
        return mounts
    }

    func release() async { for tree in trees { await tree.release() } }

    /// Files of the context, a stage or an image. What the run writes there is lost.
    private mutating func bind(_ mount: RunMount, _ target: String, _ stage: StageRun) async throws {
        let borrowed = try await stage.tree(from: mount.from, isWritable: mount.isReadOnly == false)
        trees.append(borrowed)
        let tree = borrowed.tree
        let source = mount.source.isEmpty ? "/" : mount.source
        let (path, hash) = try await onPool {
            guard let found = try tree.select(source).first else {
                throw Fault(.invalid, "mount source \(source) is not there")
            }
            let ignored = tree.ignored
            let hash = try ContentHash.of(
                found.name, in: found.folder, leavingOut: Filter.leavingOut(ignored, below: found))
            return (try tree.root.resolved(source).hostPath, hash)
        }
        points.append(Self.bind(path, on: target, isWritable: mount.isReadOnly == false && !tree.isContext))
        facts.append("bind \(target) \(hash)")
    }

    /// A folder that stays from build to build. What is in it doesn't decide the outcome.
    private mutating func cache(_ mount: RunMount, _ id: String, _ target: String, _ stage: StageRun) async throws {
        let name = Digest(of: "\(id)\0\(mount.uid ?? 0)\0\(mount.gid ?? 0)".utf8).hex
        let path = stage.build.builder.folder + "/caches/" + name
        let (uid, gid, mode) = (mount.uid ?? 0, mount.gid ?? 0, mount.mode ?? 0o755)
        try await onPool {
            guard access(path, F_OK) != 0 else { return }
            try makeFolder(path, mode: 0o700)
            try kernel("chown", path) { chown(path, uid, gid) }
            try kernel("chmod", path) { chmod(path, mode_t(mode)) }
        }
        points.append(Self.bind(path, on: target, isWritable: mount.isReadOnly != true))
        facts.append("cache \(target) \(id)")
    }

    private mutating func tmpfs(_ mount: RunMount, _ target: String) {
        var point = ContainerRecord.MountPoint(kind: .tmpfs, destination: target)
        if let size = mount.size { point.options = ["SizeBytes": .int(size)] }
        points.append(point)
        facts.append("tmpfs \(target)")
    }
}
