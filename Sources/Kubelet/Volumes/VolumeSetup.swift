import CLinux
import JSON
import KubeClient
import KubeModel
import Linux
import NIOPosix

/// Makes a pod's volumes one by one. Safe to repeat; calls for one pod must not overlap.
struct VolumeSetup: Sendable {
    let paths: PodPaths
    let api: any ObjectAPI
    let objects: PodObjects
    let tokens: ServiceAccountTokens
    let systems: any VolumeFileSystems
    let node: @Sendable () -> JSON

    struct Made {
        /// Host paths by volume name.
        var paths: [String: String] = [:]
        var faults: [PodFault] = []
        /// When a token is to be renewed, in seconds since 1970.
        var renewal: Double?
    }

    /// Volumes that no container mounts are left out, as the original does.
    /// - Parameter onlyProjected: those alone whose files come from objects.
    func make(_ pod: JSON, onlyProjected: Bool = false) async -> Made {
        var used: Set<String> = []
        for container in PodContainers.all(pod) {
            for mount in container["volumeMounts"].array ?? [] { used.insert(mount["name"].string ?? "") }
            for variable in container["env"].array ?? [] {
                if let name = variable["valueFrom"]["fileKeyRef"]["volumeName"].string { used.insert(name) }
            }
        }
        var made = Made()
        var claimErrors: [(volume: String, error: PodConfigError)] = []
        for volume in pod["spec"]["volumes"].array ?? [] {
            let name = volume["name"].string ?? ""
            guard used.contains(name), volume["image"].object == nil else { continue }
            do throws(PodConfigError) {
                if let type = ProjectedVolume.types.first(where: { volume[$0.0].object != nil }) {
                    made.paths[name] = try await projected(volume, type.1, pod, &made)
                } else if !onlyProjected {
                    made.paths[name] = try await plain(volume, pod, &claimErrors)
                }
            } catch {
                made.faults.append(
                    PodFault(
                        reason: "FailedMount",
                        message: "MountVolume.SetUp failed for volume \(GoText.quoted(name)) : \(error.message)"))
            }
        }
        made.faults += Self.faults(ofClaims: claimErrors)
        return made
    }

    private func projected(
        _ volume: JSON, _ type: String, _ pod: JSON, _ made: inout Made
    ) async throws(PodConfigError) -> String {
        let name = volume["name"].string ?? ""
        let path = paths.volume(pod["metadata"]["uid"].string ?? "", type, name)
        let allocatable = node()["status"]["allocatable"]
        let source = ProjectedVolume(objects: objects, tokens: tokens, allocatable: allocatable)
        let content = try await source.content(volume, pod)
        if let renewal = content.renewal { made.renewal = min(made.renewal ?? .infinity, renewal) }
        let group = PodOwner(pod).group
        let bytes = MemorySize.of(.null, pod: pod, allocatable: allocatable)
        let nested = NestedMountPoints.of(name, pod)
        let folders = VolumeFolders(systems: systems)
        try await blocking { () throws(KernelError) in
            // What may be secret never reaches a disk.
            if type == "configmap" {
                try folders.makeOnDisk(path, group: group)
            } else {
                try folders.makeInMemory(path, bytes: bytes, group: group)
            }
            for inner in nested { try KernelFile.makeFolders("\(path)/\(inner)", mode: 0o755) }
        }
        try await blocking { () throws(PodConfigError) in
            try AtomicFolder.write(content.files, to: path) { () throws(KernelError) in
                if let group { try FolderTree.give(path, to: group, readOnly: true) }
            }
        }
        return path
    }

    // MARK: Other types

    private func plain(
        _ volume: JSON, _ pod: JSON, _ claimErrors: inout [(volume: String, error: PodConfigError)]
    ) async throws(PodConfigError) -> String? {
        if volume["emptyDir"].object != nil { return try await emptyDir(volume, pod) }
        if volume["hostPath"].object != nil { return try await hostPath(volume["hostPath"]) }
        let name = volume["name"].string ?? ""
        let claim: String
        if let named = volume["persistentVolumeClaim"]["claimName"].string {
            claim = named
        } else if volume["ephemeral"].object != nil {
            claim = "\(pod["metadata"]["name"].string ?? "")-\(name)"
        } else {
            throw Self.unsupported(volume, besides: ["name"])
        }
        let persistent: JSON
        do throws(PodConfigError) {
            persistent = try await ClaimedVolume(api: api).find(claim, of: pod, volume: volume)
        } catch {
            claimErrors.append((name, error))
            return nil
        }
        return try await self.persistent(persistent, pod)
    }

