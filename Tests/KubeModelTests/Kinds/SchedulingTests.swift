import JSON
import Testing

@testable import KubeModel

@Suite("scheduling.k8s.io, coordination.k8s.io and node.k8s.io")
struct SchedulingTests {
    @Test("a PriorityClass preempts unless told otherwise, and keeps its value")
    func priorityClass() throws {
        let rules = PriorityClass.rules
        let good = try rules.defaulted(#"{"metadata": {"name": "high"}, "value": 1000}"#)
        #expect(good["preemptionPolicy"] == "PreemptLowerPriority")
        let reserved =
            "metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system use only. "
            + "error: "
        func system(_ object: inout JSON, _ name: String, _ value: Int, isDefault: Bool = false) {
            object["metadata", "name"] = .string("system-\(name)")
            object["value"] = .init(value)
            object["globalDefault"] = .bool(isDefault)
        }
        rules.expect(
            [
                FaultCase(
                    "value",
                    "value: Forbidden: maximum allowed value of a user defined priority is 1000000000"
                ) { $0["value"] = 1_000_000_001 },
                FaultCase(
                    "policy",
                    "preemptionPolicy: Unsupported value: \"x\": supported values: \"PreemptLowerPriority\", \"Never\""
                ) { $0["preemptionPolicy"] = "x" },
                FaultCase("unknown", "\(reserved)system-x is not a known system priority class") {
                    system(&$0, "x", 1)
                },
                FaultCase(
                    "system's value",
                    "\(reserved)value of system-node-critical PriorityClass must be 2000001000"
                ) { system(&$0, "node-critical", 1) },
                FaultCase(
                    "system's default",
                    "\(reserved)globalDefault of system-cluster-critical PriorityClass must be false"
                ) { system(&$0, "cluster-critical", 2_000_000_000, isDefault: true) },
                FaultCase("system") { system(&$0, "cluster-critical", 2_000_000_000) },
            ], of: good)
        rules.expectUpdates(
            [
                FaultCase("value", "value: Forbidden: may not be changed in an update.") { $0["value"] = 2 },
                FaultCase("policy", "preemptionPolicy: Invalid value: \"Never\": field is immutable") {
                    $0["preemptionPolicy"] = "Never"
                },
            ], of: good)
        #expect(rules.columnNames == ["Name", "Value", "Global-Default", "Age", "PreemptionPolicy"])
        #expect(rules.row(good) == ["high", 1_000, false, "60m", "PreemptLowerPriority"])
    }

    @Test("a Lease's times are positive, and a preferred holder needs a strategy")
    func lease() {
        let rules = Lease.rules
        let good: JSON = ["metadata": ["name": "l"], "spec": ["holderIdentity": "me", "leaseDurationSeconds": 40]]
        rules.expect(
            [
                FaultCase("duration", "spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0") {
                    $0["spec", "leaseDurationSeconds"] = 0
                },
                FaultCase(
                    "transitions",
                    "spec.leaseTransitions: Invalid value: -1: must be greater than or equal to 0"
                ) { $0["spec", "leaseTransitions"] = -1 },
                FaultCase(
                    "strategy",
                    "spec.strategy.strategy: Unsupported value: \"x\": supported values: \"OldestEmulationVersion\""
                ) { $0["spec", "strategy"] = "x" },
                FaultCase("another's strategy") { $0["spec", "strategy"] = "example.com/x" },
                FaultCase(
                    "holder", "spec.preferredHolder: Forbidden: may only be specified if `strategy` is defined"
                ) { $0["spec", "preferredHolder"] = "you" },
            ], of: good)
        #expect(rules.row(good) == ["l", "me", "60m"])
        #expect(rules.allowsCreateOnUpdate)
        #expect(!rules.allowsUnconditionalUpdate)
    }

    @Test("a LeaseCandidate's versions are semantic, and in order")
    func candidate() {
        let rules = LeaseCandidate.rules
        let good: JSON = [
            "metadata": ["name": "c"],
            "spec": [
                "leaseName": "l", "binaryVersion": "1.36.0", "emulationVersion": "1.35.0-rc.1",
                "strategy": "OldestEmulationVersion",
            ],
        ]
        rules.expect(
            [
                FaultCase(
                    "nothing", "spec.leaseName: Required value", "spec.binaryVersion: Required value",
                    "spec.strategy: Required value"
                ) { $0["spec"] = [:] },
                FaultCase(
                    "version", "spec.binaryVersion: Invalid value: \"1.36\": must be a valid semantic version"
                ) { $0["spec", "binaryVersion"] = "1.36" },
                FaultCase(
                    "order",
                    "spec.binaryVersion: Invalid value: \"1.34.0\": must be greater than or equal to `emulationVersion`"
                ) { $0["spec", "binaryVersion"] = "1.34.0" },
                FaultCase(
                    "no emulation",
                    "spec.emulationVersion: Required value: "
                        + "must be specified when `strategy` is 'OldestEmulationVersion'"
                ) { $0["spec", "emulationVersion"] = "" },
            ], of: good)
        rules.expectUpdates(
            [
                FaultCase("lease", "spec.leaseName: Invalid value: \"m\": field is immutable") {
                    $0["spec", "leaseName"] = "m"
                }
            ], of: good)
        #expect(rules.row(good) == ["c", "l", "1.36.0", "1.35.0-rc.1", "60m"])
    }

    @Test("a RuntimeClass keeps its handler")
    func runtimeClass() {
        let rules = RuntimeClass.rules
        let good: JSON = ["metadata": ["name": "r"], "handler": "runsc"]
        rules.expect(
            [
                FaultCase("none", "handler: Required value") { $0["handler"] = "" },
                FaultCase("overhead", "overhead.limits[cpu]: Invalid value: \"-1\": must be greater than or equal to 0")
                {
                    $0["overhead"] = ["podFixed": ["cpu": "-1"]]
                },
                FaultCase(
                    "tolerations",
                    "scheduling.tolerations[1]: Duplicate value: "
                        + #"{"Key":"k","Operator":"Exists","Value":"","Effect":"","TolerationSeconds":null}"#
                ) {
                    $0["scheduling"] = [
                        "tolerations": .array(Array(repeating: ["key": "k", "operator": "Exists"], count: 2))
                    ]
                },
            ], of: good)
        rules.expectUpdates(
            [FaultCase("other", "handler: Invalid value: \"x\": field is immutable") { $0["handler"] = "x" }],
            of: good)
        #expect(rules.row(good) == ["r", "runsc", "60m"])
    }
}
