import CLinux
import ImageStore
import Linux

/// A container's root file system: its own layer over those of its image (overlayfs).
enum RootMount {
    /// mount(2) takes one page of options.
    private static let optionBytes = 4_095

    /// Idempotent: what is mounted already stays. Blocking.
    ///
    /// `isDisposable`: the layer goes when the container ends (`--rm`), so nothing of it needs to reach the disk. It
    /// spares unmounting the sync of the whole file system below, 10 ms on an idle machine and 130 on a busy one.
    static func mount(_ snapshot: Snapshot, isDisposable: Bool = false) throws {
        try makeFolder(snapshot.merged, mode: 0o755)
        if isMounted(snapshot.merged) { return }
        if snapshot.lowers.isEmpty { return try Mount.bind(snapshot.upper, on: snapshot.merged) }
        // The kernel's mark of a disposable layer: after a crash it must not be trusted, and then it was removed.
        unlink(snapshot.work + "/work/incompat/volatile/dirty")
        for mark in ["/work/incompat/volatile", "/work/incompat"] { rmdir(snapshot.work + mark) }
        let plain = options(snapshot.lowers, snapshot, isDisposable)
        if plain.utf8.count <= optionBytes {
            return try Mount.mount(source: "overlay", on: snapshot.merged, type: "overlay", data: plain)
        }
        // Many layers with long paths: the kernel takes them by descriptor, which is shorter.
        let folders = try snapshot.lowers.map { (path) throws(KernelError) in
            try OwnedDescriptor.open(path, O_PATH | O_DIRECTORY)
        }
        try withExtendedLifetime(folders) {
            try Mount.mount(
                source: "overlay", on: snapshot.merged, type: "overlay",
                data: options(folders.map(\.procPath), snapshot, isDisposable))
        }
    }

    private static func options(_ lowers: [String], _ snapshot: Snapshot, _ isDisposable: Bool) -> String {
        "lowerdir=\(lowers.joined(separator: ":")),upperdir=\(snapshot.upper),workdir=\(snapshot.work),index=off"
            + (isDisposable ? ",volatile" : "")
    }

    /// A mount point is on another file system than the folder that holds it.
    static func isMounted(_ path: String) -> Bool {
        var own = stat(), above = stat()
        guard stat(path, &own) == 0, stat(path + "/..", &above) == 0 else { return false }
        return own.st_dev != above.st_dev
    }
}
