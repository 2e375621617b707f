import JSON
import Testing

@testable import KubeModel

@Suite("resource.k8s.io")
struct DeviceTests {
    func claim() throws -> JSON {
        try ResourceClaim.rules.defaulted(
            """
            {"metadata": {"name": "c"}, "spec": {"devices": {"requests": [
             {"name": "gpu", "exactly": {"deviceClassName": "gpu.example.com", "tolerations": [{"key": "a"}]}}]}}}
            """)
    }

    func slice() throws -> JSON {
        try JSON(
            parsing: """
                {"metadata": {"name": "s"}, "spec": {"driver": "gpu.example.com", "nodeName": "n",
                 "pool": {"name": "n", "generation": 1, "resourceSliceCount": 1},
                 "devices": [{"name": "gpu-0", "attributes": {"model": {"string": "A"}}}]}}
                """)
    }

    @Test("a request is for one device")
    func defaults() throws {
        let request = try claim()["spec"]["devices"]["requests"][0]["exactly"]
        #expect(request["allocationMode"] == "ExactCount")
        #expect(request["count"] == 1)
        #expect(request["tolerations"] == [["key": "a", "operator": "Equal"]])
    }

    @Test("a claim's faults are the original's")
    func claimFaults() throws {
        let at = "spec.devices"
        func devices(_ object: inout JSON, _ member: String, _ value: JSON) {
            object["spec", "devices", member] = value
        }
        ResourceClaim.rules.expect(
            [
                FaultCase(
                    "neither",
                    "\(at).requests[0]: Required value: exactly one of `exactly` or `firstAvailable` is required"
                ) { devices(&$0, "requests", [["name": "a"]]) },
                FaultCase("class", "\(at).requests[0].exactly.deviceClassName: Required value") {
                    devices(&$0, "requests", [["name": "a", "exactly": ["allocationMode": "All"]]])
                },
                FaultCase(
                    "count",
                    "\(at).requests[0].exactly.count: Invalid value: 2: "
                        + "must not be specified when allocationMode is 'All'"
                ) {
                    devices(
                        &$0, "requests",
                        [["name": "a", "exactly": ["deviceClassName": "b", "allocationMode": "All", "count": 2]]])
                },
                FaultCase(
                    "constraint",
                    "\(at).constraints[0].requests[0]: Invalid value: \"x\": must be the name of a request in the claim "
                        + "or the name of a request and a subrequest separated by '/'",
                    "\(at).constraints[0].matchAttribute: Invalid value: \"model\": "
                        + "a fully qualified name must be a domain and a name separated by a slash"
                ) { devices(&$0, "constraints", [["requests": ["x"], "matchAttribute": "model"]]) },
                FaultCase("config", "\(at).config[0].opaque: Required value") { devices(&$0, "config", [[:]]) },
                FaultCase(
                    "parameters",
                    "\(at).config[0].opaque.parameters: Invalid value: \"<value omitted>\": must be a valid JSON object"
                ) { devices(&$0, "config", [["opaque": ["driver": "a.b", "parameters": [1]]]]) },
            ], of: try claim())
    }

    @Test("a claim's status names what the claim asks for, and keeps its allocation")
    func claimStatus() throws {
        var good = try claim()
        let result: JSON = ["request": "gpu", "driver": "a.b", "pool": "n", "device": "gpu-0"]
        good["status"] = [
            "allocation": ["devices": ["results": [result]]],
            "reservedFor": [["resource": "pods", "name": "p", "uid": "u"]],
        ]
        ResourceClaim.rules.expectStatusUpdates(
            [
                FaultCase("none") { _ in },
                FaultCase(
                    "not allocated",
                    "status.reservedFor: Forbidden: may not be specified when `allocated` is not set"
                ) { $0.edit("status") { $0.remove("allocation") } },
                FaultCase("consumer", "status.reservedFor[0].uid: Required value") {
                    $0["status", "reservedFor"] = [["resource": "pods", "name": "p"]]
                },
                FaultCase(
                    "device",
                    "status.devices[0]: Invalid value: {\"Driver\":\"a.b\",\"Pool\":\"n\",\"Device\":\"x\","
                        + "\"ShareID\":\"\"}: must be an allocated device in the claim"
                ) { $0["status", "devices"] = [["driver": "a.b", "pool": "n", "device": "x"]] },
            ], of: good)
        #expect(ResourceClaim.rules.row(good) == ["c", "allocated,reserved", "60m"])
        #expect(ResourceClaim.rules.row(try claim()) == ["c", "pending", "60m"])
    }

