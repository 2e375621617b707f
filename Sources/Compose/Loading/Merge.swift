/// Lays one file over another by the specification's rules.
enum Merge {
    private enum Rule { case sequence, replace, build, dependsOn, names, extraHosts, logging, ipam, ulimit }

    private static let rules = PathRules<Rule>([
        ("networks.*.ipam.config", .ipam), ("networks.*.labels", .sequence), ("volumes.*.labels", .sequence),
        ("services.*.annotations", .sequence), ("services.*.build", .build), ("services.*.build.args", .sequence),
        ("services.*.build.additional_contexts", .sequence), ("services.*.build.extra_hosts", .extraHosts),
        ("services.*.build.labels", .sequence), ("services.*.command", .replace),
        ("services.*.depends_on", .dependsOn), ("services.*.deploy.labels", .sequence), ("services.*.dns", .sequence),
        ("services.*.dns_opt", .sequence), ("services.*.dns_search", .sequence), ("services.*.entrypoint", .replace),
        ("services.*.env_file", .sequence), ("services.*.label_file", .sequence),
        ("services.*.environment", .sequence), ("services.*.extra_hosts", .extraHosts),
        ("services.*.healthcheck.test", .replace), ("services.*.labels", .sequence),
        ("services.*.volumes.*.volume.labels", .sequence), ("services.*.logging", .logging),
        ("services.*.models", .names), ("services.*.networks", .names), ("services.*.sysctls", .sequence),
        ("services.*.tmpfs", .sequence), ("services.*.ulimits.*", .ulimit),
    ])

    /// The value of `base` with `over` laid over it.
    static func apply(_ base: Node, _ over: Node, _ path: TreePath = TreePath()) throws -> Node {
        if let rule = rules.rule(path) { return try special(rule, base, over, path) }
        if over.isNull { return base }
        switch (base.value, over.value) {
        case (.map, .map): return try maps(base, over, path)
        case (.list(let first), .list(let second)): return Node(.list(first + second), at: over.place)
        case (.map, _), (.list, _): throw ComposeError("cannot override \(path)", at: over.place)
        default: return over
        }
    }

    private static func maps(_ base: Node, _ over: Node, _ path: TreePath) throws -> Node {
        var members = base.map ?? NodeMap()
        for entry in over.map?.entries ?? [] {
            let merged = try members[entry.key].map { try apply($0, entry.node, path.next(entry.key)) } ?? entry.node
            members.set(entry.key, merged, keyPlace: entry.keyPlace)
        }
        return Node(.map(members), at: over.place)
    }

    private static func special(_ rule: Rule, _ base: Node, _ over: Node, _ path: TreePath) throws -> Node {
        switch rule {
        case .replace: return over
        case .sequence: return Node(.list(sequence(base) + sequence(over)), at: over.place)
        case .extraHosts:
            let known = sequence(base)
            let texts = Set(known.compactMap(\.string))
            return Node(.list(known + sequence(over).filter { !texts.contains($0.string ?? "") }), at: over.place)
        case .build: return try maps(context(base), context(over), path)
        case .dependsOn: return try maps(named(base, condition: true), named(over, condition: true), path)
        case .names: return try maps(named(base), named(over), path)
        case .logging:
            let (first, second) = (base["driver"]?.string, over["driver"]?.string)
            return first == second || first == nil || second == nil ? try maps(base, over, path) : over
        case .ulimit: return over
        case .ipam: return try ipam(base, over, path)
        }
    }

    private static func context(_ node: Node) -> Node {
        guard node.string != nil else { return node }
        var map = NodeMap()
        map["context"] = node
        return Node(.map(map), at: node.place)
    }

    /// A list of names as a map.
    static func named(_ node: Node, condition: Bool = false) -> Node {
        guard let list = node.list else { return node }
        var map = NodeMap()
        for element in list {
            guard let name = element.string else { continue }
            var value = Node(.null, at: element.place)
            if condition {
                value["condition"] = Node(.string("service_started"), at: element.place)
                value["required"] = Node(.bool(true), at: element.place)
            }
            map[name] = value
        }
        return Node(.map(map), at: node.place)
    }

    /// A map as `NAME=value` texts, by name; a text as a list of it.
    static func sequence(_ node: Node) -> [Node] {
        switch node.value {
        case .list(let elements): return elements
        case .string: return [node]
        case .map(let members):
            let texts: [(String, Place)] = members.entries.flatMap { entry -> [(String, Place)] in
                if let list = entry.node.list {
                    return list.map { ("\(entry.key)=\($0.scalarText ?? "")", $0.place) }
                }
                return [(entry.node.scalarText.map { "\(entry.key)=\($0)" } ?? entry.key, entry.keyPlace)]
            }
            return texts.sorted { $0.0 < $1.0 }.map { Node(.string($0.0), at: $0.1) }
        default: return []
        }
    }

    private static func ipam(_ base: Node, _ over: Node, _ path: TreePath) throws -> Node {
        guard let first = base.list, let second = over.list else {
            throw ComposeError("\(path): unexpected type", at: over.place)
        }
        var pools = first
        for pool in second {
            let subnet = pool["subnet"]?.string
            if let at = pools.firstIndex(where: { $0["subnet"]?.string == subnet }) {
                pools[at] = try maps(pools[at], pool, path)
            } else {
                pools.append(pool)
            }
        }
        return Node(.list(pools), at: over.place)
    }
}

/// Paths that a later file takes back from those before it (`!reset`, `!override`).
enum Resets {
    static func apply(_ paths: [TreePath], to node: Node, _ path: TreePath = TreePath()) -> Node {
        guard !paths.isEmpty else { return node }
        var changed = node
        if let members = node.map {
            var kept = NodeMap()
            for entry in members.entries {
                let next = path.next(entry.key)
                if paths.contains(where: { next.matches($0) }) { continue }
                kept.set(entry.key, apply(paths, to: entry.node, next), keyPlace: entry.keyPlace)
            }
            changed.value = .map(kept)
        } else if let elements = node.list {
            changed.value = .list(elements.enumerated().map { apply(paths, to: $1, path.next("\($0)")) })
        }
        return changed
    }
}
