import JSON
import Testing

@testable import KubeModel

@Suite struct ApplySpeedTests {
    /// A Deployment with 30 variables in its container, 10 KiB or so with its managed fields.
    private static func deployment(_ image: String) -> JSON {
        let variables = (0..<30).map { at -> JSON in ["name": .string("VAR_\(at)"), "value": "some value"] }
        return [
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": ["name": "web", "namespace": "default", "labels": ["app": "web"]],
            "spec": [
                "replicas": 3, "selector": ["matchLabels": ["app": "web"]],
                "template": [
                    "metadata": ["labels": ["app": "web"]],
                    "spec": ["containers": [["name": "web", "image": .string(image), "env": .array(variables)]]],
                ],
            ],
        ]
    }

    @Test("applying to a large object takes milliseconds at most, even unoptimized")
    func apply() throws {
        let type = try builtIn(GroupVersion("apps", "v1"), "Deployment")
        let fields = ManagedFields(
            type: type, groupVersion: GroupVersion("apps", "v1"), kind: "Deployment",
            resetFields: ManagedFields.resetFields(group: "apps", kind: "Deployment", hasStatus: true))
        var live = try fields.apply(
            ApplySpeedTests.deployment("a"), to: nil, manager: "ci", force: false, now: Timestamp(seconds: 0))
        let took = try ContinuousClock().measure {
            for at in 1...100 {
                live = try fields.apply(
                    ApplySpeedTests.deployment("v\(at)"), to: live, manager: "ci", force: false,
                    now: Timestamp(seconds: at))
            }
        }
        #expect(live["metadata"]["managedFields"].array?.count == 1)
        #expect(took < .seconds(10), "\(took) for 100")
    }
}
