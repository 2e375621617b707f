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
                [
                    "HostIp": .string(binding["HostIp"].string ?? ""),
                    "HostPort": .string(binding["HostPort"].string ?? ""),
                ]
            }
            result[name] = .array(list)
        }
        return .object(result)
    }

    /// A binding whose host port may be any up to `lastHostPort` (`8000-8010`).
    struct Wanted: Equatable, Sendable {
        var binding: PortBinding
        var lastHostPort: UInt16

        /// The same with the next host port of the range; nil at its end.
        var next: Wanted? {
            guard binding.hostPort < lastHostPort else { return nil }
            var next = self
            next.binding.hostPort += 1
            return next
        }
    }

    /// The bindings that the container asks for, ranges with their first port. With `publishAll` every exposed port
    /// without binding gets one on a free port.
    static func bindings(hostConfig: JSON, exposed: JSON) throws(Fault) -> [PortBinding] {
        try wanted(hostConfig: hostConfig, exposed: exposed).map(\.binding)
    }

    static func wanted(hostConfig: JSON, exposed: JSON) throws(Fault) -> [Wanted] {
        var result: [Wanted] = []
        var bound: Set<Port> = []
        for (key, value) in hostConfig["PortBindings"].object ?? JSONObject() {
            let port = try port(key)
            bound.insert(port)
            let list = value.array ?? []
            for binding in list.isEmpty ? [[:]] : list { result.append(try self.wanted(port, binding)) }
        }
        guard hostConfig["PublishAllPorts"].bool == true else { return result }
        for (key, _) in exposed.object ?? JSONObject() {
            let port = try port(key)
            if bound.insert(port).inserted { result.append(try wanted(port, [:])) }
        }
        return result
    }

    private static func wanted(_ port: Port, _ binding: JSON) throws(Fault) -> Wanted {
        let text = binding["HostPort"].string ?? ""
        var first: UInt16 = 0, last: UInt16 = 0
        if !text.isEmpty {
            let ends = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false).map { UInt16($0) }
            guard let start = ends.first.flatMap({ $0 }), let end = ends.last.flatMap({ $0 }), start <= end else {
                throw Fault(.invalid, "invalid port specification: \"\(text)\"")
            }
            (first, last) = (start, end)
        }
        let hostIP = binding["HostIp"].string ?? ""
        guard hostIP.isEmpty || isAddress(hostIP) else {
            throw Fault(.invalid, "invalid IP address in port binding: \"\(hostIP)\"")
        }
        return Wanted(
            binding: PortBinding(
                hostIP: hostIP, hostPort: first, containerPort: port.number, transport: port.transport),
            lastHostPort: last)
    }
}
