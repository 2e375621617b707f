import CLinux
import Linux
import NIOPosix

/// What lies in a folder.
struct DiskUse: Sendable, Equatable {
    /// On the disk.
    var bytes = 0
    var files = 0

    static func + (a: DiskUse, b: DiskUse) -> DiskUse { DiskUse(bytes: a.bytes + b.bytes, files: a.files + b.files) }

    /// Nothing when there is no such folder.
    static func of(_ folder: String) async -> DiskUse {
        guard !folder.isEmpty else { return DiskUse() }
        return (try? await NIOThreadPool.singleton.runIfActive { walk(folder) }) ?? DiskUse()
    }

    static func size(ofFile path: String) -> Int {
        var status = stat()
        return !path.isEmpty && lstat(path, &status) == 0 ? Int(status.st_blocks) * 512 : 0
    }

    /// Not into other file systems, nor through links; a file with several names counts once.
    static func walk(_ path: String) -> DiskUse {
        var status = stat()
        guard lstat(path, &status) == 0 else { return DiskUse() }
        var seen: Set<ino_t> = []
        return walk(path, status, &seen, depth: 0)
    }

    private static func walk(_ path: String, _ status: stat, _ seen: inout Set<ino_t>, depth: Int) -> DiskUse {
        let isFolder = status.st_mode & mode_t(CLinux.S_IFMT) == mode_t(CLinux.S_IFDIR)
        if !isFolder, status.st_nlink > 1, !seen.insert(status.st_ino).inserted { return DiskUse() }
        var use = DiskUse(bytes: Int(status.st_blocks) * 512, files: 1)
        guard isFolder, depth < deepest else { return use }
        for name in KernelFile.names(in: path) {
            let child = path + "/" + name
            var inner = stat()
            guard lstat(child, &inner) == 0, inner.st_dev == status.st_dev else { continue }
            use = use + walk(child, inner, &seen, depth: depth + 1)
        }
        return use
    }

    /// What lies deeper isn't counted: it would be a trap.
    private static let deepest = 200
}
