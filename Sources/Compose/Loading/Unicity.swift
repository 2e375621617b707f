/// Lists in which a later element with the same key replaces an earlier one.
enum Unicity {
    private enum Key { case name, envFile, expose, mount(String), port, volume, device }

    private static let rules = PathRules<Key>(
        [
            "networks.*.labels", "networks.*.ipam.options",
        ].map { ($0, .name) }
            + [
                "annotations", "build.args", "build.additional_contexts", "build.platform", "build.tags",
                "build.labels", "cap_add", "cap_drop", "deploy.labels", "dns", "dns_opt", "dns_search", "environment",
                "labels", "links", "networks.*.aliases", "networks.*.link_local_ips", "profiles", "sysctls", "tmpfs",
            ].map { ("services.*.\($0)", .name) }
            + [
                ("services.*.configs", .mount("")), ("services.*.secrets", .mount("/run/secrets")),
                ("services.*.env_file", .envFile), ("services.*.expose", .expose), ("services.*.ports", .port),
                ("services.*.volumes", .volume), ("services.*.devices", .device),
            ])

    static func apply(_ node: Node, _ path: TreePath = TreePath()) throws -> Node {
        var changed = node
        switch node.value {
        case .map(let members):
            changed.value = .map(try members.mapNodes { try apply($0.node, path.next($0.key)) })
        case .list(let elements):
            guard let key = rules.rule(path) else { break }
            var kept: [Node] = []
            var places: [String: Int] = [:]
            for (at, element) in elements.enumerated() {
                let name = try text(key, element, path, at)
                if let known = places[name] {
                    kept[known] = element
                } else {
                    places[name] = kept.count
                    kept.append(element)
                }
            }
            changed.value = .list(kept)
        default: break
        }
        return changed
    }

    private static func text(_ key: Key, _ node: Node, _ path: TreePath, _ at: Int) throws -> String {
        let place = "\(path.pretty)[\(at)]"
        func fault(_ what: String) -> ComposeError { ComposeError("\(place): \(what)", at: node.place) }
        switch key {
        case .name:
            guard let text = node.string else { throw fault("unexpected type \(kind(node))") }
            return String(text.prefix { $0 != "=" })
        case .envFile:
            guard node.map != nil else { return node.string ?? "" }
            guard let file = node["path"]?.string else {
                throw ComposeError("environment path attribute \(place) is missing", at: node.place)
            }
            return file
        case .expose:
            guard node.map == nil, node.list == nil, let text = node.scalarText else {
                throw fault("unsupported expose value")
            }
            return text
        case .mount(let folder):
            if let text = node.string { return "\(folder)/\(text)" }
            guard node.map != nil else { throw fault("unsupported value") }
            return node["target"]?.string ?? "\(folder)/\(node["source"]?.string ?? "")"
        case .port:
            if node.map == nil { return node.scalarText ?? "[\(at)]" }
            guard let target = node["target"]?.scalarText else {
                throw ComposeError("service ports \(place) is missing a target port", at: node.place)
            }
            let published = node["published"]?.scalarText ?? ""
            return "\(node["host_ip"]?.string ?? "0.0.0.0"):\(published):\(target)/\(node["protocol"]?.string ?? "tcp")"
        case .volume:
            if let text = node.string { return (try? VolumeText.parse(text).target) ?? text }
            guard node.map != nil else { return "[\(at)]" }
            guard let target = node["target"]?.string else {
                throw ComposeError("service volume \(place) is missing a mount target", at: node.place)
            }
            return target
        case .device:
            if let text = node.string {
                let parts = text.split(separator: ":", omittingEmptySubsequences: false)
                return String(parts.count == 1 ? parts[0] : parts[1])
            }
            guard node.map != nil else { return "[\(at)]" }
            guard let target = node["target"]?.string else {
                throw ComposeError("service device \(place) is missing a mount target", at: node.place)
            }
            return target
        }
    }

    private static func kind(_ node: Node) -> String {
        switch node.value {
        case .map: "mapping"
        case .list: "array"
        case .int, .float: "number"
        case .bool: "boolean"
        case .null: "null"
        case .string: "string"
        }
    }
}
