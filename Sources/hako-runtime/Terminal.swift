import CLinux

/// A terminal of the container's own devpts.
struct Terminal {
    let master: Int32
    let slave: Int32

    private static let devptsMagic: Int = 0x1cd1

    /// Allocated below `root` before anything of the container runs, or in a running one after joining it. What is
    /// opened is proved to be a devpts multiplexer, and the slave is reached through the master (TIOCGPTPEER), never
    /// by a path that the container could have replaced.
    init(_ root: RootFolder, rows: UInt16, columns: UInt16) throws(LaunchFailure) {
        let path = "/dev/pts/ptmx"
        let found = try root.open(path, O_RDWR | O_NOCTTY | O_NOFOLLOW, step: .openTerminal)
        var filesystem = statfs()
        let information = try status(of: found, step: .openTerminal, path)
        guard fstatfs(found, &filesystem) == 0, Int(filesystem.f_type) == Self.devptsMagic,
            information.isCharacterDevice, UInt64(information.st_rdev) == hako_device(5, 2)
        else { throw LaunchFailure(step: .openTerminal, errno: ENODEV, subject: path) }
        try check(.openTerminal, path) { hako_unlock_pty(found) }
        slave = try check(.openTerminal, path) { hako_tiocgptpeer(found) }
        master = found
        if rows > 0 || columns > 0 { _ = hako_set_window(master, rows, columns) }
    }

    /// Puts the slave on /dev/console, which must be there itself: a link of the image's could have the terminal cover
    /// what is to be masked or written by the runtime (CVE-2025-52565).
    func bindConsole(_ root: RootFolder) throws(LaunchFailure) {
        let path = "/dev/console"
        closeDescriptor(try root.makeFile(path, step: .openTerminal))
        let target = try root.open(path, O_PATH | O_NOFOLLOW, step: .openTerminal)
        defer { closeDescriptor(target) }
        guard try !status(of: target, step: .openTerminal, path).isLink else {
            throw LaunchFailure(step: .openTerminal, errno: ELOOP, subject: path)
        }
        let tree = try cloneTree(slave, "", recursive: false, step: .openTerminal)
        defer { closeDescriptor(tree) }
        try check(.openTerminal, path) { hako_move_mount(tree, target) }
    }

    /// Makes it the controlling terminal of the calling session leader.
    func control() throws(LaunchFailure) {
        try check(.openTerminal, "controlling terminal") { hako_ioctl(slave, UInt(TIOCSCTTY), 0) }
    }
}
