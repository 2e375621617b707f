import JSON

/// Checks of one metric of an autoscaler.
enum AutoscalerMetric {
    /// The type's name, and the member that then holds its source.
    private static let sources: [(type: String, member: String)] = [
        ("Object", "object"), ("External", "external"), ("Pods", "pods"), ("Resource", "resource"),
        ("ContainerResource", "containerResource"),
    ]

    static func faults(_ metric: JSON, _ path: FieldPath) -> [FieldError] {
        let type = metric.text("type")
        let types = sources.map(\.type).sorted()
        var faults: [FieldError] = []
        if type.isEmpty { faults.append(.required(path["type"], "must specify a metric source type")) }
        let unknown = SpecFaults.notSupported(path["type"], .string(type), types)
        if !types.contains(type) { faults.append(unknown) }
        var present = sources.map(\.member).filter { metric.has($0) }
        if let first = present.first { faults += sourceFaults(first, metric[first], path[first]) }
        guard let expected = sources.first(where: { $0.type == type })?.member else {
            return faults + [unknown]
        }
        if !metric.has(expected) {
            faults.append(.required(path[expected], "must populate information for the given metric source"))
        }
        if present.count != 1 {
            present.removeAll { $0 == expected }
            faults += onlyFaults(present, path)
        }
        return faults
    }

    private static func onlyFaults(_ members: [String], _ path: FieldPath) -> [FieldError] {
        members.map { .forbidden(path[$0], "must populate the given metric source only") }
    }

    private static func sourceFaults(_ member: String, _ source: JSON, _ path: FieldPath) -> [FieldError] {
        let (target, at) = (source["target"], path["target"])
        let (hasValue, hasAverage) = (target.has("value"), target.has("averageValue"))
        var faults: [FieldError] = []
        switch member {
        case "object":
            let (object, at) = (source["describedObject"], path["describedObject"])
            faults += AutoscalerSpec.referenceFaults(object, at)
            faults += AutoscalerSpec.versionFaults(object, at, mayHaveNoGroup: true)
            faults += identifierFaults(source["metric"], path["metric"]) + targetFaults(target, path["target"])
            if !hasValue, !hasAverage {
                let detail = "must set either a target value or averageValue"
                faults.append(.required(path["target"]["averageValue"], detail))
            }
        case "external":
            faults += identifierFaults(source["metric"], path["metric"]) + targetFaults(target, at)
            if !hasValue, !hasAverage {
                let detail = "must set either a target value for metric or a per-pod target"
                faults.append(.required(at["averageValue"], detail))
            }
            if hasValue, hasAverage {
                let detail = "may not set both a target value for metric and a per-pod target"
                faults.append(.forbidden(at["value"], detail))
            }
        case "pods":
            faults += identifierFaults(source["metric"], path["metric"]) + targetFaults(target, at)
            if !hasAverage {
                faults.append(.required(at["averageValue"], "must specify a positive target averageValue"))
            }
        default: faults += resourceFaults(source, path, ofContainer: member == "containerResource")
        }
        return faults
    }

    private static func resourceFaults(_ source: JSON, _ path: FieldPath, ofContainer: Bool) -> [FieldError] {
        var faults = SpecFaults.missing(source, path, "name", "must specify a resource name")
        if ofContainer {
            let name = source.text("name")
            var found = Faults()
            if !name.isEmpty { ResourceRules.checkContainerName(name, path["name"], &found) }
            faults += found.all
            let container = source.text("container")
            faults += SpecFaults.missing(source, path, "container", "must specify a container")
            if !container.isEmpty {
                faults += SpecFaults.named(path["container"], container, Names.dnsLabel(container))
            }
        }
        let (target, at) = (source["target"], path["target"])
        faults += targetFaults(target, at)
        switch (target.has("averageUtilization"), target.has("averageValue")) {
        case (false, false):
            let detail = "must set either a target raw value or a target utilization"
            faults.append(.required(at["averageUtilization"], detail))
        case (true, true):
            let detail = "may not set both a target raw value and a target utilization"
            faults.append(.forbidden(at["averageValue"], detail))
        default: break
        }
        return faults
    }

    private static func identifierFaults(_ metric: JSON, _ path: FieldPath) -> [FieldError] {
        let name = metric.text("name")
        if name.isEmpty { return [.required(path["name"], "must specify a metric name")] }
        return SpecFaults.named(path["name"], name, Names.pathSegment(name))
    }

    private static func targetFaults(_ target: JSON, _ path: FieldPath) -> [FieldError] {
        let type = target.text("type")
        var faults: [FieldError] = []
        if type.isEmpty { faults.append(.required(path["type"], "must specify a metric target type")) }
        if !["Utilization", "Value", "AverageValue"].contains(type) {
            let detail = "must be either Utilization, Value, or AverageValue"
            faults.append(.invalid(path["type"], .string(type), detail))
        }
        for member in ["value", "averageValue"] {
            guard let quantity = Quantity(target[member]), quantity.sign != 1 else { continue }
            faults.append(.invalid(path[member], .string(quantity.description), "must be positive"))
        }
        if let utilization = target["averageUtilization"].int, utilization < 1 {
            faults.append(.invalid(path["averageUtilization"], .init(utilization), "must be greater than 0"))
        }
        return faults
    }
}
