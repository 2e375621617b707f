import CLinux
import Fault
import Linux

extension Snapshot {
    enum MountLimit {
        /// mount(2) takes one page of options, with their NUL.
        static let optionBytes = 4_095
    }

    /// overlayfs's options. Renames and metadata changes are kept as whole copies, so that the upper folder alone
    /// says what a container changed (`docker diff`, `commit`).
    package var overlayOptions: String { options(lowers, isVolatile: false) }

    private func options(_ lowers: [String], isVolatile: Bool) -> String {
        let paths = lowers.map(Self.escape).joined(separator: ":")
        return "lowerdir=\(paths),upperdir=\(Self.escape(upper)),workdir=\(Self.escape(work))"
            + ",index=off,redirect_dir=off,metacopy=off" + (isVolatile ? ",volatile" : "")
    }

    /// overlayfs splits lowers at colons and options at commas.
    private static func escape(_ path: String) -> String {
        var text = ""
        for character in path {
            if character == ":" || character == "," || character == "\\" { text.append("\\") }
            text.append(character)
        }
        return text
    }

    /// Mounts the root at `merged`. Mounted already: nothing done. `isVolatile`: what is written needn't survive.
    package func mount(isVolatile: Bool = false) throws {
        if isMounted { return }
        let all = options(lowers, isVolatile: isVolatile)
        if all.utf8.count <= MountLimit.optionBytes {
            return try Mount.mount(source: "overlay", on: merged, type: "overlay", data: all)
        }
        // Many layers: name them relative to their common folder, on a thread that has a current folder of its own.
        guard let base = lowers.first?.split(separator: "/").dropLast().joined(separator: "/"),
            lowers.allSatisfy({ $0.hasPrefix("/" + base + "/") })
        else { throw Fault(.invalid, "too many layers to mount") }
        let short = options(lowers.map { String($0.dropFirst(base.count + 2)) }, isVolatile: isVolatile)
        try OwnFolderThread.run(in: "/" + base) {
            try Mount.mount(source: "overlay", on: merged, type: "overlay", data: short)
        }
    }

    /// A mount point is on another file system than the folder that holds it.
    package var isMounted: Bool {
        var own = stat(), above = stat()
        guard stat(merged, &own) == 0, stat(merged + "/..", &above) == 0 else { return false }
        return own.st_dev != above.st_dev
    }

    package func unmount() throws { try Mount.unmount(merged) }
}

/// A thread whose current folder isn't shared with the process (unshare(2), CLONE_FS).
private enum OwnFolderThread {
    static func run(in folder: String, _ work: @escaping () throws -> Void) throws {
        final class Job {
            let folder: String, work: () throws -> Void
            var result: Result<Void, any Error> = .success(())
            init(_ folder: String, _ work: @escaping () throws -> Void) {
                self.folder = folder
                self.work = work
            }
        }
        let job = Job(folder, work)
        var thread = pthread_t()
        let code = pthread_create(
            &thread, nil,
            { pointer in
                guard let pointer else { return nil }
                let job = Unmanaged<Job>.fromOpaque(pointer).takeUnretainedValue()
                job.result = Result {
                    try kernel("unshare", "CLONE_FS") { unshare(Int32(CLONE_FS)) }
                    try kernel("chdir", job.folder) { chdir(job.folder) }
                    try job.work()
                }
                return nil
            }, Unmanaged.passUnretained(job).toOpaque())
        guard code == 0 else { throw KernelError(call: "pthread_create", subject: folder, errno: code) }
        pthread_join(thread, nil)
        try withExtendedLifetime(job) { try job.result.get() }
    }
}
