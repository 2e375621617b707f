import CLinux

/// A process that stands ready and waits for `go`, and the runtime's ends of its streams (-1: none).
struct LaunchedProcess {
    let pid: Int32
    let report: Report
    var input: Int32 = -1
    var output: Int32 = -1
    var error: Int32 = -1
    /// The terminal's master; input and output are -1 then.
    var master: Int32 = -1
}

/// Pipes or inherited streams, seen from both sides.
struct StreamEnds {
    var child: (input: Int32, output: Int32, error: Int32) = (0, 1, 2)
    var parent: (input: Int32, output: Int32, error: Int32) = (-1, -1, -1)

    init(_ process: ProcessPlan) throws(LaunchFailure) {
        if process.terminal || process.stdio.rawValue == StdioMode.inherit.rawValue { return }
        if process.openStdin {
            var ends: (Int32, Int32) = (-1, -1)
            try makePipe(&ends, O_CLOEXEC)
            child.input = ends.0
            parent.input = ends.1
            setNonBlocking(ends.1)
        }
        for isError in [false, true] {
            var ends: (Int32, Int32) = (-1, -1)
            try makePipe(&ends, O_CLOEXEC)
            setNonBlocking(ends.0)
            if isError { (parent.error, child.error) = ends } else { (parent.output, child.output) = ends }
        }
    }

    func closeChildSide() {
        for descriptor in [child.input, child.output, child.error] where descriptor > 2 { closeDescriptor(descriptor) }
    }

    func closeParentSide() {
        for descriptor in [parent.input, parent.output, parent.error] { closeDescriptor(descriptor) }
    }
}

/// Makes a container's first process and looks after it until it stands ready.
struct Launcher {
    let plan: LaunchPlan
    let onWarning: (LaunchFailure) -> Void

    private func creates(_ kind: NamespaceKind) -> Bool {
        for namespace in plan.namespaces where namespace.kind.rawValue == kind.rawValue && namespace.path == nil {
            return true
        }
        return false
    }

    func launch() throws(LaunchFailure) -> LaunchedProcess {
        let mounts = try PreparedMounts(plan, bindDevices: creates(.user))
        defer { mounts.closeAll() }
        let joins = try openNamespaces()
        let files = try openCgroupFiles()
        let proc = try HostProc()
        let streams = try StreamEnds(plan.process)
        let (report, childReport) = try Report.pair()
        defer {
            for join in joins { closeDescriptor(join.descriptor) }
            for file in files { closeDescriptor(file) }
            closeDescriptor(proc.descriptor)
            closeDescriptor(childReport.descriptor)
            streams.closeChildSide()
        }
        let gate = try makeGate()
        try setTimeOffsets()
        let child = ContainerProcess(
            plan: plan, mounts: mounts, joins: joins, cgroupFiles: files, proc: proc, report: childReport,
            streams: streams.child, gate: gate)
        let pid: Int32
        do throws(LaunchFailure) {
            pid = try makeProcess(child, report)
        } catch {
            streams.closeParentSide()
            throw error
        }
        closeDescriptor(childReport.descriptor)
        if case .fifo(let descriptor) = gate { closeDescriptor(descriptor) }
        var launched = LaunchedProcess(pid: pid, report: report)
        (launched.input, launched.output, launched.error) = streams.parent
        do throws(LaunchFailure) {
            plan.process.applyOOMScore(proc, pid: decimal(Int(pid)), Report(descriptor: -1))
            if creates(.user) {
                try writeMaps(pid, uids: plan.uidMappings, gids: plan.gidMappings)
            }
            if creates(.user) || needsHelper { report.send(.go) }
            launched.master = try waitUntilReady(pid, report)
            return launched
        } catch {
            kill(pid, SIGKILL)
            _ = attempt { waitpid(pid, nil, 0) }
            streams.closeParentSide()
            throw error
        }
    }

    private func openNamespaces() throws(LaunchFailure) -> [OpenNamespace] {
        var joins: [OpenNamespace] = []
        for namespace in plan.namespaces {
            guard let path = namespace.path else { continue }
            let descriptor = try openHost(path, O_RDONLY, step: .openNamespace)
            joins.append(OpenNamespace(kind: namespace.kind, descriptor: descriptor, path: path))
        }
        // The user namespace last: it takes the powers over the host's others away.
        return joins.filter { $0.kind.rawValue != NamespaceKind.user.rawValue }
            + joins.filter { $0.kind.rawValue == NamespaceKind.user.rawValue }
    }

    private func openCgroupFiles() throws(LaunchFailure) -> [Int32] {
        var files: [Int32] = []
        for path in plan.cgroups.processFiles { files.append(try openHost(path, O_WRONLY, step: .openCgroup)) }
        return files
    }

    /// The fifo of a container that nobody monitors, filled so that the next write waits for a reader.
    private func makeGate() throws(LaunchFailure) -> StartGate {
        guard plan.supervision.rawValue == Supervision.detach.rawValue else { return .report }
        let path = plan.stateFolder + "/" + StateFile.startGate
        try check(.openStateFolder, path) { mkfifo(path, 0o600) }
        let low = try openHost(path, O_RDWR, step: .openStateFolder)
        defer { closeDescriptor(low) }
        let fifo = try check(.openStateFolder, path) { hako_fcntl(low, F_DUPFD_CLOEXEC, Report.descriptorFloor) }
        _ = hako_fcntl(fifo, F_SETPIPE_SZ, 4096)
        setNonBlocking(fifo)
        let filling = [UInt8](repeating: 0, count: 4096)
        while attempt({ write(fifo, filling, filling.count) }) != nil {}
        _ = hako_fcntl(fifo, F_SETFL, Int(hako_fcntl(fifo, F_GETFL, 0) & ~O_NONBLOCK))
        return .fifo(fifo)
    }

