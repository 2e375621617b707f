import JSON

/// `autoscaling` HorizontalPodAutoscaler: grows and shrinks a workload by what it measures. Stored as v2; v1 is
/// converted by `HorizontalPodAutoscalerConversion`.
enum HorizontalPodAutoscaler {
    static let rules: KindRules = {
        var rules = KindRules(group: "autoscaling", kind: "HorizontalPodAutoscaler")
        rules.defaults = applyDefaults
        rules.keepStatusApart(empty: ["desiredReplicas": 0, "currentMetrics": .null])
        rules.validate = { AutoscalerSpec.faults($0["spec"], .init()) }
        rules.validateUpdate = { new, old in AutoscalerSpec.faults(new["spec"], .init(old: old["spec"])) }
        rules.validateStatusUpdate = { new, _ in
            SpecFaults.negative(new["status"], FieldPath("status"), "currentReplicas", "desiredReplicas")
        }
        rules.table = table
        return rules
    }()

    /// Per cent of the requested CPU that pods use on average, when no metric is named.
    static let defaultUtilization = 80

    static let defaultMetric: JSON = [
        "type": "Resource",
        "resource": [
            "name": "cpu", "target": ["type": "Utilization", "averageUtilization": .init(defaultUtilization)],
        ],
    ]

    @Sendable private static func applyDefaults(_ object: inout JSON) {
        let isFirstVersion = object.text("apiVersion").hasSuffix("/v1")
        object.edit("spec") { spec in
            spec.fillMissing("minReplicas", 1)
            if isFirstVersion { return }
            if spec.list("metrics").isEmpty { spec["metrics"] = [defaultMetric] }
            spec.edit("behavior") { behavior in
                behavior.fillMissing("scaleUp", [:])
                behavior.fillMissing("scaleDown", [:])
                behavior.edit("scaleUp") { rules in
                    rules.fillMissing("stabilizationWindowSeconds", 0)
                    fillRules(&rules, [["type": "Pods", "value": 4, "periodSeconds": 15], allPods])
                }
                behavior.edit("scaleDown") { fillRules(&$0, [allPods]) }
            }
        }
    }

    private static let allPods: JSON = ["type": "Percent", "value": 100, "periodSeconds": 15]

    private static func fillRules(_ rules: inout JSON, _ policies: [JSON]) {
        rules.fillMissing("selectPolicy", "Max")
        rules.fillMissing("policies", .array(policies))
    }

    private static let table = KindTable([
        .objectName,
        .init("Reference", "The workload that is scaled."),
        .init("Targets", "What is measured, and what it should be."),
        .init("MinPods", "Fewest pods."),
        .init("MaxPods", "Most pods."),
        .init("Replicas", "Pods that there are."),
        .objectAge,
    ]) { object, now in
        let (spec, status) = (object["spec"], object["status"])
        let target = spec["scaleTargetRef"]
        return [
            KindTable.Cell.name(object), .string("\(target.text("kind"))/\(target.text("name"))"),
            .string(MetricText.all(spec.list("metrics"), status.list("currentMetrics"))),
            .string(spec["minReplicas"].int.map(String.init) ?? "<unset>"),
            KindTable.Cell.count(spec["maxReplicas"]), KindTable.Cell.count(status["currentReplicas"]),
            KindTable.Cell.age(object, now),
        ]
    }
}
