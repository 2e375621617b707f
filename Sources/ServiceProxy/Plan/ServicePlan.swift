import JSON
import Linux

/// The elements that one service needs on one node. A pure function of the service, its endpoint slices and the node.
struct ServicePlan {
    let settings: ProxySettings
    let family: IPFamily
    /// The node's `topology.kubernetes.io/zone`; "" when it has none.
    var zone = ""

    func elements(of service: JSON, _ slices: [JSON]) -> [RuleElement] {
        ServicePort.all(of: service).flatMap { elements(of: $0, slices) }
    }

    private func elements(of port: ServicePort, _ slices: [JSON]) -> [RuleElement] {
        let clusterIPs = family.of(port.clusterIPs).filter { !settings.servedHere.contains($0) }
        let isElsewhere = family.of(port.clusterIPs).isEmpty
        if isElsewhere { return [] }
        let endpoints = ServiceEndpoint.all(
            in: slices, name: port.name, transport: port.transport, family: family)
        let reach = ReachableEndpoints(endpoints, node: settings.nodeName, zone: zone)
        var found: [RuleElement] = []
        for address in clusterIPs {
            found += address.whole.map { [RuleElement(ElementKey(.clusterIPs, range: $0))] } ?? []
            found += within(
                Frontend(address: address, transport: port.transport, port: port.port),
                port.internalLocal ? reach.local : reach.cluster, reach, port)
        }
        for frontend in external(port) { found += outside(frontend, reach, port) }
        found += guards(port)
        let mayReturn = (reach.cluster + reach.local).filter { $0.node.isEmpty || $0.node == settings.nodeName }
        for range in Set(mayReturn.compactMap(\.address.whole)) {
            found.append(RuleElement(ElementKey(.hairpin, range: range)))
        }
        return found
    }

    private func external(_ port: ServicePort) -> [Frontend] {
        var places: [Frontend] = family.of(port.externalIPs + port.balancerIPs).map {
            Frontend(address: $0, transport: port.transport, port: port.port)
        }
        if let number = port.nodePort { places.append(Frontend(transport: port.transport, port: number)) }
        return places
    }

    /// What the cluster's own senders get, and everybody unless `outside` says more.
    private func within(
        _ frontend: Frontend, _ endpoints: [ServiceEndpoint], _ reach: ReachableEndpoints, _ port: ServicePort
    ) -> [RuleElement] {
        let isPort = frontend.address == nil
        guard !endpoints.isEmpty else {
            let refusal = RuleElement(
                ElementKey(isPort ? .refusedPorts : .refused, frontend), reach.hasAny ? .drop : .reject)
            return [refusal]
        }
        var found = [RuleElement(ElementKey(isPort ? .nodePorts : .services, frontend), .pick(endpoints.count))]
        found += list(endpoints, isPort ? .nodeEndpoints : .endpoints, frontend)
        if let seconds = port.affinitySeconds {
            found.append(RuleElement(ElementKey(isPort ? .stickyPorts : .sticky, frontend), .remember(seconds)))
        }
        return found
    }

    private func outside(_ frontend: Frontend, _ reach: ReachableEndpoints, _ port: ServicePort) -> [RuleElement] {
        let isPort = frontend.address == nil
        var found = within(frontend, reach.cluster, reach, port)
        found.append(
            RuleElement(
                ElementKey(isPort ? .hiddenPorts : .hidden, frontend), port.externalLocal ? .hideNode : .hideAll))
        guard port.externalLocal else { return found }
        let key = ElementKey(isPort ? .nodePortsOutside : .servicesOutside, frontend)
        if !reach.local.isEmpty {
            found.append(RuleElement(key, .pick(reach.local.count)))
            found += list(reach.local, isPort ? .nodeEndpointsOutside : .endpointsOutside, frontend)
        } else if !reach.cluster.isEmpty {
            found.append(RuleElement(key, .untouched))
            found.append(RuleElement(ElementKey(isPort ? .refusedPorts : .refused, frontend), .drop))
        }
        return found
    }

    private func list(_ endpoints: [ServiceEndpoint], _ map: RuleMap, _ frontend: Frontend) -> [RuleElement] {
        endpoints.enumerated().map { index, endpoint in
            RuleElement(ElementKey(map, frontend, index: index), .endpoint(endpoint.address, endpoint.port))
        }
    }

    private func guards(_ port: ServicePort) -> [RuleElement] {
        let ranges = family.of(port.sourceRanges)
        guard !ranges.isEmpty else { return [] }
        return family.of(port.balancerIPs).flatMap { address in
            let frontend = Frontend(address: address, transport: port.transport, port: port.port)
            return [RuleElement(ElementKey(.guarded, frontend))]
                + ranges.map { RuleElement(ElementKey(.allowed, frontend, range: $0)) }
        }
    }
}

extension IPAddress {
    /// The range of this address alone.
    var whole: IPPrefix? { IPPrefix(address: self, length: bytes.count * 8) }
}
