/// What `/metrics` tells of the server as it is now.
enum ServerGauges {
    static func read(_ limits: RequestLimits, _ cache: ObjectCache, _ addresses: ServiceAddresses)
        -> [RequestMetrics.Gauge]
    {
        let taken = addresses.taken
        let (range, ports) = (addresses.range, addresses.nodePorts.count)
        return [
            RequestMetrics.Gauge(
                name: "apiserver_current_inflight_requests",
                help: "Requests that are being answered and count against the limits, by kind.", label: "request_kind",
                values: [RequestLimits.Kind.mutating, .readOnly].map { ($0.rawValue, Double(limits.running($0))) }),
            RequestMetrics.Gauge(
                name: "apiserver_storage_objects", help: "Stored objects, by resource.", label: "resource",
                values: cache.counts.map { ($0, Double($1)) }),
            RequestMetrics.Gauge(
                name: "apiserver_resource_objects", help: "Stored objects, by group and resource.", label: ",",
                values: cache.counts.map { name, count in
                    let dot = name.firstIndex(of: ".")
                    let group = dot.map { name[name.index(after: $0)...] } ?? ""
                    return ("group=\"\(group)\",resource=\"\(name[..<(dot ?? name.endIndex)])\"", Double(count))
                }),
            RequestMetrics.Gauge(
                name: "kube_apiserver_clusterip_allocator_allocated_ips", help: "Services' addresses that are taken.",
                label: "cidr", values: [(range.description, Double(taken.addresses))]),
            RequestMetrics.Gauge(
                name: "kube_apiserver_clusterip_allocator_available_ips", help: "Services' addresses that are free.",
                label: "cidr", values: [(range.description, Double(Int(range.size) - 2 - taken.addresses))]),
            RequestMetrics.Gauge(
                name: "kube_apiserver_nodeport_allocator_allocated_ports", help: "Node ports that are taken.",
                label: "", values: [("", Double(taken.ports))]),
            RequestMetrics.Gauge(
                name: "kube_apiserver_nodeport_allocator_available_ports", help: "Node ports that are free.",
                label: "", values: [("", Double(ports - taken.ports))]),
        ] + ProcessGauges.read()
    }
}
