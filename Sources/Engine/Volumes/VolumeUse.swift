import Fault
import ImageStore
import JSON

// What the container lifecycle needs of volumes.
extension Engine {
    /// The volume of that name, made when there is none; nil name: a fresh anonymous one. Call at container create.
    /// The volume can't be removed until `releaseVolumes` or the daemon's end; after that the container's `Mounts` hold it.
    package func prepareVolume(
        name: String?, driver: String = "local", options: [String: String] = [:], labels: [String: String] = [:],
        container: String
    ) async throws -> VolumeRecord {
        throw unwritten(#function)
    }

    /// Fills an empty volume with what the image has at `containerPath`, and takes over the folder's owner and mode.
    /// Does nothing when the volume has content or the image has no folder there. Call at container create, once the
    /// container's snapshot exists and while it is not mounted.
    package func copyUp(_ volume: VolumeRecord, from snapshot: Snapshot, containerPath: String) async throws {
        throw unwritten(#function)
    }

    /// The folder to bind into the container; mounts volumes with `type`/`device` options first. Call at every
    /// container start, and for running containers when the daemon starts. Idempotent.
    package func mountVolume(_ name: String, container: String) async throws -> String { throw unwritten(#function) }

    /// Unmounts what no other running container uses. Call when a container has stopped. Idempotent.
    package func unmountVolumes(of container: String) async {}

    /// Call when a container is removed or its creation failed. Idempotent.
    package func releaseVolumes(of container: String) async {}

    /// Removes the container's anonymous volumes (`docker rm -v`, `--rm`), those in use elsewhere excepted.
    package func removeAnonymousVolumes(_ names: [String]) async {}
}
