import JSON

/// Between the two served forms of an autoscaler. What v1 has no field for travels in annotations, as in the original.
package enum HorizontalPodAutoscalerConversion {
    /// Names of the annotations of the v1 form.
    enum Annotation {
        static let metrics = "autoscaling.alpha.kubernetes.io/metrics"
        static let currentMetrics = "autoscaling.alpha.kubernetes.io/current-metrics"
        static let conditions = "autoscaling.alpha.kubernetes.io/conditions"
        static let behavior = "autoscaling.alpha.kubernetes.io/behavior"
        static let all = [metrics, currentMetrics, conditions, behavior]
    }

    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    /// The v2 form of a v1 object. Throws when an annotation that holds a part of it isn't JSON.
    package static func toV2(_ object: JSON) throws(Failure) -> JSON {
        let (spec, status) = (object["spec"], object["status"])
        let annotations = object["metadata"].map("annotations")
        var out = object
        out["apiVersion"] = "autoscaling/v2"
        dropAnnotations(&out)
        out["spec"] = copy(spec, ["scaleTargetRef", "minReplicas", "maxReplicas"])
        var metrics = try decode(annotations, Annotation.metrics)?.array?.map(AutoscalerMetricConversion.toV2) ?? []
        if let percent = spec["targetCPUUtilizationPercentage"].int {
            metrics.append(cpu("target", ["type": "Utilization", "averageUtilization": .init(percent)]))
        }
        if metrics.isEmpty { metrics = [HorizontalPodAutoscaler.defaultMetric] }
        out["spec", "metrics"] = .array(metrics)
        // A behaviour that doesn't decode is dropped without a word, as in the original.
        if let text = annotations[Annotation.behavior]?.string, let behavior = try? JSON(parsing: text),
            case let form = AutoscalerBehaviorForm.external(behavior), form != [:]
        {
            out["spec", "behavior"] = form
        }
        out["status"] = copy(
            status, ["observedGeneration", "lastScaleTime", "currentReplicas", "desiredReplicas"])
        out["status"].fillMissing("desiredReplicas", 0)
        var current = JSON.null
        if let saved = try decode(annotations, Annotation.currentMetrics)?.array {
            current = .array(saved.map(AutoscalerMetricConversion.statusToV2))
        } else if let percent = status["currentCPUUtilizationPercentage"].int {
            current = [cpu("current", ["averageUtilization": .init(percent)])]
        }
        out["status", "currentMetrics"] = current
        if let conditions = try decode(annotations, Annotation.conditions) { out["status", "conditions"] = conditions }
        return out
    }

    /// The v1 form of a v2 object.
    package static func toV1(_ object: JSON) -> JSON {
        let (spec, status) = (object["spec"], object["status"])
        var out = object
        out["apiVersion"] = "autoscaling/v1"
        dropAnnotations(&out)
        out["spec"] = copy(spec, ["scaleTargetRef", "minReplicas", "maxReplicas"])
        let metrics = spec.list("metrics")
        if let first = metrics.first(where: isCPU), let percent = utilization(first["resource"]["target"]) {
            out["spec", "targetCPUUtilizationPercentage"] = .init(percent)
        }
        out["status"] = copy(status, ["observedGeneration", "lastScaleTime"])
        out["status", "currentReplicas"] = .init(status["currentReplicas"].int ?? 0)
        out["status", "desiredReplicas"] = .init(status["desiredReplicas"].int ?? 0)
        let current = status.list("currentMetrics")
        for metric in current where isCPU(metric) {
            if let percent = utilization(metric["resource"]["current"]) {
                out["status", "currentCPUUtilizationPercentage"] = .init(percent)
            }
        }
        let others = metrics.filter { !(isCPU($0) && utilization($0["resource"]["target"]) != nil) }
        annotate(&out, Annotation.metrics, others.map(AutoscalerMetricConversion.toV1))
        annotate(&out, Annotation.currentMetrics, current.map(AutoscalerMetricConversion.statusToV1))
        annotate(&out, Annotation.conditions, status.list("conditions"))
        if spec.has("behavior") {
            let text = AutoscalerBehaviorForm.internalForm(spec["behavior"]).text
            out["metadata", "annotations", Annotation.behavior] = .string(text)
        }
        return out
    }

    private static func isCPU(_ metric: JSON) -> Bool {
        metric.text("type") == "Resource" && metric["resource"].text("name") == "cpu"
    }

    private static func utilization(_ value: JSON) -> Int? { value["averageUtilization"].int }

    private static func cpu(_ member: String, _ value: JSON) -> JSON {
        ["type": "Resource", "resource": .object(JSONObject([("name", "cpu"), (member, value)]))]
    }

    private static func copy(_ from: JSON, _ members: [String]) -> JSON {
        .object(JSONObject(members.compactMap { from.has($0) ? ($0, from[$0]) : nil }))
    }

    private static func annotate(_ object: inout JSON, _ name: String, _ list: [JSON]) {
        if list.isEmpty { return }
        let text = String(decoding: JSON.array(list).bytes(escapeHTML: true), as: UTF8.self)
        object["metadata", "annotations", name] = .string(text)
    }

    private static func dropAnnotations(_ object: inout JSON) {
        object.edit("metadata") { metadata in
            metadata.edit("annotations") { for name in Annotation.all { $0.remove(name) } }
            if metadata.map("annotations").isEmpty { metadata.remove("annotations") }
        }
    }

    private static func decode(_ annotations: JSONObject, _ name: String) throws(Failure) -> JSON? {
        guard let text = annotations[name]?.string else { return nil }
        do { return try JSON(parsing: text) } catch {
            throw Failure(description: "annotation \(name): \(error)")
        }
    }
}
