import CLinux

/// How many files and sockets this process may hold open.
enum DescriptorLimit {
    /// As many as the machine allows: a daemon holds a few for each container, a server one for each connection.
    static func raise() {
        var limit = rlimit()
        guard getrlimit(RLIMIT_NOFILE, &limit) == 0, limit.rlim_cur < limit.rlim_max else { return }
        limit.rlim_cur = limit.rlim_max
        setrlimit(RLIMIT_NOFILE, &limit)
    }
}
