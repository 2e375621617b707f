import JSON
import KubeModel

/// Finds where a pod, a service or a node is reached. Answers to what can't be found are the original's.
struct ProxyLocator: Sendable {
    /// A kubelet that tells no port of its own.
    private static let kubeletPort = "10250"
    /// In the order in which they are tried: `--kubelet-preferred-address-types` by default.
    private static let addressTypes = ["Hostname", "InternalDNS", "InternalIP", "ExternalDNS", "ExternalIP"]

    let reader: any ObjectReader
    let destinations: ProxyDestinations
    /// The address of a name; nil when it has none.
    let resolve: @Sendable (String) async -> String?

    func find(_ resource: APIResource, namespace: String, _ text: String) async throws(APIStatus) -> ProxyLocation {
        guard let named = ProxyName(text) else {
            throw .badRequest("invalid \(resource.singular) request \(GoText.quoted(text))")
        }
        switch resource.plural {
        case "pods": return try pod(resource, namespace, named)
        case "services": return try service(resource, namespace, named)
        default: return try await node(resource, named)
        }
    }

    // MARK: Pods

    private func pod(_ resource: APIResource, _ namespace: String, _ named: ProxyName) throws(APIStatus)
        -> ProxyLocation
    {
        guard let pod = reader.object(group: "", resource: "pods", namespace: namespace, name: named.name) else {
            throw .notFound(resource, named.name)
        }
        var port = named.port
        if port.isEmpty {
            let ports = (pod["spec"]["containers"].array ?? []).compactMap { $0["ports"][0]["containerPort"].int }
            port = ports.first.map { "\($0)" } ?? ""
        }
        let address = Self.addresses(pod).first ?? ""
        guard destinations.allows(address) else { throw .badRequest("address not allowed") }
        return ProxyLocation(isSecure: named.isSecure, host: address, port: port)
    }

    private static func addresses(_ pod: JSON) -> [String] {
        (pod["status"]["podIPs"].array ?? []).compactMap { $0["ip"].string }
    }

    // MARK: Services

    private func service(_ resource: APIResource, _ namespace: String, _ named: ProxyName) throws(APIStatus)
        -> ProxyLocation
    {
        let name = named.name
        guard let service = reader.object(group: "", resource: "services", namespace: namespace, name: name) else {
            throw .notFound(resource, name)
        }
        var port = named.port
        if let number = Int(port) {
            let known = (service["spec"]["ports"].array ?? []).first { $0["port"].int == number }
            guard let known else { throw Self.unavailable("no service port \(number) found for service \"\(name)\"") }
            port = known["name"].string ?? ""
        }
        let found = backends(namespace, name, port: port).filter { destinations.allows($0.host) }
        guard let one = found.randomElement() else {
            throw Self.unavailable("no endpoints available for service \"\(name)\"")
        }
        return ProxyLocation(isSecure: named.isSecure, host: one.host, port: "\(one.port)")
    }

    /// The ready addresses behind a port of a service, from its EndpointSlices; of a service without any, from its
    /// Endpoints.
    private func backends(_ namespace: String, _ name: String, port: String) -> [(host: String, port: Int)] {
        let slices = reader.objects(group: "discovery.k8s.io", resource: "endpointslices", namespace: namespace)
            .filter { $0["metadata"]["labels"]["kubernetes.io/service-name"].string == name }
        guard slices.isEmpty else { return slices.flatMap { fromSlice($0, namespace, port) } }
        let endpoints = reader.object(group: "", resource: "endpoints", namespace: namespace, name: name) ?? .null
        return (endpoints["subsets"].array ?? []).flatMap { subset -> [(host: String, port: Int)] in
            guard let number = Self.port(port, in: subset) else { return [] }
            return (subset["addresses"].array ?? []).compactMap { address in
                let host = address["ip"].string ?? ""
                return isPods(host, address["targetRef"], namespace) ? (host, number) : nil
            }
        }
    }

    private func fromSlice(_ slice: JSON, _ namespace: String, _ port: String) -> [(host: String, port: Int)] {
        guard let number = Self.port(port, in: slice) else { return [] }
        return (slice["endpoints"].array ?? []).compactMap { endpoint in
            guard endpoint["conditions"]["ready"].bool ?? true, let host = endpoint["addresses"][0].string,
                isPods(host, endpoint["targetRef"], namespace)
            else { return nil }
            return (host, number)
        }
    }

    private static func port(_ name: String, in object: JSON) -> Int? {
        (object["ports"].array ?? []).first { ($0["name"].string ?? "") == name }?["port"].int
    }

    /// Whether the address is that of the pod it claims to be: endpoints that people wrote lead nowhere.
    private func isPods(_ address: String, _ target: JSON, _ namespace: String) -> Bool {
        guard target["namespace"].string == namespace, let name = target["name"].string,
            let pod = reader.object(group: "", resource: "pods", namespace: namespace, name: name)
        else { return false }
        return Self.addresses(pod).contains(address)
    }

    // MARK: Nodes

    private func node(_ resource: APIResource, _ named: ProxyName) async throws(APIStatus) -> ProxyLocation {
        guard let node = reader.object(group: "", resource: "nodes", namespace: "", name: named.name) else {
            throw .notFound(resource, named.name)
        }
        let addresses = node["status"]["addresses"].array ?? []
        let host = Self.addressTypes.lazy.compactMap { type in
            addresses.first { $0["type"].string == type && $0["address"].string?.isEmpty == false }
        }.first?["address"].string
        guard let host else {
            throw .internalError("no preferred addresses found; known addresses: \(GoText.list(addresses.map(\.text)))")
        }
        let address = try await address(of: host)
        let kubelet =
            node["status"]["daemonEndpoints"]["kubeletEndpoint"]["Port"].int.flatMap { $0 > 0 ? "\($0)" : nil }
            ?? Self.kubeletPort
        if named.port.isEmpty || named.port == kubelet {
            return ProxyLocation(isSecure: true, host: address, port: kubelet, isKubelet: true)
        }
        return ProxyLocation(isSecure: named.isSecure, host: address, port: named.port)
    }

    /// The address that was judged is the one that is used: a name may mean another one the next time.
    private func address(of host: String) async throws(APIStatus) -> String {
        let found = IPAddress(host) == nil ? await resolve(host) : host
        guard let found else { throw .badRequest("lookup \(host): no such host") }
        guard destinations.allows(found) else { throw .badRequest("address not allowed") }
        return found
    }

    static func unavailable(_ message: String) -> APIStatus {
        APIStatus(code: 503, reason: "ServiceUnavailable", message: message)
    }
}
