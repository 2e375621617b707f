import CLinux
import Fault
import ImageStore
import JSON
import Linux
import Logging
import OCI

extension Engine {
    /// Engine API, ContainerCreate. Everything is checked before anything is made; the record is durable before the
    /// answer. What a crash leaves half made is finished at the next start, since a record says all that is needed.
    package func createContainer(name: String?, platform: String?, body: JSON) async throws -> JSON {
        guard body.object != nil else {
            throw Fault(.invalid, "config cannot be empty in order to create a container")
        }
        let wanted = name.flatMap { $0.isEmpty ? nil : $0 }
        let asked = try wanted.map { (text) throws(Fault) in try ContainerName.validated(text) }
        var hostConfig = try ConfigForm.hostConfig(from: body["HostConfig"], options: options)
        let discarded = KernelLimits.here.reduce(&hostConfig)
        var config = try ConfigForm.fill(ConfigForm.config, from: body, called: "ContainerConfig")
        try CreateChecks.checkExposed(asked: config, host: hostConfig)
        let image = try await image(for: config, platform: platform)
        if let folder = config["WorkingDir"].string, folder.hasPrefix("/") {
            config["WorkingDir"] = .string(MountRequests.clean(folder))
        }
        config = ImageDefaults.merge(config, image: image?.config["config"] ?? .null)
        try CreateChecks.check(config: config, host: hostConfig, processors: HostFacts.processors)
        if config["Entrypoint"].strings.isEmpty, config["Cmd"].strings.isEmpty {
            throw Fault(.invalid, "no command specified")
        }
        let id = Self.randomID()
        try claimName(asked, for: id)
        var record = ContainerRecord(
            id: id, name: containers.name(of: id) ?? "", created: nowNanoseconds(),
            imageID: image.map { "\($0.id)" } ?? "", platform: "linux", config: config, hostConfig: hostConfig,
            endpoints: [], mounts: [])
        do {
            try fillNames(&record)
            record.endpoints = try endpoints(body["NetworkingConfig"], record)
            record.mounts = try await mountRequests(record)
            record.links = try resolveLinks(record)
            if record.hostConfig["Links"].array != nil { record.hostConfig["Links"] = .null }
            let container = try await make(record, image: image)
            containers.insert(container)
            publish("create", container.record)
            return ["Id": .string(id), "Warnings": JSON(discarded + warnings(record))]
        } catch {
            containers.release(name: record.name, of: id)
            // Clients take `notFound` for the image, and pull.
            guard let fault = error as? Fault, fault.kind == .notFound else { throw error }
            throw Fault(.invalid, fault.message, cause: fault)
        }
    }

    private func image(for config: JSON, platform: String?) async throws -> Image? {
        let ref = config["Image"].string ?? ""
        if ref.isEmpty { return nil }
        let image = try await images.image(ref)
        guard let platform, !platform.isEmpty else { return image }
        let words = platform.split(separator: "/").map(String.init)
        let have = Platform(image.config)
        let fits =
            words.count == 1
            ? words[0] == have.os || words[0] == have.architecture
            : words[0] == have.os && words[1] == have.architecture
                && (words.count < 3 || have.variant == nil || words[2] == have.variant)
        if fits { return image }
        throw Fault(
            .notFound,
            "image with reference \(ref) was found but its platform (\(have)) "
                + "does not match the specified platform (\(platform))")
    }

    private func claimName(_ asked: String?, for id: String) throws(Fault) {
        if let asked { return try containers.claim(name: asked, for: id) }
        var random = SystemRandomNumberGenerator()
        while true {
            let name = ContainerName.generate(&random, isTaken: containers.isTaken(name:))
            do { return try containers.claim(name: name, for: id) } catch  where error.kind == .conflict { continue }
        }
    }

    /// 64 hex digits.
    package static func randomID() -> String {
        let digits = Array("0123456789abcdef".utf8)
        var random = SystemRandomNumberGenerator()
        return String(decoding: (0..<64).map { _ in digits[Int.random(in: 0..<16, using: &random)] }, as: UTF8.self)
    }

    private func fillNames(_ record: inout ContainerRecord) throws(Fault) {
        // Names of other containers become IDs, so that a rename doesn't break the tie.
        for (member, kind) in [("NetworkMode", "network"), ("IpcMode", "IPC"), ("PidMode", "PID")] {
            guard let ref = record.hostConfig[member].string, ref.hasPrefix("container:") else { continue }
            do {
                record.hostConfig[member] = .string(
                    "container:\(try container(String(ref.dropFirst("container:".count))).id)")
            } catch {
                // Not as "not found": clients would take that for the image, and pull it.
                throw Fault(.invalid, "joining \(kind) namespace of container: \(error.message)", cause: error)
            }
        }
        let mode = record.networkMode
        guard (record.config["Hostname"].string ?? "").isEmpty else { return }
        if mode == "host" || record.hostConfig["UTSMode"].string == "host" {
            record.config["Hostname"] = .string(HostFacts.hostname)
        } else if mode.hasPrefix("container:"), let other = containers.get(id: String(mode.dropFirst(10))) {
            record.config["Hostname"] = other.record.config["Hostname"]
        } else {
            record.config["Hostname"] = .string(record.shortID)
        }
    }

