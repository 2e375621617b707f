/// What a part means when it leaves something out.
enum Defaults {
    private enum Part { case build, secret, port, deviceRequest, bind }

    private static let rules = PathRules<Part>([
        ("services.*.build", .build), ("services.*.secrets.*", .secret), ("services.*.ports.*", .port),
        ("services.*.deploy.resources.reservations.devices.*", .deviceRequest), ("services.*.gpus.*", .deviceRequest),
        ("services.*.volumes.*.bind", .bind),
    ])

    static func apply(_ node: Node, _ path: TreePath = TreePath()) throws -> Node {
        var changed = node
        if let part = rules.rule(path), node.map != nil { fill(part, &changed) }
        switch changed.value {
        case .map(let members):
            changed.value = .map(try members.mapNodes { try apply($0.node, path.next($0.key)) })
        case .list(let elements): changed.value = .list(try elements.map { try apply($0, path.next("[]")) })
        default: break
        }
        return changed
    }

    private static func fill(_ part: Part, _ node: inout Node) {
        func set(_ key: String, _ value: Node.Value) {
            if node[key] == nil { node[key] = Node(value, at: node.place) }
        }
        switch part {
        case .build: set("context", .string("."))
        case .secret: set("target", .string("/run/secrets/\(node["source"]?.string ?? "")"))
        case .port:
            set("protocol", .string("tcp"))
            set("mode", .string("ingress"))
        case .deviceRequest: if node["device_ids"] == nil { set("count", .string("all")) }
        case .bind: set("create_host_path", .bool(true))
        }
    }
}
