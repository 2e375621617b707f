import JSON
import KubeModel

/// The EndpointSlices that a service is to have, made of those that it has with as few changes as will do.
struct EndpointSlicePlan: Equatable {
    static let managedBy = "endpointslice.kubernetes.io/managed-by"
    static let controller = "endpointslice-controller.k8s.io"
    static let serviceName = "kubernetes.io/service-name"
    static let headless = "service.kubernetes.io/headless"
    /// Endpoints in one slice.
    static let perSlice = 100

    private(set) var create: [JSON] = []
    private(set) var update: [JSON] = []
    private(set) var delete: [JSON] = []
    /// Why some pods were left out: their nodes aren't known yet.
    private(set) var skipped: [String] = []

    private let service: JSON
    private let labels: JSON

    /// - Parameters:
    ///   - pods: those that the service selects.
    ///   - slices: those of this controller with the service's name.
    ///   - node: a node by its name; nil when there is none.
    init(_ service: JSON, pods: [JSON], slices: [JSON], node: (String) -> JSON?) {
        self.service = service
        labels = Self.labels(service)
        let families = ServiceEndpoints.families(service)
        for family in families {
            plan(family, pods, slices.filter { $0.text("addressType") == family }, node)
        }
        let others = slices.filter { !families.contains($0.text("addressType")) }
        settle()
        delete += others
    }

    // MARK: One address family

    private mutating func plan(_ family: String, _ pods: [JSON], _ slices: [JSON], _ node: (String) -> JSON?) {
        var byPorts: [JSON: [JSON]] = [:]
        var doomed: [JSON] = []
        for slice in slices {
            if isOwn(slice) {
                byPorts[ports(slice.list("ports")), default: []].append(slice)
            } else {
                doomed.append(slice)
            }
        }
        let wanted = endpoints(family, pods, node)
        var made: [JSON] = []
        for (ports, endpoints) in wanted {
            let fill = fit(endpoints, into: byPorts[ports] ?? [], ports, family)
            made += fill.create
            update += fill.update
            doomed += fill.delete
        }
        for (ports, slices) in byPorts where !wanted.contains(where: { $0.ports == ports }) { doomed += slices }
        if slices.count == doomed.count, made.isEmpty {
            // A service without endpoints has one empty slice.
            let placeholder = new([], .array([]), family)
            if doomed.count == 1, isPlaceholder(doomed[0]) { doomed = [] } else { made = [placeholder] }
        }
        delete += doomed
        create += made
    }

    private func isOwn(_ slice: JSON) -> Bool {
        slice.ownerReferences.contains { $0.text("uid") == service.uid && $0.text("kind") == "Service" }
    }

    private func isPlaceholder(_ slice: JSON) -> Bool {
        isOwn(slice) && slice.list("endpoints").isEmpty && slice.list("ports").isEmpty && slice.labels.isAlike(labels)
    }

    /// Endpoints by the ports that they offer.
    private mutating func endpoints(_ family: String, _ pods: [JSON], _ node: (String) -> JSON?)
        -> [(ports: JSON, endpoints: [JSON])]
    {
        var groups: [(ports: JSON, endpoints: [JSON])] = []
        let publishes = service["spec"].flag("publishNotReadyAddresses")
        for pod in pods.sorted(by: { $0.objectName < $1.objectName })
        where ServiceEndpoints.isEndpoint(pod, includesTerminating: true) {
            let nodeName = pod["spec"].text("nodeName")
            let found = node(nodeName)
            if found == nil, !publishes {
                skipped.append(
                    "skipping Pod \(pod.objectName) for Service \(service.objectNamespace)/\(service.objectName): "
                        + "Node \(nodeName) Not Found")
                continue
            }
            let ports = ports(of: pod)
            let endpoint = endpoint(pod, found, family, publishes)
            let at = groups.firstIndex { $0.ports == ports } ?? groups.count
            if at == groups.count { groups.append((ports, [])) }
            if !endpoint.list("addresses").isEmpty { groups[at].endpoints.append(endpoint) }
        }
        return groups
    }

    private func endpoint(_ pod: JSON, _ node: JSON?, _ family: String, _ publishes: Bool) -> JSON {
        let isServing = PodFacts.isReady(pod)
        let isTerminating = pod.isBeingDeleted
        var endpoint: JSON = [
            "addresses": JSON(ServiceEndpoints.addresses(pod, family)),
            "conditions": [
                "ready": .bool(publishes || isServing && !isTerminating), "serving": .bool(isServing),
                "terminating": .bool(isTerminating),
            ],
        ]
        if let hostname = ServiceEndpoints.hostname(pod, service) { endpoint["hostname"] = .string(hostname) }
        endpoint["targetRef"] = ServiceEndpoints.target(pod)
        if !pod["spec"].text("nodeName").isEmpty { endpoint["nodeName"] = pod["spec"]["nodeName"] }
        let zone = node?.labels.text("topology.kubernetes.io/zone") ?? ""
        if !zone.isEmpty { endpoint["zone"] = .string(zone) }
        if let hints = hints(endpoint) { endpoint["hints"] = hints }
        return endpoint
    }

