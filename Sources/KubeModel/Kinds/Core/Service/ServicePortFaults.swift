import JSON

enum ServicePortFaults {
    static func check(_ spec: JSON, _ path: FieldPath, _ faults: inout Faults) {
        let ports = spec.list("ports")
        var names: Set<String> = []
        for (index, port) in ports.enumerated() {
            let path = path[index]
            let name = port.text("name")
            if name.isEmpty {
                if ports.count > 1 { faults.required(path["name"]) }
            } else {
                faults.check(name, path["name"], Names.dnsLabel)
                if !names.insert(name).inserted { faults.duplicate(path["name"], .string(name)) }
            }
            let number = port["port"].int ?? 0
            for detail in Names.portNumber(number) { faults.invalid(path["port"], .init(number), detail) }
            faults.checkChoice(port, "protocol", path, PortRules.protocols)
            PortRules.checkNumberOrName(port["targetPort"], path["targetPort"], &faults)
            if port.has("appProtocol") {
                faults.check(port.text("appProtocol"), path["appProtocol"], Names.qualifiedName)
            }
        }
    }

    /// Each port of a service, and each port of a node, once for a protocol.
    static func checkUniqueness(_ spec: JSON, _ path: FieldPath, _ faults: inout Faults) {
        let ports = spec.list("ports")
        if spec.text("type") == "ClusterIP" {
            for (index, port) in ports.enumerated() where (port["nodePort"].int ?? 0) != 0 {
                faults.forbidden(path[index]["nodePort"], "may not be used when `type` is 'ClusterIP'")
            }
        }
        var seen: Set<String> = []
        for (index, port) in ports.enumerated() {
            guard let number = port["nodePort"].int, number != 0 else { continue }
            if !seen.insert("\(port.text("protocol"))/\(number)").inserted {
                faults.duplicate(path[index]["nodePort"], .init(number))
            }
        }
        seen = []
        for (index, port) in ports.enumerated() {
            let (name, number) = (port.text("protocol"), port["port"].int ?? 0)
            guard !seen.insert("\(name)/\(number)").inserted else { continue }
            let shown: JSON = [
                "Name": "", "Protocol": .string(name), "AppProtocol": nil, "Port": .init(number), "TargetPort": 0,
                "NodePort": 0,
            ]
            faults.duplicate(path[index], shown)
        }
    }
}
