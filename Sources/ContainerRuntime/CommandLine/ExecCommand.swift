import CLinux
import Fault
import JSON
import Linux

let execCommand = RuntimeCommand(
    name: "exec", usage: "[OPTIONS] CONTAINER COMMAND [ARG...]", help: "Run a process in a running container",
    flags: [
        RuntimeFlag("console-socket", value: "PATH", "unix socket that gets the terminal's master"),
        RuntimeFlag("cwd", value: "FOLDER", "working folder in the container"),
        RuntimeFlag("env", short: "e", value: "NAME=VALUE", "set an environment variable"),
        RuntimeFlag("tty", short: "t", "give it a terminal"),
        RuntimeFlag("user", short: "u", value: "UID[:GID]", "user to run as"),
        RuntimeFlag("additional-gids", short: "g", value: "GID", "additional group"),
        RuntimeFlag("process", short: "p", value: "FILE", "the process as JSON"),
        RuntimeFlag("detach", short: "d", "don't wait"),
        RuntimeFlag("pid-file", value: "PATH", "file to write the process id to"),
        RuntimeFlag("process-label", value: "LABEL", "SELinux label"),
        RuntimeFlag("apparmor", value: "PROFILE", "AppArmor profile"),
        RuntimeFlag("no-new-privs", "forbid the process to gain privileges"),
        RuntimeFlag("cap", short: "c", value: "CAP", "add a capability"),
        RuntimeFlag("preserve-fds", value: "N", "pass N more descriptors to the process"),
        RuntimeFlag("cgroup", value: "PATH", "run in a cgroup below the container's"),
        RuntimeFlag("ignore-paused", "allow it in a paused container"),
    ], stopsAtOperand: true
) { invocation in
    do {
        return try ExecInvocation(invocation).run()
    } catch {
        throw Fault(.invalid, "exec failed: \(sentence(error))", cause: error)
    }
}

private struct ExecInvocation {
    let invocation: RuntimeInvocation
    let container: OCIContainer
    let process: JSON
    private var arguments: RuntimeArguments { invocation.arguments }

    init(_ invocation: RuntimeInvocation) throws {
        self.invocation = invocation
        guard let id = invocation.arguments.operands.first else {
            throw Fault(.invalid, "container id cannot be empty")
        }
        container = try OCIContainer.load(id, root: invocation.root)
        switch container.status {
        case .stopped, .creating: throw Fault(.conflict, "cannot exec in a stopped container")
        case .paused where !invocation.arguments.isOn("ignore-paused"):
            throw Fault(.conflict, "cannot exec in a paused container (use --ignore-paused to override)")
        default: break
        }
        process = try Self.process(invocation.arguments, container.spec)
    }

    /// The file of `--process`, or the container's own process with what the flags change.
    private static func process(_ arguments: RuntimeArguments, _ spec: JSON) throws -> JSON {
        if let path = arguments.text("process") {
            return try JSON(parsing: KernelFile.bytes(path, limit: OCIContainer.Limit.document))
        }
        var process = spec["process"]
        let command = Array(arguments.operands.dropFirst())
        guard !command.isEmpty else { throw Fault(.invalid, "process args cannot be empty") }
        process["args"] = JSON(command)
        if let folder = arguments.text("cwd") { process["cwd"] = .string(folder) }
        if let label = arguments.text("process-label") { process["selinuxLabel"] = .string(label) }
        if let profile = arguments.text("apparmor") { process["apparmorProfile"] = .string(profile) }
        process["env"] = JSON(process["env"].strings + arguments.all("env"))
        process["terminal"] = .bool(arguments.isOn("tty"))
        if arguments.isOn("no-new-privs") { process["noNewPrivileges"] = true }
        for name in arguments.all("cap") {
            for set in ["bounding", "effective", "permitted"] {
                process["capabilities", set] = JSON(process["capabilities"][set].strings + [name])
            }
        }
        if let user = arguments.text("user") { try setUser(&process, user) }
        let groups = arguments.all("additional-gids")
        if !groups.isEmpty {
            process["user", "additionalGids"] = .array(
                (process["user"]["additionalGids"].array ?? []) + groups.compactMap { Int64($0).map(JSON.int) })
        }
        return process
    }

    private static func setUser(_ process: inout JSON, _ text: String) throws(Fault) {
        let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
        guard let uid = parts.first.flatMap({ UInt32($0) }) else {
            throw Fault(.invalid, "parsing \(text) as int for uid failed: the user must be a number here")
        }
        process["user", "uid"] = JSON(uid)
        if parts.count > 1 {
            guard let gid = UInt32(parts[1]) else { throw Fault(.invalid, "parsing \(parts[1]) as int for gid failed") }
            process["user", "gid"] = JSON(gid)
        }
    }

    func run() throws -> Int32 {
        let isDetached = arguments.isOn("detach")
        let hasTerminal = process["terminal"].bool == true
        let socketPath = arguments.text("console-socket")
        if isDetached, hasTerminal, socketPath == nil {
            throw Fault(.invalid, "cannot allocate tty if runc will detach without setting console socket")
        }
        let (exec, warnings) = try planExec(
            id: "\(getpid())", process: process, spec: container.spec, target: container.pid,
            supervision: isDetached ? .detach : .wait, group: try group())
        for warning in warnings { invocation.report.warning(warning) }
        var plan = exec
        plan.process.stdio = .inherit
        let preserved = try RuntimeDescriptors.preserved(arguments, &plan.process)
        let foreground = isDetached ? nil : Foreground()
        let pair = hasTerminal && socketPath == nil ? try RuntimeDescriptors.socketPair() : nil
        let spawn = try RuntimeSpawn(
            plan: plan.encoded(), console: try pair?.far ?? RuntimeDescriptors.console(socketPath), preserved: preserved
        )
        pair?.far.close()
        let pid = try spawn.waitUntilCreated(invocation.report)
        try RuntimeDescriptors.writePID(pid, arguments.text("pid-file"))
        let terminal = try pair.map { Foreground.Terminal(master: try RuntimeDescriptors.receive($0.near)) }
        try spawn.waitUntilStarted(invocation.report)
        invocation.report.releaseWarnings()
        guard let foreground else {
            spawn.wait()
            return 0
        }
        return foreground.follow(spawn, terminal)
    }

    /// The container's, or one below it.
    private func group() throws(Fault) -> any ControlGroup {
        guard let inner = arguments.text("cgroup"), inner != "/" else { return try container.group() }
        guard !inner.contains(":") else {
            throw Fault(
                .notImplemented,
                "--cgroup with a controller's name isn't supported: give a path below the container's cgroup")
        }
        let base = container.record["cgroupPath"].string ?? container.id
        let group = try ControlGroups().group(base + ControlPath.clean(inner))
        guard group.exists else { throw Fault(.notFound, "cgroup \(inner) of container \(container.id) doesn't exist") }
        return group
    }
}
