import JSON
import KubeModel
import NIOConcurrencyHelpers

/// Hands out cluster addresses and node ports of services. What is taken is known from the services themselves, read
/// once at the start; a service that is refused or deleted gives back what it had.
package final class ServiceAddresses: Sendable {
    private struct State {
        /// Offsets in the range, and ports, with the service that holds them.
        var addresses: [UInt32: String] = [:]
        var ports: [Int: String] = [:]
    }

    package let range: ServiceRange
    package let nodePorts: ClosedRange<Int>
    private let state = NIOLockedValueBox(State())

    package init(range: ServiceRange, nodePorts: ClosedRange<Int> = 30_000...32_767) {
        self.range = range
        self.nodePorts = nodePorts
    }

    /// How many are.
    var taken: (addresses: Int, ports: Int) { state.withLockedValue { ($0.addresses.count, $0.ports.count) } }

    /// Takes what a stored service holds.
    package func adopt(_ service: JSON) {
        state.withLockedValue { state in
            let owner = Self.name(service)
            for address in Self.addresses(service) {
                if let offset = range.offset(of: address) { state.addresses[offset] = owner }
            }
            for port in Self.nodePorts(service) { state.ports[port] = owner }
        }
    }

    /// Fills in what a service that is created or changed needs and doesn't name; checks what it names.
    func allocate(_ object: inout JSON, old: JSON?, _ served: ServedResource, isDryRun: Bool) async throws(APIStatus) {
        guard served.resource.plural == "services", served.resource.groupVersion.group.isEmpty else { return }
        var service = object
        if let old { Self.keep(&service, old) }
        var errors = Self.needsAddress(service) ? ServiceFamilies.faults(service, old: old) : []
        state.withLockedValue { state in
            let owner = Self.name(service)
            if errors.isEmpty { allocateAddress(&service, old, owner, &state, &errors) }
            if errors.isEmpty { allocatePorts(&service, old, owner, &state, &errors) }
        }
        if !errors.isEmpty {
            release(service, keeping: old, served)
            throw .invalid(served.resource, service["metadata"]["name"].string ?? "", errors)
        }
        if isDryRun { release(service, keeping: old, served) }
        object = service
    }

    /// Gives back what `object` holds and `kept` doesn't.
    func release(_ object: JSON, keeping kept: JSON?, _ served: ServedResource) {
        guard served.resource.plural == "services", served.resource.groupVersion.group.isEmpty else { return }
        let keptAddresses = kept.map { Set(Self.addresses($0)) } ?? []
        let keptPorts = kept.map { Set(Self.nodePorts($0)) } ?? []
        let owner = Self.name(object)
        state.withLockedValue { state in
            for address in Self.addresses(object) where !keptAddresses.contains(address) {
                if let offset = range.offset(of: address), state.addresses[offset] == owner {
                    state.addresses[offset] = nil
                }
            }
            for port in Self.nodePorts(object) where !keptPorts.contains(port) && state.ports[port] == owner {
                state.ports[port] = nil
            }
        }
    }

    /// An update that leaves out what was allocated keeps it, where the new type still has it.
    private static func keep(_ service: inout JSON, _ old: JSON) {
        guard needsAddress(service), needsAddress(old) else { return }
        for field in ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"] where service["spec"][field].isNull {
            let value = old["spec"][field]
            if !value.isNull { service["spec"][field] = value }
        }
        guard needsPorts(service), needsPorts(old) else { return }
        var ports = service["spec"]["ports"].array ?? []
        let known = old["spec"]["ports"].array ?? []
        for index in ports.indices where ports[index]["nodePort"].isNull {
            let match = known.first {
                $0["port"] == ports[index]["port"] && $0["protocol"] == ports[index]["protocol"]
            }
            if let port = match?["nodePort"], !port.isNull { ports[index]["nodePort"] = port }
        }
        service["spec"]["ports"] = .array(ports)
        let health = old["spec"]["healthCheckNodePort"]
        if service["spec"]["healthCheckNodePort"].isNull, !health.isNull, needsHealthPort(service) {
            service["spec"]["healthCheckNodePort"] = health
        }
    }

    private func allocateAddress(
        _ service: inout JSON, _ old: JSON?, _ owner: String, _ state: inout State, _ errors: inout [FieldError]
    ) {
        guard Self.needsAddress(service) else {
            for field in ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"] { service["spec"].remove(field) }
            return
        }
        Self.settleFamilies(&service)
        let path = FieldPath("spec")["clusterIPs"]
        let asked = service["spec"]["clusterIP"].string ?? service["spec"]["clusterIPs"][0].string ?? ""
        if asked == "None" {
            service["spec"]["clusterIP"] = "None"
            service["spec"]["clusterIPs"] = ["None"]
            return
        }
        if !asked.isEmpty {
            guard !(old.map { Self.addresses($0).contains(asked) } ?? false) else { return settle(&service, asked) }
            // What is no address at all is for validation to tell.
            guard IPAddress(asked) != nil else { return settle(&service, asked) }
            guard let offset = range.offset(of: asked) else {
                errors.append(
                    .invalid(
                        path, .init([asked]),
                        "failed to allocate IP \(asked): the provided IP (\(asked)) is not in the valid range. "
                            + "The range of valid IPs is \(range.description)"))
                return
            }
            guard state.addresses[offset] == nil else {
                errors.append(
                    .invalid(path, .init([asked]), "failed to allocate IP \(asked): provided IP is already allocated"))
                return
            }
            state.addresses[offset] = owner
            return settle(&service, asked)
        }
        guard let offset = freeOffset(&state) else {
            errors.append(
                FieldError(
                    .internalError, FieldPath("spec")["clusterIP"], "failed to allocate a serviceIP: range is full"))
            return
        }
        state.addresses[offset] = owner
        settle(&service, range.address(at: offset))
    }

    /// A headless service without a selector has addresses that its user lists, of whatever family.
    private static func settleFamilies(_ service: inout JSON) {
        let spec = service["spec"]
        let isFree = spec["clusterIP"] == "None" && (spec["selector"].object?.isEmpty ?? true)
        if spec["ipFamilyPolicy"].isNull {
            service["spec"]["ipFamilyPolicy"] = isFree ? "RequireDualStack" : "SingleStack"
        }
        guard spec["ipFamilies"].array?.isEmpty ?? true else { return }
        let takesBoth = isFree && service["spec"]["ipFamilyPolicy"] != "SingleStack"
        service["spec"]["ipFamilies"] = takesBoth ? ["IPv4", "IPv6"] : ["IPv4"]
    }

    private func settle(_ service: inout JSON, _ address: String) {
        service["spec"]["clusterIP"] = .string(address)
        service["spec"]["clusterIPs"] = .init([address])
    }

    /// A random free one of the upper part, else any.
    private func freeOffset(_ state: inout State) -> UInt32? {
        for part in [range.chosenCount..<range.size - 1, 1..<range.chosenCount] where !part.isEmpty {
            let start = UInt32.random(in: part)
            for step in 0..<UInt32(part.count) {
                let offset = part.lowerBound + (start - part.lowerBound + step) % UInt32(part.count)
                if state.addresses[offset] == nil { return offset }
            }
        }
        return nil
    }

    private func allocatePorts(
        _ service: inout JSON, _ old: JSON?, _ owner: String, _ state: inout State, _ errors: inout [FieldError]
    ) {
        guard Self.needsPorts(service) else { return }
        let held = old.map { Set(Self.nodePorts($0)) } ?? []
        var ports = service["spec"]["ports"].array ?? []
        // The same number may serve TCP and UDP of one service.
        var own: [Int: Set<String>] = [:]
        for index in ports.indices {
            guard let port = ports[index]["nodePort"].int, port != 0 else { continue }
            let kind = ports[index]["protocol"].string ?? "TCP"
            let path = FieldPath("spec")["ports"][index]["nodePort"]
            if !nodePorts.contains(port) {
                errors.append(
                    .invalid(
                        path, .init(port),
                        "provided port is not in the valid range. The range of valid ports is "
                            + "\(nodePorts.lowerBound)-\(nodePorts.upperBound)"))
            } else if state.ports[port] != nil && own[port] == nil && !held.contains(port) {
                errors.append(.invalid(path, .init(port), "provided port is already allocated"))
            } else {
                own[port, default: []].insert(kind)
                state.ports[port] = owner
            }
        }
        for index in ports.indices where (ports[index]["nodePort"].int ?? 0) == 0 {
            guard let port = freePort(&state) else {
                let path = FieldPath("spec")["ports"][index]["nodePort"]
                errors.append(FieldError(.internalError, path, "failed to allocate a nodePort: range is full"))
                return
            }
            state.ports[port] = owner
            ports[index]["nodePort"] = .init(port)
        }
        service["spec"]["ports"] = .array(ports)
        if Self.needsHealthPort(service), (service["spec"]["healthCheckNodePort"].int ?? 0) == 0,
            let port = freePort(&state)
        {
            state.ports[port] = owner
            service["spec"]["healthCheckNodePort"] = .init(port)
        }
    }

    private func freePort(_ state: inout State) -> Int? {
        let start = Int.random(in: nodePorts)
        for step in 0..<nodePorts.count {
            let port = nodePorts.lowerBound + (start - nodePorts.lowerBound + step) % nodePorts.count
            if state.ports[port] == nil { return port }
        }
        return nil
    }

    private static func needsAddress(_ service: JSON) -> Bool { service["spec"]["type"].string != "ExternalName" }

    private static func needsPorts(_ service: JSON) -> Bool {
        switch service["spec"]["type"].string {
        case "NodePort": true
        case "LoadBalancer": service["spec"]["allocateLoadBalancerNodePorts"].bool ?? true
        default: false
        }
    }

    private static func needsHealthPort(_ service: JSON) -> Bool {
        service["spec"]["type"].string == "LoadBalancer" && service["spec"]["externalTrafficPolicy"].string == "Local"
    }

    private static func addresses(_ service: JSON) -> [String] {
        service["spec"]["clusterIPs"].strings.filter { $0 != "None" && !$0.isEmpty }
    }

    private static func nodePorts(_ service: JSON) -> [Int] {
        let health = service["spec"]["healthCheckNodePort"].int ?? 0
        let ports = (service["spec"]["ports"].array ?? []).compactMap { $0["nodePort"].int }
        return (ports + [health]).filter { $0 != 0 }
    }

    private static func name(_ service: JSON) -> String {
        "\(service["metadata"]["namespace"].string ?? "")/\(service["metadata"]["name"].string ?? "")"
    }
}
