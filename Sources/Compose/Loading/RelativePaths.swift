/// Makes the paths of this machine absolute.
struct RelativePaths {
    let folder: String
    let home: String

    private enum Kind { case context, path, mount, driverOptions, socket }

    private static let rules = PathRules<Kind>([
        ("services.*.build.context", .context), ("services.*.build.additional_contexts.*", .context),
        ("services.*.build.ssh.*", .path), ("services.*.env_file.*.path", .path), ("services.*.label_file.*", .path),
        ("services.*.develop.watch.*.path", .path), ("services.*.volumes.*", .mount), ("configs.*.file", .path),
        ("secrets.*.file", .path), ("volumes.*", .driverOptions),
    ])

    func apply(_ node: Node, _ path: TreePath = TreePath()) throws -> Node {
        var changed = node
        if let kind = Self.rules.rule(path) {
            switch kind {
            case .context: if let text = node.string { changed.value = .string(context(text)) }
            case .path, .socket: if let text = node.string { changed.value = .string(absolute(text)) }
            case .mount: return try mount(node, path)
            case .driverOptions: return driverOptions(node)
            }
            return changed
        }
        switch node.value {
        case .map(let members):
            changed.value = .map(try members.mapNodes { try apply($0.node, path.next($0.key)) })
        case .list(let elements):
            changed.value = .list(try elements.enumerated().map { try apply($1, path.next("\($0)")) })
        default: break
        }
        return changed
    }

    private func absolute(_ text: String) -> String {
        if text.isEmpty { return text }
        if text == "~" { return home }
        if text.hasPrefix("~/") { return PathText.join(home, String(text.dropFirst(2))) }
        return text.hasPrefix("/") ? text : PathText.join(folder, text)
    }

    /// A build's context may be elsewhere, or another image or service.
    private func context(_ text: String) -> String {
        let isElsewhere =
            text.contains("://") || text.hasPrefix("git@") || text.hasPrefix("github.com/")
            || ["service:", "docker-image:", "target:", "oci-layout:"].contains { text.hasPrefix($0) }
        return isElsewhere ? text : absolute(text)
    }

    private func mount(_ node: Node, _ path: TreePath) throws -> Node {
        guard node["type"]?.string == "bind" else { return node }
        guard let source = node["source"]?.string else {
            throw ComposeError(
                "\(path.pretty): invalid mount config for type \"bind\": field Source must not be empty",
                at: node.place)
        }
        var changed = node
        changed["source"] = Node(.string(absolute(source)), at: node["source"]?.place ?? node.place)
        return changed
    }

    private func driverOptions(_ node: Node) -> Node {
        guard node["driver"]?.string == "local", let options = node["driver_opts"], options["o"]?.string == "bind",
            let device = options["device"], let text = device.string
        else { return node }
        var changed = node
        changed["driver_opts"]?["device"] = Node(.string(text.isEmpty ? folder : absolute(text)), at: device.place)
        return changed
    }
}
