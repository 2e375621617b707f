import CLinux

extension RootFolder {
    /// Makes the node, or binds the host's (`bound` ≥ 0) where nodes can't be made.
    func makeDevice(_ device: DevicePlan, bound: Int32) throws(LaunchFailure) {
        if bound >= 0 {
            let target = try makeFile(device.path, step: .makeDevice)
            defer { closeDescriptor(target) }
            try check(.makeDevice, device.path) { hako_move_mount(bound, target) }
            return
        }
        let (folder, name) = Self.divide(device.path)
        let parent = try makeFolders(folder, step: .makeDevice)
        defer { closeDescriptor(parent) }
        let kind: UInt32
        switch device.kind {
        case .character: kind = 0o020000
        case .block: kind = 0o060000
        case .fifo: kind = 0o010000
        }
        let number = device.kind == .fifo ? 0 : hako_device(device.major, device.minor)
        if attempt({ mknodat(parent, name, mode_t(kind | device.mode & 0o7777), dev_t(number)) }) == nil {
            let code = hako_errno()
            var present = stat()
            guard code == EEXIST, fstatat(parent, name, &present, AT_SYMLINK_NOFOLLOW) == 0, present.kind == kind,
                device.kind == .fifo || UInt64(present.st_rdev) == number
            else { throw LaunchFailure(step: .makeDevice, errno: code, subject: device.path) }
            return
        }
        try check(.makeDevice, device.path) { fchownat(parent, name, device.uid, device.gid, AT_SYMLINK_NOFOLLOW) }
    }
}

/// Hides paths and makes them read-only. Works on descriptors throughout: what is looked up is what is covered, and
/// what covers it is proved to be the host's null device (CVE-2025-31133).
struct Concealer {
    private let root: RootFolder
    private let null: Int32
    /// The first empty folder that was mounted; copied for the next ones.
    private var emptyFolder: Int32 = -1

    init(_ root: RootFolder) throws(LaunchFailure) {
        self.root = root
        null = try openHost("/dev/null", O_PATH | O_NOFOLLOW, step: .maskPath)
        let found = try status(of: null, step: .maskPath, "/dev/null")
        guard found.isCharacterDevice, UInt64(found.st_rdev) == hako_device(1, 3) else {
            throw LaunchFailure(step: .maskPath, errno: ENODEV, subject: "/dev/null")
        }
    }

    /// A path that doesn't exist needs no mask.
    mutating func mask(_ path: String) throws(LaunchFailure) {
        guard let target = root.find(path, O_PATH) else {
            if hako_errno() == ENOENT || hako_errno() == ENOTDIR { return }
            throw LaunchFailure(step: .maskPath, errno: hako_errno(), subject: path)
        }
        defer { closeDescriptor(target) }
        let cover: Int32
        if try status(of: target, step: .maskPath, path).isFolder {
            cover = try folderCover(path)
        } else {
            cover = try cloneTree(null, "", recursive: false, step: .maskPath)
        }
        try check(.maskPath, path) { hako_move_mount(cover, target) }
        if try status(of: target, step: .maskPath, path).isFolder && emptyFolder < 0 {
            emptyFolder = cover
        } else {
            closeDescriptor(cover)
        }
    }

    private func folderCover(_ path: String) throws(LaunchFailure) -> Int32 {
        if emptyFolder >= 0 { return try cloneTree(emptyFolder, "", recursive: false, step: .maskPath) }
        let step = MountStep(
            kind: .filesystem, source: "tmpfs", destination: path, type: "tmpfs", flags: MountFlag.readOnly,
            data: "nr_blocks=1,nr_inodes=1")
        return try makeFilesystem(step)
    }

    func makeReadOnly(_ path: String) throws(LaunchFailure) {
        guard let target = root.find(path, O_PATH) else {
            if hako_errno() == ENOENT || hako_errno() == ENOTDIR { return }
            throw LaunchFailure(step: .makeReadOnly, errno: hako_errno(), subject: path)
        }
        defer { closeDescriptor(target) }
        let copy = try cloneTree(target, "", recursive: true, step: .makeReadOnly)
        defer { closeDescriptor(copy) }
        try setAttributes(copy, set: MountFlag.readOnly, recursive: true, step: .makeReadOnly, path)
        try check(.makeReadOnly, path) { hako_move_mount(copy, target) }
    }

    func finish() {
        closeDescriptor(null)
        closeDescriptor(emptyFolder)
    }
}
