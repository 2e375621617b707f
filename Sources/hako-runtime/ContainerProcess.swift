import CLinux

/// The container's first process between clone and exec: furnishes its namespaces and root, then becomes the payload.
///
///     parent                         this process
///     clone3 ───────────────────────►
///     id maps, go ──────────────────► joins cgroups and namespaces, mounts
///     trees ◄───────────────────────► needs the sources of binds (for each row of them)
///     hooks of the host's side ◄───── furnished (only with hooks)
///     go ───────────────────────────► hides paths, pivots, drops powers, finds the program
///                              ◄───── ready (with the terminal's master)
///     go (start) ───────────────────► exec; the report socket ends
struct ContainerProcess {
    let plan: LaunchPlan
    let mounts: PreparedMounts
    let joins: [OpenNamespace]
    let cgroupFiles: [Int32]
    let proc: HostProc
    let report: Report
    let streams: (input: Int32, output: Int32, error: Int32)
    let gate: StartGate

    private func creates(_ kind: NamespaceKind) -> Bool {
        for namespace in plan.namespaces where namespace.kind.rawValue == kind.rawValue && namespace.path == nil {
            return true
        }
        return false
    }

    private var joinsUser: Bool {
        for namespace in joins where namespace.kind.rawValue == NamespaceKind.user.rawValue { return true }
        return false
    }

    func run(joined: Bool) -> Never {
        do throws(LaunchFailure) {
            try joinAll(joined: joined)
            let terminal = try furnish()
            try leaveHost()
            if let terminal { try terminal.control() }
            let payload = Payload(
                process: plan.process, report: report,
                streams: terminal.map { ($0.slave, $0.slave, $0.slave) } ?? streams,
                terminalMaster: terminal?.master ?? -1, gate: gate,
                diesWithParent: plan.supervision.rawValue == Supervision.monitor.rawValue, actsAsInit: plan.actsAsInit,
                isFirst: true, hooks: plan.hooks.isEmpty ? nil : Hooks(plan: plan))
            payload.run(plan.process.appArmorProfile == nil && plan.process.selinuxLabel == nil ? nil : proc)
        } catch {
            report.fail(error)
            _exit(1)
        }
    }

    private func joinAll(joined: Bool) throws(LaunchFailure) {
        // In another container's pid namespace that container sees this process: not its memory, files or program.
        for namespace in joins where namespace.kind.rawValue == NamespaceKind.pid.rawValue {
            _ = hako_prctl(4, 0, 0, 0, 0)
        }
        // A helper tells of this process first: nothing may come before that on the socket.
        if (creates(.user) || joined) && !report.waitForGo() { _exit(1) }
        for (index, file) in cgroupFiles.enumerated() {
            try check(.joinCgroup, plan.cgroups.processFiles[index]) { write(file, "0", 1) }
            closeDescriptor(file)
        }
        if !joined {
            for namespace in joins where namespace.kind.rawValue != NamespaceKind.pid.rawValue { try namespace.join() }
        }
        if creates(.cgroup) {
            try check(.joinNamespace, "new cgroup namespace") {
                unshare(Int32(bitPattern: UInt32(NamespaceKind.cgroup.flag)))
            }
        }
        if creates(.user) || joinsUser {
            try check(.setUserInNamespace, "gid 0") { setresgid(0, 0, 0) }
            try check(.setUserInNamespace, "uid 0") { setresuid(0, 0, 0) }
        }
        try check(.makeProcess, "session") { setsid() }
        _ = umask(0)
    }

    /// Everything below the root, and the terminal.
    private func furnish() throws(LaunchFailure) -> Terminal? {
        let root = RootFolder(descriptor: mounts.root)
        if creates(.mount) {
            let propagation = plan.rootPropagation & MountFlag.isPrivate != 0 ? MountFlag.isPrivate : MountFlag.slave
            try check(.mountRoot, "/") { mount(nil, "/", nil, UInt(propagation | MountFlag.recursive), nil) }
            let top = try openHost("/", O_PATH | O_DIRECTORY, step: .mountRoot)
            try check(.mountRoot, plan.rootPath) { hako_move_mount(mounts.root, top) }
            closeDescriptor(top)
            try carryOutMounts(root)
            for (index, device) in plan.devices.enumerated() {
                try root.makeDevice(device, bound: index < mounts.devices.count ? mounts.devices[index] : -1)
            }
        }
        var terminal: Terminal?
        if plan.process.terminal {
            let made = try Terminal(root, rows: plan.process.rows, columns: plan.process.columns)
            if creates(.mount) { try made.bindConsole(root) }
            terminal = made
        }
        let hooks = Hooks(plan: plan)
        if hooks.has(.prestart) || hooks.has(.createRuntime) {
            report.send(.furnished)
            guard report.waitForGo() else { _exit(1) }
        }
        try hooks.run(.createContainer, pid: getpid())
        return terminal
    }

    private func carryOutMounts(_ root: RootFolder) throws(LaunchFailure) {
        var hasAsked = false
        for (index, step) in plan.mounts.enumerated() {
            var source: Int32 = -1
            if step.kind == .filesystem { hasAsked = false }
            if step.kind == .bind {
                if !hasAsked { report.askForSources(from: index) }
                hasAsked = true
                guard let tree = report.receiveSource() else { _exit(1) }  // the parent failed, and says why
                source = tree
            }
            defer { closeDescriptor(source) }
            try root.carryOut(step, source: source)
        }
    }

    private func leaveHost() throws(LaunchFailure) {
        if let hostname = plan.hostname {
            try check(.setHostname, hostname) { sethostname(hostname, hostname.utf8.count) }
        }
        if let domainname = plan.domainname {
            try check(.setHostname, domainname) { setdomainname(domainname, domainname.utf8.count) }
        }
        for sysctl in plan.sysctls { try set(sysctl) }
        guard creates(.mount) else {
            try check(.pivotRoot, plan.rootPath) { chdir(plan.rootPath) }
            try check(.pivotRoot, plan.rootPath) { chroot(".") }
            return
        }
        let root = RootFolder(descriptor: mounts.root)
        var concealer = try Concealer(root)
        for path in plan.readOnlyPaths { try concealer.makeReadOnly(path) }
        for path in plan.maskedPaths { try concealer.mask(path) }
        concealer.finish()
        if plan.rootIsReadOnly {
            try setAttributes(mounts.root, set: MountFlag.readOnly, step: .makeReadOnly, "/")
        }
        try check(.pivotRoot, plan.rootPath) { fchdir(mounts.root) }
        try check(.pivotRoot, plan.rootPath) { hako_pivot_root(".", ".") }
        try check(.pivotRoot, "old root") { umount2(".", hako_mnt_detach()) }
        try check(.pivotRoot, "/") { chdir("/") }
        if plan.rootPropagation & MountFlag.anyPropagation != 0 {
            try check(.pivotRoot, "propagation of /") { mount(nil, "/", nil, UInt(plan.rootPropagation), nil) }
        }
    }

    /// "net.ipv4.ip_forward" and "net/ipv4/ip_forward" are the same; in the latter dots belong to names (eth0.1).
    private func set(_ sysctl: SysctlPlan) throws(LaunchFailure) {
        var path = Array(sysctl.key.utf8)
        if !path.contains(47) { path = path.map { $0 == 46 ? 47 : $0 } }
        if !proc.write("sys/" + text(path), sysctl.value) {
            throw LaunchFailure(step: .setSysctl, errno: hako_errno(), subject: sysctl.key)
        }
    }
}
