import JSON

/// Whether the parts of a project fit each other.
struct Consistency {
    let project: Project

    func check() throws {
        for name in inFileOrder(project.services.keys) {
            guard let service = project.services[name] else { continue }
            try image(service)
            try references(service)
            try counts(service)
            try mounts(service)
        }
        try secrets()
        try cycles()
    }

    private func inFileOrder(_ names: some Sequence<String>) -> [String] {
        let wanted = Set(names)
        return (project.tree["services"]?.map?.keys ?? []).filter { wanted.contains($0) }
    }

    private func fault(_ message: String, _ service: Service, _ path: String..., isProject: Bool = true) -> ComposeError
    {
        ComposeError(
            isProject ? "\(message): invalid compose project" : message,
            at: project.tree.place(of: ["services", service.name] + path))
    }

    private func image(_ service: Service) throws {
        let build = service.json["build"]
        if !service.isBuilt, service.image.isEmpty, service.json["provider"].object == nil {
            throw fault("service \"\(service.name)\" has neither an image nor a build context specified", service)
        }
        guard service.isBuilt else { return }
        if build["dockerfile_inline"].string != nil, build["dockerfile"].string != nil {
            throw fault(
                "service \"\(service.name)\" declares mutualy exclusive dockerfile and dockerfile_inline", service,
                "build", "dockerfile_inline")
        }
        for (name, context) in build["additional_contexts"].object ?? JSONObject() {
            guard let text = context.string, text.hasPrefix("service:") else { continue }
            let target = String(text.dropFirst("service:".count))
            let other = project.services[target] ?? project.disabled[target]
            if other?.isBuilt != true {
                let kind = other == nil ? "unknown" : "non-buildable"
                throw fault(
                    "service \"\(service.name)\" declares \(kind) service \"\(target)\" as additional contexts \(name)",
                    service, "build", "additional_contexts", name, isProject: false)
            }
        }
        let platforms = build["platforms"].strings
        if let platform = service.json["platform"].string, !platforms.isEmpty, !platforms.contains(platform) {
            throw fault(
                "service.build.platforms MUST include service.platform \"\(platform)\"", service, "build", "platforms")
        }
    }

    private func references(_ service: Service) throws {
        let json = service.json, name = service.name
        if json["network_mode"].string != nil, !service.networks.isEmpty {
            throw fault(
                "service \(name) declares mutually exclusive `network_mode` and `networks`", service, "network_mode")
        }
        for network in (json["networks"].object ?? JSONObject()).names where project.networks[network] == nil {
            throw undefined("network", network, service, "networks")
        }
        if let first = json["healthcheck", "test"].strings.first, !["CMD", "CMD-SHELL", "NONE"].contains(first) {
            throw fault(
                "healthcheck.test must start either by \"CMD\", \"CMD-SHELL\" or \"NONE\"", service, "healthcheck",
                "test",
                isProject: false)
        }
        for dependency in service.dependencies where project.services[dependency.service] == nil {
            if project.disabled[dependency.service] != nil, !dependency.required { continue }
            throw fault(
                "service \"\(name)\" depends on undefined service \"\(dependency.service)\"", service,
                dependencyKey(service, dependency.service), dependency.service)
        }
        for (at, volume) in (json["volumes"].array ?? []).enumerated() {
            guard volume["type"].string == "volume", let source = volume["source"].string,
                project.volumes[source] == nil
            else { continue }
            throw undefined("volume", source, service, "volumes", "\(at)")
        }
        for (at, secret) in (json["build", "secrets"].array ?? []).enumerated() {
            guard let source = secret["source"].string, project.secrets[source] == nil else { continue }
            throw undefined("build secret", source, service, "build", "secrets", "\(at)")
        }
        for (section, kind, known) in [
            ("configs", "config", Set(project.configs.keys)), ("secrets", "secret", Set(project.secrets.keys)),
        ] {
            for (at, each) in (json[section].array ?? []).enumerated() {
                guard let source = each["source"].string, !known.contains(source) else { continue }
                throw undefined(kind, source, service, section, "\(at)")
            }
        }
        for model in (json["models"].object ?? JSONObject()).names where project.models[model] == nil {
            throw undefined("model", model, service, "models")
        }
    }

    /// The attribute that a dependency comes from.
    private func dependencyKey(_ service: Service, _ other: String) -> String {
        let own = project.tree.nearest(["services", service.name])
        let modes = ["network_mode", "ipc", "pid", "uts", "cgroup"]
        if let mode = modes.first(where: { own[$0]?.string == "service:\(other)" }) { return mode }
        for key in ["links", "volumes_from"] {
            if own[key]?.list?.contains(where: { $0.string?.hasPrefix(other) == true }) == true { return key }
        }
        return "depends_on"
    }

