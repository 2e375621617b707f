import CLinux
import ContainerNetwork
import ContainerRuntime
import DockerModel
import Fault
import ImageStore
import JSON
import Linux
import Logging
import NIOPosix

extension Engine {
    package func removeContainer(_ ref: String, force: Bool, volumes: Bool, link: Bool) async throws {
        if link { return try await removeLink(ref) }
        let container = try container(ref)
        // Somebody may start it between its end and its removal; who forces it ends that, too.
        for _ in 0..<Self.removalAttempts {
            if try await tryRemoval(container, force: force, volumes: volumes) { return }
        }
        throw Fault(.conflict, "cannot remove container \"/\(container.record.name)\": it was started meanwhile")
    }

    private static let removalAttempts = 5

    /// False when it was started meanwhile.
    private func tryRemoval(_ container: Container, force: Bool, volumes: Bool) async throws -> Bool {
        let state = container.record.state
        if state.isRunning || state.isRestarting {
            guard force else {
                let why =
                    state.isPaused
                    ? "container is paused and must be unpaused first"
                    : "container is \(state.status.rawValue): stop the container before removing or force remove"
                throw Fault(.conflict, "cannot remove container \"/\(container.record.name)\": \(why)")
            }
            // Its own `--rm` may take it away at the same time; whoever comes second finds it gone.
            try await stop(container, signal: "SIGKILL", timeout: nil)
        }
        return try await inLane(container.id) {
            if container.isRemoved { return true }
            let state = container.record.state
            if state.isRunning || state.isRestarting { return false }
            try await self.remove(container, volumes: volumes)
            return true
        }
    }

    /// Takes it away for good; in its lane, and not while it runs. The record goes first: what a crash leaves then is
    /// swept at the next start. Where volumes go, too, the record stays as `removing` until they have gone.
    func remove(_ container: Container, volumes: Bool) async throws {
        if container.isRemoved { return }
        container.setRestart(nil)
        let record = container.record
        let doomed = volumes ? record.mounts.filter { $0.isAnonymous && $0.kind == .volume }.map(\.name) : []
        container.change { $0.state.status = .removing }
        do {
            if doomed.isEmpty {
                try await store.write(.remove(.container, container.id))
            } else {
                try await save(container)
            }
        } catch {
            container.change { $0.state.status = record.state.status }
            throw error
        }
        await container.endLogCompression()
        await discardFiles(container.id)
        await releaseVolumes(of: container.id)
        forgetExecs(of: container.id)
        containers.remove(container)
        await freeGuests()
        if !doomed.isEmpty {
            await removeAnonymousVolumes(doomed)
            try? await store.write(.remove(.container, container.id))
        }
        publish("destroy", record)
        container.markRemoved()
        for pending in container.takePending() { pending.close() }
    }

    /// Images that engines in containers used which are gone now.
    func freeGuests() async {
        do { try await images.keepGuests(in: Set(containers.all.map(\.id))) } catch {
            log.warning("images that a removed container used stay until the next start: \(sentence(error))")
        }
    }

    /// Everything on disk that belongs to the ID alone; also for IDs that have no record. The folder goes last.
    func discardFiles(_ id: String) async {
        do {
            try await unmountRoot(id)
            try await removeImageSnapshots(of: id)
            try await images.removeSnapshot(id)
        } catch {
            log.warning("container \(id.prefix(12)): its layer is left to the next start: \(sentence(error))")
            return
        }
        let folder = folder(of: id)
        _ = try? Mount.unmount(folder + "/shm")
        removeFolder(folder)
    }

    /// Idempotent.
    func unmountRoot(_ id: String) async throws {
        for name in try await imageSnapshots(of: id) {
            let merged = try await images.snapshot(name).merged
            _ = try await NIOThreadPool.singleton.runIfActive { try Mount.unmount(merged) }
        }
        guard let snapshot = try? await images.snapshot(id) else { return }
        let shared = folder(of: id) + "/shm"
        // Unmounting may wait for the disk: not on Swift's threads.
        try await NIOThreadPool.singleton.runIfActive {
            _ = try? Mount.unmount(shared)
            // Twice at most: a start that was interrupted may have mounted it again.
            for _ in 0..<2 { if try !Mount.unmount(snapshot.merged) { return } }
        }
    }

