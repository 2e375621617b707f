import JSON

/// The variables that tell a container where services are: `WEB_SERVICE_HOST`, `WEB_SERVICE_PORT`, and the links of
/// Docker's time (`WEB_PORT_80_TCP_ADDR`, …).
enum ServiceVariables {
    /// In the order of names.
    static func of(_ services: [JSON], namespace: String, links: Bool) -> [(name: String, value: String)] {
        visible(services, namespace: namespace, links: links).flatMap(variables)
    }

    /// The namespace's services when links are on; always the API's own, unless the namespace has one of that name.
    private static func visible(_ services: [JSON], namespace: String, links: Bool) -> [JSON] {
        var byName: [String: JSON] = [:]
        for service in services {
            let metadata = service["metadata"]
            guard let name = metadata["name"].string, let address = service["spec"]["clusterIP"].string,
                !address.isEmpty, address != "None"
            else { continue }
            let home = metadata["namespace"].string ?? ""
            if home == "default", name == "kubernetes" {
                if byName[name] == nil { byName[name] = service }
            } else if home == namespace, links {
                byName[name] = service
            }
        }
        return byName.sorted { $0.key < $1.key }.map(\.value)
    }

    private static func variables(_ service: JSON) -> [(name: String, value: String)] {
        let prefix = word(service["metadata"]["name"].string ?? "")
        let address = service["spec"]["clusterIP"].string ?? ""
        let host = address.contains(":") ? "[\(address)]" : address
        let ports = service["spec"]["ports"].array ?? []
        var found = [("\(prefix)_SERVICE_HOST", address)]
        if let first = ports.first { found.append(("\(prefix)_SERVICE_PORT", "\(first["port"].int ?? 0)")) }
        for port in ports {
            guard let name = port["name"].string, !name.isEmpty else { continue }
            found.append(("\(prefix)_SERVICE_PORT_\(word(name))", "\(port["port"].int ?? 0)"))
        }
        for (at, port) in ports.enumerated() {
            let number = port["port"].int ?? 0, proto = port["protocol"].string ?? "TCP"
            let url = "\(proto.lowercased())://\(host):\(number)"
            if at == 0 { found.append(("\(prefix)_PORT", url)) }
            let link = "\(prefix)_PORT_\(number)_\(proto.uppercased())"
            found += [
                (link, url), ("\(link)_PROTO", proto.lowercased()), ("\(link)_PORT", "\(number)"),
                ("\(link)_ADDR", address),
            ]
        }
        return found
    }

    private static func word(_ name: String) -> String {
        String(name.map { $0 == "-" ? "_" : $0 }).uppercased()
    }
}
