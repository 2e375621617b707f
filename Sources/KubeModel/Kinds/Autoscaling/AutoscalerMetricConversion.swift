import JSON

/// One metric between its v2 form and the form that the annotations of v1 hold.
enum AutoscalerMetricConversion {
    static func toV1(_ metric: JSON) -> JSON {
        convert(metric) { member, source in
            let target = source["target"]
            switch member {
            case "resource", "containerResource":
                return object([
                    ("name", source["name"]), ("targetAverageUtilization", target["averageUtilization"]),
                    ("targetAverageValue", target["averageValue"]), ("container", source["container"]),
                ])
            case "pods":
                return object([
                    ("metricName", source["metric"]["name"]), ("targetAverageValue", target["averageValue"]),
                    ("selector", source["metric"]["selector"]),
                ])
            case "object":
                return object([
                    ("target", source["describedObject"]), ("metricName", source["metric"]["name"]),
                    ("targetValue", target.has("value") ? target["value"] : "0"),
                    ("selector", source["metric"]["selector"]), ("averageValue", target["averageValue"]),
                ])
            default:
                return object([
                    ("metricName", source["metric"]["name"]), ("metricSelector", source["metric"]["selector"]),
                    ("targetValue", target["value"]), ("targetAverageValue", target["averageValue"]),
                ])
            }
        }
    }

    static func toV2(_ metric: JSON) -> JSON {
        convert(metric) { member, source in
            func target(_ type: String, _ members: [(String, JSON)]) -> JSON {
                object([("type", .string(type))] + members)
            }
            switch member {
            case "resource", "containerResource":
                let type = source.has("targetAverageUtilization") ? "Utilization" : "AverageValue"
                return object([
                    ("name", source["name"]),
                    (
                        "target",
                        target(
                            type,
                            [
                                ("averageValue", source["targetAverageValue"]),
                                ("averageUtilization", source["targetAverageUtilization"]),
                            ])
                    ), ("container", source["container"]),
                ])
            case "pods":
                return object([
                    ("metric", named(source, "selector")),
                    ("target", target("AverageValue", [("averageValue", source["targetAverageValue"])])),
                ])
            case "object":
                let type = source.has("averageValue") ? "AverageValue" : "Value"
                return object([
                    ("describedObject", source["target"]),
                    (
                        "target",
                        target(type, [("value", source["targetValue"]), ("averageValue", source["averageValue"])])
                    ), ("metric", named(source, "selector")),
                ])
            default:
                let type = source.has("targetValue") ? "Value" : "AverageValue"
                let values = [("value", source["targetValue"]), ("averageValue", source["targetAverageValue"])]
                return object([("metric", named(source, "metricSelector")), ("target", target(type, values))])
            }
        }
    }

    static func statusToV1(_ metric: JSON) -> JSON {
        convert(metric) { member, source in
            let current = source["current"]
            let average = current.has("averageValue") ? current["averageValue"] : "0"
            switch member {
            case "resource", "containerResource":
                return object([
                    ("name", source["name"]), ("currentAverageUtilization", current["averageUtilization"]),
                    ("currentAverageValue", average), ("container", source["container"]),
                ])
            case "pods":
                return object([
                    ("metricName", source["metric"]["name"]), ("currentAverageValue", average),
                    ("selector", source["metric"]["selector"]),
                ])
            case "object":
                return object([
                    ("target", source["describedObject"]), ("metricName", source["metric"]["name"]),
                    ("currentValue", current.has("value") ? current["value"] : "0"),
                    ("selector", source["metric"]["selector"]), ("averageValue", current["averageValue"]),
                ])
            default:
                return object([
                    ("metricName", source["metric"]["name"]), ("metricSelector", source["metric"]["selector"]),
                    ("currentValue", current.has("value") ? current["value"] : "0"),
                    ("currentAverageValue", current["averageValue"]),
                ])
            }
        }
    }

    static func statusToV2(_ metric: JSON) -> JSON {
        convert(metric) { member, source in
            switch member {
            case "resource", "containerResource":
                let current = object([
                    ("averageValue", source["currentAverageValue"]),
                    ("averageUtilization", source["currentAverageUtilization"]),
                ])
                return object([("name", source["name"]), ("current", current), ("container", source["container"])])
            case "pods":
                let current = object([("averageValue", source["currentAverageValue"])])
                return object([("metric", named(source, "selector")), ("current", current)])
            case "object":
                let current = object([
                    ("value", source["currentValue"]), ("averageValue", source["averageValue"]),
                ])
                return object([
                    ("metric", named(source, "selector")), ("current", current),
                    ("describedObject", source["target"]),
                ])
            default:
                let current = object([
                    ("value", source["currentValue"]), ("averageValue", source["currentAverageValue"]),
                ])
                return object([("metric", named(source, "metricSelector")), ("current", current)])
            }
        }
    }

    private static func convert(_ metric: JSON, _ source: (String, JSON) -> JSON) -> JSON {
        var out: JSON = ["type": metric["type"]]
        for member in ["object", "pods", "resource", "containerResource", "external"] where metric.has(member) {
            out[member] = source(member, metric[member])
        }
        return out
    }

    private static func named(_ source: JSON, _ selector: String) -> JSON {
        object([("name", source["metricName"]), ("selector", source[selector])])
    }

    /// An object of the members that are there.
    private static func object(_ members: [(String, JSON)]) -> JSON {
        .object(JSONObject(members.filter { !$0.1.isNull }))
    }
}
