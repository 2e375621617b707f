import Fault
import ImageStore
import JSON
import Linux
import Logging
import NIOPosix
import Synchronization

// What the container lifecycle needs of volumes.
extension Engine {
    /// The volume of that name, made when there is none; nil name: a fresh anonymous one. Call at container create.
    /// The volume can't be removed until `releaseVolumes` or the daemon's end; after that the container's mounts hold it.
    package func prepareVolume(
        name: String?, driver: String = "local", options: [String: String] = [:], labels: [String: String] = [:],
        container: String
    ) async throws -> VolumeRecord {
        let volumes = volumes
        let (record, isNew) = try await NIOThreadPool.singleton.runIfActive {
            try volumes.create(name: name, driver: driver, options: options, labels: labels, pinnedBy: container)
        }
        if isNew { publish(.volume, "create", actor: record.name, attributes: ["driver": record.driver]) }
        return record
    }

    /// Fills an empty volume with what the image has at `containerPath`, and takes over the folder's owner and mode.
    /// Does nothing when the volume has content or the image has no folder there. Call at container create, once the
    /// container's snapshot exists and while it is not mounted.
    package func copyUp(_ volume: VolumeRecord, from snapshot: Snapshot, containerPath: String) async throws {
        let volumes = volumes
        try await NIOThreadPool.singleton.runIfActive {
            guard KernelFile.names(in: volume.mountpoint).isEmpty, !volume.isMounted else { return }
            let view = try RootView.mounting(snapshot)
            defer { view.close() }
            // Two containers created at once must not both fill it.
            try volumes.changes.withLock { _ in
                guard KernelFile.names(in: volume.mountpoint).isEmpty else { return }
                try VolumeFill.fill(volume.mountpoint, from: view.root, path: containerPath)
            }
        }
    }

    /// The folder to bind into the container; mounts volumes with `type`/`device` options first. Call at every
    /// container start, and for running containers when the daemon starts. Idempotent.
    package func mountVolume(_ name: String, container: String) async throws -> String {
        let volumes = volumes
        return try await NIOThreadPool.singleton.runIfActive { try volumes.mount(name, for: container) }
    }

    /// Unmounts what no other running container uses. Call when a container has stopped. Idempotent.
    package func unmountVolumes(of container: String) async {
        let volumes = volumes
        try? await NIOThreadPool.singleton.runIfActive { volumes.unmount(for: container) }
    }

    /// Call when a container is removed or its creation failed. Idempotent.
    package func releaseVolumes(of container: String) async {
        let volumes = volumes
        try? await NIOThreadPool.singleton.runIfActive { volumes.release(container) }
    }

    /// Removes the container's anonymous volumes (`docker rm -v`, `--rm`), those in use elsewhere excepted.
    package func removeAnonymousVolumes(_ names: [String]) async {
        for name in names {
            guard let record = try? volumes.record(name), record.anonymous else { continue }
            do { try await removeVolume(name, force: true) } catch {
                log.debug("anonymous volume \(name) stays: \(error)")
            }
        }
    }
}
