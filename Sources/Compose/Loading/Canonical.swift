import CommandLine

/// Short forms become long ones.
struct Canonical {
    /// With variables still in texts, those that don't parse are left as they are.
    var keepsUnparsed = false

    private enum Form {
        case list, names, keyValues, dependsOn, envFile, extends, gpus, volume, device, file, ports, build, external
        case include, ssh
    }

    private static let rules = PathRules<Form>([
        ("services.*.build.secrets.*", .file), ("services.*.build.additional_contexts", .keyValues),
        ("services.*.depends_on", .dependsOn), ("services.*.env_file", .envFile), ("services.*.label_file", .list),
        ("services.*.extends", .extends), ("services.*.gpus", .gpus), ("services.*.networks", .names),
        ("services.*.models", .names), ("services.*.volumes.*", .volume), ("services.*.dns", .list),
        ("services.*.devices.*", .device), ("services.*.secrets.*", .file), ("services.*.configs.*", .file),
        ("services.*.ports", .ports), ("services.*.build", .build), ("services.*.develop.watch.*.ignore", .list),
        ("services.*.develop.watch.*.include", .list), ("volumes.*", .external), ("networks.*", .external),
        ("secrets.*", .external), ("configs.*", .external), ("include.*", .include), ("services.*.build.ssh", .ssh),
    ])

    func apply(_ node: Node, _ path: TreePath = TreePath()) throws -> Node {
        var changed = node
        let form = Self.rules.rule(path)
        if let form { changed = try transform(form, node, path) }
        switch changed.value {
        case .map(let members):
            changed.value = .map(try members.mapNodes { try apply($0.node, path.next($0.key)) })
        case .list(let elements):
            if form == .ports { break }
            changed.value = .list(try elements.enumerated().map { try apply($1, path.next("\($0)")) })
        default: break
        }
        return changed
    }

    private func transform(_ form: Form, _ node: Node, _ path: TreePath) throws -> Node {
        switch form {
        case .list: return node.string == nil ? node : Node(.list([node]), at: node.place)
        case .names: return Merge.named(node)
        case .dependsOn: return dependsOn(node)
        case .envFile: return envFiles(node)
        case .extends: return node.string == nil ? node : single("service", node)
        case .include: return node.string == nil ? node : single("path", node)
        case .build: return node.string == nil ? node : single("context", node)
        case .file: return node.string == nil ? node : single("source", node)
        case .gpus:
            guard node.string != nil else { return node }
            return Node(.list([single("count", Node(.string("all"), at: node.place))]), at: node.place)
        case .ssh: return keys(node)
        case .keyValues: return try keyValues(node, path)
        case .volume: return try volume(node, path)
        case .device: return try device(node, path)
        case .ports: return try ports(node, path)
        case .external: return try external(node, path)
        }
    }

    private func single(_ key: String, _ node: Node) -> Node {
        var map = NodeMap()
        map[key] = node
        return Node(.map(map), at: node.place)
    }

    private func dependsOn(_ node: Node) -> Node {
        guard let members = node.map else { return Merge.named(node, condition: true) }
        var changed = node
        changed.value = .map(
            members.mapNodes { entry in
                var each = entry.node
                if each["condition"] == nil { each["condition"] = Node(.string("service_started"), at: each.place) }
                if each["required"] == nil { each["required"] = Node(.bool(true), at: each.place) }
                return each
            })
        return changed
    }

    private func envFiles(_ node: Node) -> Node {
        let files = (node.list ?? [node]).map { file -> Node in
            var each = file.string == nil ? file : single("path", file)
            if each["required"] == nil { each["required"] = Node(.bool(true), at: each.place) }
            return each
        }
        return Node(.list(files), at: node.place)
    }

    /// `ID` or `ID=PATH`s as a map.
    private func keys(_ node: Node) -> Node {
        guard let elements = node.list else { return node }
        var map = NodeMap()
        for element in elements {
            let (id, path) = element.string?.cut("=") ?? (element.string ?? "", "")
            map[id] = Node(.string(path), at: element.place)
        }
        return Node(.map(map), at: node.place)
    }

    private func keyValues(_ node: Node, _ path: TreePath) throws -> Node {
        guard let elements = node.list else { return node }
        var map = NodeMap()
        for element in elements {
            guard let (key, value) = element.string?.cut("=") else {
                if keepsUnparsed { return node }
                throw ComposeError(
                    "\(path): invalid value \(element.scalarText ?? ""), expected key=value", at: element.place)
            }
            map[key] = Node(.string(value), at: element.place)
        }
        return Node(.map(map), at: node.place)
    }

