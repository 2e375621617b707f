import CLinux
import ContainerNetwork
import ContainerRuntime
import Fault
import ImageStore
import JSON
import Linux
import NIOPosix
import OCI

// What must be on the host before the runtime can make the container: its root, its mounts' sources, and the facts
// that its specification depends on.
extension Engine {
    /// `marked`: with the files by which programs tell that they are in a container.
    func prepare(_ record: ContainerRecord, isRecovered: Bool, marked: Bool = true) async throws -> SpecInput {
        let snapshot = try await images.createSnapshot(record.id, image: try imageDigest(record))
        if isRecovered, record.state.startedAt == nil { try await makeVolumes(record, snapshot) }
        var input = SpecInput(record: record, root: snapshot.merged, cgroupsPath: cgroupPath(record))
        input.lastCapability = HostFacts.lastCapability
        try share(&input, record)
        input.linkVariables = try linkVariables(record)
        input.mounts = hostFileMounts(record)
        for mount in record.mounts where mount.kind != .tmpfs { input.mounts.append(try await bound(mount, record)) }
        let prepared = input
        return try await NIOThreadPool.singleton.runIfActive {
            var input = prepared
            try RootMount.mount(snapshot, isDisposable: record.isAutoRemoved)
            let user = try UserLookup.resolve(
                record.config["User"].string ?? "", groups: record.hostConfig["GroupAdd"].strings,
                in: SafeRoot(path: snapshot.merged))
            input.user = user.json
            input.home = user.home
            try self.devices(&input, record)
            try self.makeHostFiles(record)
            try self.sharedMemory(&input, record)
            if marked { try RootMarks.make(in: SafeRoot(path: snapshot.merged)) }
            input.seccompProfile = try Self.customProfile(record, capabilities: try input.chosenCapabilities())
            return input
        }
    }

    private func imageDigest(_ record: ContainerRecord) throws -> Digest? {
        record.imageID.isEmpty ? nil : try Digest(parsing: record.imageID)
    }

    /// The group of containers that name no other.
    static let groupParent = "/hako"

    private func cgroupPath(_ record: ContainerRecord) -> String {
        let parent = record.hostConfig["CgroupParent"].string ?? ""
        return (parent.isEmpty ? Self.groupParent : MountRequests.clean(parent)) + "/" + record.id
    }

    // MARK: namespaces

    private func share(_ input: inout SpecInput, _ record: ContainerRecord) throws(Fault) {
        let host = record.hostConfig
        func choose(_ member: String, _ file: String) throws(Fault) -> SpecInput.Sharing {
            let mode = host[member].string ?? ""
            if mode == "host" { return .host }
            guard mode.hasPrefix("container:") else { return .own }
            return .joined("/proc/\(try runningPID(String(mode.dropFirst(10)), for: member))/ns/\(file)")
        }
        input.process = try choose("PidMode", "pid")
        input.ipc = try choose("IpcMode", "ipc")
        input.network = try choose("NetworkMode", "net")
        input.uts = host["UTSMode"].string == "host" ? .host : .own
        input.cgroup = host["CgroupnsMode"].string == "host" ? .host : .own
    }

    private func runningPID(_ id: String, for member: String) throws(Fault) -> Int32 {
        let other: ContainerRecord
        do throws(Fault) { other = try container(id).record } catch {
            // Not `notFound`: the container that is being started is there.
            guard member == "NetworkMode" else { throw Fault(.invalid, error.message, cause: error) }
            throw Fault(.internalFault, "joining network namespace of container: \(error.message)", cause: error)
        }
        guard other.state.isRunning else {
            if member == "NetworkMode" {
                throw Fault(
                    .conflict,
                    "cannot join network namespace of a non running container: container \(other.name) is \(other.state.status.rawValue)"
                )
            }
            let why = "container \(other.id) is not running"
            if member == "IpcMode" { throw Fault(.conflict, "failed to join IPC namespace: " + why) }
            throw Fault(.conflict, why)
        }
        return other.state.pid
    }

    /// A container's own /dev/shm lives on the host when others may join it.
    private func sharedMemory(_ input: inout SpecInput, _ record: ContainerRecord) throws {
        let mode = record.hostConfig["IpcMode"].string ?? ""
        if mode.hasPrefix("container:") {
            let donor = try container(String(mode.dropFirst(10))).record
            guard donor.hostConfig["IpcMode"].string == "shareable" else {
                throw Fault(
                    .conflict,
                    "can't join IPC of container \(donor.id): non-shareable IPC (hint: use IpcMode:shareable for the donor container)"
                )
            }
            input.sharedMemory = folder(of: donor.id) + "/shm"
        } else if mode == "shareable" {
            let path = folder(of: record.id) + "/shm"
            try makeFolder(path, mode: 0o700)
            try Mount.unmount(path)
            try Mount.mount(
                source: "shm", on: path, type: "tmpfs", flags: UInt(MS_NOSUID | MS_NOEXEC | MS_NODEV),
                data: "mode=1777,size=\(record.hostConfig["ShmSize"].int ?? 64 << 20)")
            input.sharedMemory = path
        }
    }

    // MARK: mounts

