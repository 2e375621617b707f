import CLinux
import Fault
import JSON
import Linux

private let creationFlags = [
    RuntimeFlag("bundle", short: "b", value: "FOLDER", "the bundle (default: the current folder)"),
    RuntimeFlag("console-socket", value: "PATH", "unix socket that gets the terminal's master"),
    RuntimeFlag("pid-file", value: "PATH", "file to write the process id to"),
    RuntimeFlag("no-pivot", "accepted and not used"),
    RuntimeFlag("no-new-keyring", "accepted: no keyring is made"),
    RuntimeFlag("preserve-fds", value: "N", "pass N more descriptors to the container (default: 0)"),
]

let createCommand = RuntimeCommand(
    name: "create", usage: "[OPTIONS] CONTAINER", help: "Create a container", flags: creationFlags
) { invocation in
    do {
        let creation = try Creation(invocation, isDetached: true)
        try creation.make(.detach)
        return 0
    } catch {
        throw Fault(.invalid, "hako create failed: \(sentence(error))", cause: error)
    }
}

let startCommand = RuntimeCommand(
    name: "start", usage: "CONTAINER", help: "Start the program of a created container", flags: []
) { invocation in
    var container = try OCIContainer.load(try invocation.arguments.container(), root: invocation.root)
    try start(&container, invocation.report)
    return 0
}

let runCommand = RuntimeCommand(
    name: "run", usage: "[OPTIONS] CONTAINER", help: "Create and start a container, and wait for it",
    flags: creationFlags + [
        RuntimeFlag("detach", short: "d", "don't wait"),
        RuntimeFlag("keep", "don't delete the container when it has ended"),
        RuntimeFlag("no-subreaper", "accepted and not needed"),
    ]
) { invocation in
    do {
        let isDetached = invocation.arguments.isOn("detach")
        let creation = try Creation(invocation, isDetached: isDetached)
        if isDetached {
            var container = try creation.make(.detach).container
            do {
                try start(&container, invocation.report)
            } catch {
                try? delete(container, invocation.report, force: true)
                throw error
            }
            return 0
        }
        return try creation.runToEnd(keeps: invocation.arguments.isOn("keep"))
    } catch {
        throw Fault(.invalid, "hako run failed: \(sentence(error))", cause: error)
    }
}

/// Lets a created container's process go on, and hears whether it could be executed.
private func start(_ container: inout OCIContainer, _ report: RuntimeReport) throws {
    let lock = try container.lock()
    defer { lock.close() }
    switch container.status {
    case .created: break
    case .stopped: throw Fault(.conflict, "cannot start a container that has stopped")
    case .creating: throw Fault(.conflict, "cannot start a container that is being created")
    case .running, .paused: throw Fault(.conflict, "cannot start an already running container")
    }
    let gate = try OwnedDescriptor.open(container.gate, O_RDONLY)
    let bytes = try gate.readToEnd(limit: 1 << 20, subject: container.gate)
    unlink(container.gate)
    // The fifo was full of zeroes; what follows them is a failure, if anything.
    let answer = Array(bytes.drop { $0 == 0 })
    if !answer.isEmpty { throw RuntimeSpawn.failure(answer) }
    for hook in try PlanHooks.plan(PlanValue(container.spec["hooks"], path: "hooks")) where hook.moment == .poststart {
        do {
            try RuntimeHooks.run(hook, state: container.hookState(.running))
        } catch {
            // runtime-spec 1.2, lifecycle 9: stop it, and go on with what follows its end.
            _ = container.signal(SIGKILL)
            throw error
        }
    }
}

/// Makes a container from a bundle.
struct Creation {
    let invocation: RuntimeInvocation
    let id: String
    let bundle: String
    let spec: JSON
    let isDetached: Bool
    private var arguments: RuntimeArguments { invocation.arguments }