    /// For the children of this process; itself stays in its time namespace.
    private func setTimeOffsets() throws(LaunchFailure) {
        guard creates(.time) else { return }
        try check(.setTimeOffset, "new time namespace") { unshare(Int32(bitPattern: UInt32(NamespaceKind.time.flag))) }
        var lines = ""
        for (clock, offset) in [("monotonic", plan.monotonicOffset), ("boottime", plan.boottimeOffset)] {
            guard let offset else { continue }
            lines += clock + " " + decimal(Int(offset.seconds)) + " " + decimal(Int(offset.nanoseconds)) + "\n"
        }
        guard !lines.utf8.isEmpty else { return }
        let file = try openHost("/proc/self/timens_offsets", O_WRONLY, step: .setTimeOffset)
        defer { closeDescriptor(file) }
        let bytes = Array(lines.utf8)
        try check(.setTimeOffset, "timens_offsets") { write(file, bytes, bytes.count) }
    }

    /// clone3 with the new namespaces, into the cgroup where that is one. Gives the pid as seen from here.
    private func makeProcess(_ child: ContainerProcess, _ report: Report) throws(LaunchFailure) -> Int32 {
        var flags: UInt64 = 0
        for namespace in plan.namespaces where namespace.path == nil {
            // The cgroup namespace is rooted where its maker is, so it comes after joining; time is for children.
            switch namespace.kind {
            case .cgroup, .time: continue
            default: flags |= namespace.kind.flag
            }
        }
        var cgroup: Int32 = 0
        if let folder = plan.cgroups.unifiedFolder {
            cgroup = try openHost(folder, O_RDONLY | O_DIRECTORY, step: .openCgroup)
        }
        defer { if cgroup > 0 { closeDescriptor(cgroup) } }
        if cgroup > 0 { flags |= CloneFlag.intoCgroup }
        for join in child.joins where join.kind.rawValue == NamespaceKind.pid.rawValue { try join.join() }
        if needsHelper { return try makeThroughHelper(child, flags, cgroup, report) }
        let pid = try check(.makeProcess, "clone3") { hako_clone3(flags, SIGCHLD, cgroup, nil) }
        if pid == 0 {
            // With this end open here, the death of the parent would never be seen.
            closeDescriptor(report.descriptor)
            child.run(joined: false)
        }
        return pid
    }

    private var needsHelper: Bool {
        var joins = false, hasUser = false
        for namespace in plan.namespaces {
            if namespace.path != nil { joins = true }
            if namespace.kind.rawValue == NamespaceKind.user.rawValue { hasUser = true }
        }
        return joins && hasUser
    }

    /// With a user namespace and others to join, the joined ones are entered before the new ones are made: by a
    /// process in between, whose child is this one's.
    private func makeThroughHelper(
        _ child: ContainerProcess, _ flags: UInt64, _ cgroup: Int32, _ report: Report
    ) throws(LaunchFailure) -> Int32 {
        let helper = try check(.makeProcess, "clone3") { hako_clone3(0, SIGCHLD, 0, nil) }
        if helper == 0 {
            closeDescriptor(report.descriptor)
            do throws(LaunchFailure) {
                for join in child.joins where join.kind.rawValue != NamespaceKind.pid.rawValue { try join.join() }
                let pid = try check(.makeProcess, "clone3") { hako_clone3(flags | CloneFlag.parent, 0, cgroup, nil) }
                if pid == 0 { child.run(joined: true) }
                var writer = PlanWriter()
                writer.put(pid)
                child.report.send(.born, writer.bytes)
                _exit(0)
            } catch {
                child.report.fail(error)
                _exit(1)
            }
        }
        _ = attempt { waitpid(helper, nil, 0) }
        guard let record = report.receive() else {
            throw LaunchFailure(step: .makeProcess, errno: ESRCH, subject: "helper")
        }
        if record.kind.rawValue == Report.Kind.failed.rawValue { throw record.failure }
        var reader = PlanReader(record.payload)
        do throws(PlanError) { return try reader.number() } catch {
            throw LaunchFailure(step: .makeProcess, errno: EBADMSG, subject: "helper")
        }
    }

    /// Gives the terminal's master, -1 without one.
    private func waitUntilReady(_ pid: Int32, _ report: Report) throws(LaunchFailure) -> Int32 {
        while let record = report.receive() {
            switch record.kind {
            case .furnished:
                let hooks = Hooks(plan: plan)
                try hooks.run(.prestart, pid: pid)
                try hooks.run(.createRuntime, pid: pid)
                report.send(.go)
            case .needsSources: try sendSources(record, report)
            case .ready: return record.descriptor
            case .failed: throw record.failure
            case .warning: onWarning(record.failure)
            case .born, .go: break
            }
        }
        throw LaunchFailure(step: .processEnded, errno: 0, subject: "")
    }

    private func sendSources(_ request: Report.Record, _ report: Report) throws(LaunchFailure) {
        var reader = PlanReader(request.payload)
        guard let first = try? Int(reader.number(Int32.self)), plan.mounts.indices.contains(first) else {
            throw LaunchFailure(step: .badRequest, errno: EBADMSG, subject: "")
        }
        for step in plan.mounts[first...] {
            if step.kind == .filesystem { return }
            guard step.kind == .bind else { continue }
            let tree = try PreparedMounts.bindSource(step, plan)
            report.send(.go, passing: tree)
            closeDescriptor(tree)
        }
    }
}
