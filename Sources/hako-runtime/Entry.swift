import CLinux

/// `hako-runtime`: carries out the plan on descriptor 3 and answers on descriptor 4. Takes no arguments and reads no
/// environment.
@_cdecl("hako_runtime_main")
public func entry(_ argc: Int32, _ argv: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Int32 {
    hako_ignore_signal(SIGPIPE)
    guard let bytes = readWhole(RuntimeDescriptor.plan, limit: PlanLimit.plan) else {
        complain("hako-runtime is started by hako, with a launch plan on descriptor 3")
        return 2
    }
    closeDescriptor(RuntimeDescriptor.plan)
    _ = hako_fcntl(RuntimeDescriptor.control, F_SETFD, Int(FD_CLOEXEC))
    let control = Control(descriptor: RuntimeDescriptor.control)
    do throws(PlanError) {
        if bytes.count > 3 && bytes[3] == 0x4C {
            run(try LaunchPlan(decoding: bytes), control)
        } else {
            run(try ExecPlan(decoding: bytes), control)
        }
    } catch {
        control.fail(LaunchFailure(step: .readPlan, errno: EBADMSG, subject: ""))
        return 1
    }
}

/// What is said to whoever spawned the runtime, until the monitor's loop takes the socket over.
struct Control {
    let descriptor: Int32

    func send(_ kind: MonitorReply, _ payload: [UInt8] = []) {
        var writer = PlanWriter()
        writer.put(UInt32(payload.count + 1))
        writer.put(kind.rawValue)
        writeWhole(descriptor, writer.bytes + payload)
    }
    func fail(_ failure: LaunchFailure) { send(.failed, encoded(failure)) }
    func created(_ pid: Int32) {
        var writer = PlanWriter()
        writer.put(pid)
        send(.created, writer.bytes)
    }
}

private func closeInherited(_ process: ProcessPlan, usesConsole: Bool) {
    let preserved = Int32(process.preservedDescriptors)
    if !usesConsole { closeDescriptor(RuntimeDescriptor.console) }
    if preserved == 0 {
        _ = hako_close_range(6, UInt32.max, 0)
    } else {
        _ = hako_close_range(6, UInt32(RuntimeDescriptor.preserved - 1), 0)
        _ = hako_close_range(UInt32(RuntimeDescriptor.preserved + preserved), UInt32.max, 0)
        _ = hako_close_range(
            UInt32(RuntimeDescriptor.preserved), UInt32(RuntimeDescriptor.preserved + preserved - 1), 4)
    }
    if usesConsole { _ = hako_fcntl(RuntimeDescriptor.console, F_SETFD, Int(FD_CLOEXEC)) }
}

private func run(_ plan: LaunchPlan, _ control: Control) -> Never {
    switch plan.supervision {
    case .monitor:
        closeInherited(plan.process, usesConsole: false)
        monitor(plan, control)
    case .detach, .wait:
        closeInherited(plan.process, usesConsole: plan.process.terminal)
        let isDetached = plan.supervision.rawValue == Supervision.detach.rawValue
        do throws(LaunchFailure) {
            let launched = try Launcher(plan: plan) { control.send(.warning, encoded($0)) }.launch()
            passMaster(launched.master)
            control.created(launched.pid)
            if isDetached { _exit(0) }
            try start(launched)
            try? Hooks(plan: plan).run(.poststart, pid: launched.pid)
            control.send(.done)
            follow(launched.pid)
        } catch {
            control.fail(error)
            _exit(1)
        }
    }
}

private func run(_ plan: ExecPlan, _ control: Control) -> Never {
    closeInherited(plan.process, usesConsole: plan.process.terminal)
    do throws(LaunchFailure) {
        let launched = try ExecProcess(plan: plan).make()
        var isReady = false
        while !isReady, let record = launched.report.receive() {
            switch record.kind {
            case .ready:
                passMaster(record.descriptor)
                isReady = true
            case .failed: throw record.failure
            case .warning: control.send(.warning, record.payload)
            case .born, .needsSources, .furnished, .go: break
            }
        }
        guard isReady else { throw LaunchFailure(step: .processEnded, errno: 0, subject: plan.id) }
        control.created(launched.pid)
        try start(launched)
        control.send(.done)
        if plan.supervision.rawValue == Supervision.detach.rawValue { _exit(0) }
        follow(launched.pid)
    } catch {
        control.fail(error)
        _exit(1)
    }
}

private func passMaster(_ master: Int32) {
    guard master >= 0 else { return }
    let name: [UInt8] = Array("terminal".utf8)
    _ = hako_send_with_fd(RuntimeDescriptor.console, name, name.count, master)
    closeDescriptor(master)
    closeDescriptor(RuntimeDescriptor.console)
}

/// Lets the process exec and waits until it has.
private func start(_ launched: LaunchedProcess) throws(LaunchFailure) {
    launched.report.send(.go)
    while let record = launched.report.receive() {
        if record.kind.rawValue == Report.Kind.failed.rawValue { throw record.failure }
    }
    closeDescriptor(launched.report.descriptor)
}

/// Passes signals on and ends as the process does.
private func follow(_ pid: Int32) -> Never {
    for number in [Int32(0), 1, 2] { closeDescriptor(number) }
    var everything = sigset_t()
    sigfillset(&everything)
    sigprocmask(SIG_BLOCK, &everything, nil)
    while true {
        var status: Int32 = 0
        while true {
            let ended = waitpid(-1, &status, WNOHANG)
            if ended <= 0 { break }
            if ended == pid { _exit(exitCode(status)) }
        }
        var information = siginfo_t()
        let number = sigwaitinfo(&everything, &information)
        if number > 0 && number != SIGCHLD { kill(pid, number) }
    }
}

/// Leaves the caller's session, makes the container and stays.
private func monitor(_ plan: LaunchPlan, _ control: Control) -> Never {
    let child = fork()
    if child != 0 { _exit(child > 0 ? 0 : 1) }
    setsid()
    _ = chdir("/")
    _ = hako_prctl(36, 1, 0, 0, 0)  // PR_SET_CHILD_SUBREAPER: orphans of execs in the host's pid namespace
    _ = "hako-monitor".withCString { hako_prctl(15, UInt(bitPattern: $0), 0, 0, 0) }
    do throws(LaunchFailure) {
        let log = try LogWriter(plan.log)
        let signals = try watchChildren()
        let launched = try Launcher(plan: plan) { control.send(.warning, encoded($0)) }.launch()
        do throws(LaunchFailure) {
            let listener = try listen(plan.stateFolder + "/" + StateFile.monitorSocket)
            let monitor = try Monitor(plan, launched, listener: listener, signals: signals, log: log)
            control.created(launched.pid)
            setNonBlocking(control.descriptor)
            monitor.add(Client(control.descriptor))
            malloc_trim(0)
            monitor.run()
        } catch {
            kill(launched.pid, SIGKILL)
            throw error
        }
    } catch {
        control.fail(error)
        _exit(1)
    }
}

private func watchChildren() throws(LaunchFailure) -> Int32 {
    var set = sigset_t()
    sigemptyset(&set)
    sigaddset(&set, SIGCHLD)
    sigprocmask(SIG_BLOCK, &set, nil)
    return try check(.daemonize, "signalfd") { signalfd(-1, &set, Int32(SFD_CLOEXEC) | Int32(SFD_NONBLOCK)) }
}

private func listen(_ path: String) throws(LaunchFailure) -> Int32 {
    let socket = try check(.openStateFolder, path) {
        CLinux.socket(
            AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
    }
    // By way of the folder's descriptor, since a socket's address holds 107 bytes only.
    let (folder, name) = RootFolder.divide(path)
    let opened = try openHost(folder, O_PATH | O_DIRECTORY, step: .openStateFolder)
    defer { closeDescriptor(opened) }
    guard var address = unixAddress("/proc/self/fd/" + decimal(Int(opened)) + "/" + name) else {
        throw LaunchFailure(step: .openStateFolder, errno: ENAMETOOLONG, subject: path)
    }
    unlink(path)
    try check(.openStateFolder, path) { hako_bind_unix(socket, &address) }
    try check(.openStateFolder, path) { CLinux.listen(socket, 128) }
    chmod(path, 0o600)
    return socket
}
