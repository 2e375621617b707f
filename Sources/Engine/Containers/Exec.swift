import ContainerRuntime
import DockerModel
import Fault
import ImageStore
import JSON
import Linux
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// A process that was asked for in a running container. Kept in memory only: dockerd forgets them, too.
struct ExecRecord: Sendable {
    let id: String
    let containerID: String
    /// Engine API, ExecConfig as it was sent.
    let config: JSON
    var pid: Int32 = 0
    /// Nil until it has ended.
    var exitCode: Int32?
    var isStarted = false

    var isTerminal: Bool { config["Tty"].bool ?? false }
    var isRunning: Bool { isStarted && exitCode == nil }
}

/// All execs of running containers, and those that ended a while ago.
final class ExecTable: Sendable {
    /// Ended execs that are kept for `inspect`, over all containers.
    private static let keptEnded = 1_024
    private struct State {
        var byID: [String: ExecRecord] = [:]
        var ended: [String] = []
    }
    private let state = NIOLockedValueBox(State())

    func insert(_ exec: ExecRecord) { state.withLockedValue { $0.byID[exec.id] = exec } }

    func find(_ id: String) throws(Fault) -> ExecRecord {
        guard let exec = state.withLockedValue({ $0.byID[id] }) else {
            throw Fault(.notFound, "No such exec instance: \(id)")
        }
        return exec
    }

    func change<T>(_ id: String, _ body: (inout ExecRecord) -> T) -> T? {
        state.withLockedValue { state in
            guard var exec = state.byID[id] else { return nil }
            let wasEnded = exec.exitCode != nil
            defer {
                state.byID[id] = exec
                if !wasEnded, exec.exitCode != nil { state.ended.append(id) }
                while state.ended.count > Self.keptEnded { state.byID[state.ended.removeFirst()] = nil }
            }
            return body(&exec)
        }
    }

    func all(of container: String) -> [ExecRecord] {
        state.withLockedValue { $0.byID.values.filter { $0.containerID == container } }
    }

    func forget(of container: String) {
        state.withLockedValue { state in
            state.byID = state.byID.filter { $0.value.containerID != container }
            state.ended.removeAll { state.byID[$0] == nil }
        }
    }
}

extension Engine {
    package func createExec(_ ref: String, body: JSON) async throws -> JSON {
        let container = try container(ref)
        guard !body["Cmd"].strings.isEmpty else { throw Fault(.invalid, "No exec command specified") }
        try checkExecutable(container)
        _ = try DetachKeys(body["DetachKeys"].string)
        let exec = ExecRecord(id: Self.randomID(), containerID: container.id, config: body)
        execs.insert(exec)
        publish(
            "exec_create: " + Self.eventWords(body["Cmd"].strings), container.record, ["execID": exec.id])
        return ["Id": .string(exec.id)]
    }

    /// Program, blank, arguments: the blank is there without arguments, too.
    private static func eventWords(_ command: [String]) -> String {
        (command.first ?? "") + " " + command.dropFirst().joined(separator: " ")
    }

    private func checkExecutable(_ container: Container) throws(Fault) {
        let state = container.record.state
        if state.isRestarting {
            throw Fault(.conflict, "Container \(container.id) is restarting, wait until the container is running")
        }
        guard state.isRunning else { throw Fault(.conflict, "container \(container.id) is not running") }
        if state.isPaused {
            throw Fault(.conflict, "Container \(container.id) is paused, unpause the container before exec")
        }
    }

