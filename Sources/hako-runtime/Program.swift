import CLinux

/// Finds what `arguments[0]` names, as Go's exec.LookPath does, since its answers are what people know from Docker.
struct Program {
    let path: String

    init(_ process: ProcessPlan) throws(LaunchFailure) {
        let name = process.arguments[0]
        func failure(_ code: Int32, exitCode: Int32) -> LaunchFailure {
            LaunchFailure(step: .findProgram, errno: code, exitCode: exitCode, subject: name)
        }
        if name.utf8.contains(47) {
            let code = Self.whyNotExecutable(name)
            guard code == 0 else { throw failure(code, exitCode: code == ENOENT || code == ENOTDIR ? 127 : 126) }
            path = name
            return
        }
        guard !name.utf8.isEmpty else { throw failure(ENOENT, exitCode: 127) }
        for folder in split(Self.searchPath(process.environment), by: 58) {
            let candidate = folder.isEmpty ? "./" + name : text(folder) + "/" + name
            if Self.whyNotExecutable(candidate) == 0 {
                path = candidate
                return
            }
        }
        throw failure(ENOENT, exitCode: 127)
    }

    private static func searchPath(_ environment: [String]) -> String {
        for entry in environment where hasPrefix(Array(entry.utf8), "PATH=") {
            return text(Array(entry.utf8.dropFirst(5)))
        }
        return "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    }

    /// 0 when it is a file that this user may run.
    private static func whyNotExecutable(_ path: String) -> Int32 {
        var information = stat()
        if attempt({ stat(path, &information) }) == nil { return hako_errno() }
        if information.isFolder { return EISDIR }
        // Real and effective ids are the same by now. Not faccessat(AT_EACCESS), whose newer system call older seccomp
        // profiles refuse; they are in force here already.
        if attempt({ access(path, X_OK) }) != nil { return 0 }
        let code = hako_errno()
        return code == EPERM && information.st_mode & 0o111 != 0 ? 0 : code
    }

    /// Only returns when it failed.
    func execute(_ process: ProcessPlan) -> LaunchFailure {
        let argv = pointers(process.arguments), envp = pointers(process.environment)
        execve(path, argv, envp)
        let code = hako_errno()
        let exitCode: Int32 = code == ENOENT || code == ENOTDIR ? 127 : 126
        return LaunchFailure(step: .exec, errno: code, exitCode: exitCode, subject: path)
    }
}
