import CLinux
import DockerModel
import Fault
import JSON
import Linux
import NIOPosix
import Synchronization

// The Engine API's volumes.
extension Engine {
    private static let listFilters: Set<String> = ["dangling", "driver", "label", "name"]
    private static let pruneFilters: Set<String> = ["all", "label", "label!"]

    package func listVolumes(_ filters: Filters) async throws -> JSON {
        try filters.check(Self.listFilters)
        let users = volumeUsers()
        let dangling = try Self.flag(filters, "dangling")
        let chosen = volumes.all.filter { volume in
            if let dangling, dangling != (users[volume.name] == nil) { return false }
            if !filters["driver"].isEmpty, !filters["driver"].contains(volume.driver) { return false }
            if !filters["name"].isEmpty, !filters["name"].contains(where: { volume.name.contains($0) }) { return false }
            return LabelFilter.accepts(filters, labels: volume.labels)
        }
        return ["Volumes": .array(chosen.map(\.document)), "Warnings": .null]
    }

    package func inspectVolume(_ name: String) async throws -> JSON {
        try volumes.record(name).document
    }

    package func createVolume(_ body: JSON) async throws -> JSON {
        let volumes = volumes
        let name = body["Name"].string, driver = body["Driver"].string ?? "local"
        let options = body["DriverOpts"].stringMap, labels = body["Labels"].stringMap
        let (record, isNew) = try await NIOThreadPool.singleton.runIfActive {
            try volumes.create(name: name, driver: driver, options: options, labels: labels, pinnedBy: nil)
        }
        if isNew { publish(.volume, "create", actor: record.name, attributes: ["driver": record.driver]) }
        return record.document
    }

    package func removeVolume(_ name: String, force: Bool) async throws {
        do {
            try await removeUnused(name)
        } catch let fault as Fault where fault.kind == .notFound && force {
            return
        }
    }

    private func removeUnused(_ name: String) async throws {
        let record = try volumes.record(name)
        if let users = volumeUsers()[name] { throw VolumeStore.inUse(name, users) }
        let volumes = volumes
        try await NIOThreadPool.singleton.runIfActive { try volumes.remove(name) }
        publish(.volume, "destroy", actor: name, attributes: ["driver": record.driver])
    }

    package func pruneVolumes(_ filters: Filters) async throws -> JSON {
        try filters.check(Self.pruneFilters)
        let all = try Self.flag(filters, "all") ?? false
        let users = volumeUsers()
        var removed: [String] = []
        var freed: Int64 = 0
        for volume in volumes.all where users[volume.name] == nil && (all || volume.anonymous) {
            guard LabelFilter.accepts(filters, labels: volume.labels) else { continue }
            let size = await volumeSize(volume)
            do {
                try await removeUnused(volume.name)
                removed.append(volume.name)
                freed += size
            } catch let fault as Fault where fault.kind == .conflict || fault.kind == .notFound {
                continue  // taken into use, or removed, meanwhile
            }
        }
        publish(.volume, "prune", actor: "", attributes: ["reclaimed": "\(freed)"])
        return ["VolumesDeleted": removed.isEmpty ? .null : JSON(removed), "SpaceReclaimed": JSON(freed)]
    }

    /// IDs of the containers whose mounts name it, by volume.
    package func volumeUsers() -> [String: [String]] {
        var users: [String: [String]] = [:]
        for container in containers.all {
            let record = container.record
            for mount in record.mounts where mount.kind == .volume { users[mount.name, default: []].append(record.id) }
        }
        return users
    }

    /// Bytes of the files in it, as `docker system df -v` counts; 0 for what is mounted there.
    package func volumeSize(_ volume: VolumeRecord) async -> Int64 {
        if volume.isMounted { return 0 }
        return (try? await NIOThreadPool.singleton.runIfActive { FolderSize.measure(volume.mountpoint) }) ?? 0
    }
}
