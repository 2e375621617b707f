import JSON

/// Parts of a Job's spec as the original's own structs print, which have no names for JSON.
enum JobInternalForm {
    static func successPolicy(_ policy: JSON) -> JSON {
        rules(policy) { rule in
            ["SucceededIndexes": rule["succeededIndexes"], "SucceededCount": rule["succeededCount"]]
        }
    }

    static func failurePolicy(_ policy: JSON) -> JSON {
        rules(policy) { rule in
            let codes = rule["onExitCodes"]
            return [
                "Action": .string(rule.text("action")),
                "OnExitCodes": codes.isNull
                    ? .null
                    : [
                        "ContainerName": codes["containerName"], "Operator": .string(codes.text("operator")),
                        "Values": codes["values"],
                    ],
                "OnPodConditions": list(rule["onPodConditions"]) { condition in
                    ["Type": .string(condition.text("type")), "Status": .string(condition.text("status"))]
                },
            ]
        }
    }

    private static func rules(_ policy: JSON, _ form: (JSON) -> JSON) -> JSON {
        policy.isNull ? .null : ["Rules": list(policy["rules"], form)]
    }

    private static func list(_ list: JSON, _ form: (JSON) -> JSON) -> JSON {
        list.array.map { .array($0.map(form)) } ?? .null
    }
}
