import CLinux
import Fault
import JSON
import Linux

/// Hooks that the command itself runs: poststart of a container that was created before, and poststop.
enum RuntimeHooks {
    enum Limit {
        /// Longest a hook without a timeout of its own is waited for, in milliseconds; -1: as long as it takes, as the
        /// specification has it.
        static let unlimited: Int32 = -1
    }

    /// Runs one; throws what went wrong.
    static func run(_ hook: HookPlan, state: JSON) throws(Fault) {
        let status: Int32
        do throws(KernelError) {
            status = try execute(hook, state)
        } catch {
            throw Fault(.internalFault, "error running hook \(hook.path): \(error)", cause: error)
        }
        guard status == 0 else {
            throw Fault(.internalFault, "error running hook \(hook.path): exit status \(RuntimeSpawn.exitCode(status))")
        }
    }

    private static func execute(_ hook: HookPlan, _ state: JSON) throws(KernelError) -> Int32 {
        // A file rather than a pipe: a hook that doesn't read can't block us.
        let input = OwnedDescriptor(
            taking: try kernel("memfd_create", "state") { memfd_create("state", UInt32(MFD_CLOEXEC)) })
        try input.writeAll(state.bytes())
        try kernel("lseek", "state") { lseek(input.raw, 0, SEEK_SET) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, input.raw, 0)
        let arguments = hook.arguments.map { strdup($0) } + [nil],
            environment = hook.environment.map { strdup($0) } + [nil]
        defer { for pointer in arguments + environment { free(pointer) } }
        var pid: pid_t = 0
        let code = posix_spawn(&pid, hook.path, &actions, nil, arguments, environment)
        if code != 0 { throw KernelError(call: "execve", subject: hook.path, errno: code) }
        if hook.timeout > 0, !ended(pid, milliseconds: Int32(clamping: Int64(hook.timeout) * 1000)) {
            kill(pid, SIGKILL)
            var status: Int32 = 0
            waitpid(pid, &status, 0)
            throw KernelError(call: "hook", subject: hook.path, errno: ETIMEDOUT)
        }
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0 && hako_errno() == EINTR {}
        return status
    }

    private static func ended(_ pid: Int32, milliseconds: Int32) -> Bool {
        let descriptor = hako_pidfd_open(pid, 0)
        guard descriptor >= 0 else { return true }
        defer { close(descriptor) }
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&entry, 1, milliseconds) > 0
    }
}
