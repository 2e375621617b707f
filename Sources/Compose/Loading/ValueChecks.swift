/// Checks of single parts that the schema can't say.
enum ValueChecks {
    private enum Check { case volume, file([String]), port, path, device }

    private static let rules = PathRules<Check>([
        ("volumes.*", .volume), ("configs.*", .file(["file", "environment", "content"])),
        ("secrets.*", .file(["file", "environment"])), ("services.*.ports.*", .port),
        ("services.*.develop.watch.*.path", .path),
        ("services.*.deploy.resources.reservations.devices.*", .device), ("services.*.gpus.*", .device),
    ])

    static func check(_ node: Node, _ path: TreePath = TreePath()) throws {
        if let check = rules.rule(path) { return try run(check, node, path) }
        for entry in node.map?.entries ?? [] { try self.check(entry.node, path.next(entry.key)) }
        for (at, element) in (node.list ?? []).enumerated() { try check(element, path.next("\(at)")) }
    }

    private static func run(_ check: Check, _ node: Node, _ path: TreePath) throws {
        func fault(_ what: String, _ key: String? = nil) -> ComposeError {
            ComposeError("\(path.pretty): \(what)", at: key.map { node.place(of: [$0]) } ?? node.place)
        }
        switch check {
        case .volume:
            guard node["external"]?.bool == true else { return }
            for key in node.map?.keys ?? [] where !["name", "external"].contains(key) && !key.hasPrefix("x-") {
                throw fault("conflicting parameters \"external\" and \"\(key)\" specified", key)
            }
        case .file(let keys):
            let given = keys.filter { node[$0] != nil }
            if given.count > 1 {
                throw fault("\(keys.joined(separator: "|")) attributes are mutually exclusive", given.last)
            }
            if given.isEmpty, node["driver"] == nil, node["external"] == nil {
                throw fault("one of \(keys.joined(separator: "|")) must be set")
            }
        case .port:
            guard let address = node["host_ip"]?.string, !IPText.isAddress(address) else { return }
            throw fault("invalid ip address: \(address)", "host_ip")
        case .path: if node.string == "" { throw fault("value can't be blank") }
        case .device:
            guard node["count"] != nil, node["device_ids"] != nil else { return }
            throw fault("\"count\" and \"device_ids\" attributes are exclusive")
        }
    }
}
