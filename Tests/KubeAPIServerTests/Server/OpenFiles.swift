import CLinux

/// How many files and sockets this process may hold open.
enum OpenFiles {
    /// False when the machine doesn't let it have that many.
    static func allow(_ count: Int) -> Bool {
        var limit = rlimit()
        guard getrlimit(RLIMIT_NOFILE, &limit) == 0 else { return false }
        if limit.rlim_cur >= rlim_t(count) { return true }
        guard limit.rlim_max >= rlim_t(count) else { return false }
        limit.rlim_cur = rlim_t(count)
        return setrlimit(RLIMIT_NOFILE, &limit) == 0
    }
}
