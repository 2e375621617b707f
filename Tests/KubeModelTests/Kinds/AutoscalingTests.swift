import JSON
import Testing

@testable import KubeModel

@Suite("autoscaling")
struct AutoscalingTests {
    let rules = HorizontalPodAutoscaler.rules

    func autoscaler(_ version: String = "v2", _ spec: String = "") throws -> JSON {
        try rules.defaulted(
            """
            {"apiVersion": "autoscaling/\(version)", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "web"},
             "spec": {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}, \(spec)
                      "maxReplicas": 5}}
            """)
    }

    @Test("a minimal autoscaler keeps the CPU at 80 per cent")
    func defaults() throws {
        let spec = try autoscaler()["spec"]
        #expect(spec["minReplicas"] == 1)
        #expect(
            spec["metrics"] == [
                [
                    "type": "Resource",
                    "resource": ["name": "cpu", "target": ["type": "Utilization", "averageUtilization": 80]],
                ]
            ])
        #expect(spec.has("behavior") == false)
        #expect(try autoscaler("v1")["spec"].has("metrics") == false)
    }

    @Test("policies that are there and empty are no policies, and get no defaults")
    func emptyPolicies() throws {
        let type = try #require(Schema.builtIn.type(GroupVersion("autoscaling", "v2"), kind: "HorizontalPodAutoscaler"))
        let sent = try autoscaler("v2", #""behavior": {"scaleDown": {"policies": []}}, "#)
        let given: JSON = ["spec": ["behavior": ["scaleDown": ["policies": []]]]]
        let decoded = try StructuralDecoder.decode(given, as: type).object
        #expect(decoded["spec"]["behavior"]["scaleDown"].text == #"{"policies":[]}"#)
        #expect(sent["spec"]["behavior"]["scaleDown"]["policies"].array?.isEmpty == true)
    }

    @Test("a behaviour's missing rules are filled in")
    func behaviorDefaults() throws {
        let behavior = try autoscaler("v2", #""behavior": {"scaleDown": {"stabilizationWindowSeconds": 60}}, "#)
        #expect(
            behavior["spec"]["behavior"] == [
                "scaleDown": [
                    "stabilizationWindowSeconds": 60, "selectPolicy": "Max",
                    "policies": [["type": "Percent", "value": 100, "periodSeconds": 15]],
                ],
                "scaleUp": [
                    "stabilizationWindowSeconds": 0, "selectPolicy": "Max",
                    "policies": [
                        ["type": "Pods", "value": 4, "periodSeconds": 15],
                        ["type": "Percent", "value": 100, "periodSeconds": 15],
                    ],
                ],
            ])
    }

    @Test("an autoscaler's faults are the original's")
    func faults() throws {
        func metric(_ object: inout JSON, _ metric: JSON) { object["spec", "metrics"] = [metric] }
        func behavior(_ object: inout JSON, _ rules: JSON) { object["spec", "behavior"] = ["scaleUp": rules] }
        let policies: JSON = [["type": "Pods", "value": 1, "periodSeconds": 1]]
        rules.expect(
            [
                FaultCase(
                    "least", "spec.minReplicas: Invalid value: 0: must be greater than or equal to 1",
                    "spec.metrics: Forbidden: must specify at least one Object or External metric to support "
                        + "scaling to zero replicas"
                ) { $0["spec", "minReplicas"] = 0 },
                FaultCase("most", "spec.maxReplicas: Invalid value: 5: must be greater than or equal to `minReplicas`")
                {
                    $0["spec", "minReplicas"] = 6
                },
                FaultCase("kind", "spec.scaleTargetRef.kind: Required value") {
                    $0["spec", "scaleTargetRef", "kind"] = ""
                },
                FaultCase("name", "spec.scaleTargetRef.name: Invalid value: \"a/b\": may not contain '/'") {
                    $0["spec", "scaleTargetRef", "name"] = "a/b"
                },
                FaultCase(
                    "group",
                    "spec.scaleTargetRef.apiVersion: Invalid value: \"v1\": apiVersion must specify API group"
                ) { $0["spec", "scaleTargetRef", "apiVersion"] = "v1" },
                FaultCase(
                    "window",
                    "spec.behavior.scaleUp.stabilizationWindowSeconds: Invalid value: 3601: "
                        + "must be less than or equal to 3600"
                ) { behavior(&$0, ["stabilizationWindowSeconds": 3_601, "policies": policies]) },
                FaultCase(
                    "policies",
                    "spec.behavior.scaleUp.policies: Required value: must specify at least one Policy"
                ) { behavior(&$0, ["policies": []]) },
                FaultCase(
                    "policy",
                    "spec.behavior.scaleUp.policies[0].type: Unsupported value: \"Odd\": "
                        + "supported values: \"Percent\", \"Pods\"",
                    "spec.behavior.scaleUp.policies[0].value: Invalid value: 0: must be greater than zero",
                    "spec.behavior.scaleUp.policies[0].periodSeconds: Invalid value: 1801: "
                        + "must be less than or equal to 1800"
                ) { behavior(&$0, ["policies": [["type": "Odd", "value": 0, "periodSeconds": 1_801]]]) },
            ], of: try autoscaler())
    }

    @Test("an autoscaler is printed with what it measures and wants")
    func table() throws {
        #expect(
            rules.columnNames == ["Name", "Reference", "Targets", "MinPods", "MaxPods", "Replicas", "Age"])
        var object = try autoscaler()
        let unknown: [JSON] = ["web", "Deployment/web", "cpu: <unknown>/80%", "1", 5, 0, "60m"]
        #expect(rules.row(object) == unknown)
        object["status"] = [
            "currentReplicas": 3,
            "currentMetrics": [
                ["type": "Resource", "resource": ["name": "cpu", "current": ["averageUtilization": 40]]]
            ],
        ]
        #expect(rules.row(object) == ["web", "Deployment/web", "cpu: 40%/80%", "1", 5, 3, "60m"])
    }

    @Test("the v1 form keeps in annotations what it has no fields for, and gives it back")
    func conversion() throws {
        let external =
            #"{"type": "External", "external": {"metric": {"name": "queue"}, "target": {"type": "Value", "value": "30"}}}"#
        let cpu =
            #"{"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 50}}}"#
        var object = try autoscaler("v2", "\"metrics\": [\(external), \(cpu)],")
        object["status"] = ["currentReplicas": 2, "desiredReplicas": 3, "currentMetrics": .null]
        let first = HorizontalPodAutoscalerConversion.toV1(object)
        #expect(first["apiVersion"] == "autoscaling/v1")
        #expect(first["spec"]["targetCPUUtilizationPercentage"] == 50)
        #expect(first["spec"].has("metrics") == false)
        #expect(
            first["metadata"]["annotations"] == [
                "autoscaling.alpha.kubernetes.io/metrics":
                    #"[{"type":"External","external":{"metricName":"queue","targetValue":"30"}}]"#
            ])
        let back = try HorizontalPodAutoscalerConversion.toV2(first)
        #expect(back["metadata"].has("annotations") == false)
        #expect(Set(back["spec"].list("metrics").map(\.text)) == Set(object["spec"].list("metrics").map(\.text)))
        #expect(back["status"]["desiredReplicas"] == 3)
    }

    @Test("an annotation that isn't JSON can't be converted")
    func brokenAnnotation() throws {
        var object = try autoscaler("v1")
        object["metadata", "annotations"] = ["autoscaling.alpha.kubernetes.io/metrics": "{"]
        #expect(throws: HorizontalPodAutoscalerConversion.Failure.self) {
            _ = try HorizontalPodAutoscalerConversion.toV2(object)
        }
    }

    @Test("a scale is a count that isn't negative")
    func scale() {
        let good: JSON = ["metadata": ["name": "web"], "spec": ["replicas": 2], "status": ["replicas": 1]]
        Scale.rules.expect(
            [
                FaultCase("negative", "spec.replicas: Invalid value: -1: must be greater than or equal to 0") {
                    $0["spec", "replicas"] = -1
                }
            ], of: good)
        #expect(Scale.rules.row(good) == ["web", 2, 1, "60m"])
    }
}
