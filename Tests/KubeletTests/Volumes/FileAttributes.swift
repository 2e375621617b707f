import CLinux

/// Links not followed.
func attributes(_ path: String) -> (mode: Int, group: Int, owner: Int) {
    var status = stat()
    guard lstat(path, &status) == 0 else { return (-1, -1, -1) }
    return (Int(status.st_mode & 0o7777), Int(status.st_gid), Int(status.st_uid))
}
