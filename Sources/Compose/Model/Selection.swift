import JSON

extension Project {
    /// The project with these services and, unless told otherwise, what they depend on; the others are disabled.
    /// A service that is asked for by name is enabled with its profiles. No names: all that are enabled.
    package func selecting(_ names: [String], withDependencies: Bool = true) throws -> Project {
        guard !names.isEmpty else { return self }
        var enabled = self
        for name in names where services[name] == nil {
            guard let service = disabled[name] else { throw ComposeError("no such service: \(name)") }
            enabled.enable(profiles: profiles + service.profiles)
            enabled.services[name] = service
            enabled.disabled[name] = nil
        }
        var chosen: Set<String> = []
        func choose(_ name: String) throws {
            guard let service = enabled.services[name], chosen.insert(name).inserted else { return }
            guard withDependencies else { return }
            for dependency in service.dependencies {
                if enabled.services[dependency.service] == nil, dependency.required {
                    throw ComposeError(
                        "service \"\(name)\" depends on undefined service \"\(dependency.service)\": invalid compose project"
                    )
                }
                try choose(dependency.service)
            }
        }
        for name in names { try choose(name) }
        for (name, service) in enabled.services where !chosen.contains(name) {
            enabled.disabled[name] = service
            enabled.services[name] = nil
        }
        if !withDependencies {
            for name in chosen {
                let kept = enabled.services[name]?.json["depends_on"].object?.filter { chosen.contains($0.key) }
                if let kept { enabled.services[name]?.json["depends_on"] = .object(kept) }
            }
        }
        return enabled
    }

    mutating func enable(profiles: [String]) {
        for (name, service) in disabled where service.isEnabled(by: profiles) {
            services[name] = service
            disabled[name] = nil
        }
    }

    /// Without networks, volumes, secrets and configs that no service uses.
    package func withoutUnused() -> Project {
        var changed = self
        var used: [String: Set<String>] = [:]
        for service in services.values {
            used["networks", default: []].formUnion((service.json["networks"].object ?? JSONObject()).names)
            for volume in service.json["volumes"].array ?? [] where volume["type"].string == "volume" {
                if let source = volume["source"].string { used["volumes", default: []].insert(source) }
            }
            for (section, path) in [("secrets", "secrets"), ("configs", "configs")] {
                used[section, default: []].formUnion(
                    (service.json[path].array ?? []).compactMap { $0["source"].string })
            }
            used["secrets", default: []]
                .formUnion((service.json["build", "secrets"].array ?? []).compactMap { $0["source"].string })
            used["models", default: []].formUnion((service.json["models"].object ?? JSONObject()).names)
        }
        func kept(_ all: [String: JSON], _ section: String) -> [String: JSON] {
            all.filter { used[section]?.contains($0.key) == true }
        }
        changed.networks = kept(networks, "networks")
        changed.volumes = kept(volumes, "volumes")
        changed.secrets = kept(secrets, "secrets")
        changed.configs = kept(configs, "configs")
        changed.models = kept(models, "models")
        return changed
    }

    /// As `config` prints it.
    package func json() -> JSON {
        var out = JSONObject()
        func section(_ name: String, _ all: [String: JSON], _ shape: Shape) {
            guard !all.isEmpty else { return }
            out[name] = .object(
                JSONObject(all.sorted { $0.key < $1.key }.map { ($0.key, Rendering.json($0.value, shape)) }))
        }
        section("configs", configs, TopSchema.config)
        section("models", models, TopSchema.model)
        out["name"] = .string(name)
        section("networks", networks, TopSchema.network)
        section("secrets", secrets, TopSchema.secret)
        out["services"] = .object(JSONObject())
        section("services", services.mapValues(\.json), ServiceSchema.shape)
        section("volumes", volumes, TopSchema.volume)
        for (key, value) in extensions { out[key] = value }
        return .object(out)
    }

    /// As `config` prints it in YAML.
    package func yaml() -> JSON {
        var out = JSONObject()
        func section(_ name: String, _ all: [String: JSON], _ shape: Shape) {
            guard !all.isEmpty else { return }
            out[name] = .object(
                JSONObject(all.sorted { $0.key < $1.key }.map { ($0.key, Rendering.yaml($0.value, shape)) }))
        }
        out["name"] = .string(name)
        out["services"] = .object(JSONObject())
        section("services", services.mapValues(\.json), ServiceSchema.shape)
        section("networks", networks, TopSchema.network)
        section("volumes", volumes, TopSchema.volume)
        section("secrets", secrets, TopSchema.secret)
        section("configs", configs, TopSchema.config)
        section("models", models, TopSchema.model)
        for (key, value) in extensions { out[key] = value }
        return .object(out)
    }
}
