import CLinux
import ContainerRuntime
import Fault
import Linux
import Logging
import NIOPosix
import Synchronization

extension Engine {
    /// `compress=true`: from now to the container's end, rotated files are compressed. The monitor rotates, while the
    /// daemon is away, too; what it left is taken up here.
    func compressLogs(of container: Container) {
        let record = container.record
        guard let file = try? logFile(record), file.compresses else { return }
        let files = LogFiles(format: file.format, path: file.path)
        let end = container.outcomes(untilRemoved: false)
        if !container.record.state.isRunning { return }
        container.setLogCompression(
            Task { [log] in
                do {
                    let watch = try await LogWatch.start(file.path, for: IN_MOVED_TO, until: end)
                    defer { watch.stop() }
                    while true {
                        let isEnded = watch.isEnded
                        try await files.compressRotated()
                        if isEnded || Task.isCancelled { return }
                        await watch.change()
                    }
                } catch is CancellationError {
                    return
                } catch {
                    log.warning("container \(record.shortID): rotated logs aren't compressed: \(sentence(error))")
                }
            })
    }
}

extension LogFiles {
    /// Puts a compressed file in the place of each rotated one that isn't. What a crash leaves half done is done again.
    func compressRotated() async throws {
        // Threads of the pool don't know of the task.
        let flag = CancelFlag()
        try await withTaskCancellationHandler {
            try await NIOThreadPool.singleton.runIfActive { try compressRotated(isCancelled: { flag.isSet }) }
        } onCancel: {
            flag.set()
        }
    }

    func compressRotated(isCancelled: () -> Bool) throws {
        for number in 1..<LogLimit.files {
            let older = "\(path).\(number)"
            let plain: OwnedDescriptor
            do throws(KernelError) { plain = try .open(older, O_RDONLY | O_NOFOLLOW) } catch {
                guard error.errno == ENOENT else { throw error }
                if access(older + LogFormat.compressedSuffix, F_OK) == 0 { continue }
                return
            }
            try compress(plain, from: number, isCancelled)
        }
    }

    private func compress(_ plain: OwnedDescriptor, from number: Int, _ isCancelled: () -> Bool) throws {
        let temporary = path + ".compressing"
        defer { unlink(temporary) }
        let target = try OwnedDescriptor.open(
            temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode: 0o640)
        try LogArchive.compress(plain, to: target, isCancelled: isCancelled)
        let status = try plain.status()
        let times = [status.st_atim, status.st_mtim]
        try kernel("futimens", temporary) { futimens(target.raw, times) }
        try locked(LOCK_EX) { () throws(KernelError) in
            // Rotation may have given it another number meanwhile, or taken it away.
            for current in number..<LogLimit.files {
                let name = "\(path).\(current)"
                var found = stat()
                if stat(name, &found) != 0, access(name + LogFormat.compressedSuffix, F_OK) != 0 { return }
                guard found.st_ino == status.st_ino else { continue }
                try kernel("rename", name) { rename(temporary, name + LogFormat.compressedSuffix) }
                try kernel("unlink", name) { unlink(name) }
                return
            }
        }
    }

    /// Holds names in place: the monitor doesn't rotate logs that are compressed meanwhile, so be quick.
    func locked<T>(_ mode: Int32, _ work: () throws(KernelError) -> T) throws(KernelError) -> T {
        let folder = try OwnedDescriptor.open(folder, O_RDONLY | O_DIRECTORY)
        try kernel("flock", path) { flock(folder.raw, mode) }
        defer { folder.close() }
        return try work()
    }
}

private final class CancelFlag: Sendable {
    private let flag = Atomic(false)
    var isSet: Bool { flag.load(ordering: .relaxed) }
    func set() { flag.store(true, ordering: .relaxed) }
}
