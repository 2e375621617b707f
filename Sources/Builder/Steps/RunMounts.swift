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
    /// Asked for only when the program really runs.
    private var secrets: [RunMount] = []
    private var agents: [RunMount] = []
    private let files: PrivateFiles

    private init(_ files: PrivateFiles) { self.files = files }

    static func bind(_ source: String, on target: String, isWritable: Bool) -> ContainerRecord.MountPoint {
        var point = ContainerRecord.MountPoint(kind: .bind, destination: target)
        point.source = source
        point.isWritable = isWritable
        return point
    }

    static func resolve(
        _ run: Run, _ state: StageState, _ step: BuildStep, _ stage: StageRun
    ) async throws -> RunMounts {
        var mounts = RunMounts(PrivateFiles(stage.build.builder.privateFolder + "/" + Engine.randomID()))
        let words = state.words(stage.file.escape)
        do {
            for mount in run.mounts {
                let written = try words.expand(mount.target)
                let target = ImageSettings.resolve(written, in: state.settings.workingFolder)
                switch mount.kind {
                case .bind: try await mounts.bind(mount, target, step, stage)
                case .cache: try await mounts.cache(mount, try words.expand(mount.id), target, stage)
                case .tmpfs: mounts.tmpfs(mount, target)
                case .secret, .ssh: mounts.ask(mount, written.isEmpty ? "" : target, stage)
                }
            }
        } catch {
            await mounts.release()
            throw error
        }
        return mounts
    }

    func release() async {
        await files.remove()
        for tree in trees { await tree.release() }
    }

    /// Files of the context, a stage or an image. What the run writes there is lost.
    private mutating func bind(_ mount: RunMount, _ target: String, _ step: BuildStep, _ stage: StageRun) async throws {
        let borrowed = try await stage.tree(from: mount.from, step)
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

    // MARK: Secrets and agents

    private mutating func ask(_ mount: RunMount, _ target: String, _ stage: StageRun) {
        var mount = mount
        mount.target = target
        if mount.kind == .ssh {
            if mount.id.isEmpty { mount.id = "default" }
            if target.isEmpty { mount.target = "/run/buildkit/ssh_agent.\(agents.count)" }
            agents.append(mount)
        } else {
            if mount.id.isEmpty { mount.id = target.split(separator: "/").last.map(String.init) ?? "" }
            if target.isEmpty, mount.environment == nil { mount.target = "/run/secrets/" + mount.id }
            secrets.append(mount)
        }
        facts.append("\(mount.kind.rawValue) \(mount.id) \(mount.target) \(mount.environment ?? "")")
    }

    /// With what the client is asked for now; their files go at `release`.
    func withSecrets(_ stage: StageRun) async throws -> RunMounts {
        var mounts = self
        for mount in secrets { try await mounts.bring(mount, stage.build.inputs.session) }
        for (number, mount) in agents.enumerated() {
            try await mounts.join(mount, number, stage.build.inputs.session)
        }
        return mounts
    }

    private mutating func bring(_ mount: RunMount, _ session: (any BuildSession)?) async throws {
        guard let bytes = try await session?.secret(mount.id) else {
            guard mount.required else { return }
            throw Fault(.invalid, "secret \(mount.id): not found")
        }
        if let name = mount.environment { variables.append("\(name)=\(String(decoding: bytes, as: UTF8.self))") }
        guard !mount.target.isEmpty else { return }
        let path = try await files.add(
            bytes, owner: (mount.uid ?? 0, mount.gid ?? 0), mode: mount.mode ?? 0o400)
        points.append(Self.bind(path, on: mount.target, isWritable: false))
    }

    private mutating func join(_ mount: RunMount, _ number: Int, _ session: (any BuildSession)?) async throws {
        guard let session, try await session.hasAgent(mount.id) else {
            guard mount.required else { return }
            throw Fault(.invalid, "unset ssh forward key \(mount.id)")
        }
        let path = try await files.listen(
            owner: (mount.uid ?? 0, mount.gid ?? 0), mode: mount.mode ?? 0o600
        ) { input, output in
            try await session.joinAgent(mount.id, input: input, output: output)
        }
        points.append(Self.bind(path, on: mount.target, isWritable: true))
        if number == 0 { variables.append("SSH_AUTH_SOCK=\(mount.target)") }
    }
}
