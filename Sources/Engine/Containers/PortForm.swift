import ContainerNetwork
import Fault
import JSON

/// Ports as the Engine API writes them: `80/tcp` as a key, `{"HostIp":"","HostPort":"8080"}` as a binding.
enum PortForm {
    struct Port: Hashable, Sendable, Comparable {
        var number: UInt16
        var transport: PortBinding.Transport
        var text: String { "\(number)/\(transport.rawValue)" }
        static func < (a: Port, b: Port) -> Bool {
            (a.number, a.transport.rawValue) < (b.number, b.transport.rawValue)
        }
    }

    /// `80`, `80/udp`. Throws `invalid` in Docker's words.
    static func port(_ text: String) throws(Fault) -> Port {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        let word = parts.count > 1 ? parts[1].lowercased() : "tcp"
        guard let number = UInt16(parts[0]), number > 0 else {
            throw Fault(.invalid, "invalid port specification: \"\(parts.first ?? "")\"")
        }
        guard let transport = PortBinding.Transport(rawValue: word) else {
            throw Fault(.invalid, "invalid protocol: \"\(word)\" in port specification \"\(text)\"")
        }
        return Port(number: number, transport: transport)
    }

    /// Keys without a protocol get `/tcp`; a binding of null becomes one without host port.
    static func normalised(_ bindings: JSON) -> JSON {
        var result = JSONObject()
        for (key, value) in bindings.object ?? JSONObject() {
            let name = key.contains("/") ? key : key + "/tcp"
            let list = (value.array ?? []).map { binding -> JSON in
                ["HostIp": .string(binding["HostIp"].string ?? ""), "HostPort": .string(binding["HostPort"].string ?? "")]
            }
            result[name] = .array(list)
        }
        return .object(result)
    }

    /// The bindings that the container asks for. A host port may be a range (`8000-8010`): the first is taken for the
    /// nth binding, as the client has already expanded ranges of equal length. With `publishAll` every exposed port
    /// without binding gets one on a free port.
    static func bindings(hostConfig: JSON, exposed: JSON) throws(Fault) -> [PortBinding] {
        var result: [PortBinding] = []
        var bound: Set<Port> = []
        for (key, value) in hostConfig["PortBindings"].object ?? JSONObject() {
            let port = try port(key)
            bound.insert(port)
            let list = value.array ?? []
            for binding in list.isEmpty ? [[:]] : list { result.append(try self.binding(port, binding)) }
        }
        guard hostConfig["PublishAllPorts"].bool == true else { return result }
        for (key, _) in exposed.object ?? JSONObject() {
            let port = try port(key)
            if bound.insert(port).inserted {
                result.append(
                    PortBinding(hostIP: "", hostPort: 0, containerPort: port.number, transport: port.transport))
            }
        }
        return result
    }

    private static func binding(_ port: Port, _ binding: JSON) throws(Fault) -> PortBinding {
        let text = binding["HostPort"].string ?? ""
        var hostPort: UInt16 = 0
        if !text.isEmpty {
            let ends = text.split(separator: "-", maxSplits: 1).map { UInt16($0) }
            guard let first = ends.first, let start = first, ends.allSatisfy({ $0 != nil }) else {
                throw Fault(.invalid, "invalid port specification: \"\(text)\"")
            }
            hostPort = start
        }
        let hostIP = binding["HostIp"].string ?? ""
        guard hostIP.isEmpty || isAddress(hostIP) else {
            throw Fault(.invalid, "invalid IP address in port binding: \"\(hostIP)\"")
        }
        return PortBinding(hostIP: hostIP, hostPort: hostPort, containerPort: port.number, transport: port.transport)
    }
}
