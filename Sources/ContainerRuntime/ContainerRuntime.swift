import Fault
import JSON
import Linux
import NIOCore
import NIOPosix
import Synchronization

/// Where the monitor writes the container's output. Rotation is the monitor's, so it goes on while the daemon is away.
package struct LogFile: Sendable, Equatable {
    package enum Format: String, Sendable { case none, jsonFile = "json-file", local }
    package var format: Format
    package var path: String
    /// Bytes; nil: no rotation.
    package var maxSize: Int64?
    package var maxFiles: Int
    /// Rotated files are compressed by somebody, and called `PATH.N.gz` then.
    package var compresses = false
    /// Bytes of output that may wait for the file before more is dropped; nil: the container waits for the file.
    package var bufferSize: Int64?

    package init(format: Format, path: String, maxSize: Int64? = nil, maxFiles: Int = 1) {
        self.format = format
        self.path = path
        self.maxSize = maxSize
        self.maxFiles = maxFiles
    }
}

/// All that is needed to create a container, or a process in one.
package struct Launch: Sendable {
    /// 64 hex digits for the engine; any OCI id for `hako runtime`.
    package var id: String
    /// The OCI runtime-spec 1.2 configuration; `root.path` is absolute.
    package var spec: JSON
    package var log: LogFile
    /// Keep stdin open for clients to attach; otherwise it is /dev/null.
    package var openStdin: Bool
    /// Close stdin when the first attached client that had it goes away.
    package var stdinOnce: Bool

    package init(id: String, spec: JSON, log: LogFile, openStdin: Bool = false, stdinOnce: Bool = false) {
        self.id = id
        self.spec = spec
        self.log = log
        self.openStdin = openStdin
        self.stdinOnce = stdinOnce
    }
}

package struct Exit: Sendable, Equatable {
    /// 0–255; 128 + n when signal n killed it.
    package var code: Int32
    package var oomKilled: Bool
    /// Nanoseconds since the epoch.
    package var finishedAt: Int64
    package init(code: Int32, oomKilled: Bool, finishedAt: Int64) {
        self.code = code
        self.oomKilled = oomKilled
        self.finishedAt = finishedAt
    }
}

/// A client's hold on a monitor's stdio: output frames in order, input with back-pressure.
package protocol MonitorStdio: Sendable {
    /// Stream number (1 stdout, 2 stderr; a terminal's output is all 1) and bytes; nil when output has ended.
    func next() async throws -> (stream: UInt8, bytes: ByteBuffer)?
    func write(_ bytes: ByteBuffer) async throws
    func closeInput() async
    func close() async
}

