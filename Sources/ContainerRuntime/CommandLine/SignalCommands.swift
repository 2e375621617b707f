import CLinux
import Fault
import JSON
import Linux

let killCommand = RuntimeCommand(
    name: "kill", usage: "[OPTIONS] CONTAINER [SIGNAL]",
    help: "Send a signal (default: SIGTERM) to the container's first process",
    flags: [RuntimeFlag("all", short: "a", "to all processes of the container")]
) { invocation in
    let operands = invocation.arguments.operands
    guard let id = operands.first else { throw Fault(.invalid, "container id cannot be empty") }
    guard operands.count <= 2 else { throw Fault(.invalid, "unexpected argument \"\(operands[2])\"") }
    let container = try OCIContainer.load(id, root: invocation.root)
    let number = try SignalNames.number(operands.count > 1 ? operands[1] : "SIGTERM")
    let status = container.status
    if invocation.arguments.isOn("all") {
        let group = try container.group()
        for pid in group.processes() { kill(pid, number) }
        return 0
    }
    guard status == .running || status == .created || status == .paused, container.signal(number) else {
        throw Fault(.conflict, "container not running")
    }
    // Without a pid namespace of its own nothing takes the other processes along.
    let kinds = try PlanNamespaces(PlanValue(container.spec["linux"], path: "linux"))
    if number == SIGKILL, !kinds.isNew(.pid) { try container.group().killAll() }
    // A frozen process dies only once it may run.
    if status == .paused, number == SIGKILL { try? container.group().thaw() }
    return 0
}

let deleteCommand = RuntimeCommand(
    name: "delete", usage: "[OPTIONS] CONTAINER", help: "Delete a container that has ended",
    flags: [RuntimeFlag("force", short: "f", "kill it first if it runs")]
) { invocation in
    let force = invocation.arguments.isOn("force")
    let id = try invocation.arguments.container()
    do {
        try delete(try OCIContainer.load(id, root: invocation.root), invocation.report, force: force)
    } catch let fault as Fault where fault.kind == .notFound && force {
        // What a command that died while creating left behind has no state yet.
        if (try? OCIContainer.check(id)) != nil {
            OCIContainer(id: id, root: invocation.root, record: .null).removeFolder()
        }
    }
    return 0
}

let pauseCommand = RuntimeCommand(
    name: "pause", usage: "CONTAINER", help: "Stop all processes of the container in their tracks", flags: []
) { invocation in
    let container = try OCIContainer.load(try invocation.arguments.container(), root: invocation.root)
    guard container.status == .running || container.status == .created else {
        throw Fault(.conflict, "container not running or created: \(container.status.rawValue)")
    }
    try container.group().freeze()
    return 0
}

let resumeCommand = RuntimeCommand(
    name: "resume", usage: "CONTAINER", help: "Let a paused container go on", flags: []
) { invocation in
    let container = try OCIContainer.load(try invocation.arguments.container(), root: invocation.root)
    guard container.status == .paused else { throw Fault(.conflict, "container not paused") }
    try container.group().thaw()
    return 0
}

/// Kills what may be killed, removes the control group and the state, and runs the poststop hooks.
func delete(_ container: OCIContainer, _ report: RuntimeReport, force: Bool) throws {
    let lock = try container.lock()
    defer { lock.close() }
    let status = container.status
    switch status {
    case .stopped, .creating: break
    case .running where !force, .paused where !force:
        throw Fault(.conflict, "cannot delete container \(container.id) that is not stopped: \(status.rawValue)")
    case .created, .running, .paused:
        _ = container.signal(SIGKILL)
        if status == .paused { try? container.group().thaw() }
        // 10 s, as runc waits.
        guard container.waitForEnd(milliseconds: 10_000) else {
            throw Fault(
                .internalFault,
                "container \(container.id) didn't end within 10 s of SIGKILL; a process of it is stuck in the kernel")
        }
    }
    if let group = try? container.group() { try group.remove() }
    container.removeFolder()
    runPoststopHooks(container, report)
}

/// A hook that fails here keeps nothing from going on.
func runPoststopHooks(_ container: OCIContainer, _ report: RuntimeReport) {
    do {
        for hook in try PlanHooks.poststop(PlanValue(container.spec["hooks"], path: "hooks")) {
            do {
                try RuntimeHooks.run(hook, state: container.hookState(.stopped))
            } catch {
                report.warning(sentence(error))
            }
        }
    } catch {
        report.warning(sentence(error))
    }
}

/// Signals by name, with or without SIG, or by number.
enum SignalNames {
    private static let numbers: [String: Int32] = [
        "ABRT": SIGABRT, "ALRM": SIGALRM, "BUS": SIGBUS, "CHLD": SIGCHLD, "CLD": SIGCHLD, "CONT": SIGCONT,
        "FPE": SIGFPE,
        "HUP": SIGHUP, "ILL": SIGILL, "INT": SIGINT, "IO": SIGIO, "IOT": SIGABRT, "KILL": SIGKILL, "PIPE": SIGPIPE,
        "POLL": SIGIO, "PROF": SIGPROF, "PWR": SIGPWR, "QUIT": SIGQUIT, "SEGV": SIGSEGV, "STKFLT": 16, "STOP": SIGSTOP,
        "SYS": SIGSYS, "TERM": SIGTERM, "TRAP": SIGTRAP, "TSTP": SIGTSTP, "TTIN": SIGTTIN, "TTOU": SIGTTOU,
        "URG": SIGURG,
        "USR1": SIGUSR1, "USR2": SIGUSR2, "VTALRM": SIGVTALRM, "WINCH": SIGWINCH, "XCPU": SIGXCPU, "XFSZ": SIGXFSZ,
    ]

    static func number(_ text: String) throws(Fault) -> Int32 {
        if let number = Int32(text) {
            guard (0...64).contains(number) else { throw Fault(.invalid, "unknown signal \"\(text)\"") }
            return number
        }
        var name = text.uppercased()
        if name.hasPrefix("SIG") { name.removeFirst(3) }
        if let number = numbers[name] { return number }
        // RTMIN+n and RTMAX-n: 34 and 64 as glibc counts.
        if name.hasPrefix("RTMIN"), let offset = Int32("0" + name.dropFirst(5).drop { $0 == "+" }), offset <= 30 {
            return 34 + offset
        }
        if name.hasPrefix("RTMAX"), let offset = Int32("0" + name.dropFirst(5).drop { $0 == "-" }), offset <= 30 {
            return 64 - offset
        }
        throw Fault(.invalid, "unknown signal \"\(text)\"")
    }
}
