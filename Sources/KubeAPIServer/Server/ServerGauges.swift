/// What `/metrics` tells of the server as it is now.
enum ServerGauges {
    static func read(_ limits: RequestLimits, _ cache: ObjectCache) -> [RequestMetrics.Gauge] {
        [
            RequestMetrics.Gauge(
                name: "apiserver_current_inflight_requests",
                help: "Requests that are being answered and count against the limits, by kind.", label: "request_kind",
                values: [RequestLimits.Kind.mutating, .readOnly].map { ($0.rawValue, limits.running($0)) }),
            RequestMetrics.Gauge(
                name: "apiserver_longrunning_requests",
                help: "Watches, streams to pods and proxied requests that are open.", label: "component",
                values: [("apiserver", limits.running(.lasting))]),
            RequestMetrics.Gauge(
                name: "apiserver_storage_objects", help: "Stored objects, by resource.", label: "resource",
                values: cache.counts),
        ]
    }
}
