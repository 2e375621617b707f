import CLinux
import Linux

/// Runs a small program of the host's and takes what it says. Blocking, for programs that end soon.
package enum HostProgram {
    package static func run(
        _ path: String, _ arguments: [String], limit: Int
    ) throws(KernelError) -> (status: Int32, output: String, complaint: String) {
        let output = try pipe(), complaint = try pipe()
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output.write.raw, 1)
        posix_spawn_file_actions_adddup2(&actions, complaint.write.raw, 2)
        var words: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        // Columns are cut to a terminal's width otherwise.
        let settings = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", "COLUMNS=10000"] as [String]
        var environment: [UnsafeMutablePointer<CChar>?] = settings.map { strdup($0) } + [nil]
        defer { for word in environment { free(word) } }
        var pid = pid_t()
        let code = posix_spawn(&pid, path, &actions, nil, &words, &environment)
        guard code == 0 else { throw KernelError(call: "posix_spawn", subject: path, errno: code) }
        output.write.close()
        complaint.write.close()
        let text = try? output.read.readToEnd(limit: limit, subject: path)
        let sighs = try? complaint.read.readToEnd(limit: limit, subject: path)
        var status: Int32 = 0
        try kernel("waitpid", path) { waitpid(pid, &status, 0) }
        let exit = status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f)
        return (exit, String(decoding: text ?? [], as: UTF8.self), String(decoding: sighs ?? [], as: UTF8.self))
    }

    private static func pipe() throws(KernelError) -> (read: OwnedDescriptor, write: OwnedDescriptor) {
        var ends: [Int32] = [-1, -1]
        try kernel("pipe2", "") { pipe2(&ends, O_CLOEXEC) }
        return (OwnedDescriptor(taking: ends[0]), OwnedDescriptor(taking: ends[1]))
    }
}
