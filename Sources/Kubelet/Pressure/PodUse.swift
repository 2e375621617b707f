import CLinux
import DockerModel
import JSON
import Linux
import KubeModel

/// What a pod uses of its node, measured when there is too little of something.
struct PodUse: Sendable {
    struct Container: Sendable {
        var name: String
        /// Bytes, without what the kernel could drop at once.
        var memory = 0
        var disk = DiskUse()
    }

    var pod: PodSpec
    var containers: [Container] = []
    /// Of its volumes.
    var volumes = DiskUse()
    var processes = 0

    var memory: Int { containers.reduce(0) { $0 + $1.memory } }
    var disk: DiskUse { containers.reduce(volumes) { $0 + $1.disk } }

    func use(of resource: String) -> Int {
        switch resource {
        case "memory": memory
        case "ephemeral-storage": disk.bytes
        case "inodes": disk.files
        default: processes
        }
    }

    /// What the pod asks for of it, as a whole or by its containers.
    func request(of resource: String) -> Int {
        switch resource {
        case "memory": return NodeLedger.Amounts(pod).memory
        case "ephemeral-storage":
            return pod.containers.reduce(0) { sum, container in
                sum + (container["resources"].map("requests")[resource].flatMap { Quantity($0) }?.value ?? 0)
            }
        default: return 0
        }
    }

    /// The worse things stand, the more of this there are: so only when they do, and only what matters then.
    static func measure(_ worker: PodWorker, _ resource: String, _ parts: PodParts) async -> PodUse {
        let situation = await worker.situation
        var use = PodUse(pod: situation.pod)
        let running = situation.containers.values.compactMap(\.last).filter { $0.phase == .running }
        for own in running.sorted(by: { $0.name < $1.name }) {
            var container = Container(name: own.name)
            if resource == "memory" {
                let source = try? await parts.engine.containerStats(own.id, stream: false, oneShot: true)
                if let stats = try? await source?.next() { container.memory = NodeFigures.use(stats).memory }
            } else if resource != "pids" {
                container.disk = await disk(own.id, parts)
            }
            use.containers.append(container)
        }
        switch resource {
        case "pids":
            let path = PodGroup(situation.pod, root: parts.settings.groupRoot).path
            use.processes = Int((try? ControlGroups().group(path).statistics().pids) ?? 0)
        case "memory": break
        default: use.volumes = await DiskUse.of(parts.settings.podFolder(situation.pod.uid) + "/volumes")
        }
        return use
    }

    /// A container's writable layer and its log.
    private static func disk(_ id: String, _ parts: PodParts) async -> DiskUse {
        guard let seen = try? await parts.engine.inspectContainer(id, size: false) else { return DiskUse() }
        var use = await DiskUse.of(seen["GraphDriver"]["Data"].text("UpperDir"))
        use.bytes += DiskUse.size(ofFile: seen.text("LogPath"))
        return use
    }

    /// What a pod takes of the disk, as far as its limits ask for it.
    static func storage(_ worker: PodWorker, _ limits: StorageLimits, _ parts: PodParts) async -> StorageLimits.Use {
        let situation = await worker.situation, pod = situation.pod
        let paths = PodPaths(root: parts.settings.rootFolder)
        var use = StorageLimits.Use()
        let limited = Set(limits.volumes.map(\.name))
        for volume in pod.spec.list("volumes") {
            let name = volume.text("name")
            if volume["emptyDir"].object != nil, volume["emptyDir"].text("medium").isEmpty {
                guard limits.pod != nil || limited.contains(name) else { continue }
                use.volumes[name] = await DiskUse.of(paths.volume(pod.uid, "empty-dir", name)).bytes
            } else if limits.pod != nil, volume["configMap"].object != nil {
                use.other += await DiskUse.of(paths.volume(pod.uid, "configmap", name)).bytes
            }
        }
        guard limits.pod != nil else { return use }
        for own in situation.containers.values.compactMap(\.last) where own.phase == .running {
            use.containers[own.name] = await disk(own.id, parts).bytes
        }
        return use
    }
}
