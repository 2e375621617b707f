import CommandLine
import JSON
import KubeModel

extension ObjectDescriber {
    func autoscaler(_ text: inout DescribedText) async {
        let spec = object["spec"], status = object["status"], target = spec["scaleTargetRef"]
        text.metadata(object, isNamespaced: true)
        text.labelsAndAnnotations(object)
        text.pair(0, "CreationTimestamp", DateText.of(object["metadata"]["creationTimestamp"]))
        text.pair(0, "Reference", "\(target["kind"].plain)/\(target["name"].plain)")
        text.pair(0, "Metrics", "( current / target )")
        let current = status["currentMetrics"].array ?? []
        for (at, metric) in (spec["metrics"].array ?? []).enumerated() {
            let told = MetricText(metric: metric, status: at < current.count ? current[at] : .null)
            text.line(1, "\(told.name):\t\(told.current) / \(told.target)")
        }
        text.pair(0, "Min replicas", spec["minReplicas"].int.map { "\($0)" } ?? "<unset>")
        text.pair(0, "Max replicas", "\(spec["maxReplicas"].int ?? 0)")
        if !spec["behavior"].isNull {
            text.line(0, "Behavior:")
            behavior("Scale Up", spec["behavior"]["scaleUp"], &text)
            behavior("Scale Down", spec["behavior"]["scaleDown"], &text)
        }
        text.pair(
            0, "\(target["kind"].plain) pods",
            "\(status["currentReplicas"].int ?? 0) current / \(status["desiredReplicas"].int ?? 0) desired")
        let conditions = status["conditions"].array ?? []
        if !conditions.isEmpty {
            text.line(0, "Conditions:")
            text.line(1, "Type\tStatus\tReason\tMessage")
            text.line(1, "----\t------\t------\t-------")
            for condition in conditions {
                let cells = ["type", "status", "reason", "message"].map { condition[$0].plain }
                text.line(1, cells.joined(separator: "\t"))
            }
        }
        text.events(await events())
    }

    private func behavior(_ title: String, _ rules: JSON, _ text: inout DescribedText) {
        guard !rules.isNull else { return }
        text.line(1, "\(title):")
        if let seconds = rules["stabilizationWindowSeconds"].int {
            text.line(2, "Stabilization Window: \(seconds) seconds")
        }
        let policies = rules["policies"].array ?? []
        guard !policies.isEmpty else { return }
        text.line(2, "Select Policy: \(rules["selectPolicy"].string ?? "Max")")
        text.line(2, "Policies:")
        for policy in policies {
            text.line(
                3,
                "- Type: \(policy["type"].plain)\tValue: \(policy["value"].int ?? 0)\tPeriod: "
                    + "\(policy["periodSeconds"].int ?? 0) seconds")
        }
    }
}

/// One metric of an autoscaler: what it is, what was seen last, what is wanted.
private struct MetricText {
    let name: String, current: String, target: String

    init(metric: JSON, status: JSON) {
        let type = metric["type"].plain
        let member = type.prefix(1).lowercased() + type.dropFirst()
        let own = metric[member], wanted = own["target"], seen = status[member]["current"]
        let isAverage = !wanted["averageValue"].isNull
        func shown(_ value: JSON) -> String { value.isNull ? "<unknown>" : value.plain }
        switch type {
        case "Resource", "ContainerResource":
            let place = type == "Resource" ? "" : " of container \"\(own["container"].plain)\""
            let start = "resource \(own["name"].plain)\(place) on pods"
            guard !isAverage else {
                (name, current, target) = (start, shown(seen["averageValue"]), wanted["averageValue"].plain)
                return
            }
            name = "\(start)  (as a percentage of request)"
            current = seen["averageUtilization"].int.map { "\($0)% (\(seen["averageValue"].plain))" } ?? "<unknown>"
            target = wanted["averageUtilization"].int.map { "\($0)%" } ?? "<auto>"
        case "Pods":
            name = "\(own["metric"]["name"].plain.quoted) on pods"
            (current, target) = (shown(seen["averageValue"]), wanted["averageValue"].plain)
        default:
            let object = own["describedObject"]
            let place = type == "Object" ? " on \(object["kind"].plain)/\(object["name"].plain)" : ""
            let value = isAverage ? "averageValue" : "value"
            name =
                "\(own["metric"]["name"].plain.quoted)\(place) (target \(isAverage ? "average value" : "value"))"
            (current, target) = (shown(seen[value]), wanted[value].plain)
        }
    }
}
