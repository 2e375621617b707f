import CLinux

/// Looks after one container: its stdio, log, exit status, execs, and the clients that ask about them.
///
/// One thread, one epoll loop; every descriptor is non-blocking. Back-pressure: a stream isn't read while an attached
/// client has output pending, and a client isn't read while its stdin is pending, so what is held is bounded by one
/// chunk a client. After the first process has ended, what is left in its pipes is read at once, the log and the exit
/// file are written, then clients are told; the monitor ends when they have what is theirs.
final class Monitor {
    let plan: LaunchPlan
    let epoll: Int32
    let signals: Int32
    let listener: Int32
    let log: LogWriter
    /// Held open: should the folder be deleted and made anew for the next run, this monitor doesn't write into that.
    let stateFolder: Int32
    let container: Session
    /// Living and lately ended ones.
    var execs: [Session] = []
    var clients: [Client] = []
    var owners: [Owner] = []
    let scratch = Scratch(64 << 10)

    /// Buffers hold memory that the next quiet moment gives back.
    var isWarm = true

    static let keptExecs = 64
    private static let warmMilliseconds: Int32 = 100

    /// What a descriptor of the loop belongs to.
    enum Owner {
        case nobody, listener, signals, log
        case client(Client), report(Session), output(Session), error(Session), master(Session), input(Session)
    }

    init(_ plan: LaunchPlan, _ launched: LaunchedProcess, listener: Int32, signals: Int32, log: LogWriter)
        throws(LaunchFailure)
    {
        self.plan = plan
        self.listener = listener
        self.signals = signals
        self.log = log
        stateFolder = try openHost(plan.stateFolder, O_PATH | O_DIRECTORY, step: .openStateFolder)
        epoll = try check(.daemonize, "epoll") { epoll_create1(Int32(EPOLL_CLOEXEC)) }
        container = Session(id: "", launched, stdinOnce: plan.process.stdinOnce, waitsForAttach: false)
        container.phase = .ready
        if container.master >= 0 { setNonBlocking(container.master) }
        watch(listener, .listener)
        watch(signals, .signals)
        watch(container.report, .report(container))
        readOutput(of: container)
    }

    func run() -> Never {
        var events = [epoll_event](repeating: epoll_event(), count: 16)
        while !isFinished {
            let count = epoll_wait(epoll, &events, 16, isWarm ? Self.warmMilliseconds : -1)
            if count == 0 { coolDown() }
            guard count > 0 else { continue }
            for index in 0..<Int(count) {
                let descriptor = Int(events[index].data.fd)
                if descriptor < owners.count { handle(owners[descriptor], events[index].events) }
            }
            sweep()
        }
        _exit(0)
    }

    /// Nothing happened for a while: what a burst took goes back to the kernel.
    private func coolDown() {
        isWarm = false
        scratch.release()
        log.rest()
        malloc_trim(0)
    }

    private func handle(_ owner: Owner, _ events: UInt32) {
        switch owner {
        case .nobody: break
        case .listener: accept()
        case .signals: reap()
        case .log: flushLog()
        case .client(let client): serve(client, events)
        case .report(let session): readReport(of: session)
        case .output(let session): pump(session, 1)
        case .error(let session): pump(session, 2)
        case .master(let session):
            if events & EPOLLOUT.rawValue != 0 { writeInput(of: session) }
            if events & ~EPOLLOUT.rawValue != 0 { pump(session, 1) }
        case .input(let session): writeInput(of: session)
        }
    }

    // MARK: Descriptors of the loop