    private func bound(_ mount: ContainerRecord.MountPoint, _ record: ContainerRecord) async throws
        -> SpecInput.BoundMount
    {
        var result = SpecInput.BoundMount(source: mount.source, destination: mount.destination)
        result.isWritable = mount.isWritable
        result.propagation = mount.propagation
        switch mount.kind {
        case .volume:
            result.source = try await mountVolume(mount.name, container: record.id)
            if !mount.subpath.isEmpty { result.source = try subfolder(mount.subpath, of: result.source, mount) }
        case .bind:
            try Propagation.check(mount.propagation, of: mount.source)
            if mount.options["CreateMountpoint"].bool == true {
                var status = stat()
                if stat(mount.source, &status) != 0 { try makeFolder(mount.source, mode: 0o755) }
            }
            result.isRecursive = mount.options["NonRecursive"].bool != true
            result.isRecursivelyReadOnly = !mount.isWritable && mount.options["ReadOnlyForceRecursive"].bool == true
        case .image:
            let snapshot = try await imageSnapshot(mount, record)
            try await NIOThreadPool.singleton.runIfActive { try RootMount.mount(snapshot) }
            result.source = snapshot.merged
            if !mount.subpath.isEmpty { result.source = try subfolder(mount.subpath, of: result.source, mount) }
        case .tmpfs: break
        }
        return result
    }

    /// A folder in a volume or image, whatever links its content has.
    private func subfolder(
        _ path: String, of mountpoint: String, _ mount: ContainerRecord.MountPoint
    ) throws -> String {
        let name = "\(mount.kind.rawValue) \(mount.name)"
        let parts = path.split(separator: "/")
        guard !path.hasPrefix("/"), !parts.contains("..") else {
            throw Fault(.invalid, "invalid volume subpath \"\(path)\": it must be a relative path inside the volume")
        }
        let root = try SafeRoot(path: mountpoint)
        guard try root.status(path) != nil else {
            throw Fault(
                .invalid, "cannot access path \(mountpoint)/\(path): no such file or directory in \(name)")
        }
        let found = try root.open(path, O_PATH)
        var bytes = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink(found.procPath, &bytes, bytes.count)
        guard count > 0 else { throw Fault(.internalFault, "can't name \(path) in \(name)") }
        return String(decoding: bytes[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    // MARK: devices, profile, log

    private func devices(_ input: inout SpecInput, _ record: ContainerRecord) throws(Fault) {
        if input.isPrivileged { input.devices = HostDevices.all() }
        for mapping in record.hostConfig["Devices"].array ?? [] {
            for device in try HostDevices.asked(mapping)
            where !input.devices.contains(where: { $0.path == device.path }) {
                input.devices.append(device)
            }
        }
        let throttled = [
            "BlkioWeightDevice", "BlkioDeviceReadBps", "BlkioDeviceWriteBps", "BlkioDeviceReadIOps",
            "BlkioDeviceWriteIOps",
        ]
        for member in throttled {
            let entries = try (record.hostConfig[member].array ?? []).map { (entry) throws(Fault) -> JSON in
                let path = entry["Path"].string ?? ""
                guard let numbers = HostDevices.numbers(path) else {
                    if access(path, F_OK) != 0 { throw Fault(.invalid, "stat \(path): no such file or directory") }
                    throw Fault(.invalid, "no such block device: \(path)")
                }
                var entry = entry
                entry["Major"] = JSON(numbers.major)
                entry["Minor"] = JSON(numbers.minor)
                return entry
            }
            if !entries.isEmpty { input.record.hostConfig[member] = .array(entries) }
        }
    }

    /// The profile that `--security-opt seccomp=` carries: clients send the file's content.
    private static func customProfile(_ record: ContainerRecord, capabilities: [String]) throws(Fault) -> JSON? {
        for option in record.hostConfig["SecurityOpt"].strings {
            guard option.hasPrefix("seccomp=") || option.hasPrefix("seccomp:") else { continue }
            let value = String(option.dropFirst("seccomp=".utf8.count))
            if value == "unconfined" || value == "builtin" || value.isEmpty { return nil }
            let kernel = CustomSeccompProfile.version(HostFacts.kernelRelease) ?? (4, 18)
            return try CustomSeccompProfile.resolve(value, capabilities: capabilities, kernel: kernel)
        }
        return nil
    }

    func logPath(_ record: ContainerRecord) -> String {
        switch record.hostConfig["LogConfig"]["Type"].string {
        case "json-file": folder(of: record.id) + "/\(record.id)-json.log"
        case "local": folder(of: record.id) + "/local-logs/container.log"
        default: ""
        }
    }

    /// Throws `invalid` for options that the driver doesn't have.
    func logFile(_ record: ContainerRecord) throws -> LogFile {
        let config = record.hostConfig["LogConfig"]
        let options = config["Config"].stringMap
        guard let format = LogFile.Format(rawValue: config["Type"].string ?? "") else {
            throw Fault(.invalid, "logger: no log driver named '\(config["Type"].string ?? "")' is registered")
        }
        if format == .local { try makeFolder(folder(of: record.id) + "/local-logs", mode: 0o700) }
        if format == .none { return LogFile(format: format, path: "") }
        let rotation = try LogOptionChecks.rotation(options, isLocal: format == .local)
        var file = LogFile(
            format: format, path: logPath(record), maxSize: rotation.size, maxFiles: rotation.files)
        file.compresses = rotation.compresses
        file.bufferSize = LogOptionChecks.bufferSize(options)
        return file
    }
}
