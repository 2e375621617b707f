import CLinux

private let copyDepthLimit = 64

/// Copies the tree under `from` into the new tmpfs `to`: folders, files, links, with owners, modes and times of files
/// left to the copy. What is neither of them (devices, sockets) stays behind.
func copyUp(from: Int32, to: Int32, _ subject: String) throws(LaunchFailure) {
    let here = status_(from)
    _ = fchownat(to, "", here.st_uid, here.st_gid, AT_EMPTY_PATH)
    try copyFolder(from, to, subject, depth: 0)
}

private func status_(_ descriptor: Int32) -> stat {
    var result = stat()
    fstat(descriptor, &result)
    return result
}

private func openIn(_ folder: Int32, _ name: String, _ flags: Int32, mode: UInt64 = 0) -> Int32? {
    var how = open_how()
    how.flags = UInt64(UInt32(bitPattern: flags | O_CLOEXEC | O_NOFOLLOW))
    how.mode = mode
    how.resolve = UInt64(RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS)
    return attempt { hako_openat2(folder, name, &how) }
}

private func copyFolder(_ from: Int32, _ to: Int32, _ subject: String, depth: Int) throws(LaunchFailure) {
    func fail() -> LaunchFailure { LaunchFailure(step: .mount, errno: hako_errno(), subject: subject) }
    guard depth < copyDepthLimit else { throw LaunchFailure(step: .mount, errno: ELOOP, subject: subject) }
    guard let listing = openIn(from, ".", O_RDONLY | O_DIRECTORY), let stream = fdopendir(listing) else { throw fail() }
    defer { closedir(stream) }
    while let entry = readdir(stream) {
        let name = withUnsafeBytes(of: &entry.pointee.d_name) { space in
            text(Array(space.prefix { $0 != 0 }))
        }
        if equals(name, ".") || equals(name, "..") { continue }
        var information = stat()
        guard fstatat(from, name, &information, AT_SYMLINK_NOFOLLOW) == 0 else { continue }
        if information.isFolder {
            guard attempt({ mkdirat(to, name, information.st_mode & 0o7777) }) != nil,
                let inner = openIn(from, name, O_PATH | O_DIRECTORY), let made = openIn(to, name, O_PATH | O_DIRECTORY)
            else { throw fail() }
            defer {
                closeDescriptor(inner)
                closeDescriptor(made)
            }
            try copyFolder(inner, made, subject, depth: depth + 1)
        } else if information.isLink {
            var target = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
            guard attempt({ readlinkat(from, name, &target, Int(PATH_MAX)) }) != nil,
                attempt({ symlinkat(target, to, name) }) != nil
            else { throw fail() }
        } else if information.isRegular {
            try copyFile(from, to, name, information, fail)
        } else {
            continue
        }
        _ = fchownat(to, name, information.st_uid, information.st_gid, AT_SYMLINK_NOFOLLOW)
        // chown clears the set-id bits
        if !information.isLink { _ = fchmodat(to, name, information.st_mode & 0o7777, 0) }
    }
}

private func copyFile(
    _ from: Int32, _ to: Int32, _ name: String, _ information: stat, _ fail: () -> LaunchFailure
) throws(LaunchFailure) {
    guard let source = openIn(from, name, O_RDONLY) else { throw fail() }
    defer { closeDescriptor(source) }
    guard let target = openIn(to, name, O_WRONLY | O_CREAT | O_EXCL, mode: UInt64(information.st_mode & 0o777)) else {
        throw fail()
    }
    defer { closeDescriptor(target) }
    while true {
        guard let count = attempt({ sendfile(target, source, nil, 1 << 20) }) else { throw fail() }
        if count == 0 { return }
    }
}