    private func undefined(_ kind: String, _ name: String, _ service: Service, _ path: String...) -> ComposeError {
        ComposeError(
            "service \"\(service.name)\" refers to undefined \(kind) \(name): invalid compose project",
            at: project.tree.place(
                of: ["services", service.name] + path + (path.last.flatMap { Int($0) } == nil ? [name] : [])))
    }

    private func counts(_ service: Service) throws {
        let json = service.json, deploy = json["deploy"], limits = deploy["resources", "limits"]
        let at = "services.\(service.name)"
        if let scale = json["scale"].int, let replicas = deploy["replicas"].int, scale != replicas {
            throw fault("\(at): can't set distinct values on 'scale' and 'deploy.replicas'", service, "scale")
        }
        for (key, value, path) in [
            ("scale", json["scale"].int, ["scale"]),
            ("deploy.replicas", deploy["replicas"].int, ["deploy", "replicas"]),
        ] where (value ?? 0) < 0 {
            throw ComposeError(
                "\(at).\(key): must be greater than or equal to 0",
                at: project.tree.place(of: ["services", service.name] + path))
        }
        let pairs: [(String, JSON, String, JSON)] = [
            ("cpus", json["cpus"], "deploy.resources.limits.cpus", limits["cpus"]),
            ("mem_limit", json["mem_limit"], "deploy.resources.limits.memory", limits["memory"]),
            (
                "mem_reservation", json["mem_reservation"], "deploy.resources.reservations.memory",
                deploy["resources", "reservations", "memory"]
            ), ("pids_limit", json["pids_limit"], "deploy.resources.limits.pids", limits["pids"]),
        ]
        for (key, own, other, limit) in pairs {
            let section = other.hasPrefix("deploy.resources.limits") ? limits : deploy["resources", "reservations"]
            guard !own.isNull, section.object != nil, own != limit else { continue }
            throw fault("\(at): can't set distinct values on '\(key)' and '\(other)'", service, key)
        }
        if service.scale > 1, !service.containerName.isEmpty {
            let attribute = json["scale"].isNull ? "deploy.replicas" : "scale"
            throw fault(
                "\(at): can't set container_name and \(attribute) as container name must be unique", service,
                "container_name")
        }
        for (at, watch) in (json["develop", "watch"].array ?? []).enumerated() {
            let action = watch["action"].string ?? ""
            if watch["target"].string ?? "" == "", action != "rebuild", action != "restart" {
                throw fault(
                    "services.\(service.name).develop.watch: target is required for non-rebuild actions", service,
                    "develop", "watch", "\(at)")
            }
        }
    }

    private func mounts(_ service: Service) throws {
        var known: [String: String] = [:]
        func add(_ target: String, _ key: String, _ at: Int) throws {
            let place = "services.\(service.name).\(key)[\(at)]"
            if let other = known[target] {
                throw fault(
                    "\(place): target \(target) already mounted as \(other)", service, key, "\(at)", isProject: false)
            }
            known[target] = place
        }
        for (at, tmpfs) in service.json["tmpfs"].strings.enumerated() {
            try add(String(tmpfs.prefix { $0 != ":" }), "tmpfs", at)
        }
        for (at, volume) in (service.json["volumes"].array ?? []).enumerated() {
            try add(volume["target"].string ?? "", "volumes", at)
        }
    }

    private func secrets() throws {
        for (name, secret) in project.secrets.sorted(by: { $0.key < $1.key }) where secret["external"].bool != true {
            guard secret["file"].string == nil, secret["environment"].string == nil else { continue }
            throw ComposeError(
                "secret \"\(name)\" must declare either `file` or `environment`: invalid compose project",
                at: project.place("secrets", name))
        }
    }

    private func cycles() throws {
        let names = project.serviceNames
        var done: Set<String> = []
        for name in names { try walk(name, [], &done) }
    }

    private func walk(_ name: String, _ path: [String], _ done: inout Set<String>) throws {
        if let at = path.firstIndex(of: name) {
            let last = path[path.count - 1]
            throw ComposeError(
                "dependency cycle detected: \((path[at...] + [name]).joined(separator: " -> "))",
                at: project.tree.place(of: ["services", last, "depends_on", name]))
        }
        guard !done.contains(name), let service = project.services[name] else { return }
        for dependency in service.dependencies { try walk(dependency.service, path + [name], &done) }
        done.insert(name)
    }
}
