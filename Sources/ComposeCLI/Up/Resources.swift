import CommandLine
import Compose
import DockerCLI
import JSON
import NIOHTTP1

/// Networks and volumes of a project: made when they are missing.
struct Resources: Sendable {
    let context: ComposeContext
    let project: Project
    let api: ProjectAPI
    let progress: ProgressReport
    /// Whether a volume that differs from its configuration is made anew without a question.
    var assumesYes = false

    // MARK: - Networks

    /// IDs by key.
    func networks() async throws -> [String: String] {
        var ids: [String: String] = [:]
        for (key, network) in project.networks.sorted(by: { $0.key < $1.key }) {
            ids[key] = try await self.network(key, network)
        }
        return ids
    }

    private func network(_ key: String, _ json: JSON) async throws -> String {
        let name = json["name"].string ?? key
        let named = try await api.client.get("/networks", [ProjectAPI.filters([], [("name", name)])])
        let found = (named.array ?? []).filter { $0["Name"].string == name || $0["Id"].string == name }
        if json["external"].bool == true {
            guard let first = found.first else {
                throw Failure("network \(name) declared as external, but could not be found")
            }
            return first["Id"].string ?? ""
        }
        if let known = found.first {
            if let id = try await reuse(key, name, json, known) { return id }
        }
        if context.options.dryRun { return "" }
        return try await progress.step("Network \(name)", "Creating", "Created") {
            do {
                return try await api.client.post("/networks/create", body: networkBody(key, name, json))["Id"].string
                    ?? ""
            } catch {
                throw Failure("failed to create network \(name): \(error)")
            }
        }
    }

    /// The network's ID when it may be used as it is; nil when it was removed, since it isn't what it is to be.
    private func reuse(_ key: String, _ name: String, _ json: JSON, _ known: JSON) async throws -> String? {
        let id = known["Id"].string ?? ""
        guard let owner = known["Labels", Label.project].string else {
            context.warn(
                "a network with name \(name) exists but was not created by compose.\nSet `external: true` to use an existing network"
            )
            return id
        }
        if owner != project.name {
            context.warn(
                "a network with name \(name) exists but was not created for project \"\(project.name)\".\nSet `external: true` to use an existing network"
            )
        }
        let label = known["Labels", Label.network].string ?? ""
        guard label == key else {
            throw Failure(
                "network \(name) was found but has incorrect label \(Label.network) set to \"\(label)\" (expected: \"\(key)\")"
            )
        }
        let hash = known["Labels", Label.configHash].string ?? ""
        if hash.isEmpty || hash == ResourceHash.network(json) || context.options.dryRun { return id }
        for container in try await api.containers() where container.observed.networks.contains(id) {
            if container.isRunning {
                try await progress.step(container.title, "Stopping", "Stopped") {
                    try await api.stop(container.id, timeout: nil)
                }
            }
            _ = try await api.client.post(
                "/networks/\(id)/disconnect", body: ["Container": .string(container.id), "Force": true])
        }
        try await progress.step("Network \(name)", "Removing", "Removed") {
            _ = try await api.client.json(.DELETE, "/networks/\(id)")
        }
        return nil
    }

    private func networkBody(_ key: String, _ name: String, _ json: JSON) -> JSON {
        var labels = json["labels"].stringMap
        labels[Label.project] = project.name
        labels[Label.network] = key
        labels[Label.version] = Label.composeVersion
        labels[Label.configHash] = ResourceHash.network(json)
        var body: JSON = [
            "Name": .string(name), "CheckDuplicate": true, "Driver": .string(json["driver"].string ?? ""),
            "Internal": .bool(json["internal"].bool ?? false), "Attachable": .bool(json["attachable"].bool ?? false),
            "Labels": JSON(labels),
        ]
        if !json["driver_opts"].isNull { body["Options"] = json["driver_opts"] }
        for (key, from) in [("EnableIPv6", "enable_ipv6"), ("EnableIPv4", "enable_ipv4")] where !json[from].isNull {
            body[key] = json[from]
        }
        let ipam = json["ipam"]
        let pools = (ipam["config"].array ?? []).map { pool -> JSON in
            var config: JSON = [:]
            for (key, from) in [("Subnet", "subnet"), ("IPRange", "ip_range"), ("Gateway", "gateway")] {
                if let text = pool[from].string { config[key] = .string(text) }
            }
            if !pool["aux_addresses"].isNull { config["AuxiliaryAddresses"] = pool["aux_addresses"] }
            return config
        }
        if !pools.isEmpty || ipam["driver"].string != nil {
            body["IPAM"] = ["Driver": .string(ipam["driver"].string ?? "default"), "Config": .array(pools)]
            if !ipam["options"].isNull { body["IPAM"]["Options"] = ipam["options"] }
        }
        return body
    }

    // MARK: - Volumes

    /// Names by key.
    func volumes() async throws -> [String: String] {
        var names: [String: String] = [:]
        for (key, volume) in project.volumes.sorted(by: { $0.key < $1.key }) {
            let name = volume["name"].string ?? key
            names[key] = name
            try await ensure(key, name, volume)
        }
        return names
    }

    private func replaces(_ name: String) async throws -> Bool {
        if context.options.dryRun { return false }
        if assumesYes { return true }
        guard context.session.input.isTerminal else { return false }
        return try await context.session.confirms(
            "? Volume \"\(name)\" exists but doesn't match configuration in compose file. Recreate (data will be lost)?"
        )
    }

    /// With the containers that have it mounted.
    private func remove(_ name: String) async throws {
        let removal = Removal(context: context, project: project, api: api, progress: progress)
        try await Parallel.forEach(api.containers().filter { $0.observed.volumes.contains(name) }) {
            try await removal.stopAndRemove($0, project.services[$0.service], timeout: nil, volumes: false)
        }
        try await progress.step("Volume \(name)", "Removing", "Removed") {
            _ = try await api.client.json(.DELETE, "/volumes/\(PercentEncoding.path(name))", [("force", "1")])
        }
    }

    private func ensure(_ key: String, _ name: String, _ json: JSON) async throws {
        let known = try await api.find("/volumes/\(PercentEncoding.path(name))")
        if json["external"].bool == true {
            guard known != nil else { throw Failure("external volume \"\(name)\" not found") }
            return
        }
        if let known {
            guard let owner = known["Labels", Label.project].string else {
                return context.warn(
                    "volume \"\(name)\" already exists but was not created by Docker Compose. Use `external: true` to use an existing volume"
                )
            }
            if owner != project.name {
                context.warn(
                    "volume \"\(name)\" already exists but was created for project \"\(owner)\" (expected \"\(project.name)\"). Use `external: true` to use an existing volume"
                )
            }
            let hash = known["Labels", Label.configHash].string ?? ""
            let isAsItShould = hash.isEmpty || hash == ResourceHash.volume(json) || owner != project.name
            if isAsItShould { return }
            guard try await replaces(name) else { return }
            try await remove(name)
        }
        if context.options.dryRun { return }
        var labels = json["labels"].stringMap
        labels[Label.project] = project.name
        labels[Label.volume] = key
        labels[Label.version] = Label.composeVersion
        labels[Label.configHash] = ResourceHash.volume(json)
        let body: JSON = [
            "Name": .string(name), "Driver": .string(json["driver"].string ?? ""), "DriverOpts": json["driver_opts"],
            "Labels": JSON(labels),
        ]
        try await progress.step("Volume \(name)", "Creating", "Created") {
            _ = try await api.client.post("/volumes/create", body: body)
        }
    }
}