    init(_ invocation: RuntimeInvocation, isDetached: Bool) throws {
        self.invocation = invocation
        self.isDetached = isDetached
        id = try invocation.arguments.container()
        try OCIContainer.check(id)
        bundle = try Self.real(RuntimeCommandLine.absolute(invocation.arguments.text("bundle") ?? ""))
        let path = bundle + "/config.json"
        do {
            spec = try JSON(parsing: KernelFile.bytes(path, limit: OCIContainer.Limit.document))
        } catch let error as KernelError where error.errno == ENOENT {
            throw Fault(.notFound, "JSON specification file config.json not found", cause: error)
        } catch let error as JSONError {
            throw Fault(.invalid, "\(path) is no configuration: \(error)", cause: error)
        }
        let hasTerminal = spec["process"]["terminal"].bool == true
        let socket = invocation.arguments.text("console-socket") ?? ""
        if isDetached, hasTerminal, socket.isEmpty {
            throw Fault(.invalid, "cannot allocate tty if runc will detach without setting console socket")
        }
        if !socket.isEmpty, !(isDetached && hasTerminal) {
            throw Fault(.invalid, "cannot use console socket if runc will not detach or allocate tty")
        }
    }

    private static func real(_ path: String) throws(Fault) -> String {
        guard let resolved = realpath(path, nil) else {
            throw Fault(.notFound, "bundle \(path): \(KernelError(call: "", subject: "", errno: hako_errno()).reason)")
        }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    /// State folder, control group and process. What was made is taken away again when a later step fails.
    @discardableResult
    func make(
        _ supervision: Supervision, console: OwnedDescriptor? = nil
    ) throws -> (container: OCIContainer, spawn: RuntimeSpawn, group: any ControlGroup) {
        var container = OCIContainer(
            id: id, root: invocation.root,
            record: [
                "id": .string(id), "bundle": .string(bundle), "pid": 0, "created": JSON(Timestamp.now()),
                "owner": .string(getuid() == 0 ? "" : "\(getuid())"), "spec": spec,
            ])
        try makeFolder(container)
        do {
            let made = try launch(&container, supervision, console)
            return (container, made.0, made.1)
        } catch {
            container.removeFolder()
            throw error
        }
    }

    private func makeFolder(_ container: OCIContainer) throws {
        var reached = ""
        for part in invocation.root.split(separator: "/") {
            reached += "/" + part
            if mkdir(reached, 0o711) != 0, hako_errno() != EEXIST {
                throw KernelError(call: "mkdir", subject: reached, errno: hako_errno())
            }
        }
        if mkdir(container.folder, 0o700) != 0 {
            if hako_errno() == EEXIST { throw Fault(.conflict, "container with given ID already exists") }
            throw KernelError(call: "mkdir", subject: container.folder, errno: hako_errno())
        }
    }

    private func launch(
        _ container: inout OCIContainer, _ supervision: Supervision, _ console: OwnedDescriptor?
    ) throws -> (RuntimeSpawn, any ControlGroup) {
        let context = PlanContext(
            id: id, bundle: bundle, stateFolder: container.folder, supervision: supervision, groups: try ControlGroups()
        )
        var plan = try planContainer(spec, context)
        for warning in plan.warnings { invocation.report.warning(warning) }
        plan.launch.process.stdio = .inherit
        let preserved = try RuntimeDescriptors.preserved(arguments, &plan.launch.process)
        let group = spec["linux"]["cgroupsPath"].string ?? ""
        container.record["cgroupPath"] = .string(group.isEmpty ? id : group)
        let socket = try console ?? RuntimeDescriptors.console(arguments.text("console-socket"))
        try plan.prepareGroup()
        do {
            let spawn = try RuntimeSpawn(plan: plan.launch.encoded(), console: socket, preserved: preserved)
            let pid = try spawn.waitUntilCreated(invocation.report)
            container.record["pid"] = JSON(pid)
            container.record["startTime"] = .string("\(Proc.status(pid)?.startTime ?? 0)")
            do {
                try container.save()
                try RuntimeDescriptors.writePID(pid, arguments.text("pid-file"))
            } catch {
                kill(pid, SIGKILL)
                throw error
            }
            if supervision == .detach { spawn.wait() }
            return (spawn, plan.group)
        } catch {
            try? plan.group.remove()
            // runtime-spec 1.2, lifecycle 3 to 6: what fails here goes on with step 12, the container's end.
            runPoststopHooks(container, invocation.report)
            throw error
        }
    }

    /// `run` without `--detach`: relays signals and the terminal, and deletes the container at its end.
    func runToEnd(keeps: Bool) throws -> Int32 {
        let foreground = Foreground()
        let hasTerminal = spec["process"]["terminal"].bool == true
        let pair = hasTerminal ? try RuntimeDescriptors.socketPair() : nil
        let (container, spawn, _) = try make(.wait, console: pair?.far)
        pair?.far.close()
        func clean() { if !keeps { try? delete(container, invocation.report, force: true) } }
        do {
            let terminal = try pair.map { try Foreground.Terminal(master: RuntimeDescriptors.receive($0.near)) }
            try spawn.waitUntilStarted(invocation.report)
            invocation.report.releaseWarnings()
            let code = foreground.follow(spawn, terminal)
            clean()
            return code
        } catch {
            clean()
            throw error
        }
    }
}

/// Descriptors that come with a command line.
enum RuntimeDescriptors {
    /// How many descriptors from 3 on the process gets: `--preserve-fds`, and those of socket activation before them.
    static func preserved(_ arguments: RuntimeArguments, _ process: inout ProcessPlan) throws(Fault) -> Int {
        var count = try arguments.number("preserve-fds", Int.self) ?? 0
        if let text = getenv("LISTEN_FDS"), let listening = Int(String(cString: text)), listening > 0 {
            count += listening
            process.environment += ["LISTEN_FDS=\(listening)", "LISTEN_PID=1"]
        }
        guard (0...Int(PlanLimit.preservedDescriptors)).contains(count) else {
            throw Fault(.invalid, "at most \(PlanLimit.preservedDescriptors) descriptors can be preserved")
        }
        for descriptor in 3..<(3 + count) where lseek(Int32(descriptor), 0, SEEK_CUR) == -1 && hako_errno() == EBADF {
            throw Fault(.invalid, "please check that preserved-fd \(descriptor - 3) (of \(count)) is present")
        }
        process.preservedDescriptors = UInt32(count)
        return count
    }

