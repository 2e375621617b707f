import CLinux

/// mount(2) and its relatives, with Swift's types and errors that name the target.
package enum Mount {
    /// Mounts `source` of type `type` on `target`; `data` is the file system's own option string.
    package static func mount(
        source: String, on target: String, type: String, flags: UInt = 0, data: String = ""
    ) throws(KernelError) {
        try kernel("mount \(type)", target) { CLinux.mount(source, target, type, flags, data) }
    }

    /// Binds a file or folder, with what is mounted under it when `recursive`. The flags of a bind are taken over
    /// from the source and can't be set by the same call: `remount` afterwards.
    package static func bind(_ source: String, on target: String, recursive: Bool = false) throws(KernelError) {
        let flags = UInt(hako_ms_bind()) | (recursive ? UInt(hako_ms_rec()) : 0)
        try kernel("mount --bind", "\(source) on \(target)") { CLinux.mount(source, target, nil, flags, nil) }
    }

    /// Changes the flags of the mount at `target` alone (MS_REMOUNT | MS_BIND).
    package static func remount(_ target: String, flags: UInt) throws(KernelError) {
        let all = UInt(hako_ms_bind()) | UInt(hako_ms_remount()) | flags
        try kernel("mount -o remount", target) { CLinux.mount(nil, target, nil, all, nil) }
    }

    /// Sets propagation: MS_PRIVATE, MS_SLAVE, MS_SHARED or MS_UNBINDABLE, with MS_REC for the tree.
    package static func propagation(_ target: String, _ flags: UInt) throws(KernelError) {
        try kernel("mount --make", target) { CLinux.mount(nil, target, nil, flags, nil) }
    }

    /// Unmounts; `lazily` (MNT_DETACH) takes it out of the tree now and frees it when the last user goes.
    /// True when something was mounted there.
    @discardableResult
    package static func unmount(_ target: String, lazily: Bool = true) throws(KernelError) -> Bool {
        let flags = (lazily ? hako_mnt_detach() : 0) | hako_umount_nofollow()
        do throws(KernelError) {
            try kernel("umount2", target) { umount2(target, flags) }
            return true
        } catch {
            if error.errno == EINVAL || error.errno == ENOENT { return false }
            throw error
        }
    }

    /// Unmounts everything at `target` and below it, innermost first.
    package static func unmountTree(_ target: String) throws(KernelError) {
        var facts = stat()
        // Where nothing is, nothing is mounted.
        if lstat(target, &facts) != 0, hako_errno() == ENOENT { return }
        for mounted in try MountEntry.targets(at: target).reversed() { try unmount(mounted) }
    }
}
