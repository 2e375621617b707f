import CLinux

enum FolderSize {
    private struct Inode: Hashable {
        let device: dev_t
        let number: ino_t
    }

    /// Apparent sizes of all regular files below, in bytes. Symbolic links aren't followed. Blocking.
    static func measure(_ root: String) -> Int64 {
        var total: Int64 = 0, folders = [root], seen: Set<Inode> = []
        while let folder = folders.popLast() {
            guard let stream = opendir(folder) else { continue }
            defer { closedir(stream) }
            while let entry = readdir(stream) {
                var status = stat()
                let isOwn = withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { name in
                        fstatat(dirfd(stream), name, &status, AT_SYMLINK_NOFOLLOW) == 0
                            && strcmp(name, ".") != 0 && strcmp(name, "..") != 0
                    }
                }
                guard isOwn else { continue }
                switch status.st_mode & mode_t(S_IFMT) {
                case mode_t(S_IFDIR):
                    let name = withUnsafePointer(to: &entry.pointee.d_name) {
                        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                    }
                    folders.append(folder + "/" + name)
                case mode_t(S_IFREG):
                    if status.st_nlink > 1, !seen.insert(Inode(device: status.st_dev, number: status.st_ino)).inserted {
                        continue
                    }
                    total += Int64(status.st_size)
                default: continue
                }
            }
        }
        return total
    }
}
