import ContainerRuntime
import DockerModel
import Fault
import JSON
import NIOConcurrencyHelpers
import NIOCore

extension Engine {
    package func attachContainer(_ ref: String, _ options: AttachOptions) async throws -> Attachment {
        let container = try container(ref)
        let record = container.record
        if record.state.isPaused {
            throw Fault(.conflict, "container \(container.id) is paused, unpause the container before attach")
        }
        if record.state.isRestarting {
            throw Fault(.conflict, "container \(container.id) is restarting, wait until the container is running")
        }
        let keys = try DetachKeys(options.detachKeys)
        let wantsInput = options.stdin && record.config["OpenStdin"].bool == true
        var past: OutputSource?
        if options.logs {
            var wanted = LogOptions()
            wanted.stdout = options.stdout
            wanted.stderr = options.stderr
            past = try await containerLogs(ref, wanted).0
        }
        let pending = PendingStdio(wantsInput: wantsInput)
        if options.stream {
            if record.state.isRunning {
                _ = pending.join(try await runtime.attach(container.id, exec: nil, stdin: wantsInput))
            } else {
                container.addPending(pending)
                // It may have been started between the look at its state and now.
                if container.record.state.isRunning {
                    _ = pending.join(try await runtime.attach(container.id, exec: nil, stdin: wantsInput))
                }
            }
        } else {
            pending.close()
        }
        publish("attach", record)
        let keepsInput = !record.isTerminal && record.config["StdinOnce"].bool != true
        return attachment(
            pending, keys: keys, isTerminal: record.isTerminal, keepsInput: keepsInput, past: past,
            streams: (options.stdout, options.stderr)
        ) { [weak self] in self?.publish("detach", container.record) }
    }

    /// A client's streams over a monitor's stdio. `detached` is called when the client typed the keys.
    ///
    /// - Parameter keepsInput: the end of the client's input ends its streams, and not the process's input, which is
    ///   there for the next client.
    func attachment(
        _ pending: PendingStdio, keys: DetachKeys, isTerminal: Bool, keepsInput: Bool = false,
        past: OutputSource? = nil,
        streams: (stdout: Bool, stderr: Bool), detached: @escaping @Sendable () -> Void
    ) -> Attachment {
        let past = NIOLockedValueBox(past)
        let matcher = NIOLockedValueBox(DetachKeys.Matcher(keys))
        let output = OutputSource(
            next: {
                if let source = past.withLockedValue({ $0 }) {
                    if let chunk = try await source.next() { return chunk }
                    past.withLockedValue { $0 = nil }
                }
                guard let stdio = await pending.stdio() else { return nil }
                while let (number, bytes) = try await stdio.next() {
                    let stream: OutputStream = number == 2 ? .stderr : .stdout
                    if stream == .stderr ? streams.stderr : streams.stdout { return OutputChunk(stream, bytes) }
                }
                return nil
            },
            cancel: {
                past.withLockedValue { $0 }?.cancel()
                pending.close()
            })
        return Attachment(
            output: output,
            write: { bytes in
                guard pending.wantsInput, let stdio = await pending.stdio() else { return }
                if !isTerminal { return try await stdio.write(bytes) }
                let (passed, isDetached) = matcher.withLockedValue { $0.take(bytes) }
                if passed.readableBytes > 0 { try await stdio.write(passed) }
                if isDetached {
                    detached()
                    pending.close()
                }
            },
            closeInput: {
                guard pending.wantsInput, let stdio = await pending.stdio() else { return }
                if keepsInput { pending.close() } else { await stdio.closeInput() }
            },
            isTerminal: isTerminal)
    }
}
