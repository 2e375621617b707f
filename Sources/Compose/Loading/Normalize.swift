/// Makes what is implied explicit: the default network, names, dependencies that follow from other attributes.
struct Normalize {
    let name: String
    let environment: [String: String]

    func apply(_ tree: Node) -> Node {
        var changed = networks(tree)
        if let services = changed["services"]?.map {
            changed["services"]?.value = .map(services.mapNodes { service($0.node) })
        }
        for section in ["networks", "volumes", "configs", "secrets"] {
            guard let members = changed[section]?.map else { continue }
            changed[section]?.value = .map(
                members.mapNodes { entry in
                    var each = entry.node
                    if each.isNull { each.value = .map(NodeMap()) }
                    guard each["name"] == nil else { return each }
                    let own = each["external"]?.bool == true ? entry.key : "\(name)_\(entry.key)"
                    each["name"] = Node(.string(own), at: entry.keyPlace)
                    return each
                })
        }
        return changed
    }

    private func networks(_ tree: Node) -> Node {
        var changed = tree
        var usesDefault = false
        if let services = tree["services"]?.map {
            changed["services"]?.value = .map(
                services.mapNodes { entry in
                    var service = entry.node
                    if service["provider"] != nil || service["network_mode"] != nil { return service }
                    if service["networks"]?.map?.isEmpty ?? true {
                        var own = NodeMap()
                        own["default"] = Node(.null, at: service.place)
                        service["networks"] = Node(.map(own), at: service.place)
                    }
                    if service["networks"]?["default"] != nil { usesDefault = true }
                    return service
                })
        }
        if usesDefault, tree["networks"]?["default"] == nil {
            var members = tree["networks"]?.map ?? NodeMap()
            members["default"] = Node(.null, at: tree.place)
            changed["networks"] = Node(.map(members), at: tree["networks"]?.place ?? tree.place)
        }
        return changed
    }

    private func service(_ node: Node) -> Node {
        var service = node
        if service["pull_policy"]?.string == "if_not_present" { service["pull_policy"]?.value = .string("missing") }
        if service["build"]?.map != nil { service["build"] = service["build"].map(build) }
        if let variables = service["environment"] { service["environment"] = resolved(variables, keepsEmpty: true) }
        for (other, restarts) in implied(service) where service["depends_on"]?[other] == nil {
            var dependency = Node(.map(NodeMap()), at: service.place)
            dependency["condition"] = Node(.string("service_started"), at: service.place)
            dependency["restart"] = Node(.bool(restarts), at: service.place)
            dependency["required"] = Node(.bool(true), at: service.place)
            if service["depends_on"] == nil { service["depends_on"] = Node(.map(NodeMap()), at: service.place) }
            service["depends_on"]?[other] = dependency
        }
        if let volumes = service["volumes"]?.list {
            service["volumes"]?.value = .list(
                volumes.map { volume in
                    guard let target = volume["target"]?.string else { return volume }
                    var cleaned = volume
                    cleaned["target"]?.value = .string(PathText.clean(target))
                    return cleaned
                })
        }
        if let hooks = service["pre_start"]?.list, let image = service["image"] {
            service["pre_start"]?.value = .list(
                hooks.map { hook in
                    var own = hook
                    if own["image"] == nil { own["image"] = image }
                    return own
                })
        }
        return service
    }

    private func build(_ node: Node) -> Node {
        var build = node
        if build["context"] == nil { build["context"] = Node(.string("."), at: build.place) }
        if build["dockerfile"] == nil, build["dockerfile_inline"] == nil {
            build["dockerfile"] = Node(.string("Dockerfile"), at: build.place)
        }
        if let arguments = build["args"] { build["args"] = resolved(arguments, keepsEmpty: false) }
        return build
    }

    /// Services that this one needs though it doesn't list them, and whether it restarts with them.
    private func implied(_ service: Node) -> [(String, Bool)] {
        var all: [(String, Bool)] = []
        for link in service["links"]?.list ?? [] {
            all.append((String((link.string ?? "").prefix { $0 != ":" }), true))
        }
        for key in ["network_mode", "ipc", "pid", "uts", "cgroup"] {
            guard let mode = service[key]?.string, mode.hasPrefix("service:") else { continue }
            all.append((String(mode.dropFirst("service:".count)), true))
        }
        for source in service["volumes_from"]?.list ?? [] {
            guard let text = source.string, !text.hasPrefix("container:") else { continue }
            all.append((String(text.prefix { $0 != ":" }), false))
        }
        return all.filter { !$0.0.isEmpty }
    }

    private func resolved(_ node: Node, keepsEmpty: Bool) -> Node {
        var changed = node
        switch node.value {
        case .map(let members):
            var kept = NodeMap()
            for entry in members.entries {
                var value = entry.node
                if value.isNull {
                    if let known = environment[entry.key] {
                        value.value = .string(known)
                    } else if !keepsEmpty {
                        continue
                    }
                }
                kept.set(entry.key, value, keyPlace: entry.keyPlace)
            }
            changed.value = .map(kept)
        case .list(let elements):
            changed.value = .list(
                elements.compactMap { element in
                    guard let text = element.string, !text.contains("=") else { return element }
                    guard let value = environment[text] else { return keepsEmpty ? element : nil }
                    return Node(.string("\(text)=\(value)"), at: element.place)
                })
        default: break
        }
        return changed
    }
}