    @Test("a class's configuration and extended name are checked")
    func deviceClass() {
        let good: JSON = ["metadata": ["name": "c"], "spec": ["extendedResourceName": "example.com/gpu"]]
        DeviceClass.rules.expect(
            [
                FaultCase("selector", "spec.selectors[0].cel: Required value") { $0["spec", "selectors"] = [[:]] },
                FaultCase(
                    "name", "spec.extendedResourceName: Invalid value: \"cpu\": must be a valid extended resource name"
                ) { $0["spec", "extendedResourceName"] = "cpu" },
            ], of: good)
    }

    @Test("a slice's faults are the original's")
    func sliceFaults() throws {
        let places = "exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required"
        func device(_ object: inout JSON, _ member: String, _ value: JSON) {
            var device = object["spec"]["devices"][0]
            device[member] = value
            object["spec", "devices"] = [device]
        }
        let at = "spec.devices[0]"
        ResourceSlice.rules.expect(
            [
                FaultCase("nowhere", "spec: Required value: \(places)") { $0.edit("spec") { $0.remove("nodeName") } },
                FaultCase(
                    "twice",
                    "spec: Invalid value: \"{`nodeName`, `allNodes`}\": \(places), but multiple fields are set"
                ) { $0["spec", "allNodes"] = true },
                FaultCase("pool", "spec.pool.resourceSliceCount: Invalid value: 0: must be greater than zero") {
                    $0["spec", "pool", "resourceSliceCount"] = 0
                },
                FaultCase(
                    "attribute", "\(at).attributes[a]: Invalid value: \"\": exactly one value must be specified"
                ) { device(&$0, "attributes", ["a": [:]]) },
                FaultCase(
                    "taint",
                    "\(at).taints[0].effect: Unsupported value: \"x\": "
                        + "supported values: \"NoExecute\", \"NoSchedule\", \"None\""
                ) { device(&$0, "taints", [["key": "a", "effect": "x"]]) },
                FaultCase("counters", "\(at).consumesCounters[0].counters: Required value") {
                    device(&$0, "consumesCounters", [["counterSet": "a"]])
                },
                FaultCase(
                    "policy", "\(at).capacity[a].requestPolicy: Forbidden: allowMultipleAllocations must be true"
                ) { device(&$0, "capacity", ["a": ["value": "1", "requestPolicy": [:]]]) },
            ], of: try slice())
        ResourceSlice.rules.expectUpdates(
            [
                FaultCase("node", "spec.nodeName: Invalid value: \"m\": field is immutable") {
                    $0["spec", "nodeName"] = "m"
                }
            ], of: try slice())
        #expect(ResourceSlice.rules.row(try slice()) == ["s", "n", "gpu.example.com", "n", "60m"])
        #expect(
            ResourceSlice.rules.selectableFields(try slice()) == [
                "spec.nodeName": "n", "spec.driver": "gpu.example.com",
            ])
    }

    @Test("a taint rule's taint has a key and an effect")
    func taintRule() {
        let good: JSON = [
            "metadata": ["name": "t"], "spec": ["taint": ["key": "a", "effect": "NoExecute"]],
        ]
        DeviceTaintRule.rules.expect(
            [
                FaultCase("effect", "spec.taint.effect: Required value") { $0["spec", "taint", "effect"] = "" },
                FaultCase("driver", "spec.deviceSelector.driver: Too long: may not be more than 63 bytes") {
                    $0["spec", "deviceSelector"] = ["driver": .string(String(repeating: "a", count: 64))]
                },
            ], of: good)
        #expect(DeviceTaintRule.rules.columnNames == ["Name", "Key", "Value", "Effect", "TimeAdded", "Age"])
    }
}
