import CLinux
import Linux

/// Files and folders that a run's mounts need and the root doesn't have: made for the run, they must not become part
/// of a layer.
struct MountStubs: Sendable {
    /// Those that weren't there, from above to below.
    private let missing: [String]

    /// Before the run. Blocking.
    init(_ targets: [String], in root: SafeRoot) throws(KernelError) {
        var missing: [String] = []
        for target in targets {
            var path = ""
            for part in target.split(separator: "/") {
                path += "/" + part
                if !missing.contains(path), try root.status(path, followLast: false) == nil { missing.append(path) }
            }
        }
        self.missing = missing
    }

    /// After the run: whatever got content stays. Blocking.
    func remove(in root: SafeRoot) throws(KernelError) {
        for path in missing.reversed() {
            guard let status = try root.status(path, followLast: false), let (folder, name) = try? root.parent(of: path)
            else { continue }
            switch status.st_mode & mode_t(S_IFMT) {
            case mode_t(S_IFDIR): _ = unlinkat(folder.raw, name, AT_REMOVEDIR)
            case mode_t(S_IFREG) where status.st_size == 0: _ = unlinkat(folder.raw, name, 0)
            default: continue
            }
        }
    }
}
