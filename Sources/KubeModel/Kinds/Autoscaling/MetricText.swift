import JSON

/// An autoscaler's metrics in one cell: `cpu: 40%/80%, 3/10 (avg) + 1 more...`.
enum MetricText {
    /// Metrics that are shown before the rest is only counted.
    private static let shown = 2

    static func all(_ specs: [JSON], _ statuses: [JSON]) -> String {
        if specs.isEmpty { return "<none>" }
        let list = specs.enumerated().map { one($1, statuses.indices.contains($0) ? statuses[$0] : .null) }
        let text = list.prefix(shown).joined(separator: ", ")
        return list.count > shown ? "\(text) + \(list.count - shown) more..." : text
    }

    private static func one(_ spec: JSON, _ status: JSON) -> String {
        switch spec.text("type") {
        case "External": valueOrAverage(spec["external"], status["external"])
        case "Object": valueOrAverage(spec["object"], status["object"])
        case "Pods":
            "\(quantity(status["pods"]["current"]["averageValue"], status["pods"]))/"
                + quantity(spec["pods"]["target"]["averageValue"])
        case "Resource": resource(spec["resource"], status["resource"])
        case "ContainerResource": resource(spec["containerResource"], status["containerResource"])
        default: "<unknown type>"
        }
    }

    private static func valueOrAverage(_ source: JSON, _ status: JSON) -> String {
        let (target, current) = (source["target"], status["current"])
        if target.has("averageValue") {
            let now = current.has("averageValue") ? quantity(current["averageValue"]) : "<unknown>"
            return "\(now)/\(quantity(target["averageValue"])) (avg)"
        }
        return "\(quantity(current["value"], status))/\(quantity(target["value"]))"
    }

    private static func resource(_ source: JSON, _ status: JSON) -> String {
        let (target, current) = (source["target"], status["current"])
        let name = source.text("name")
        if target.has("averageValue") {
            return "\(name): \(quantity(current["averageValue"], status))/\(quantity(target["averageValue"]))"
        }
        let now = current["averageUtilization"].int.map { "\($0)%" } ?? "<unknown>"
        let wanted = target["averageUtilization"].int.map { "\($0)%" } ?? "<auto>"
        return "\(name): \(now)/\(wanted)"
    }

    /// - Parameter status: what the value belongs to; `<unknown>` when that is missing.
    private static func quantity(_ value: JSON, _ status: JSON = [:]) -> String {
        status.isNull ? "<unknown>" : Quantity(value)?.description ?? "<nil>"
    }
}