    /// For `trafficDistribution`: who is to use the endpoint. Nil: everybody.
    private func hints(_ endpoint: JSON) -> JSON? {
        let distribution = service["spec"].text("trafficDistribution")
        guard ["PreferClose", "PreferSameZone", "PreferSameNode"].contains(distribution),
            endpoint["conditions"].flag("ready")
        else { return nil }
        var hints: JSON = [:]
        if endpoint.has("zone") { hints["forZones"] = [["name": endpoint["zone"]]] }
        if distribution == "PreferSameNode", endpoint.has("nodeName") {
            hints["forNodes"] = [["name": endpoint["nodeName"]]]
        }
        if hints == [:] { return nil }
        return hints
    }

    private func ports(of pod: JSON) -> JSON {
        ports(
            service["spec"].list("ports").compactMap { port in
                guard let number = ServiceEndpoints.number(port, on: pod) else { return nil }
                var own: JSON = [
                    "name": .string(port.text("name")), "protocol": port["protocol"], "port": JSON(number),
                ]
                if port.has("appProtocol") { own["appProtocol"] = port["appProtocol"] }
                return own
            })
    }

    /// In an order of their own, so that equal ones are equal.
    private func ports(_ list: [JSON]) -> JSON {
        .array(
            list.sorted {
                ($0.text("name"), $0["port"].int ?? 0, $0.text("protocol"))
                    < ($1.text("name"), $1["port"].int ?? 0, $1.text("protocol"))
            })
    }

    // MARK: Filling

    private struct Filling {
        var create: [JSON] = []
        var update: [JSON] = []
        var delete: [JSON] = []
    }

    /// Keeps endpoints where they are; new ones go to slices that change anyhow, then to the fullest one they all fit
    /// into, then to new ones.
    private func fit(_ endpoints: [JSON], into slices: [JSON], _ ports: JSON, _ family: String) -> Filling {
        var rest = Dictionary(endpoints.map { (Identity($0), $0) }, uniquingKeysWith: { first, _ in first })
        var order = endpoints.map(Identity.init)
        var (changed, unchanged): ([JSON], [JSON]) = ([], [])
        var filling = Filling()
        for slice in slices {
            let old = slice.list("endpoints")
            var kept: [JSON] = []
            for endpoint in old { if let new = rest.removeValue(forKey: Identity(endpoint)) { kept.append(new) } }
            if kept.isEmpty, !old.isEmpty {
                filling.delete.append(slice)
            } else if !JSON.array(kept).isAlike(.array(old)) || !slice.labels.isAlike(labels) {
                changed.append(filled(slice, kept))
            } else {
                unchanged.append(slice)
            }
        }
        order = order.filter { rest[$0] != nil }
        var new = order.compactMap { rest[$0] }[...]
        changed.sort { $0.list("endpoints").count > $1.list("endpoints").count }
        for at in changed.indices { changed[at] = take(&new, into: changed[at]) }
        while !new.isEmpty {
            let count = new.count
            let best = unchanged.indices.filter { unchanged[$0].list("endpoints").count + count <= Self.perSlice }
                .max { unchanged[$0].list("endpoints").count < unchanged[$1].list("endpoints").count }
            if count < Self.perSlice, let best {
                changed.append(take(&new, into: unchanged.remove(at: best)))
            } else {
                filling.create.append(take(&new, into: self.new([], ports, family)))
            }
        }
        filling.update = changed
        return filling
    }

    private func take(_ new: inout ArraySlice<JSON>, into slice: JSON) -> JSON {
        let old = slice.list("endpoints")
        let taken = new.prefix(Self.perSlice - old.count)
        new = new.dropFirst(taken.count)
        return filled(slice, old + taken)
    }

    private func filled(_ slice: JSON, _ endpoints: [JSON]) -> JSON {
        var slice = slice
        slice["endpoints"] = .array(endpoints)
        slice["metadata", "labels"] = labels
        return slice
    }

    private func new(_ endpoints: [JSON], _ ports: JSON, _ family: String) -> JSON {
        [
            "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
            "metadata": [
                "generateName": .string(PodControl.prefix(service.objectName)),
                "namespace": service["metadata"]["namespace"], "labels": labels,
                "ownerReferences": [OwnerReferences.make(to: service, isController: true)],
            ],
            "addressType": .string(family), "endpoints": .array(endpoints), "ports": ports,
        ]
    }

    static func labels(_ service: JSON) -> JSON {
        var labels: JSON = [:]
        for (name, value) in service["metadata"].map("labels")
        where ![serviceName, managedBy, headless].contains(name) { labels[name] = value }
        labels[serviceName] = .string(service.objectName)
        labels[managedBy] = .string(controller)
        if ServiceEndpoints.isHeadless(service) { labels[headless] = "" }
        return labels
    }

    // MARK: Afterwards

    /// A slice that would be deleted is overwritten by one that would be made.
    private mutating func settle() {
        var at = 0
        while at < delete.count, let new = create.last {
            let old = delete[at]
            guard old["addressType"] == new["addressType"], isOwn(old) else {
                at += 1
                continue
            }
            var replaced = old
            for name in ["endpoints", "ports"] { replaced[name] = new[name] }
            replaced["metadata", "labels"] = labels
            update.append(replaced)
            create.removeLast()
            delete.remove(at: at)
        }
    }

    /// What makes two endpoints the same one.
    private struct Identity: Hashable {
        let addresses: [String]
        let hostname: String
        let namespace: String
        let name: String

        init(_ endpoint: JSON) {
            addresses = endpoint["addresses"].strings.sorted()
            hostname = endpoint.text("hostname")
            namespace = endpoint["targetRef"].text("namespace")
            name = endpoint["targetRef"].text("name")
        }
    }
}