    package func pruneContainers(_ filters: Filters) async throws -> JSON {
        try filters.check(["label", "label!", "until"])
        let until = try filters["until"].map { (text) throws(Fault) in try TimeBound.parse(text, now: nowNanoseconds())
        }
        var deleted: [JSON] = [], reclaimed: Int64 = 0
        for container in containers.all {
            let record = container.record
            guard !record.state.isRunning, !record.state.isRestarting, until.allSatisfy({ record.created < $0 }),
                LabelFilter.accepts(filters, labels: record.config["Labels"].stringMap)
            else { continue }
            let size = (try? await writableSize(container.id)) ?? 0
            do {
                try await removeContainer(container.id, force: false, volumes: false, link: false)
                deleted.append(.string(container.id))
                reclaimed += size
            } catch {
                log.warning("container \(record.shortID) was not pruned: \(sentence(error))")
            }
        }
        publish(.container, "prune", actor: "", attributes: ["reclaimed": "\(reclaimed)"])
        return ["ContainersDeleted": deleted.isEmpty ? .null : .array(deleted), "SpaceReclaimed": .int(reclaimed)]
    }

    package func renameContainer(_ ref: String, to name: String) async throws {
        let container = try container(ref)
        if name.isEmpty { throw Fault(.invalid, "Neither old nor new names may be empty") }
        let new = try ContainerName.validated(name)
        try await inLane(container.id) {
            let old = container.record.name
            if old == new {
                throw Fault(.invalid, "Renaming a container with the same name as its current name")
            }
            do throws(Fault) { try self.containers.claim(name: new, for: container.id) } catch {
                throw Fault(error.kind, "Error when allocating new name: " + error.message, cause: error)
            }
            container.change { $0.name = new }
            do { try await self.save(container) } catch {
                container.change { $0.name = old }
                self.containers.release(name: new, of: container.id)
                throw error
            }
            self.containers.release(name: old, of: container.id)
            self.network.rename(container.id, to: new)
            self.publish("rename", container.record, ["oldName": "/" + old])
        }
    }

    /// Limits and restart policy; a running container gets its limits at once.
    package func updateContainer(_ ref: String, body: JSON) async throws -> JSON {
        let container = try container(ref)
        return try await inLane(container.id) {
            var record = container.record
            if record.state.status == .removing || container.isRemoved {
                throw Fault(.conflict, "Cannot update container \(container.id): container is marked for removal")
            }
            var body = body
            let warnings = KernelLimits.here.reduce(&body)
            for (name, value) in body.object ?? JSONObject() where Self.updatable.contains(name) {
                if value.isNull || value.int == 0 || value.string == "" { continue }
                record.hostConfig[name] = value
            }
            // 0 and everything below ask for no limit.
            if let limit = body["PidsLimit"].int, limit <= 0 { record.hostConfig["PidsLimit"] = 0 }
            if let policy = body["RestartPolicy"]["Name"].string, !policy.isEmpty {
                if record.isAutoRemoved, policy != "no" {
                    throw Fault(
                        .internalFault,
                        "Cannot update container \(container.id): Restart policy cannot be updated because AutoRemove is enabled for the container"
                    )
                }
                record.hostConfig["RestartPolicy"] = [
                    "Name": .string(policy),
                    "MaximumRetryCount": JSON(body["RestartPolicy"]["MaximumRetryCount"].int ?? 0),
                ]
            }
            try CreateChecks.checkRestart(record.hostConfig)
            try CreateChecks.checkResources(record.hostConfig, processors: HostFacts.processors)
            if record.state.isRunning {
                try await self.runtime.update(container.id, resources: SpecResources.update(record.hostConfig))
            }
            let updated = record.hostConfig
            container.change { $0.hostConfig = updated }
            try await self.save(container)
            self.publish("update", container.record)
            return ["Warnings": warnings.isEmpty ? .null : JSON(warnings)]
        }
    }

    private static let updatable: Set<String> = [
        "CpuShares", "Memory", "NanoCpus", "BlkioWeight", "CpuPeriod", "CpuQuota", "CpuRealtimePeriod",
        "CpuRealtimeRuntime", "CpusetCpus", "CpusetMems", "MemoryReservation", "MemorySwap", "PidsLimit",
    ]
}
