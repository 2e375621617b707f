import CLinux
import ContainerNetwork
import ContainerRuntime
import Fault
import JSON
import Linux
import Logging

// What happens when the daemon comes (back): the records say what should be, the runtime's state folder what is, and
// what neither knows of is swept away. Every step may be interrupted and repeated.
extension Engine {
    /// Re-adopts running containers, restarts those whose policy says so, and begins to watch. Call once.
    package func start() async throws {
        for (key, body) in try store.all(.container) {
            do { containers.insert(Container(try ContainerRecord(stored: body))) } catch {
                throw Fault(.internalFault, "container \(key): \(sentence(error))", cause: error)
            }
        }
        var actual: [String: RuntimeState] = [:]
        for state in try await runtime.list() { actual[state.id] = state }
        let known = containers.all
        for container in known { await settle(container, actual[container.id]) }
        await sweep(actual: Set(actual.keys), known: Set(known.map(\.id)))
        try await network.start(alive: Set(known.filter { $0.record.state.isRunning }.map(\.id)))
        for container in known where container.record.state.isRunning {
            await resume(container)
        }
        restartByPolicy(known.filter { !$0.record.state.isRunning })
    }

    /// Stops watching; containers go on running. When none does, bridges and rules go too: an engine that runs nothing
    /// leaves nothing on the host.
    package func shutdown() async {
        for container in containers.all {
            container.setRestart(nil)
            container.setHealth(nil)
        }
        guard !containers.all.contains(where: { $0.record.state.isRunning }) else { return }
        do { try await network.shutdown() } catch {
            log.warning("the network can't be taken down: \(sentence(error))")
        }
    }

    /// Brings the record in line with what became of the container while nobody looked.
    private func settle(_ container: Container, _ actual: RuntimeState?) async {
        switch actual?.status {
        case .running?, .paused?:
            guard container.record.state.startedAt != nil, container.record.shouldRun else { return await undo(container) }
            container.change { record in
                record.state.pid = actual?.pid ?? 0
                record.state.status = actual?.status == .paused ? .paused : .running
            }
        case .created?:
            await undo(container)
        case .stopped?, nil:
            // The record says it ran: it has ended since, or with the machine.
            if container.record.state.isRunning {
                let exit = actual?.exit ?? Exit(code: 255, oomKilled: false, finishedAt: nowNanoseconds())
                container.change { record in
                    record.backoff = RestartBackoff()
                    _ = record.ended(exit)
                }
                publish("die", container.record, ["exitCode": "\(exit.code)"])
            }
            await undo(container)
        }
    }

    /// Frees what an ended or half-started container left.
    private func undo(_ container: Container) async {
        let wasRunning = container.record.shouldRun
        await release(container)
        container.change { record in
            if record.state.status == .running || record.state.isPaused { record.state.status = .exited }
            record.state.pid = 0
        }
        if wasRunning || container.record.state.status == .restarting { try? await save(container) }
    }

    /// Takes away what has no record: halves of creations and removals that a crash interrupted.
    private func sweep(actual: Set<String>, known: Set<String>) async {
        for id in actual.subtracting(known) {
            do { try await runtime.delete(id) } catch {
                log.warning("the remains of container \(id.prefix(12)) can't be removed: \(sentence(error))")
            }
        }
        for id in folders(in: options.dataRoot + "/containers") where !known.contains(id) { await discardFiles(id) }
    }

    private func folders(in path: String) -> [String] {
        guard let stream = opendir(path) else { return [] }
        defer { closedir(stream) }
        var result: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { result.append(name) }
        }
        return result
    }

    /// One that went on running while the daemon was away.
    private func resume(_ container: Container) async {
        for mount in container.record.mounts where mount.kind == .volume {
            do { _ = try await mountVolume(mount.name, container: container.id) } catch {
                log.warning("container \(container.record.shortID): volume \(mount.name): \(sentence(error))")
            }
        }
        watch(container)
        startHealthChecks(container)
    }

    /// Beside everything else: the API answers while they come up. `--rm` containers that ended go.
    private func restartByPolicy(_ containers: [Container]) {
        for container in containers {
            let record = container.record
            guard record.state.startedAt != nil else { continue }
            if record.isAutoRemoved {
                Task { try? await inLane(container.id) { try await self.remove(container, volumes: true) } }
                continue
            }
            let wants = RestartPolicy(record.hostConfig).restartsAtDaemonStart(
                wasStopped: record.wasStopped, exitCode: record.state.exitCode, restarts: record.restartCount)
            guard wants else { continue }
            Task {
                try? await inLane(container.id) {
                    guard !container.isRemoved, !container.record.state.isRunning else { return }
                    do { try await self.launch(container, byPolicy: true) } catch {
                        self.log.warning("container \(record.shortID) could not be restarted: \(sentence(error))")
                    }
                }
            }
        }
    }
}