    /// A connection to the socket at `path`; nil without one.
    static func console(_ path: String?) throws(Fault) -> OwnedDescriptor? {
        guard let path, !path.isEmpty else { return nil }
        do throws(KernelError) {
            // By way of the socket's own descriptor, since an address holds 107 bytes only.
            let file = try OwnedDescriptor.open(path, O_PATH)
            let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
            let socket = OwnedDescriptor(taking: try kernel("socket", path) { CLinux.socket(AF_UNIX, kind, 0) })
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            let name = Array(file.procPath.utf8)
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
            try kernel("connect", path) { hako_connect_unix(socket.raw, &address) }
            return socket
        } catch {
            throw Fault(.invalid, "can't use the console socket: \(error)", cause: error)
        }
    }

    static func socketPair() throws(KernelError) -> (near: OwnedDescriptor, far: OwnedDescriptor) {
        var ends: [Int32] = [-1, -1]
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        try kernel("socketpair", "console") { CLinux.socketpair(AF_UNIX, kind, 0, &ends) }
        return (OwnedDescriptor(taking: ends[0]), OwnedDescriptor(taking: ends[1]))
    }

    static func receive(_ socket: OwnedDescriptor) throws(KernelError) -> OwnedDescriptor {
        var name = [UInt8](repeating: 0, count: 256), passed: Int32 = -1
        try kernel("recvmsg", "console") { hako_receive_with_fd(socket.raw, &name, name.count, &passed) }
        guard passed >= 0 else { throw KernelError(call: "recvmsg", subject: "console", errno: EBADMSG) }
        return OwnedDescriptor(taking: passed)
    }

    /// A reader sees no half of it.
    static func writePID(_ pid: Int32, _ path: String?) throws(KernelError) {
        guard let path, !path.isEmpty else { return }
        let slash = path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex
        let temporary = path[..<slash] + "." + path[slash...]
        let file = try OwnedDescriptor.open(String(temporary), O_WRONLY | O_CREAT | O_TRUNC, mode: 0o644)
        try file.writeAll(Array("\(pid)".utf8))
        try kernel("rename", path) { rename(String(temporary), path) }
    }
}
