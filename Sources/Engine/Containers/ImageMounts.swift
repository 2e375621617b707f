import Fault
import ImageStore
import JSON
import OCI

// `--mount type=image`: each such mount is a root of its own over the image's layers, as a container's is, called after
// the container and the mount's place among its mounts. It is mounted while the container runs, and bound read-only.
extension Engine {
    /// Idempotent.
    func imageSnapshot(_ mount: ContainerRecord.MountPoint, _ record: ContainerRecord) async throws -> Snapshot {
        guard let place = record.mounts.firstIndex(where: { $0.destination == mount.destination }),
            let image = mount.options["Image"].string
        else { throw Fault(.internalFault, "container \(record.shortID) has no image for \(mount.destination)") }
        return try await images.createSnapshot(Self.prefix(record.id) + "\(place)", image: try Digest(parsing: image))
    }

    private static func prefix(_ id: String) -> String { id + "-" }

    func imageSnapshots(of id: String) async throws -> [String] {
        try await images.snapshotNames(startingWith: Self.prefix(id))
    }

    /// Idempotent. What is still mounted is unmounted.
    func removeImageSnapshots(of id: String) async throws {
        for name in try await imageSnapshots(of: id) { try await images.removeSnapshot(name) }
    }
}
