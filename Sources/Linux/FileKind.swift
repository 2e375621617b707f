import CLinux

extension stat {
    package var isFolder: Bool { st_mode & mode_t(S_IFMT) == mode_t(S_IFDIR) }
    package var isLink: Bool { st_mode & mode_t(S_IFMT) == mode_t(S_IFLNK) }
    package var isCharacterDevice: Bool { st_mode & mode_t(S_IFMT) == mode_t(S_IFCHR) }
}

extension OwnedDescriptor {
    package var isFolder: Bool {
        get throws(KernelError) { try status().isFolder }
    }
}
