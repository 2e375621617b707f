import CLinux

/// What a made process waits for before it becomes the payload.
enum StartGate {
    /// The parent's word on the report socket.
    case report
    /// A full fifo: the write ends when somebody reads it (`StateFile.startGate`).
    case fifo(Int32)
}

/// The last stretch of every process, a container's first or one that joined: in its namespaces and root, from the
/// runtime's powers to the payload's, up to exec.
struct Payload {
    let process: ProcessPlan
    let report: Report
    /// What becomes 0, 1 and 2.
    let streams: (input: Int32, output: Int32, error: Int32)
    /// -1 without a terminal.
    let terminalMaster: Int32
    let gate: StartGate
    /// nil: the parent's death doesn't matter.
    let diesWithParent: Bool
    let actsAsInit: Bool
    /// The container's own process, for which what is missing is made; not one that joins it.
    let isFirst: Bool
    /// Run in the container between start and exec.
    let hooks: Hooks?

    func run(_ proc: HostProc?) -> Never {
        let program: Program
        do throws(LaunchFailure) {
            try prepare(proc)
            program = try Program(process)
        } catch {
            // Nobody reads the gate yet, and it is full.
            report.fail(error)
            _exit(error.exitCode == 0 ? 1 : error.exitCode)
        }
        do throws(LaunchFailure) {
            report.send(.ready, passing: terminalMaster)
            closeDescriptor(terminalMaster)
            guard waitForStart() else { _exit(1) }
            try hooks?.run(.startContainer, pid: getpid())
            if actsAsInit { becomeInit() }
            fail(try execute(program))
        } catch {
            fail(error)
        }
    }

    private func prepare(_ proc: HostProc?) throws(LaunchFailure) {
        try process.applyLimits(proc, report)
        try setStreams()
        // Before any path of the configuration is followed: what isn't open can't be reached through /proc/self/fd.
        closeOthers(
            keeping: [report.descriptor, terminalMaster, gateDescriptor], preserved: process.preservedDescriptors)
        try process.enterWorkingFolder(makes: isFirst)
        // Without no_new_privs a filter needs CAP_SYS_ADMIN, which goes with the user change.
        if !process.noNewPrivileges { try process.loadSeccomp() }
        try process.becomeUser()
        if diesWithParent { _ = hako_prctl(1, UInt(SIGKILL), 0, 0, 0) }
    }

    private var gateDescriptor: Int32 {
        if case .fifo(let descriptor) = gate { return descriptor }
        return -1
    }

    private func setStreams() throws(LaunchFailure) {
        let null = try status(ofPath: "/dev/null")
        for (number, descriptor) in [streams.input, streams.output, streams.error].enumerated() {
            if descriptor != number {
                try check(.passDescriptors, "stdio") { dup2(descriptor, Int32(number)) }
            }
            // So that the payload may open /dev/stdout anew. The null device belongs to everybody.
            let information = try status(of: Int32(number), step: .passDescriptors, "stdio")
            if information.isCharacterDevice && information.st_rdev == null?.st_rdev { continue }
            if information.st_uid != process.uid { _ = fchown(Int32(number), process.uid, gid_t.max) }
        }
    }

    private func status(ofPath path: String) throws(LaunchFailure) -> stat? {
        var information = stat()
        return stat(path, &information) == 0 ? information : nil
    }

    private func status(of descriptor: Int32, step: LaunchStep, _ subject: String) throws(LaunchFailure) -> stat {
        var result = stat()
        try check(step, subject) { fstat(descriptor, &result) }
        return result
    }

    private func waitForStart() -> Bool {
        switch gate {
        case .report:
            return report.waitForGo()
        case .fifo(let descriptor):
            var byte: UInt8 = 0
            return attempt { write(descriptor, &byte, 1) } == 1
        }
    }

    /// Only gives back a failure.
    private func execute(_ program: Program) throws(LaunchFailure) -> LaunchFailure {
        resetSignals()
        let count = Int32(process.preservedDescriptors)
        if count > 0 { try passDescriptors(count) }
        // Nothing of the runtime's outlives exec (CVE-2024-21626).
        try closeAtExec(from: 3 + count)
        if process.noNewPrivileges { try process.loadSeccomp() }
        return program.execute(process)
    }

    /// A seccomp profile from before close_range(2) refuses it; what `closeOthers` left is low then and few.
    private func closeAtExec(from first: Int32) throws(LaunchFailure) {
        if attempt({ hako_close_range(UInt32(first), UInt32.max, 4) }) != nil { return }
        let code = hako_errno()
        guard code == EPERM || code == ENOSYS || code == EACCES else {
            throw LaunchFailure(step: .closeDescriptors, errno: code, subject: "")
        }
        for descriptor in first..<Int32(Report.descriptorFloor + 64) {
            _ = hako_fcntl(descriptor, F_SETFD, Int(FD_CLOEXEC))
        }
    }

    /// The report and the gate are above them (`Report.pair`): they are still needed when exec fails.
    private func passDescriptors(_ count: Int32) throws(LaunchFailure) {
        for index in 0..<count {
            let given = RuntimeDescriptor.preserved + index, wanted = 3 + index
            try check(.passDescriptors, decimal(Int(wanted))) { dup2(given, wanted) }
        }
    }

    private func resetSignals() {
        for number in 1..<Int32(65) where number != SIGKILL && number != SIGSTOP && number != 32 && number != 33 {
            hako_default_signal(number)
        }
        var none = sigset_t()
        sigemptyset(&none)
        sigprocmask(SIG_SETMASK, &none, nil)
    }

    private func fail(_ failure: LaunchFailure) -> Never {
        if case .fifo(let descriptor) = gate {
            writeWhole(descriptor, encoded(failure))
        }
        report.fail(failure)
        _exit(failure.exitCode == 0 ? 1 : failure.exitCode)
    }

    /// The calling process stays as process 1 (`--init`): it makes the payload its child, passes signals on, reaps
    /// what is orphaned, and ends as the payload does. Returns in the child.
    private func becomeInit() {
        var everything = sigset_t()
        sigfillset(&everything)
        sigprocmask(SIG_BLOCK, &everything, nil)
        let child = fork()
        if child == 0 {
            // In front of the terminal, in a group of its own, so that ^C meets it and not process 1.
            setpgid(0, 0)
            hako_ignore_signal(SIGTTOU)
            tcsetpgrp(0, getpid())
            if diesWithParent { _ = hako_prctl(1, UInt(SIGKILL), 0, 0, 0) }
            return
        }
        guard child > 0 else {
            fail(LaunchFailure(step: .makeProcess, errno: hako_errno(), subject: "init"))
        }
        _ = hako_close_range(0, UInt32.max, 0)
        _ = "init".withCString { hako_prctl(15, UInt(bitPattern: $0), 0, 0, 0) }
        while true {
            var information = siginfo_t()
            let number = sigwaitinfo(&everything, &information)
            if number == SIGCHLD {
                var wait: Int32 = 0
                while true {
                    let ended = waitpid(-1, &wait, WNOHANG)
                    if ended <= 0 { break }
                    if ended == child { _exit(exitCode(wait)) }
                }
            } else if number > 0 && number != SIGTTIN && number != SIGTTOU {
                kill(child, number)
            }
        }
    }
}

/// A wait(2) status as people know it: the code, or 128 and the signal.
func exitCode(_ status: Int32) -> Int32 {
    let signal = status & 0x7f
    return signal == 0 ? (status >> 8) & 0xff : 128 + signal
}
