import DockerModel
import Fault
import JSON
import KubeAPIServer
import KubeModel
import NIOCore
import Wire

/// Logs, commands and ports of the pods of this process's own node.
package struct LocalPods: NodeInterface {
    private let kubelet: Kubelet

    package init(_ kubelet: Kubelet) { self.kubelet = kubelet }

    private var engine: Kubelet.NodeEngine { kubelet.parts.engine }

    // MARK: Whose container

    private func worker(_ pod: JSON) throws(APIStatus) -> PodWorker {
        let uid = StaticManifest.mirrored(pod) ?? pod["metadata"].text("uid")
        guard let worker = kubelet.worker(uid) else {
            throw APIStatus(
                code: 404, reason: "NotFound", message: "pod \(GoText.quoted(ObjectName.of(pod))) not found")
        }
        return worker
    }

    private func running(_ name: String, of pod: JSON) async throws(APIStatus) -> ObservedContainer {
        let containers = try await worker(pod).situation.containers[name] ?? []
        guard let own = containers.last, own.phase == .running else {
            throw .internalError("unable to upgrade connection: container not found (\(GoText.quoted(name)))")
        }
        return own
    }

    // MARK: Logs

    package func log(of pod: JSON, _ options: PodLogOptions) async throws(APIStatus)
        -> AsyncThrowingStream<ByteBuffer, any Error>
    {
        let id = try await logged(pod, options)
        var asked = LogOptions()
        asked.stdout = options.stream != "Stderr"
        asked.stderr = options.stream != "Stdout"
        asked.follow = options.follows
        asked.timestamps = options.hasTimestamps
        asked.tail = options.tailLines
        if let seconds = options.sinceSeconds {
            asked.since = Int64((kubelet.parts.now() - Double(seconds)) * 1e9)
        } else if let text = options.sinceTime, let time = try? Timestamp(parsing: text) {
            asked.since = Int64(time.seconds) * 1_000_000_000 + Int64(time.nanoseconds)
        }
        let source: OutputSource
        do { source = try await engine.containerLogs(id, asked).0 } catch { throw .internalError(sentence(error)) }
        return AsyncThrowingStream(unfolding: {
            try await withTaskCancellationHandler {
                try await source.next()?.bytes
            } onCancel: {
                source.cancel()
            }
        })
    }

    /// The container whose log is asked for, in the original's words when there is none.
    private func logged(_ pod: JSON, _ options: PodLogOptions) async throws(APIStatus) -> String {
        let worker = try worker(pod)
        let name = options.container, podName = pod["metadata"].text("name")
        let containers = await worker.situation.containers[name] ?? []
        if options.isPrevious {
            let ended = containers.last?.phase == .exited ? containers.last : containers.dropLast().last
            let isWaiting = containers.last?.phase == .exited
            guard let previous = isWaiting ? ended : containers.dropLast().last else {
                throw .badRequest(
                    "previous terminated container \(GoText.quoted(name)) in pod \(GoText.quoted(podName)) not found")
            }
            return previous.id
        }
        guard let latest = containers.last, latest.startedAt != nil else {
            let reason = await worker.waitingReason(name)
            let state = "container \(GoText.quoted(name)) in pod \(GoText.quoted(podName)) is waiting to start"
            throw .badRequest("\(state): \(reason)")
        }
        return latest.id
    }

    // MARK: Commands

    package func exec(in pod: JSON, _ options: PodStreamOptions, _ streams: any CommandStreams) async throws(APIStatus)
        -> CommandEnd
    {
        let own = try await running(options.container, of: pod)
        do {
            let body: JSON = [
                "Cmd": JSON(options.command), "AttachStdin": .bool(options.takesInput),
                "AttachStdout": .bool(options.givesOutput), "AttachStderr": .bool(options.givesError),
                "Tty": .bool(options.isTerminal),
            ]
            let id = try await engine.createExec(own.id, body: body).text("Id")
            let start: JSON = ["Detach": false, "Tty": .bool(options.isTerminal)]
            guard let joined = try await engine.startExec(id, body: start) else { return .exited(0) }
            try await carry(joined, streams, takesInput: options.takesInput) { size in
                try await engine.resizeExec(id, height: size.height, width: size.width)
            }
            return .exited(try await engine.inspectExec(id)["ExitCode"].int ?? 0)
        } catch {
            return .failed(sentence(error))
        }
    }

    package func attach(to pod: JSON, _ options: PodStreamOptions, _ streams: any CommandStreams)
        async throws(APIStatus) -> CommandEnd
    {
        let own = try await running(options.container, of: pod)
        var asked = AttachOptions()
        asked.stdin = options.takesInput
        asked.stdout = options.givesOutput
        asked.stderr = options.givesError
        asked.stream = true
        do {
            let joined = try await engine.attachContainer(own.id, asked)
            try await carry(joined, streams, takesInput: options.takesInput) { size in
                try await engine.resizeContainer(own.id, height: size.height, width: size.width)
            }
            return .exited(0)
        } catch {
            return .failed(sentence(error))
        }
    }

    /// Until the command's output ends.
    private func carry(
        _ joined: Attachment, _ streams: any CommandStreams, takesInput: Bool,
        resize: @escaping @Sendable (TerminalSize) async throws -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            if takesInput {
                group.addTask {
                    while let bytes = try? await streams.readInput() { try await joined.write(bytes) }
                    if !Task.isCancelled { await joined.closeInput() }
                }
            }
            if joined.isTerminal {
                group.addTask { while let size = await streams.nextSize() { try? await resize(size) } }
            }
            defer { group.cancelAll() }
            try await withTaskCancellationHandler {
                while let chunk = try await joined.output.next() {
                    if chunk.stream == .stderr {
                        try await streams.writeError(chunk.bytes)
                    } else {
                        try await streams.writeOutput(chunk.bytes)
                    }
                }
            } onCancel: {
                joined.output.cancel()
            }
        }
    }

    // MARK: Ports

    package func forward(to pod: JSON, port: Int, _ connection: any RawConnection) async throws(APIStatus) {
        let worker = try worker(pod)
        guard let sandbox = await worker.runningSandbox else {
            throw .internalError("pod \(GoText.quoted(ObjectName.of(pod))) has no sandbox: it isn't running")
        }
        let inner: any RawConnection
        do {
            let process = try await engine.inspectContainer(sandbox, size: false)["State"]["Pid"].int ?? 0
            // Sandboxes of pods on the node's own network have it, too.
            inner = try await PodDial.connect("/proc/\(process)/ns/net", port: port, sandbox: sandbox)
        } catch { throw .internalError(sentence(error)) }
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                while let bytes = try? await connection.read() {
                    do { try await inner.write(bytes) } catch { break }
                }
                await inner.closeWrite()
            }
            while let bytes = try? await inner.read() {
                do { try await connection.write(bytes) } catch { break }
            }
            await connection.closeWrite()
            group.cancelAll()
            await inner.close()
        }
    }
}

extension PodWorker {
    /// Why a container isn't running, as its status says.
    func waitingReason(_ name: String) -> String {
        for member in ["containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"] {
            for status in self.status.list(member) where status.text("name") == name {
                return status["state"]["waiting"].text("reason")
            }
        }
        return "ContainerCreating"
    }

    /// Its ID; nil while there is none.
    var runningSandbox: String? {
        situation.sandbox.flatMap { $0.phase == .running ? $0.id : nil }
    }
}

enum ObjectName {
    /// `NAME_NAMESPACE`.
    static func of(_ pod: JSON) -> String { "\(pod["metadata"].text("name"))_\(pod["metadata"].text("namespace"))" }
}