    package func startExec(_ id: String, body: JSON) async throws -> Attachment? {
        let exec = try execs.find(id)
        let container = try container(exec.containerID)
        try checkExecutable(container)
        let isFirst = execs.change(id) { exec in
            defer { exec.isStarted = true }
            return !exec.isStarted
        }
        guard isFirst == true else {
            let hasEnded = try execs.find(id).exitCode != nil
            throw Fault(.conflict, "Error: Exec command \(id) \(hasEnded ? "has already run" : "is already running")")
        }
        if body["Detach"].bool == true {
            do { _ = try await launch(exec, container, size: body["ConsoleSize"], joining: nil) } catch {
                throw Fault(.invalid, failed(exec, error).message, cause: error)
            }
            return nil
        }
        let pending = PendingStdio(wantsInput: exec.config["AttachStdin"].bool == true)
        let end = NIOLockedValueBox<Task<Void, Never>?>(nil)
        let streams = (exec.config["AttachStdout"].bool ?? false, exec.config["AttachStderr"].bool ?? false)
        let record = container.record
        let joined = attachment(
            pending, keys: try DetachKeys(exec.config["DetachKeys"].string), isTerminal: exec.isTerminal,
            past: startingFirst(exec, container, size: body["ConsoleSize"], pending, end),
            streams: (exec.isTerminal || streams.0, streams.1)
        ) { [weak self] in
            end.withLockedValue { $0 = nil }
            self?.publish("exec_detach", record, ["execID": id])
        }
        return Self.endingAfter(end, joined)
    }

    /// Output before the output, without a byte: whoever asks for the first chunk has sent the head of its answer, and
    /// only then the process starts. Clients that read the head through a buffer and the rest without it (docker-py)
    /// lose what comes along with the head. Why a process can't be run is told here: clients take the exit code from
    /// `inspect`, and its reason from the stream.
    private func startingFirst(
        _ exec: ExecRecord, _ container: Container, size: JSON, _ pending: PendingStdio,
        _ end: NIOLockedValueBox<Task<Void, Never>?>
    ) -> OutputSource {
        let isDue = NIOLockedValueBox(true)
        @Sendable func isFirst() -> Bool {
            isDue.withLockedValue { isDue in
                defer { isDue = false }
                return isDue
            }
        }
        return OutputSource(
            next: {
                guard isFirst() else { return nil }
                do {
                    let task = try await self.launch(exec, container, size: size, joining: pending)
                    end.withLockedValue { $0 = task }
                    return nil
                } catch {
                    pending.close()
                    return OutputChunk(.stdout, ByteBuffer(string: self.failed(exec, error).message + "\r\n"))
                }
            },
            cancel: {
                // The client went before anything was started.
                if isFirst() { _ = self.execs.change(exec.id) { $0.exitCode = 137 } }
            })
    }

    /// Gives a task that ends when the exit code is known. Without `pending` nobody is attached.
    private func launch(
        _ exec: ExecRecord, _ container: Container, size: JSON, joining pending: PendingStdio?
    ) async throws -> Task<Void, Never> {
        let record = container.record, wantsInput = pending?.wantsInput ?? false
        let process = try await execProcess(record, exec.config, size: size)
        let pid = try await runtime.exec(
            container.id, execID: exec.id, process: process, openStdin: wantsInput, waitForAttach: pending != nil)
        _ = execs.change(exec.id) { $0.pid = pid }
        publish("exec_start: " + Self.eventWords(exec.config["Cmd"].strings), record, ["execID": exec.id])
        if let pending {
            let stdio = try await runtime.attach(container.id, exec: exec.id, stdin: wantsInput)
            if !pending.join(stdio) { await stdio.close() }
        }
        return watchExec(exec, container)
    }

    private func failed(_ exec: ExecRecord, _ error: any Error) -> ExecFailure {
        let failure = ExecFailure(error)
        _ = execs.change(exec.id) { $0.exitCode = failure.exitCode }
        return failure
    }

    /// Clients ask for the exit code as soon as the stream ends, so it ends when the code is known; one that typed the
    /// detach keys doesn't wait.
    private static func endingAfter(
        _ end: NIOLockedValueBox<Task<Void, Never>?>, _ attachment: Attachment
    ) -> Attachment {
        let output = OutputSource(
            next: {
                if let chunk = try await attachment.output.next() { return chunk }
                await end.withLockedValue { $0 }?.value
                return nil
            }, cancel: attachment.output.cancel)
        return Attachment(
            output: output, write: attachment.write, closeInput: attachment.closeInput,
            isTerminal: attachment.isTerminal)
    }

    private func watchExec(_ exec: ExecRecord, _ container: Container) -> Task<Void, Never> {
        Task {
            let code = (try? await runtime.waitExec(container.id, execID: exec.id))?.code ?? 137
            _ = execs.change(exec.id) { $0.exitCode = code }
            publish("exec_die", container.record, ["execID": exec.id, "exitCode": "\(code)"])
        }
    }

