import DockerModel
import Fault
import ImageStore
import JSON
import NIOPosix
import OCI

extension Engine {
    private static let usageTypes = ["container", "image", "volume", "build-cache"]

    /// Engine API, SystemDataUsage; `types` empty: all. The members of types that weren't asked for are null.
    package func diskUsage(types: [String]) async throws -> JSON {
        for type in types where !Self.usageTypes.contains(type) {
            throw Fault(.invalid, "unknown object type: \(type)")
        }
        func wants(_ type: String) -> Bool { types.isEmpty || types.contains(type) }
        let (images, layers) = wants("image") ? try await imageUsage() : (.null, 0)
        return [
            "LayersSize": .int(layers), "Images": images,
            "Containers": wants("container")
                ? .array(try await listContainers(all: true, limit: nil, size: true, filters: Filters())) : .null,
            "Volumes": wants("volume") ? try await volumeUsage() : .null,
            "BuildCache": wants("build-cache") ? .array(try await buildCacheUsage()) : .null,
        ]
    }

    /// Summaries with shared size and number of containers, and the bytes of all layers, each counted once.
    private func imageUsage() async throws -> (JSON, layers: Int64) {
        let all = try await images.images()
        let shared = try await sharedSizes(all)
        let users = Dictionary(grouping: containers.all, by: \.record.imageID).mapValues { Int64($0.count) }
        let summaries = all.map {
            summary(
                $0, tags: $0.tagReferences, digests: $0.digestReferences, shared: shared[$0.id] ?? 0,
                containers: users["\($0.id)"] ?? 0)
        }
        let used = Set(all.flatMap(\.diffIDs))
        return (.array(summaries), try await images.layerSizes().filter { used.contains($0.key) }.values.reduce(0, +))
    }

    private func volumeUsage() async throws -> JSON {
        let mounts = containers.all.flatMap { $0.record.mounts.map(\.name) }
        var volumes: [JSON] = []
        for var volume in try await listVolumes(Filters())["Volumes"].array ?? [] {
            let (name, path) = (volume["Name"].string ?? "", volume["Mountpoint"].string ?? "")
            let size = try await NIOThreadPool.singleton.runIfActive { FolderSize.measure(path) }
            volume["UsageData"] = ["RefCount": .int(Int64(mounts.count { $0 == name })), "Size": .int(size)]
            volumes.append(volume)
        }
        return .array(volumes)
    }
}
