import CLinux

/// The container's root while it is being furnished: every path in it is resolved by the kernel with
/// RESOLVE_IN_ROOT, so that no symbolic link of an image leads out, and what was found is used by descriptor only.
struct RootFolder {
    let descriptor: Int32

    private static let linkDepthLimit = 32

    /// nil with errno set when it can't be opened.
    func find(_ path: String, _ flags: Int32, mode: UInt64 = 0) -> Int32? {
        var how = open_how()
        how.flags = UInt64(UInt32(bitPattern: flags | O_CLOEXEC))
        how.mode = mode
        how.resolve = UInt64(RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS)
        for _ in 0..<128 {  // EAGAIN: something was renamed meanwhile
            if let found = attempt({ hako_openat2(descriptor, path, &how) }) { return found }
            if hako_errno() != EAGAIN { return nil }
        }
        return nil
    }

    func open(_ path: String, _ flags: Int32, step: LaunchStep) throws(LaunchFailure) -> Int32 {
        guard let found = find(path, flags) else { throw LaunchFailure(step: step, errno: hako_errno(), subject: path) }
        return found
    }

    /// The folder at `path` (O_PATH), made with its parents where missing; dangling links are completed in the root.
    func makeFolders(_ path: String, step: LaunchStep, depth: Int = 0) throws(LaunchFailure) -> Int32 {
        if let found = find(path, O_PATH | O_DIRECTORY) { return found }
        guard hako_errno() == ENOENT, depth < Self.linkDepthLimit else {
            throw LaunchFailure(step: step, errno: hako_errno(), subject: path)
        }
        let parts = split(path, by: 47).filter { !$0.isEmpty }
        var made: [UInt8] = []
        for (index, part) in parts.enumerated() {
            let parentPath = made.isEmpty ? "/" : text(made)
            made += [47] + part
            if let found = find(text(made), O_PATH | O_DIRECTORY) {
                closeDescriptor(found)
                continue
            }
            guard hako_errno() == ENOENT else { throw LaunchFailure(step: step, errno: hako_errno(), subject: path) }
            let parent = try open(parentPath, O_PATH | O_DIRECTORY, step: step)
            defer { closeDescriptor(parent) }
            if attempt({ mkdirat(parent, text(part), 0o755) }) == nil {
                guard hako_errno() == EEXIST, let target = readLink(parent, text(part)) else {
                    throw LaunchFailure(step: step, errno: hako_errno(), subject: path)
                }
                let rest = parts[(index + 1)...].reduce([UInt8]()) { $0 + [47] + $1 }
                let start = target.first == 47 ? target : Array(parentPath.utf8) + [47] + target
                return try makeFolders(text(start + rest), step: step, depth: depth + 1)
            }
        }
        return try open(path, O_PATH | O_DIRECTORY, step: step)
    }

    /// The file at `path` (O_PATH), made empty with its parents when it is missing.
    func makeFile(_ path: String, step: LaunchStep, depth: Int = 0) throws(LaunchFailure) -> Int32 {
        if let found = find(path, O_PATH) { return found }
        guard hako_errno() == ENOENT, depth < Self.linkDepthLimit else {
            throw LaunchFailure(step: step, errno: hako_errno(), subject: path)
        }
        let (folder, name) = Self.divide(path)
        let parent = try makeFolders(folder, step: step)
        defer { closeDescriptor(parent) }
        if let made = attempt({ openat_create(parent, name) }) {
            closeDescriptor(made)
        } else if let target = readLink(parent, name) {
            let start = target.first == 47 ? target : Array(folder.utf8) + [47] + target
            return try makeFile(text(start), step: step, depth: depth + 1)
        } else {
            throw LaunchFailure(step: step, errno: hako_errno(), subject: path)
        }
        return try open(path, O_PATH, step: step)
    }

    private func openat_create(_ parent: Int32, _ name: String) -> Int32 {
        var how = open_how()
        how.flags = UInt64(UInt32(bitPattern: O_RDONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC))
        how.mode = 0o644
        how.resolve = UInt64(RESOLVE_BENEATH)
        return hako_openat2(parent, name, &how)
    }

    private func readLink(_ parent: Int32, _ name: String) -> [UInt8]? {
        var space = [CChar](repeating: 0, count: Int(PATH_MAX))
        guard let length = attempt({ readlinkat(parent, name, &space, space.count) }), length > 0 else { return nil }
        return space[0..<length].map { UInt8(bitPattern: $0) }
    }

    /// Folder and last component; "/" for a path without either.
    static func divide(_ path: String) -> (folder: String, name: String) {
        let parts = split(path, by: 47).filter { !$0.isEmpty }
        guard let last = parts.last else { return ("/", ".") }
        return (parts.count == 1 ? "/" : text(parts.dropLast().reduce([UInt8]()) { $0 + [47] + $1 }), text(last))
    }
}

/// The host's procfs, opened once and proved to be one: what is written below it can't be redirected by a mount or a
/// link (CVE-2019-16884, CVE-2025-52881).
struct HostProc {
    static let magic: Int = 0x9fa0
    let descriptor: Int32

    init() throws(LaunchFailure) {
        descriptor = try openHost("/proc", O_PATH | O_DIRECTORY, step: .openProc)
        guard Self.isProc(descriptor) else { throw LaunchFailure(step: .openProc, errno: EINVAL, subject: "/proc") }
    }

    static func isProc(_ descriptor: Int32) -> Bool {
        var information = statfs()
        return fstatfs(descriptor, &information) == 0 && Int(information.f_type) == magic
    }

    /// nil with errno set.
    func find(_ path: String, _ flags: Int32) -> Int32? {
        var how = open_how()
        how.flags = UInt64(UInt32(bitPattern: flags | O_CLOEXEC))
        how.resolve = UInt64(RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS)
        return attempt { hako_openat2(descriptor, path, &how) }
    }

    /// One write(2) of the whole value; false with errno set.
    func write(_ path: String, _ value: String) -> Bool {
        guard let file = find(path, O_WRONLY) else { return false }
        let bytes = Array(value.utf8)
        let written = attempt { CLinux.write(file, bytes, bytes.count) }
        let code = hako_errno()
        closeDescriptor(file)
        hako_set_errno(code)
        return written == bytes.count
    }
}
