import CLinux
import Glibc
import Linux

/// What Docker puts into every container's root: programs look for `/.dockerenv` to learn where they are, and for
/// `/etc/mtab` to learn what is mounted. What an image has there stays.
enum RootMarks {
    /// Idempotent. Blocking.
    static func make(in root: SafeRoot) throws(KernelError) {
        if try root.status("/.dockerenv", followLast: false) == nil {
            let folder = root.folder
            _ = OwnedDescriptor(
                taking: try kernel("open", "/.dockerenv") {
                    hako_openat(folder.raw, ".dockerenv", O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o755)
                })
        }
        guard let etc = try? root.open("/etc", O_RDONLY | O_DIRECTORY) else { return }
        var status = stat()
        guard fstatat(etc.raw, "mtab", &status, AT_SYMLINK_NOFOLLOW) != 0 else { return }
        try kernel("symlink", "/etc/mtab") { symlinkat("/proc/mounts", etc.raw, "mtab") }
    }
}
