import JSON
import Testing

@testable import KubeModel

@Suite("policy")
struct PolicyTests {
    let rules = PodDisruptionBudget.rules

    func budget() throws -> JSON {
        var object = try rules.defaulted(
            """
            {"metadata": {"name": "web"}, "status": {"currentHealthy": 7},
             "spec": {"minAvailable": "50%", "selector": {"matchLabels": {"app": "web"}}}}
            """)
        rules.prepareForCreate(&object)
        return object
    }

    @Test("a new budget allows nothing yet")
    func creation() throws {
        let object = try budget()
        #expect(
            object["status"] == [
                "disruptionsAllowed": 0, "currentHealthy": 0, "desiredHealthy": 0, "expectedPods": 0,
            ])
        #expect(object["metadata"]["generation"] == 1)
        #expect(rules.allowsUnconditionalUpdate == false)
    }

    @Test("a budget's faults are the original's")
    func faults() throws {
        let cases = [
            FaultCase(
                "both",
                "spec: Invalid value: {\"MinAvailable\":\"50%\",\"Selector\":{\"matchLabels\":{\"app\":\"web\"}},"
                    + "\"MaxUnavailable\":1,\"UnhealthyPodEvictionPolicy\":null}: "
                    + "minAvailable and maxUnavailable cannot be both set"
            ) { $0["spec", "maxUnavailable"] = 1 },
            FaultCase(
                "percentage",
                "spec.minAvailable: Invalid value: \"x\": a valid percent string must be a numeric string followed by "
                    + "an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')"
            ) { $0["spec", "minAvailable"] = "x" },
            FaultCase("too much", "spec.minAvailable: Invalid value: \"101%\": must not be greater than 100%") {
                $0["spec", "minAvailable"] = "101%"
            },
            FaultCase("negative", "spec.minAvailable: Invalid value: -1: must be greater than or equal to 0") {
                $0["spec", "minAvailable"] = -1
            },
            FaultCase(
                "policy",
                "spec.unhealthyPodEvictionPolicy: Unsupported value: \"Odd\": "
                    + "supported values: \"AlwaysAllow\", \"IfHealthyBudget\""
            ) { $0["spec", "unhealthyPodEvictionPolicy"] = "Odd" },
        ]
        rules.expect(cases, of: try budget())
        rules.expectUpdates(cases, of: try budget())
        rules.expectStatusUpdates(
            [
                FaultCase("count", "status.expectedPods: Invalid value: -1: must be greater than or equal to 0") {
                    $0["status", "expectedPods"] = -1
                },
                FaultCase(
                    "condition", "status.conditions[0].type: Required value: is required",
                    "status.conditions[0].status: Unsupported value: \"Odd\": "
                        + "supported values: \"False\", \"True\", \"Unknown\"",
                    "status.conditions[0].lastTransitionTime: Required value",
                    "status.conditions[0].reason: Required value"
                ) { $0["status", "conditions"] = [["status": "Odd"]] },
                FaultCase("condition twice", "status.conditions[1]: Duplicate value: \"A\"") {
                    let one: JSON = [
                        "type": "A", "status": "True", "reason": "R", "lastTransitionTime": "2026-01-01T00:00:00Z",
                    ]
                    $0["status", "conditions"] = [one, one]
                },
            ], of: try budget())
    }

    @Test("a budget is printed with its limits")
    func table() throws {
        #expect(
            rules.columnNames == ["Name", "Min Available", "Max Unavailable", "Allowed Disruptions", "Age"])
        #expect(rules.row(try budget()) == ["web", "50%", "N/A", 0, "60m"])
        var other = try budget()
        other["spec"] = ["maxUnavailable": 2]
        other["status", "disruptionsAllowed"] = 1
        #expect(rules.row(other) == ["web", "N/A", "2", 1, "60m"])
    }
}
