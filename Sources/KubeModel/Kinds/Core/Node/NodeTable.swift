import JSON

/// What `kubectl get nodes` prints.
enum NodeTable {
    static let table = KindTable([
        .objectName, .init("Status"), .init("Roles"), .objectAge, .init("Version"), .init("Internal-IP", priority: 1),
        .init("External-IP", priority: 1), .init("OS-Image", priority: 1), .init("Kernel-Version", priority: 1),
        .init("Container-Runtime", priority: 1),
    ]) { node, now in
        let status = node["status"]
        let info = status["nodeInfo"]
        func known(_ name: String) -> JSON {
            let text = info.text(name)
            return .string(text.isEmpty ? "<unknown>" : text)
        }
        let machine = info.text("architecture")
        let kernel = (known("kernelVersion").string ?? "") + (machine.isEmpty ? "" : " (\(machine))")
        return [
            KindTable.Cell.name(node), .string(state(node)), .string(roles(node)), KindTable.Cell.age(node, now),
            .string(info.text("kubeletVersion")), .string(address(status, "InternalIP")),
            .string(address(status, "ExternalIP")), known("osImage"), .string(kernel),
            known("containerRuntimeVersion"),
        ]
    }

    private static func state(_ node: JSON) -> String {
        let ready = node["status"].list("conditions").last { $0.text("type") == "Ready" }
        var state = "Unknown"
        if let ready { state = ready.text("status") == "True" ? "Ready" : "NotReady" }
        return node["spec"].flag("unschedulable") ? "\(state),SchedulingDisabled" : state
    }

    private static let rolePrefix = "node-role.kubernetes.io/"

    private static func roles(_ node: JSON) -> String {
        var roles: Set<String> = []
        for (key, value) in node["metadata"].map("labels") {
            if key.hasPrefix(rolePrefix) {
                roles.insert(String(key.dropFirst(rolePrefix.count)))
            } else if key == "kubernetes.io/role" {
                roles.insert(value.string ?? "")
            }
        }
        roles.remove("")
        return roles.isEmpty ? "<none>" : roles.sorted().joined(separator: ",")
    }

    private static func address(_ status: JSON, _ type: String) -> String {
        status.list("addresses").first { $0.text("type") == type }?.text("address") ?? "<none>"
    }
}