/// Containers by id, each behind its monitor. The state folder (`/run/hako/containers/ID`) is the truth; this object
/// holds what it read there and may be made anew at any time.
package final class ContainerRuntime: Sendable {
    private let stateRoot: String
    private let program: RuntimeProgram
    private let groups: ControlGroups
    /// What exec and limits need of containers, read once.
    private let known = Mutex<[String: Known]>([:])

    private struct Known: Sendable {
        let spec: JSON
        let group: any ControlGroup
    }

    private enum Limit {
        /// How long a killed container may take to be gone.
        static let death: TimeAmount = .seconds(20)
    }

    /// `stateRoot` holds a folder a container. The runtime program comes from this executable's ELF section, or from
    /// `hako-runtime` beside it, and is run from a sealed memfd.
    package init(stateRoot: String) throws {
        self.stateRoot = stateRoot
        program = RuntimeProgram(try RuntimeImage())
        groups = try ControlGroups()
        try ProcessCalls.makeFolders(stateRoot)
    }

    // MARK: Life

    /// Namespaces, root and cgroup are made and the first process waits to be started. Gives its host pid.
    /// Throws a sentence with step, path and reason, or `StartFailure` when there is no such program; nothing is left
    /// behind then.
    package func create(_ launch: Launch) async throws -> Int32 {
        let folder = try folder(launch.id)
        let (plan, started) = try await blocking { try self.spawn(launch, folder) }
        do {
            let connection = try await MonitorConnection.over(started.control)
            let pid = try await created(connection)
            await connection.close()
            try await blocking {
                ProcessCalls.collect(started.pid)  // it has left its work to the monitor by now
                try folder.write(pid: pid)
            }
            known.withLock { $0[launch.id] = Known(spec: launch.spec, group: plan.group) }
            return pid
        } catch {
            try? await blocking {
                ProcessCalls.collect(started.pid)  // it has left its work to the monitor by now
                try? plan.group.remove()
                try folder.remove()
            }
            throw error
        }
    }

    private func spawn(_ launch: Launch, _ folder: StateFolder) throws -> (ContainerPlan, RuntimeProgram.Started) {
        let context = PlanContext(
            id: launch.id, bundle: folder.path, stateFolder: folder.path, supervision: .monitor, groups: groups)
        var plan = try planContainer(launch.spec, context)
        plan.launch.log = LogPlan(launch.log)
        plan.launch.process.openStdin = launch.openStdin
        plan.launch.process.stdinOnce = launch.stdinOnce
        try folder.make(launch.id)
        do {
            // First, so that whoever finds the folder finds the group.
            try folder.write(configuration: launch.spec)
            try plan.prepareGroup()
            do {
                let null = try ProcessCalls.openNull()
                let log = try folder.openMonitorLog()
                let descriptors = RuntimeProgram.Descriptors(input: null.raw, output: null.raw, error: log.raw)
                return (plan, try program.start(plan.launch.encoded(), descriptors))
            } catch {
                try? plan.group.remove()
                throw error
            }
        } catch {
            try? folder.remove()
            throw error
        }
    }

    private func created(_ connection: MonitorConnection) async throws -> Int32 {
        while let answer = try await connection.next() {
            switch answer {
            case .created(let pid): return pid
            case .failed(let failure): throw failure.error
            case .warning, .done, .exited, .state, .output: continue
            }
        }
        throw Fault(.internalFault, "the container's monitor ended before it answered")
    }

    /// Lets the first process exec. Throws `invalid` with Docker's words when the program can't be run, carrying
    /// exit code 126 or 127 in `StartFailure`.
    package func start(_ id: String) async throws { try await ask(id, .start) }

    /// Ends when the container has; at once when it already had. Any number of callers.
    package func wait(_ id: String) async throws -> Exit {
        let folder = try existing(id)
        if let exit = folder.exit { return exit }
        if let connection = try await MonitorConnection.open(folder.path) {
            if case .exited(let exit)? = try await answer(connection, .wait, Self.text("")) { return exit }
            try Task.checkCancellation()
        }
        return try await blocking { try self.unmonitored(id, folder) }
    }

    /// The end of a container whose monitor is gone: what it wrote, or, when it was killed, 137. Nothing may run
    /// unmonitored, so the rest is killed first.
    private func unmonitored(_ id: String, _ folder: StateFolder) throws -> Exit {
        if let exit = folder.exit { return exit }
        guard folder.exists else { throw Self.noSuch(id) }
        if try ProcessCalls.dialMonitor(folder.path) != nil {
            throw Fault(.unavailable, "the monitor of container \(id) doesn't answer; try again")
        }
        if let exit = folder.exit { return exit }
        if let group = try? lookUp(id).group {
            let left = group.processes()
            if !left.isEmpty {
                group.killAll()
                ProcessCalls.awaitDeath(left, milliseconds: Int32(Limit.death.nanoseconds / 1_000_000))
            }
        }
        let exit = Exit(code: 137, oomKilled: false, finishedAt: ProcessCalls.now)
        do { try folder.write(exit: exit) } catch let error as KernelError where error.errno == ENOENT {
            // Somebody else wrote it meanwhile, or deletes the container.
            return folder.exit ?? exit
        }
        return exit
    }

    /// Kills what still runs, removes cgroup, mounts and state. Idempotent.
    package func delete(_ id: String) async throws {
        let folder = try folder(id)
        guard folder.exists else { return }
        if folder.exit == nil {
            if let connection = try await MonitorConnection.open(folder.path) {
                let group = try? lookUp(id).group
                try await blocking { if group?.isFrozen == true { try group?.thaw() } }
                var writer = PlanWriter()
                writer.put(ProcessCalls.kill)
                _ = try await answer(connection, .signal, writer.bytes)
                try await waitForDeath(id)
            } else {
                _ = try await blocking { try self.unmonitored(id, folder) }
            }
        }
        let known = try? lookUp(id)
        try await blocking {
            try known?.group.remove()
            try folder.remove()
        }
        self.known.withLock { $0[id] = nil }
    }

    /// Ends a container whose state folder was lost while it ran (a cleaner of /run), since nobody could stop it any
    /// more. `pid` is what its record says, and counts only while it is in a control group of the container's name.
    package func killLost(_ id: String, pid: Int32) async throws {
        guard pid > 0, let membership = try? KernelFile.read("/proc/\(pid)/cgroup"),
            let path = membership.split(separator: "\n").compactMap({ $0.split(separator: ":", maxSplits: 2).last })
                .first(where: { $0.hasSuffix("/" + id) })
        else { return }
        let group = try groups.group(String(path))
        try await blocking {
            let left = group.processes()
            group.killAll()
            ProcessCalls.awaitDeath(left, milliseconds: Int32(Limit.death.nanoseconds / 1_000_000))
            try group.remove()
        }
    }

    private func waitForDeath(_ id: String) async throws {
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { _ = try await self.wait(id) }
            tasks.addTask {
                try await Task.sleep(nanoseconds: UInt64(Limit.death.nanoseconds))
                throw Fault(
                    .internalFault,
                    "container \(id) did not die within \(Limit.death.nanoseconds / 1_000_000_000) s of SIGKILL")
            }
            try await tasks.next()
            tasks.cancelAll()
        }
    }

    // MARK: Control

    /// `all`: every process of the container's cgroup.
    package func signal(_ id: String, _ number: Int32, all: Bool = false) async throws {
        if all {
            let group = try lookUp(id).group
            try await blocking { ProcessCalls.signal(group.processes(), number) }
            return
        }
        var writer = PlanWriter()
        writer.put(number)
        try await ask(id, .signal, writer.bytes)
    }

    package func pause(_ id: String) async throws {
        let group = try lookUp(id).group
        try await blocking { try group.freeze() }
    }

    package func resume(_ id: String) async throws {
        let group = try lookUp(id).group
        try await blocking { try group.thaw() }
    }

    /// `resources` is the `linux.resources` object of the runtime-spec.
    package func update(_ id: String, resources: JSON) async throws {
        let group = try lookUp(id).group
        let limits = try controlGroupLimits(resources, isUpdate: true)
        try await blocking { try group.apply(limits) }
    }

    package func resize(_ id: String, exec: String?, rows: UInt16, columns: UInt16) async throws {
        var writer = PlanWriter()
        writer.put(rows)
        writer.put(columns)
        writer.put(exec ?? "")
        try await ask(id, .resize, writer.bytes)
    }

    /// Has the monitor open the log's path anew, after somebody moved the file away.
    package func reopenLog(_ id: String) async throws { try await ask(id, .reopenLog) }

    // MARK: Streams and execs

    /// Joins the container's stdio, or an exec's. Before `start` nothing is missed.
    package func attach(_ id: String, exec: String?, stdin: Bool) async throws -> any MonitorStdio {
        let connection = try await connect(id)
        var writer = PlanWriter()
        writer.put(stdin)
        writer.put(exec ?? "")
        try await connection.send(.attach, writer.bytes)
        switch try await connection.next() {
        case .failed(let failure): throw failure.error
        case .none: throw Self.notRunning(id)
        default: return AttachedStdio(connection: connection)
        }
    }

    /// Starts a process in the container; `process` is the runtime-spec's process object. Gives its host pid.
    /// With `openStdin` false its stdin is /dev/null. Clients that `attach` before output comes miss nothing: the
    /// process is started by the first attach when `waitForAttach`.
    package func exec(_ id: String, execID: String, process: JSON, openStdin: Bool, waitForAttach: Bool) async throws
        -> Int32
    {
        let known = try lookUp(id)
        if try await blocking({ known.group.isFrozen }) {
            throw Fault(.conflict, "Container \(id) is paused, unpause the container before exec")
        }
        // The monitor knows the first process's pid and puts it in.
        var (plan, _) = try planExec(
            id: execID, process: process, spec: known.spec, target: 0, supervision: .monitor, group: known.group)
        plan.process.openStdin = openStdin
        plan.waitsForAttach = waitForAttach
        let connection = try await connect(id)
        try await connection.send(.exec, plan.encoded())
        let pid = try await created(connection)
        await connection.close()
        return pid
    }

    package func waitExec(_ id: String, execID: String) async throws -> Exit {
        let folder = try existing(id)
        if let connection = try await MonitorConnection.open(folder.path) {
            switch try await answer(connection, .wait, Self.text(execID)) {
            case .exited(let exit): return exit
            case .failed(let failure): throw failure.error
            default: try Task.checkCancellation()
            }
        }
        if let exit = folder.exit(ofExec: execID) { return exit }
        return Exit(code: 137, oomKilled: false, finishedAt: folder.exit?.finishedAt ?? ProcessCalls.now)
    }

    // MARK: Looking

    /// Host pids of all processes in the container's cgroup.
    package func processes(_ id: String) async throws -> [Int32] {
        let group = try lookUp(id).group
        return try await blocking { group.processes() }
    }

    /// Cgroup counters in the shape of the Engine API's stats document (`cpu_stats`, `memory_stats`, `pids_stats`, `blkio_stats`).
    package func statistics(_ id: String) async throws -> JSON {
        let group = try lookUp(id).group
        return try await blocking { statisticsDocument(group.statistics()) }
    }

    /// What the state folder says: nil when there is no such container.
    package func state(_ id: String) async throws -> RuntimeState? {
        let folder = try folder(id)
        guard folder.exists else { return nil }
        if folder.exit == nil, let connection = try await MonitorConnection.open(folder.path),
            case .state(let state, let pid)? = try await answer(connection, .state), state != .stopped
        {
            let isFrozen = (try? lookUp(id).group.isFrozen) ?? false
            let status: RuntimeState.Status = isFrozen ? .paused : state == .created ? .created : .running
            return RuntimeState(id: id, status: status, pid: pid, exit: nil)
        }
        guard folder.pid != nil || folder.exit != nil else {
            // A launch that was cut short, or one that is under way: nothing that has run.
            return RuntimeState(id: id, status: .stopped, pid: 0, exit: nil)
        }
        let exit = try await blocking { try self.unmonitored(id, folder) }
        return RuntimeState(id: id, status: .stopped, pid: folder.pid ?? 0, exit: exit)
    }

    /// Every container of the state folder, also those whose monitor died.
    package func list() async throws -> [RuntimeState] {
        var states: [RuntimeState] = []
        for id in StateFolder.ids(below: stateRoot) {
            if let state = try await state(id) { states.append(state) }
        }
        return states
    }

    // MARK: Ways

    private func folder(_ id: String) throws -> StateFolder {
        guard !id.isEmpty, id.utf8.count <= 1024, id != ".", id != "..", !id.contains("/"), !id.utf8.contains(0) else {
            throw Fault(.invalid, "invalid container id \"\(id)\"")
        }
        return StateFolder(path: stateRoot + "/" + id)
    }

    private func existing(_ id: String) throws -> StateFolder {
        let folder = try folder(id)
        guard folder.exists else { throw Self.noSuch(id) }
        return folder
    }

    private func lookUp(_ id: String) throws -> Known {
        if let known = known.withLock({ $0[id] }) { return known }
        let spec = try existing(id).configuration()
        let path = spec["linux"]["cgroupsPath"].string ?? ""
        let found = Known(spec: spec, group: try groups.group(path.isEmpty ? id : path))
        known.withLock { $0[id] = found }
        return found
    }

    private func connect(_ id: String) async throws -> MonitorConnection {
        guard let connection = try await MonitorConnection.open(try existing(id).path) else {
            throw Self.notRunning(id)
        }
        return connection
    }

    /// One request, one answer, and the connection is gone; nil when the monitor went first.
    private func answer(
        _ connection: MonitorConnection, _ kind: MonitorRequest, _ payload: [UInt8] = []
    ) async throws -> MonitorAnswer? {
        do {
            try await connection.send(kind, payload)
            let answer = try await connection.next()
            await connection.close()
            return answer
        } catch let error as ChannelError {
            _ = error  // closed under our hands: the same as no answer
            return nil
        } catch let error as IOError {
            _ = error
            return nil
        }
    }

    private func ask(_ id: String, _ kind: MonitorRequest, _ payload: [UInt8] = []) async throws {
        switch try await answer(try await connect(id), kind, payload) {
        case .failed(let failure) where failure.step == .signalProcess: throw Self.notRunning(id)
        case .failed(let failure): throw failure.error
        case .none: throw Self.notRunning(id)
        default: return
        }
    }

    /// Files and cgroups answer in microseconds mostly, and in seconds sometimes: not on Swift's own threads.
    private func blocking<T: Sendable>(_ work: @escaping @Sendable () throws -> T) async throws -> T {
        try await NIOThreadPool.singleton.runIfActive(work)
    }

    private static func text(_ text: String) -> [UInt8] {
        var writer = PlanWriter()
        writer.put(text)
        return writer.bytes
    }

    private static func noSuch(_ id: String) -> Fault { Fault(.notFound, "No such container: \(id)") }
    private static func notRunning(_ id: String) -> Fault { Fault(.conflict, "container \(id) is not running") }
}

extension LogPlan {
    fileprivate init(_ log: LogFile) {
        let format: Format
        switch log.format {
        case .none: format = .none
        case .jsonFile: format = .jsonFile
        case .local: format = .local
        }
        self.init(format: format, path: log.path, maxSize: log.maxSize, maxFiles: UInt32(clamping: log.maxFiles))
        compresses = log.compresses
        bufferSize = log.bufferSize
    }
}

package struct RuntimeState: Sendable {
    package enum Status: String, Sendable { case created, running, paused, stopped }
    package let id: String
    package let status: Status
    package let pid: Int32
    package let exit: Exit?
    package init(id: String, status: Status, pid: Int32, exit: Exit?) {
        self.id = id
        self.status = status
        self.pid = pid
        self.exit = exit
    }
}

/// The payload could not be executed; `exitCode` is Docker's 126 (not executable) or 127 (not found).
package struct StartFailure: Error, Sendable {
    package let exitCode: Int32
    package let message: String
    package init(exitCode: Int32, message: String) {
        self.exitCode = exitCode
        self.message = message
    }
}
