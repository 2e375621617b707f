import CLinux

/// The hooks of a plan, run one after the other with the container's state on stdin.
struct Hooks {
    let plan: LaunchPlan

    func has(_ moment: HookPlan.Moment) -> Bool {
        for hook in plan.hooks where hook.moment.rawValue == moment.rawValue { return true }
        return false
    }

    func run(_ moment: HookPlan.Moment, pid: Int32) throws(LaunchFailure) {
        for hook in plan.hooks where hook.moment.rawValue == moment.rawValue {
            try run(hook, pid: pid)
        }
    }

    private func state(_ moment: HookPlan.Moment, pid: Int32) -> [UInt8] {
        let word: String
        switch moment {
        case .prestart, .createRuntime, .createContainer: word = "creating"
        case .startContainer: word = "created"
        case .poststart: word = "running"
        }
        let middle = ",\"status\":\"" + word + "\",\"pid\":" + decimal(Int(pid))
        return Array((plan.hookStateHead + middle + plan.hookStateTail).utf8)
    }

    private func run(_ hook: HookPlan, pid: Int32) throws(LaunchFailure) {
        var ends: (Int32, Int32) = (-1, -1)
        try makePipe(&ends, O_CLOEXEC)
        var pidfd: Int32 = -1
        let child = try check(.runHook, hook.path) { hako_clone3(0x1000, SIGCHLD, 0, &pidfd) }
        if child == 0 {
            dup2(ends.0, 0)
            var none = sigset_t()
            sigemptyset(&none)
            sigprocmask(SIG_SETMASK, &none, nil)
            hako_default_signal(SIGPIPE)
            _ = hako_close_range(3, UInt32.max, 4)
            execve(
                hook.path, pointers(hook.arguments.isEmpty ? [hook.path] : hook.arguments), pointers(hook.environment))
            _exit(127)
        }
        closeDescriptor(ends.0)
        writeWhole(ends.1, state(hook.moment, pid: pid))  // far below a pipe's capacity unless annotations are huge
        closeDescriptor(ends.1)
        defer { closeDescriptor(pidfd) }
        if hook.timeout > 0 {
            var waited = pollfd(fd: pidfd, events: Int16(POLLIN), revents: 0)
            let limit = Int32(clamping: Int64(hook.timeout) * 1000)
            if attempt({ poll(&waited, 1, limit) }) == 0 {
                kill(child, SIGKILL)
                _ = attempt { waitpid(child, nil, 0) }
                throw LaunchFailure(step: .runHook, errno: ETIMEDOUT, subject: hook.path)
            }
        }
        var status: Int32 = 0
        _ = attempt { waitpid(child, &status, 0) }
        if status != 0 {
            throw LaunchFailure(
                step: .runHook, errno: 0, exitCode: 0,
                subject: hook.path + ": exit status " + decimal(Int(exitCode(status))))
        }
    }
}

func makePipe(_ ends: inout (Int32, Int32), _ flags: Int32) throws(LaunchFailure) {
    try check(.makePipe) {
        withUnsafeMutablePointer(to: &ends) {
            $0.withMemoryRebound(to: Int32.self, capacity: 2) { pipe2($0, flags) }
        }
    }
}
