import JSON

/// The behaviour in v1's annotation is in the original's internal form, whose names begin with capitals.
enum AutoscalerBehaviorForm {
    static func internalForm(_ behavior: JSON) -> JSON {
        .object(
            JSONObject(
                [("ScaleUp", "scaleUp"), ("ScaleDown", "scaleDown")].map { ($0, rules(behavior[$1])) }))
    }

    private static func rules(_ rules: JSON) -> JSON {
        if rules.isNull { return .null }
        let policies = rules["policies"].array.map { list in
            JSON.array(
                list.map {
                    ["Type": $0["type"], "Value": $0["value"], "PeriodSeconds": $0["periodSeconds"]]
                })
        }
        return [
            "StabilizationWindowSeconds": rules["stabilizationWindowSeconds"],
            "SelectPolicy": rules["selectPolicy"], "Policies": policies ?? .null, "Tolerance": rules["tolerance"],
        ]
    }

    /// Names in any case, as Go reads them; members that are null are left out.
    static func external(_ value: JSON) -> JSON {
        switch value {
        case .object(let members):
            .object(
                JSONObject(
                    members.filter { !$0.value.isNull }.map { (name($0.key), external($0.value)) }))
        case .array(let elements): .array(elements.map(external))
        default: value
        }
    }

    private static func name(_ name: String) -> String {
        let known = [
            "scaleUp", "scaleDown", "stabilizationWindowSeconds", "selectPolicy", "policies", "tolerance", "type",
            "value", "periodSeconds",
        ]
        return known.first { $0.lowercased() == name.lowercased() } ?? name
    }
}
