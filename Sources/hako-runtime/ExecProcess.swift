import CLinux

/// A process that joins a running container. Made by its monitor or by a runtime spawned for it; its parent is
/// whoever made it, wherever it lives.
struct ExecProcess {
    let plan: ExecPlan

    /// Gives the process at once; it reports `ready` or `failed` on its own.
    func make() throws(LaunchFailure) -> LaunchedProcess {
        let target = try check(.notRunning, plan.id) { hako_pidfd_open(plan.target, 0) }
        defer { closeDescriptor(target) }
        let flags = differingNamespaces()
        if flags & NamespaceKind.pid.flag != 0 {
            try check(.joinNamespace, "pid") { setns(target, Int32(bitPattern: UInt32(NamespaceKind.pid.flag))) }
        }
        var files: [Int32] = []
        defer { for file in files { closeDescriptor(file) } }
        for path in plan.cgroups.processFiles { files.append(try openHost(path, O_WRONLY, step: .openCgroup)) }
        var cgroup: Int32 = 0
        if let folder = plan.cgroups.unifiedFolder {
            cgroup = try openHost(folder, O_RDONLY | O_DIRECTORY, step: .openCgroup)
        }
        defer { if cgroup > 0 { closeDescriptor(cgroup) } }
        let proc = try HostProc()
        defer { closeDescriptor(proc.descriptor) }
        let streams = try StreamEnds(plan.process)
        let (report, childReport) = try Report.pair()
        let pid = attempt { hako_clone3(cgroup > 0 ? CloneFlag.intoCgroup : 0, SIGCHLD, cgroup, nil) }
        if pid == 0 {
            run(target, flags & ~NamespaceKind.pid.flag, files, proc, childReport, streams.child)
        }
        let code = hako_errno()
        closeDescriptor(childReport.descriptor)
        streams.closeChildSide()
        guard let pid else {
            streams.closeParentSide()
            closeDescriptor(report.descriptor)
            // A pid namespace whose first process has ended takes no more.
            throw LaunchFailure(step: code == ENOMEM ? .notRunning : .makeProcess, errno: code, subject: plan.id)
        }
        var made = LaunchedProcess(pid: pid, report: report)
        (made.input, made.output, made.error) = streams.parent
        return made
    }

    /// Those in which the target isn't where this process is; entering one's own user namespace is an error.
    private func differingNamespaces() -> UInt64 {
        var flags: UInt64 = 0
        for kind in NamespaceKind.all {
            var mine = stat(), its = stat()
            guard stat("/proc/self/ns/" + kind.fileName, &mine) == 0,
                stat("/proc/" + decimal(Int(plan.target)) + "/ns/" + kind.fileName, &its) == 0
            else { continue }
            if mine.st_ino != its.st_ino { flags |= kind.flag }
        }
        return flags
    }

    private func run(
        _ target: Int32, _ flags: UInt64, _ files: [Int32], _ proc: HostProc, _ report: Report,
        _ streams: (input: Int32, output: Int32, error: Int32)
    ) -> Never {
        do throws(LaunchFailure) {
            // From here on the container may see this process: it must not be able to trace it or reach its files.
            _ = hako_prctl(4, 0, 0, 0, 0)
            plan.process.applyOOMScore(proc, pid: "self", report)
            for (index, file) in files.enumerated() {
                try check(.joinCgroup, plan.cgroups.processFiles[index]) { write(file, "0", 1) }
            }
            closeOthers(
                keeping: [target, proc.descriptor, report.descriptor, streams.input, streams.output, streams.error],
                preserved: plan.process.preservedDescriptors)
            if flags != 0 {
                try check(.joinNamespace, "of the container") { setns(target, Int32(bitPattern: UInt32(flags))) }
            }
            closeDescriptor(target)
            if flags & NamespaceKind.user.flag != 0 {
                try check(.setUserInNamespace, "gid 0") { setresgid(0, 0, 0) }
                try check(.setUserInNamespace, "uid 0") { setresuid(0, 0, 0) }
            }
            try check(.makeProcess, "session") { setsid() }
            var terminal: Terminal?
            if plan.process.terminal {
                let root = try openHost("/", O_PATH | O_DIRECTORY, step: .openTerminal)
                let made = try Terminal(
                    RootFolder(descriptor: root), rows: plan.process.rows, columns: plan.process.columns)
                closeDescriptor(root)
                try made.control()
                terminal = made
            }
            Payload(
                process: plan.process, report: report,
                streams: terminal.map { ($0.slave, $0.slave, $0.slave) } ?? streams,
                terminalMaster: terminal?.master ?? -1, gate: .report,
                diesWithParent: plan.supervision.rawValue == Supervision.monitor.rawValue, actsAsInit: false,
                isFirst: false, hooks: nil
            ).run(plan.process.appArmorProfile == nil && plan.process.selinuxLabel == nil ? nil : proc)
        } catch {
            report.fail(error)
            _exit(1)
        }
    }
}
