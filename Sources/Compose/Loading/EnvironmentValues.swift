/// Variables that a service names without a value take the environment's.
enum EnvironmentValues {
    static func resolve(_ tree: Node, _ environment: [String: String]) -> Node {
        var changed = tree
        if let services = tree["services"]?.map {
            changed["services"]?.value = .map(services.mapNodes { service($0.node, environment) })
        }
        return changed
    }

    private static func service(_ node: Node, _ environment: [String: String]) -> Node {
        guard let list = node["environment"]?.list else { return node }
        var changed = node
        changed["environment"]?.value = .list(
            list.map { element in
                guard let name = element.string, let value = environment[name] else { return element }
                return Node(.string("\(name)=\(value)"), at: element.place)
            })
        return changed
    }
}
