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
            do { containers.insert(Container(try ContainerRecord(stored: body), isRecovered: true)) } catch {
                throw Fault(.internalFault, "container \(key): \(sentence(error))", cause: error)
            }
        }
        var actual: [String: RuntimeState] = [:]
        for state in try await runtime.list() { actual[state.id] = state }
        let known = containers.all
        for container in known { await settle(container, actual[container.id]) }
        await sweep(actual: Set(actual.keys), known: Set(known.map(\.id)))
        await freeGuests()
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
        // Another engine's containers keep it.
        try? ControlGroups().group(Self.groupParent).removeIfEmpty()
    }

    /// Brings the record in line with what became of the container while nobody looked.
    private func settle(_ container: Container, _ actual: RuntimeState?) async {
        let before = container.record
        let isAlive = actual?.status == .running || actual?.status == .paused
        if isAlive, before.state.pid != 0, before.shouldRun {
            return container.change { record in
                record.state.pid = actual?.pid ?? 0
                record.state.status = actual?.status == .paused ? .paused : .running
            }
        }
        // The record says it ran: it has ended since, or with the machine, or it never got to execute its program.
        if before.state.isRunning {
            if actual == nil {
                do { try await runtime.killLost(before.id, pid: before.state.pid) } catch {
                    log.error("container \(before.shortID) may go on unwatched: \(sentence(error))")
                }
            }
            let exit = actual?.exit ?? Exit(code: 255, oomKilled: false, finishedAt: nowNanoseconds())
            container.change { _ = $0.ended(exit) }
            publish("die", container.record, ["exitCode": "\(exit.code)"])
        }
        container.change { if $0.state.status == .restarting { $0.state.status = .exited } }
        if container.record.stored != before.stored {
            do { try await save(container) } catch {
                // The runtime's own record of the end stays for the next attempt.
                return log.error("container \(before.shortID): its end could not be recorded: \(sentence(error))")
            }
        }
        await release(container)
        await unmount(container)
    }

    /// Takes away what has no record: halves of creations and removals that a crash interrupted.
    private func sweep(actual: Set<String>, known: Set<String>) async {
        for id in actual.subtracting(known) {
            do { try await runtime.delete(id) } catch {
                log.warning("the remains of container \(id.prefix(12)) can't be removed: \(sentence(error))")
            }
        }
        for id in KernelFile.names(in: options.dataRoot + "/containers") where !known.contains(id) {
            await discardFiles(id)
        }
    }

    /// One that went on running while the daemon was away.
    private func resume(_ container: Container) async {
        for mount in container.record.mounts where mount.kind == .volume {
            do { _ = try await mountVolume(mount.name, container: container.id) } catch {
                log.warning("container \(container.record.shortID): volume \(mount.name): \(sentence(error))")
            }
        }
        do { try await settleNames(container.record, pid: container.record.state.pid) } catch {
            log.warning("container \(container.record.shortID) finds no names: \(sentence(error))")
        }
        watch(container)
        startHealthChecks(container)
    }

    /// Beside everything else: the API answers while they come up. `--rm` containers that ended go.
    private func restartByPolicy(_ containers: [Container]) {
        var starts: [String: Task<Void, Never>] = [:]
        for container in StartOrder.sort(containers) {
            let record = container.record
            if record.isAutoRemoved || record.state.status == .removing {
                Task { try? await inLane(container.id) { try await self.remove(container, volumes: true) } }
                continue
            }
            let wants = RestartPolicy(record.hostConfig).restartsAtDaemonStart(
                wasStopped: record.wasStopped, exitCode: record.state.exitCode, restarts: record.restartCount)
            guard wants, record.state.startedAt != nil else { continue }
            let others = record.needed.compactMap { starts[$0] }
            starts[container.id] = Task {
                for other in others { await other.value }
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

/// Containers whose namespaces or addresses others need come before those.
enum StartOrder {
    static func sort(_ containers: [Container]) -> [Container] {
        let byID = Dictionary(containers.map { ($0.id, $0) }) { first, _ in first }
        var result: [Container] = [], seen: Set<String> = []
        // A circle, which can't be made by the API, ends where it was entered.
        func visit(_ container: Container) {
            guard seen.insert(container.id).inserted else { return }
            for id in container.record.needed { if let other = byID[id] { visit(other) } }
            result.append(container)
        }
        for container in containers { visit(container) }
        return result
    }
}

extension ContainerRecord {
    /// IDs of containers that must run before this one can: their namespaces are joined, or a link leads to them.
    var needed: [String] {
        let joined = ["NetworkMode", "IpcMode", "PidMode"].compactMap { member -> String? in
            let mode = hostConfig[member].string ?? ""
            return mode.hasPrefix("container:") ? String(mode.dropFirst("container:".count)) : nil
        }
        return joined + links.map(\.target)
    }
}
