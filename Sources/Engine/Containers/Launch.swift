import CLinux
import ContainerNetwork
import ContainerRuntime
import Fault
import ImageStore
import JSON
import Linux
import Logging
import NIOPosix

// Starting a container, step by step:
//   1. the root, volumes and the three files of the host are made ready and mounted;
//   2. the runtime makes namespaces and a first process that waits;
//   3. clients that attached early are joined, networks are attached, the files get their content;
//   4. the record that says "running" becomes durable while the process executes its program.
// A failure at any step takes back those before it. A crash leaves what the sweep of the next start finds.
extension Engine {
    package func startContainer(_ ref: String, detachKeys: String?) async throws {
        let container = try container(ref)
        try await inLane(container.id) {
            try self.checkStartable(container)
            try await self.launch(container)
        }
    }

    private func checkStartable(_ container: Container) throws(Fault) {
        let state = container.record.state
        if container.isRemoved { throw Fault(.notFound, "No such container: \(container.id)") }
        switch state.status {
        case .paused: throw Fault(.conflict, "cannot start a paused container, try unpause instead")
        case .running: throw Fault(.unchanged, "container \(container.id) is already running")
        case .removing, .dead:
            throw Fault(.conflict, "container is marked for removal and cannot be started")
        case .created, .exited, .restarting: return
        }
    }

    /// Starts it; in its lane. Throws what the client is told, after the state has been put right.
    func launch(_ container: Container, byPolicy: Bool = false) async throws {
        if !byPolicy { container.setRestart(nil) }
        container.change {
            $0.wasStopped = false
            if byPolicy { $0.restartCount += 1 } else { $0.restartCount = 0 }
        }
        do {
            let actions = try await bringUp(container)
            await perform(actions, container)
        } catch {
            let failure = LaunchFailure(error)
            let actions = container.change {
                $0.startFailed(exitCode: failure.exitCode, message: failure.message, at: nowNanoseconds())
            }
            for pending in container.takePending() { pending.close() }
            await perform(actions, container)
            if !container.isRemoved { try? await save(container) }
            throw Fault(failure.kind, failure.message, cause: error)
        }
    }

    private func bringUp(_ container: Container) async throws -> [ContainerRecord.Action] {
        let record = container.record
        let id = record.id
        let input = try await prepare(record, isRecovered: container.isRecovered)
        let spec = try input.specification()
        let pid = try await runtime.create(
            Launch(
                id: id, spec: spec, log: try logFile(record), openStdin: record.config["OpenStdin"].bool ?? false,
                stdinOnce: record.config["StdinOnce"].bool ?? false))
        for pending in container.takePending() {
            let stdio = try await runtime.attach(id, exec: nil, stdin: pending.wantsInput)
            if !pending.join(stdio) { await stdio.close() }
        }
        let endpoints = try await connect(record, pid: pid)
        container.change { $0.endpoints = endpoints }
        try writeHostFiles(container.record)
        try await settleNames(container.record, pid: pid)
        await refreshLinks(of: container.record)
        var next = container.record
        let actions = next.started(pid: pid, at: nowNanoseconds())
        let started = next
        async let saved: Void = store.write(.put(.container, id, started.stored))
        do { try await runtime.start(id) } catch {
            try? await saved
            throw error
        }
        try await saved
        container.change { $0 = started }
        watch(container)
        return actions
    }

    /// Ends the run in its lane when the first process has ended.
    func watch(_ container: Container) {
        compressLogs(of: container)
        let startedAt = container.record.state.startedAt
        Task {
            let exit: Exit
            do { exit = try await runtime.wait(container.id) } catch {
                log.error("container \(container.record.shortID): its monitor is lost: \(sentence(error))")
                exit = Exit(code: 255, oomKilled: false, finishedAt: nowNanoseconds())
            }
            try? await inLane(container.id) {
                // The lane may have seen this end, and the next start, before us.
                guard container.record.state.startedAt == startedAt else { return }
                await self.ended(container, exit)
            }
        }
    }

    /// In the container's lane.
    func ended(_ container: Container, _ exit: Exit) async {
        container.setHealth(nil)
        let actions = container.change { $0.ended(exit) }
        if actions.isEmpty { return }
        // The exit code is durable before the runtime's own record of it goes.
        if !actions.contains(.remove) {
            do { try await save(container) } catch {
                log.error("container \(container.record.shortID): its end could not be recorded: \(sentence(error))")
            }
        }
        await perform(actions, container)
    }

    func perform(_ actions: [ContainerRecord.Action], _ container: Container) async {
        for action in actions {
            switch action {
            case .publish(let word, let more): publish(word, container.record, more)
            case .wakeWaiters: container.wakeWaiters()
            case .startHealthChecks: startHealthChecks(container)
            case .release: await release(container)
            case .unmount: await unmount(container)
            case .restart(let delay): scheduleRestart(container, after: delay)
            case .remove:
                do { try await remove(container, volumes: true) } catch {
                    log.error("container \(container.record.shortID) could not be removed: \(sentence(error))")
                }
            }
        }
    }

    private func scheduleRestart(_ container: Container, after delay: Duration) {
        container.setRestart(
            Task {
                do { try await Task.sleep(for: delay) } catch { return }
                try? await inLane(container.id) {
                    guard container.record.state.status == .restarting else { return }
                    do { try await self.launch(container, byPolicy: true) } catch {
                        self.log.warning("container \(container.record.shortID): restart failed: \(sentence(error))")
                    }
                }
            })
    }

    /// Frees what only a running container has. Idempotent; also for one that was half started.
    func release(_ container: Container) async {
        let record = container.record
        let id = record.id
        for endpoint in record.endpoints where endpoint.state != nil { announce("disconnect", endpoint, of: record) }
        func attempt(_ what: String, _ work: () async throws -> Void) async {
            do { try await work() } catch {
                log.warning("container \(record.shortID): \(what): \(sentence(error))")
            }
        }
        names.stop(id)
        async let detached: Void = attempt("leaving its networks") { try await network.detachAll(id) }
        await attempt("removing its runtime state") { try await runtime.delete(id) }
        await detached
        container.change { record in
            for at in record.endpoints.indices { record.endpoints[at].state = nil }
        }
        await refreshLinks(of: record)
    }

    /// Idempotent.
    func unmount(_ container: Container) async {
        do { try await unmountRoot(container.id) } catch {
            log.warning("container \(container.record.shortID): unmounting its root: \(sentence(error))")
        }
        await unmountVolumes(of: container.id)
    }
}

/// Why a container didn't start, as the client is told.
struct LaunchFailure {
    let kind: Fault.Kind
    /// 126, 127 or 128.
    let exitCode: Int32
    let message: String

    init(_ error: any Error) {
        let prefix =
            "failed to create task for container: failed to create shim task: "
            + "OCI runtime create failed: unable to start container process: "
        if let failure = error as? StartFailure {
            kind = .invalid
            exitCode = failure.exitCode
            message =
                failure.message.hasPrefix("failed to create task")
                ? failure.message : prefix + failure.message + ": unknown"
        } else if let fault = error as? Fault {
            kind = fault.kind
            exitCode = 128
            message = fault.message
        } else {
            kind = .internalFault
            exitCode = 128
            message = prefix + "\(error)"
        }
    }
}