    private func volume(_ node: Node, _ path: TreePath) throws -> Node {
        guard let text = node.string else { return node }
        let mount: VolumeText.Mount
        do { mount = try VolumeText.parse(text) } catch {
            if keepsUnparsed { return node }
            throw ComposeError("\(path.pretty): \(error)", at: node.place)
        }
        func leaf(_ value: Node.Value) -> Node { Node(value, at: node.place) }
        var long = leaf(.map(NodeMap()))
        long["type"] = leaf(.string(mount.isBind ? "bind" : "volume"))
        if !mount.source.isEmpty { long["source"] = leaf(.string(mount.source)) }
        long["target"] = leaf(.string(PathText.clean(mount.target)))
        if mount.isReadOnly { long["read_only"] = leaf(.bool(true)) }
        if mount.isBind || !mount.propagation.isEmpty || !mount.selinux.isEmpty {
            var bind = leaf(.map(NodeMap()))
            if !mount.selinux.isEmpty { bind["selinux"] = leaf(.string(mount.selinux)) }
            if !mount.propagation.isEmpty { bind["propagation"] = leaf(.string(mount.propagation)) }
            if mount.isBind { bind["create_host_path"] = leaf(.bool(true)) }
            long["bind"] = bind
        }
        if !mount.isBind {
            var volume = leaf(.map(NodeMap()))
            if mount.noCopy { volume["nocopy"] = leaf(.bool(true)) }
            long["volume"] = volume
        }
        return long
    }

    private func device(_ node: Node, _ path: TreePath) throws -> Node {
        guard let text = node.string else { return node }
        let parts = text.parts(":")
        guard parts.count <= 3 else {
            if keepsUnparsed { return node }
            throw ComposeError(
                "\(path.pretty): confusing device mapping, please use long syntax: \(text)", at: node.place)
        }
        func leaf(_ text: String) -> Node { Node(.string(text), at: node.place) }
        var long = Node(.map(NodeMap()), at: node.place)
        long["source"] = leaf(parts[0])
        long["target"] = leaf(parts.count > 1 && !parts[1].isEmpty ? parts[1] : parts[0])
        long["permissions"] = leaf(parts.count > 2 ? parts[2] : "rwm")
        return long
    }

    private func ports(_ node: Node, _ path: TreePath) throws -> Node {
        guard let elements = node.list else { return node }
        var all: [Node] = []
        for (at, element) in elements.enumerated() {
            guard element.map == nil, let text = element.scalarText else {
                all.append(element)
                continue
            }
            do { all += try PortText.parse(text).map { long($0, element.place) } } catch {
                if keepsUnparsed { return node }
                throw ComposeError("\(path.pretty)[\(at)]: \(error)", at: element.place)
            }
        }
        return Node(.list(all), at: node.place)
    }

    private func long(_ port: PortText.Mapping, _ place: Place) -> Node {
        var long = Node(.map(NodeMap()), at: place)
        long["mode"] = Node(.string("ingress"), at: place)
        if !port.address.isEmpty { long["host_ip"] = Node(.string(port.address), at: place) }
        long["target"] = Node(.int(Int64(port.target)), at: place)
        if !port.published.isEmpty { long["published"] = Node(.string(port.published), at: place) }
        long["protocol"] = Node(.string(port.proto), at: place)
        return long
    }

    private func external(_ node: Node, _ path: TreePath) throws -> Node {
        guard let external = node["external"], external.map != nil else { return node }
        var changed = node
        changed["external"] = Node(.bool(true), at: external.place)
        if let name = external["name"] {
            if let known = node["name"], known.string != name.string {
                throw ComposeError("\(path): name and external.name conflict; only use name", at: name.place)
            }
            changed["name"] = name
        }
        return changed
    }
}

/// Paths as texts.
package enum PathText {
    /// Without `.`, `..` and double slashes, as Go's `path.Clean`.
    package static func clean(_ path: String) -> String {
        guard !path.isEmpty else { return "." }
        let isAbsolute = path.hasPrefix("/")
        var parts: [Substring] = []
        for part in path.split(separator: "/") {
            if part == "." { continue }
            if part == "..", let last = parts.last, last != ".." {
                parts.removeLast()
            } else if part != ".." || !isAbsolute {
                parts.append(part)
            }
        }
        let joined = parts.joined(separator: "/")
        return isAbsolute ? "/" + joined : joined.isEmpty ? "." : joined
    }

    package static func join(_ folder: String, _ path: String) -> String {
        path.hasPrefix("/") ? clean(path) : clean(folder + "/" + path)
    }

    package static func folder(_ path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : clean(String(path[..<slash]))
    }

    package static func base(_ path: String) -> String {
        let cleaned = clean(path)
        return cleaned == "/" ? "/" : cleaned.split(separator: "/").last.map(String.init) ?? "."
    }
}