    private func endpoints(_ networking: JSON, _ record: ContainerRecord) throws(Fault) -> [ContainerRecord.Endpoint] {
        let mode = record.networkMode
        if mode.hasPrefix("container:") { return [] }
        var asked: [(String, JSON)] = (networking["EndpointsConfig"].object ?? JSONObject()).map { ($0.key, $0.value) }
        // Clients name the default network in one of two ways; both are one endpoint.
        if let at = asked.firstIndex(where: { $0.0 == "default" }) { asked[at].0 = "bridge" }
        let first = asked.first { $0.0 == mode }?.1 ?? [:]
        let others = asked.filter { $0.0 != mode }
        if mode == "host" || mode == "none", let other = others.first {
            throw Fault(
                .invalid,
                "conflicting options: cannot attach both user-defined and non-user-defined network-modes (\(other.0))")
        }
        let named = others.map { ContainerRecord.Endpoint(network: $0.0, settings: $0.1) }
        // Networks that are named take the place of the default one.
        if mode == "bridge", !named.isEmpty, named.count == asked.count { return named }
        return [ContainerRecord.Endpoint(network: mode, settings: first)] + named
    }

    private func mountRequests(_ record: ContainerRecord) async throws -> [ContainerRecord.MountPoint] {
        var mounts = try MountRequests.collect(config: record.config, host: record.hostConfig) {
            (ref) throws(Fault) in try container(ref).record.mounts
        }
        for mount in mounts where mount.kind == .bind && mount.options["CreateMountpoint"].bool != true {
            var status = stat()
            if stat(mount.source, &status) != 0 {
                throw Fault(
                    .invalid,
                    "invalid mount config for type \"bind\": bind source path does not exist: \(mount.source)")
            }
        }
        for at in mounts.indices where mounts[at].kind == .image && mounts[at].options["Image"].string == nil {
            mounts[at].options = ["Image": .string("\(try await images.image(mounts[at].name).id)")]
        }
        return mounts
    }

    /// Folder, record, writable layer, volumes; on failure nothing stays but named volumes. Names of anonymous volumes
    /// are chosen first, so that the record has all that a crash may leave.
    private func make(_ asked: ContainerRecord, image: Image?) async throws -> Container {
        let id = asked.id
        var record = asked
        for at in record.mounts.indices where record.mounts[at].kind == .volume {
            if record.mounts[at].name.isEmpty { record.mounts[at].name = VolumeName.random() }
            record.mounts[at].source = volumes.dataFolder(record.mounts[at].name)
        }
        do {
            // The folder comes first and goes last: a folder without a record tells the next start what to sweep.
            try makeFolder(folder(of: id), mode: 0o710)
            let stored = record.stored
            async let written: Void = store.write(.put(.container, id, stored))
            let snapshot = try await images.createSnapshot(id, image: image?.id)
            try await written
            for at in record.mounts.indices where record.mounts[at].kind == .image {
                record.mounts[at].source = try await imageSnapshot(record.mounts[at], record).merged
            }
            try await makeVolumes(record, snapshot)
            return Container(record)
        } catch {
            await discard(record)
            throw error
        }
    }

    /// Makes those that aren't there, and fills the empty ones from the image. Idempotent.
    func makeVolumes(_ record: ContainerRecord, _ snapshot: Snapshot) async throws {
        for mount in record.mounts where mount.kind == .volume {
            var labels = mount.options["Labels"].stringMap
            if mount.isAnonymous { labels[VolumeName.anonymousLabel] = "" }
            let volume = try await prepareVolume(
                name: mount.name, driver: mount.driver, options: mount.options["DriverConfig"]["Options"].stringMap,
                labels: labels, container: record.id)
            if mount.copiesUp { try await copyUp(volume, from: snapshot, containerPath: mount.destination) }
        }
    }

    /// Takes back what `make` made.
    private func discard(_ record: ContainerRecord) async {
        await releaseVolumes(of: record.id)
        await removeAnonymousVolumes(record.mounts.filter(\.isAnonymous).map(\.name))
        do {
            try await removeImageSnapshots(of: record.id)
            try await images.removeSnapshot(record.id)
            try await store.write(.remove(.container, record.id))
            removeFolder(folder(of: record.id))
        } catch {
            log.warning("what was made for container \(record.shortID) is left to the next start: \(sentence(error))")
        }
    }

    private func warnings(_ record: ContainerRecord) -> [String] {
        let host = record.hostConfig
        var result = (host["Mounts"].array ?? []).filter { $0["Type"].string == "image" }.map { _ in
            "Image mount is an experimental feature"
        }
        if host["OomKillDisable"].bool == true, host["Memory"].int == 0 {
            result.append(
                "OOM killer is disabled for the container, but no memory limit is set, this can result in the system running out of resources."
            )
        }
        if record.networkMode == "host", !(host["PortBindings"].object ?? JSONObject()).isEmpty {
            result.append("Published ports are discarded when using host network mode")
        }
        return result
    }
}