    func watch(_ descriptor: Int32, _ owner: Owner, _ events: UInt32 = EPOLLIN.rawValue) {
        guard descriptor >= 0 else { return }
        while owners.count <= Int(descriptor) { owners.append(.nobody) }
        owners[Int(descriptor)] = owner
        var event = epoll_event()
        event.events = events
        event.data.fd = descriptor
        if epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) == -1 {
            _ = epoll_ctl(epoll, EPOLL_CTL_MOD, descriptor, &event)
        }
    }

    func unwatch(_ descriptor: Int32) {
        guard descriptor >= 0, Int(descriptor) < owners.count else { return }
        owners[Int(descriptor)] = .nobody
        _ = epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, nil)
    }

    func drop(_ descriptor: inout Int32) {
        guard descriptor >= 0 else { return }
        unwatch(descriptor)
        closeDescriptor(descriptor)
        descriptor = -1
    }

    // MARK: Ends

    private var isFinished: Bool {
        guard container.phase == .ended else { return false }
        for exec in execs where exec.phase != .ended { return false }
        for client in clients where !client.pending.isEmpty { return false }
        return true
    }

    private func reap() {
        var information = signalfd_siginfo()
        while attempt({ read(signals, &information, MemoryLayout<signalfd_siginfo>.size) }) != nil {}
        var status: Int32 = 0
        while true {
            let pid = waitpid(-1, &status, WNOHANG)
            if pid <= 0 { break }
            if pid == container.pid {
                end(container, exitCode(status))
            } else {
                for exec in execs where exec.pid == pid && exec.phase != .ended { end(exec, exitCode(status)) }
            }
        }
    }

    private func end(_ session: Session, _ code: Int32) {
        let isContainer = session === container
        if isContainer { killRest() }
        if session.phase != .running { readReport(of: session) }
        for stream in [UInt8(1), 2] { drain(session, stream) }
        if isContainer {
            if let queue = log.queue { unwatch(queue.descriptor) }
            log.finish()
        }
        let exit = ExitNote(code: code, oomKilled: isContainer && wasOOMKilled(), finishedAt: wallClock())
        session.exit = exit
        session.phase = .ended
        if isContainer { writeEnds(exit) }
        drop(&session.report)
        drop(&session.input)
        drop(&session.output)
        drop(&session.error)
        drop(&session.master)
        if let starter = session.starter {
            reply(starter, LaunchFailure(step: .processEnded, errno: 0, subject: session.id))
            session.starter = nil
        }
        for client in session.waiting { reply(client, exit) }
        session.waiting = []
        for client in session.attached { client.isFinished = true }
        session.attached = []
        if !isContainer { forgetOldExecs() }
    }

    /// The last that this monitor writes: whoever sees `exit` may delete the folder. Execs that still run are being
    /// killed, which is what their absence from the list means.
    private func writeEnds(_ exit: ExitNote) {
        var lines = ""
        for exec in execs {
            if let exit = exec.exit { lines += exec.id + " " + exit.line() }
        }
        if !lines.utf8.isEmpty { replaceFile(stateFolder, StateFile.execs, lines) }
        replaceFile(stateFolder, StateFile.exit, exit.line())
    }

    /// Whatever the container's first process leaves running, which is nothing when it had a pid namespace of its own.
    private func killRest() {
        for namespace in plan.namespaces
        where namespace.kind.rawValue == NamespaceKind.pid.rawValue && namespace.path == nil {
            for exec in execs where exec.phase != .ended { kill(exec.pid, SIGKILL) }
            return
        }
        if let folder = plan.cgroups.unifiedFolder,
            let file = attempt({ hako_open(folder + "/cgroup.kill", O_WRONLY | O_CLOEXEC, 0) })
        {
            writeWhole(file, [49])
            closeDescriptor(file)
        }
        if let path = plan.cgroups.processFiles.first, let list = readSmall(path) {
            for line in split(text(list), by: 10) {
                let pid = line.reduce(Int32(0)) { $0 &* 10 &+ Int32($1) &- 48 }
                if pid > 1 { kill(pid, SIGKILL) }
            }
        }
        for exec in execs where exec.phase != .ended { kill(exec.pid, SIGKILL) }
    }

    private func wasOOMKilled() -> Bool {
        guard let path = plan.cgroups.oomCounterFile, let content = readSmall(path) else { return false }
        for line in split(text(content), by: 10) where hasPrefix(line, "oom_kill ") {
            return line.count > 9 && !(line.count == 10 && line[9] == 48)
        }
        return false
    }

    private func forgetOldExecs() {
        var ended = 0
        for exec in execs where exec.phase == .ended { ended += 1 }
        while ended > Self.keptExecs, let index = execs.firstIndex(where: { $0.phase == .ended }) {
            execs.remove(at: index)
            ended -= 1
        }
    }

    // MARK: Reports

    /// What a made process says on its way to exec.
    private func readReport(of session: Session) {
        while session.report >= 0 {
            guard let record = Report(descriptor: session.report).receive(waiting: false) else {
                if hako_errno() == EAGAIN { return }
                drop(&session.report)
                // The socket closed itself on exec: the payload runs, unless the process died before.
                if session.phase == .starting || session.phase == .ready { started(session) }
                return
            }
            switch record.kind {
            case .ready: ready(session, master: record.descriptor)
            case .failed:
                if let starter = session.starter { reply(starter, record.failure) }
                session.starter = nil
                session.phase = .running  // it ends by itself, with its exit code
            case .warning:
                complain(
                    "step " + decimal(Int(record.failure.step.rawValue)) + ": errno "
                        + decimal(Int(record.failure.errno)))
            case .born, .needsSources, .furnished, .go: break
            }
        }
    }

    private func ready(_ session: Session, master: Int32) {
        session.phase = .ready
        if master >= 0 {
            session.master = master
            setNonBlocking(master)
        }
        readOutput(of: session)
        if session.waitsForAttach {
            created(session)
            if !session.attached.isEmpty { go(session) }
        } else {
            go(session)
        }
    }

    func go(_ session: Session) {
        guard session.phase == .ready else { return }
        session.phase = .starting
        Report(descriptor: session.report).send(.go)
    }

    private func started(_ session: Session) {
        guard session.phase == .starting else { return }
        // A process that died instead closes the socket, too; it is a zombie then and `reap` comes next.
        session.phase = .running
        if session === container {
            if let starter = session.starter { finishStart(starter) }
            session.starter = nil
        } else if !session.waitsForAttach {
            created(session)
        }
    }

    private func finishStart(_ starter: Client) {
        do throws(LaunchFailure) {
            try Hooks(plan: plan).run(.poststart, pid: container.pid)
        } catch {
            complain("poststart hook failed: " + error.subject)  // the runtime-spec: log it and go on
        }
        reply(starter, .done)
    }

    private func created(_ session: Session) {
        guard let starter = session.starter else { return }
        var writer = PlanWriter()
        writer.put(session.pid)
        reply(starter, .created, writer.bytes)
        session.starter = nil
    }
}

/// Replaces a small file whole. Without fsync: see `StateFile.exit`.
func replaceFile(_ folder: Int32, _ name: String, _ content: String) {
    let temporary = name + ".new"
    let flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW
    guard let file = attempt({ hako_openat(folder, temporary, flags, 0o600) }) else {
        complain("can't write " + name + ": errno " + decimal(Int(hako_errno())))
        return
    }
    writeWhole(file, Array(content.utf8))
    closeDescriptor(file)
    renameat(folder, temporary, folder, name)
}