    private static func unsupported(_ source: JSON, besides: Set<String>) -> PodConfigError {
        let type = source.object?.names.first { !besides.contains($0) } ?? ""
        return PodConfigError("no volume plugin matched: volumes of type \(type) are not supported on this node")
    }

    private func emptyDir(_ volume: JSON, _ pod: JSON) async throws(PodConfigError) -> String {
        let path = paths.volume(pod["metadata"]["uid"].string ?? "", "empty-dir", volume["name"].string ?? "")
        let medium = volume["emptyDir"]["medium"].string ?? ""
        guard medium.isEmpty || medium == "Memory" else {
            throw PodConfigError("unknown storage medium \(GoText.quoted(medium))")
        }
        let group = PodOwner(pod).group
        let bytes = MemorySize.of(volume, pod: pod, allocatable: node()["status"]["allocatable"])
        let folders = VolumeFolders(systems: systems)
        try await blocking { () throws(KernelError) in
            if medium.isEmpty {
                try folders.makeOnDisk(path, group: group)
            } else {
                try folders.makeInMemory(path, bytes: bytes, group: group)
            }
        }
        return path
    }

    private func hostPath(_ source: JSON) async throws(PodConfigError) -> String {
        let path = source["path"].string ?? "", type = source["type"].string ?? ""
        try await blocking { () throws(PodConfigError) in try HostPathCheck.prepare(path, type: type) }
        return path
    }

    private func persistent(_ volume: JSON, _ pod: JSON) async throws(PodConfigError) -> String {
        guard ClaimedVolume.isReachable(volume, from: node()["metadata"]["labels"]) else {
            throw PodConfigError("no matching NodeSelectorTerms")
        }
        let spec = volume["spec"]
        if spec["hostPath"].object != nil { return try await hostPath(spec["hostPath"]) }
        guard let path = spec["local"]["path"].string else {
            let general: Set<String> = [
                "capacity", "accessModes", "claimRef", "persistentVolumeReclaimPolicy", "storageClassName",
                "mountOptions", "volumeMode", "nodeAffinity", "volumeAttributesClassName",
            ]
            throw Self.unsupported(spec, besides: general)
        }
        let owner = PodOwner(pod)
        try await blocking { () throws(PodConfigError) in
            try HostPathCheck.expectFolder(path)
            guard let group = owner.group else { return }
            if owner.onlyOnMismatch, FolderTree.isGiven(path, to: group, readOnly: false) { return }
            do throws(KernelError) {
                try FolderTree.give(path, to: group, readOnly: false)
            } catch {
                throw PodConfigError(error.description)
            }
        }
        return path
    }

    /// One fault for all claims that can't be used, as the original tells them.
    static func faults(ofClaims errors: [(volume: String, error: PodConfigError)]) -> [PodFault] {
        if errors.isEmpty { return [] }
        let names = GoText.list(errors.map(\.volume).sorted())
        let why = errors.map(\.error.message).joined(separator: "; ")
        return [
            PodFault(
                reason: "FailedMount",
                message: "Unable to attach or mount volumes: unmounted volumes=\(names), unattached volumes=[], "
                    + "failed to process volumes=\(names): \(why)")
        ]
    }

    /// On a thread that may wait for the disk.
    private func blocking<Failure: Error & CustomStringConvertible>(
        _ work: @escaping @Sendable () throws(Failure) -> Void
    ) async throws(PodConfigError) {
        do {
            try await NIOThreadPool.singleton.runIfActive { try work() }
        } catch {
            throw (error as? PodConfigError) ?? PodConfigError("\(error)")
        }
    }
}
