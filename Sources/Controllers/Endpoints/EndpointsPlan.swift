import JSON
import KubeModel

/// The Endpoints object of a service with a selector: the form before EndpointSlices.
enum EndpointsPlan {
    static let managedBy = "endpoints.kubernetes.io/managed-by"
    static let controller = "endpoint-controller"
    private static let overCapacity = "endpoints.kubernetes.io/over-capacity"
    /// Addresses in one object.
    static let capacity = 1_000

    /// - Parameter current: nil when there is none yet.
    /// - Returns: what is to be written; nil when that is there.
    static func change(_ service: JSON, pods: [JSON], current: JSON?) -> JSON? {
        let (subsets, isTruncated) = truncated(subsets(service, pods))
        var new: JSON =
            current ?? [
                "apiVersion": "v1", "kind": "Endpoints",
                "metadata": ["name": service["metadata"]["name"], "namespace": service["metadata"]["namespace"]],
            ]
        if subsets.isEmpty { new.remove("subsets") } else { new["subsets"] = .array(subsets) }
        new["metadata", "labels"] = labels(service)
        if isTruncated {
            new.setAnnotation(overCapacity, "truncated")
        } else {
            new.edit("metadata") { $0.edit("annotations") { $0.remove(overCapacity) } }
        }
        if let current, current.isAlike(new) { return nil }
        return new
    }

    static func labels(_ service: JSON) -> JSON {
        var labels: JSON = service.labels.isNull ? [:] : service.labels
        labels[managedBy] = .string(controller)
        if ServiceEndpoints.isHeadless(service) {
            labels[EndpointSlicePlan.headless] = ""
        } else {
            labels.remove(EndpointSlicePlan.headless)
        }
        return labels
    }

    /// Pods that offer the same ports are one subset.
    static func subsets(_ service: JSON, _ pods: [JSON]) -> [JSON] {
        let publishes = service["spec"].flag("publishNotReadyAddresses")
        var groups: [(ports: [JSON], ready: [JSON], notReady: [JSON])] = []
        for pod in pods where ServiceEndpoints.isEndpoint(pod, includesTerminating: publishes) {
            guard let address = address(service, pod), let ports = ports(service, pod) else { continue }
            let at = groups.firstIndex { $0.ports == ports } ?? groups.count
            if at == groups.count { groups.append((ports, [], [])) }
            if publishes || PodFacts.isReady(pod) {
                groups[at].ready.append(address)
            } else {
                groups[at].notReady.append(address)
            }
        }
        return groups.sorted { order($0.ports) < order($1.ports) }.map { group in
            var subset: JSON = [:]
            if !group.ready.isEmpty { subset["addresses"] = .array(sorted(group.ready)) }
            if !group.notReady.isEmpty { subset["notReadyAddresses"] = .array(sorted(group.notReady)) }
            if !group.ports.isEmpty { subset["ports"] = .array(group.ports) }
            return subset
        }
    }

    private static func order(_ ports: [JSON]) -> String {
        ports.map { "\($0["port"].int ?? 0) \($0.text("name"))" }.joined(separator: ",")
    }

    private static func sorted(_ addresses: [JSON]) -> [JSON] {
        addresses.sorted {
            ($0.text("ip"), $0["targetRef"].text("uid")) < ($1.text("ip"), $1["targetRef"].text("uid"))
        }
    }

    private static func address(_ service: JSON, _ pod: JSON) -> JSON? {
        let family = service["spec"]["ipFamilies"].strings.first ?? ServiceEndpoints.families(service).first ?? "IPv4"
        guard let ip = ServiceEndpoints.addresses(pod, family).first else { return nil }
        var address: JSON = ["ip": .string(ip)]
        if let hostname = ServiceEndpoints.hostname(pod, service) { address["hostname"] = .string(hostname) }
        address["nodeName"] = pod["spec"]["nodeName"]
        address["targetRef"] = ServiceEndpoints.target(pod)
        return address
    }

    /// Nil when the pod has none of the service's ports.
    private static func ports(_ service: JSON, _ pod: JSON) -> [JSON]? {
        let wanted = service["spec"].list("ports")
        if wanted.isEmpty { return ServiceEndpoints.isHeadless(service) ? [] : nil }
        let ports: [JSON] = wanted.compactMap { port in
            guard let number = ServiceEndpoints.number(port, on: pod) else { return nil }
            var own: JSON = [:]
            if !port.text("name").isEmpty { own["name"] = port["name"] }
            own["port"] = JSON(number)
            own["protocol"] = port["protocol"]
            if port.has("appProtocol") { own["appProtocol"] = port["appProtocol"] }
            return own
        }
        return ports.isEmpty ? nil : ports
    }

    /// Ready addresses first.
    private static func truncated(_ subsets: [JSON]) -> (subsets: [JSON], isTruncated: Bool) {
        let total = subsets.reduce(0) { $0 + $1.list("addresses").count + $1.list("notReadyAddresses").count }
        guard total > capacity else { return (subsets, false) }
        var room = capacity
        var cut = subsets
        for name in ["addresses", "notReadyAddresses"] {
            for at in cut.indices {
                let kept = Array(cut[at].list(name).prefix(room))
                room -= kept.count
                if kept.isEmpty { cut[at].remove(name) } else { cut[at][name] = .array(kept) }
            }
        }
        return (cut.filter { $0.has("addresses") || $0.has("notReadyAddresses") }, true)
    }
}