    package func resizeExec(_ id: String, height: Int, width: Int) async throws {
        let exec = try execs.find(id)
        guard exec.isRunning else { throw Fault(.conflict, "exec instance \(id) is not running") }
        try await runtime.resize(
            exec.containerID, exec: id, rows: UInt16(clamping: height), columns: UInt16(clamping: width))
    }

    package func inspectExec(_ id: String) async throws -> JSON {
        let exec = try execs.find(id)
        let command = exec.config["Cmd"].strings
        var process: JSON = [
            "tty": .bool(exec.isTerminal), "entrypoint": .string(command.first ?? ""),
            "arguments": JSON(Array(command.dropFirst())),
            "privileged": .bool(exec.config["Privileged"].bool ?? false),
        ]
        if let user = exec.config["User"].string, !user.isEmpty { process["user"] = .string(user) }
        return [
            "ID": .string(id), "Running": .bool(exec.isRunning), "ExitCode": exec.exitCode.map { JSON($0) } ?? .null,
            "ProcessConfig": process, "OpenStdin": .bool(exec.config["AttachStdin"].bool ?? false),
            "OpenStderr": .bool(exec.config["AttachStderr"].bool ?? false),
            "OpenStdout": .bool(exec.config["AttachStdout"].bool ?? false),
            "CanRemove": .bool(exec.exitCode != nil), "ContainerID": .string(exec.containerID),
            "DetachKeys": .string(exec.config["DetachKeys"].string ?? ""), "Pid": JSON(exec.pid),
        ]
    }

    func runningExecs(of container: String) -> [String] {
        execs.all(of: container).filter(\.isRunning).map(\.id).sorted()
    }

    func forgetExecs(of container: String) { execs.forget(of: container) }

    /// The runtime-spec process of an exec: the container's own, with what the request changes.
    func execProcess(_ record: ContainerRecord, _ config: JSON, size: JSON = .null) async throws -> JSON {
        let links = (try? linkVariables(record)) ?? []
        let snapshot = try await images.snapshot(record.id)
        let asked = config["User"].string ?? ""
        let user = try await NIOThreadPool.singleton.runIfActive {
            try UserLookup.resolve(
                asked.isEmpty ? record.config["User"].string ?? "" : asked,
                groups: asked.isEmpty ? record.hostConfig["GroupAdd"].strings : [],
                in: SafeRoot(path: snapshot.merged))
        }
        return try Self.execProcess(record, config, user: user, size: size, links: links)
    }

    static func execProcess(
        _ record: ContainerRecord, _ config: JSON, user: UserLookup, size: JSON, links: [String] = []
    ) throws -> JSON {
        var changed = record
        changed.config["Tty"] = .bool(config["Tty"].bool ?? false)
        changed.config["Entrypoint"] = .null
        changed.config["Cmd"] = config["Cmd"]
        changed.config["Env"] = JSON(
            ImageDefaults.environment(config["Env"].strings, image: record.config["Env"].strings))
        if let folder = config["WorkingDir"].string, !folder.isEmpty { changed.config["WorkingDir"] = .string(folder) }
        if config["Privileged"].bool == true { changed.hostConfig["Privileged"] = true }
        let console = (config["ConsoleSize"].array ?? size.array ?? []).compactMap(\.int)
        changed.hostConfig["ConsoleSize"] = .array(console.map { JSON($0) })
        var input = SpecInput(record: changed, root: "/", cgroupsPath: "")
        input.lastCapability = HostFacts.lastCapability
        input.linkVariables = links
        input.user = user.json
        input.home = user.home
        return try input.specification()["process"]
    }
}

/// Why an exec's program didn't run.
struct ExecFailure {
    let exitCode: Int32
    let message: String

    init(_ error: any Error) {
        let prefix = "OCI runtime exec failed: exec failed: unable to start container process: "
        if let failure = error as? StartFailure {
            exitCode = failure.exitCode
            message =
                failure.message.hasPrefix("OCI runtime") ? failure.message : prefix + failure.message + ": unknown"
        } else {
            exitCode = 126
            message = (error as? Fault)?.message ?? prefix + "\(error)"
        }
    }
}
