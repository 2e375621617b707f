import CLinux
import Fault
import ImageStore
import Linux
import NIOPosix
import Synchronization

/// A container's file system for the engine's own work: `cp`, `export`, filling volumes.
///
/// A running container's is its own root. A stopped one's is mounted, with its volumes and binds, in a mount
/// namespace of a thread that does nothing else: nobody else sees it, and it can't outlive this process.
final class RootView: Sendable {
    let root: SafeRoot
    private let keeper: MountKeeper?

    private init(_ root: SafeRoot, _ keeper: MountKeeper?) {
        self.root = root
        self.keeper = keeper
    }

    deinit { close() }

    /// Unmounts what was mounted, once every descriptor taken from `root` is closed too.
    func close() {
        root.folder.close()
        keeper?.stop()
    }

    /// The root of a running container, by its first process.
    static func running(_ pid: Int32) throws(KernelError) -> RootView {
        RootView(try SafeRoot(path: "/proc/\(pid)/root"), nil)
    }

    /// A root that is mounted for everybody.
    static func folder(_ path: String) throws(KernelError) -> RootView { RootView(try SafeRoot(path: path), nil) }

    /// Blocking.
    static func mounting(_ snapshot: Snapshot, binds: [MountKeeper.Bind] = []) throws -> RootView {
        let keeper = MountKeeper()
        let root = try keeper.start { () throws in
            try snapshot.mount()
            for bind in binds {
                try bind.image?.mount()
                try MountKeeper.bind(bind, under: snapshot.merged)
            }
            return try SafeRoot(path: snapshot.merged)
        }
        return RootView(root, keeper)
    }
}

/// A thread with a mount namespace of its own, which lasts until `stop`.
final class MountKeeper: Sendable {
    /// A volume or host path that belongs over a path of the root.
    struct Bind: Sendable {
        var source: String
        var destination: String
        var isReadOnly: Bool
        /// Is mounted at the source first.
        var image: Snapshot?
    }

    private struct State {
        var result: Result<SafeRoot, any Error>?
        var isStopped = false
    }
    private let state = Mutex(State())
    /// Counted up when there is a result, and when the thread is to end.
    private let answered: OwnedDescriptor?
    private let ended: OwnedDescriptor?

    init() {
        let first = eventfd(0, hako_efd_blocking()), second = eventfd(0, hako_efd_blocking())
        answered = first >= 0 ? OwnedDescriptor(taking: first) : nil
        ended = second >= 0 ? OwnedDescriptor(taking: second) : nil
    }

    fileprivate final class Job {
        let keeper: MountKeeper
        let work: () throws -> SafeRoot
        init(_ keeper: MountKeeper, _ work: @escaping () throws -> SafeRoot) {
            self.keeper = keeper
            self.work = work
        }
    }

    /// Runs `work` in the new namespace and gives what it opened there.
    func start(_ work: @escaping () throws -> SafeRoot) throws -> SafeRoot {
        guard let answered, let ended else {
            throw KernelError(call: "eventfd", subject: "mount thread", errno: EMFILE)
        }
        let job = Unmanaged.passRetained(Job(self, work))
        var thread = pthread_t()
        let code = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<Job>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            }, job.toOpaque())
        guard code == 0 else {
            job.release()
            throw KernelError(call: "pthread_create", subject: "mount thread", errno: code)
        }
        pthread_detach(thread)
        Self.take(answered)
        let result = state.withLock { $0.result }
        guard let result else { throw KernelError(call: "unshare", subject: "mount thread", errno: EINVAL) }
        if case .failure = result { Self.give(ended) }
        return try result.get()
    }

    func stop() {
        let isFirst = state.withLock { state in
            defer { state.isStopped = true }
            return !state.isStopped
        }
        if isFirst, let ended { Self.give(ended) }
    }

    fileprivate func finish(_ result: Result<SafeRoot, any Error>) {
        state.withLock { $0.result = result }
        if let answered { Self.give(answered) }
        if let ended { Self.take(ended) }
        state.withLock { $0.result = nil }
    }

    private static func give(_ event: OwnedDescriptor) {
        var one: UInt64 = 1
        _ = write(event.raw, &one, 8)
    }

    private static func take(_ event: OwnedDescriptor) {
        var count: UInt64 = 0
        while read(event.raw, &count, 8) < 0, hako_errno() == EINTR {}
    }

    /// Mounts the source where the destination is inside the root, following the root's own links.
    static func bind(_ bind: Bind, under merged: String) throws {
        let root = try SafeRoot(path: merged)
        // A destination that isn't there yet is made at the container's start; until then nothing is under it.
        guard let target = try? root.open(bind.destination, O_PATH) else { return }
        try Mount.bind(bind.source, on: target.procPath, recursive: true)
        if bind.isReadOnly {
            let mounted = try root.open(bind.destination, O_PATH)
            try Mount.remount(mounted.procPath, flags: UInt(MS_RDONLY))
        }
    }
}

extension MountKeeper.Job {
    func run() {
        keeper.finish(
            Result {
                try kernel("unshare", "mount namespace") { unshare(CLONE_NEWNS | CLONE_FS) }
                try Mount.propagation("/", UInt(MS_PRIVATE) | UInt(hako_ms_rec()))
                return try work()
            })
    }
}

extension Engine {
    /// The container's root as it is now. Close it.
    func rootView(_ record: ContainerRecord) async throws -> RootView {
        let pid = record.state.pid
        if record.state.isRunning { return try RootView.running(pid) }
        // In its lane, so that a removal comes before this or after it: a volume that is mounted here can't be removed.
        return try await inLane(record.id) {
            guard self.containers.get(id: record.id) != nil else {
                throw Fault(.notFound, "No such container: \(record.id)")
            }
            return try await self.stoppedView(record)
        }
    }

    private func stoppedView(_ record: ContainerRecord) async throws -> RootView {
        let snapshot = try await images.snapshot(record.id)
        var binds: [MountKeeper.Bind] = []
        for mount in record.mounts where mount.kind != .tmpfs {
            let source = mount.kind == .volume ? try await mountVolume(mount.name, container: record.id) : mount.source
            let image = mount.kind == .image ? try await imageSnapshot(mount, record) : nil
            binds.append(
                MountKeeper.Bind(
                    source: mount.subpath.isEmpty ? source : source + "/" + mount.subpath,
                    destination: mount.destination,
                    isReadOnly: !mount.isWritable, image: image))
        }
        let all = binds.sorted { $0.destination.utf8.count < $1.destination.utf8.count }
        return try await NIOThreadPool.singleton.runIfActive { try RootView.mounting(snapshot, binds: all) }
    }
}
