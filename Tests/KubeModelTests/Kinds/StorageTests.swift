import JSON
import Testing

@testable import KubeModel

@Suite("storage.k8s.io")
struct StorageTests {
    @Test("a minimal StorageClass deletes and binds at once")
    func storageClass() throws {
        let rules = StorageClass.rules
        let good = try rules.defaulted(#"{"metadata": {"name": "fast"}, "provisioner": "csi.example.com"}"#)
        #expect(good["reclaimPolicy"] == "Delete")
        #expect(good["volumeBindingMode"] == "Immediate")
        let topology = "allowedTopologies[0].matchLabelExpressions"
        rules.expect(
            [
                FaultCase("provisioner", "provisioner: Required value") { $0["provisioner"] = "" },
                FaultCase(
                    "policy",
                    "reclaimPolicy: Unsupported value: \"Recycle\": supported values: \"Delete\", \"Retain\""
                ) { $0["reclaimPolicy"] = "Recycle" },
                FaultCase(
                    "mode",
                    "volumeBindingMode: Unsupported value: \"x\": "
                        + "supported values: \"Immediate\", \"WaitForFirstConsumer\""
                ) { $0["volumeBindingMode"] = "x" },
                FaultCase("parameter", "parameters: Invalid value: \"\": field can not be empty.") {
                    $0["parameters"] = ["": "a"]
                },
                FaultCase("parameters", "parameters: Too long: may not be more than 262144 bytes") {
                    $0["parameters"] = ["a": .string(String(repeating: "b", count: 262_144))]
                },
                FaultCase(
                    "topology", "\(topology)[0].values: Required value",
                    "\(topology)[1].values[1]: Duplicate value: \"b\"",
                    "\(topology)[1].key: Duplicate value: \"a\""
                ) {
                    $0["allowedTopologies"] = [
                        ["matchLabelExpressions": [["key": "a"], ["key": "a", "values": ["b", "b"]]]]
                    ]
                },
                FaultCase("same topology", "allowedTopologies[1].matchLabelExpressions: Duplicate value: \"\"") {
                    let term: JSON = ["matchLabelExpressions": [["key": "a", "values": ["b"]]]]
                    $0["allowedTopologies"] = [term, term]
                },
            ], of: good)
        rules.expectUpdates(
            [
                FaultCase(
                    "everything", "parameters: Invalid value: {\"a\":\"b\"}: field is immutable",
                    "provisioner: Invalid value: \"x\": field is immutable",
                    "reclaimPolicy: Invalid value: \"Retain\": field is immutable",
                    "volumeBindingMode: Invalid value: \"WaitForFirstConsumer\": field is immutable"
                ) {
                    $0["parameters"] = ["a": "b"]
                    $0["provisioner"] = "x"
                    $0["reclaimPolicy"] = "Retain"
                    $0["volumeBindingMode"] = "WaitForFirstConsumer"
                },
                FaultCase("expansion") { $0["allowVolumeExpansion"] = true },
            ], of: good)
        #expect(rules.row(good) == ["fast", "csi.example.com", "Delete", "Immediate", false, "60m"])
        var standard = good
        standard["metadata", "annotations"] = ["storageclass.kubernetes.io/is-default-class": "true"]
        #expect(rules.row(standard)[0] == "fast (default)")
    }

    @Test("a VolumeAttributesClass has parameters, for good")
    func attributesClass() {
        let rules = VolumeAttributesClass.rules
        let good: JSON = ["metadata": ["name": "a"], "driverName": "csi.example.com", "parameters": ["iops": "100"]]
        rules.expect(
            [
                FaultCase("none", "parameters: Required value: must contain at least one key/value pair") {
                    $0.remove("parameters")
                }
            ], of: good)
        rules.expectUpdates(
            [
                FaultCase("driver", "driverName: Forbidden: updates to driverName are forbidden.") {
                    $0["driverName"] = "x"
                },
                FaultCase("parameters", "parameters: Forbidden: updates to parameters are forbidden.") {
                    $0["parameters"] = ["iops": "200"]
                },
            ], of: good)
        #expect(rules.row(good) == ["a", "csi.example.com", "60m"])
    }

    @Test("a minimal CSIDriver attaches, and is republished when its requests change")
    func driver() throws {
        let rules = CSIDriver.rules
        var good = try rules.defaulted(#"{"metadata": {"name": "csi.example.com"}, "spec": {}}"#)
        rules.prepareForCreate(&good)
        #expect(
            good["spec"] == [
                "attachRequired": true, "podInfoOnMount": false, "storageCapacity": false,
                "fsGroupPolicy": "ReadWriteOnceWithFSType", "volumeLifecycleModes": ["Persistent"],
                "requiresRepublish": false, "seLinuxMount": false,
            ])
        #expect(good["metadata"].has("generation") == false)
        var changed = good
        changed["spec", "requiresRepublish"] = true
        rules.prepareForUpdate(&changed, good)
        #expect(changed["metadata"]["generation"] == 1)
        rules.expect(
            [
                FaultCase(
                    "policy",
                    "spec.fsGroupPolicy: Unsupported value: \"x\": "
                        + "supported values: \"File\", \"None\", \"ReadWriteOnceWithFSType\""
                ) { $0["spec", "fsGroupPolicy"] = "x" },
                FaultCase(
                    "tokens", "spec.tokenRequests[1].audience: Duplicate value: \"a\"",
                    "spec.tokenRequests[2].expirationSeconds: Invalid value: 5: "
                        + "may not specify a duration less than 10 minutes"
                ) {
                    $0["spec", "tokenRequests"] = [
                        ["audience": "a"], ["audience": "a"], ["audience": "b", "expirationSeconds": 5],
                    ]
                },
                FaultCase(
                    "mode",
                    "spec.volumeLifecycleModes: Unsupported value: \"x\": "
                        + "supported values: \"Persistent\", \"Ephemeral\""
                ) { $0["spec", "volumeLifecycleModes"] = ["x"] },
                FaultCase(
                    "period",
                    "spec.nodeAllocatableUpdatePeriodSeconds: Invalid value: 9: "
                        + "must be greater than or equal to 10 seconds"
                ) { $0["spec", "nodeAllocatableUpdatePeriodSeconds"] = 9 },
                FaultCase(
                    "secrets",
                    "spec.serviceAccountTokenInSecrets: Invalid value: true: "
                        + "serviceAccountTokenInSecrets is set but no tokenRequests are specified"
                ) { $0["spec", "serviceAccountTokenInSecrets"] = true },
            ], of: good)
        rules.expectUpdates(
            [
                FaultCase(
                    "immutable", "spec.attachedRequired: Invalid value: false: field is immutable",
                    "spec.volumeLifecycleModes: Invalid value: [\"Ephemeral\"]: field is immutable"
                ) {
                    $0["spec", "attachRequired"] = false
                    $0["spec", "volumeLifecycleModes"] = ["Ephemeral"]
                }
            ], of: good)
        let row: [JSON] = ["csi.example.com", true, false, false, "<unset>", false, "Persistent", "60m"]
        #expect(rules.row(good) == row)
    }

    @Test("a CSINode's drivers have names and keep them")
    func node() {
        let rules = CSINode.rules
        let good: JSON = [
            "metadata": ["name": "n"],
            "spec": ["drivers": [["name": "a.example.com", "nodeID": "n", "topologyKeys": ["zone"]]]],
        ]
        let at = "spec.drivers[0]"
        rules.expect(
            [
                FaultCase("node", "\(at).nodeID: Required value") {
                    $0["spec", "drivers"] = [["name": "a", "nodeID": ""]]
                },
                FaultCase("count", "\(at).allocatable.count: Invalid value: -1: must be greater than or equal to 0") {
                    $0["spec", "drivers"] = [["name": "a", "nodeID": "n", "allocatable": ["count": -1]]]
                },
                FaultCase("twice", "spec.drivers[1].name: Duplicate value: \"a\"") {
                    $0["spec", "drivers"] = [["name": "a", "nodeID": "n"], ["name": "a", "nodeID": "n"]]
                },
                FaultCase("key", "\(at): Duplicate value: \"z\"") {
                    $0["spec", "drivers"] = [["name": "a", "nodeID": "n", "topologyKeys": ["z", "z"]]]
                },
                FaultCase(
                    "long",
                    "\(at).nodeID: Invalid value: \"\(String(repeating: "a", count: 257))\": must be 256 characters or less"
                ) {
                    let id = String(repeating: "a", count: 257)
                    $0["spec", "drivers"] = [["name": "a", "nodeID": .string(id)]]
                },
            ], of: good)
        rules.expectUpdates(
            [
                FaultCase(
                    "id",
                    "spec.drivers: Invalid value: {\"Name\":\"a.example.com\",\"NodeID\":\"m\",\"TopologyKeys\":null,"
                        + "\"Allocatable\":null}: field is immutable"
                ) { $0["spec", "drivers"] = [["name": "a.example.com", "nodeID": "m"]] },
                FaultCase("room") {
                    $0["spec", "drivers"] = [
                        [
                            "name": "a.example.com", "nodeID": "n", "topologyKeys": ["zone"],
                            "allocatable": ["count": 3],
                        ]
                    ]
                },
            ], of: good)
        #expect(rules.row(good) == ["n", 1, "60m"])
    }

    @Test("a CSIStorageCapacity is for one class and part of the cluster")
    func capacity() {
        let rules = CSIStorageCapacity.rules
        let good: JSON = ["metadata": ["name": "c"], "storageClassName": "fast", "capacity": "1Gi"]
        rules.expect(
            [
                FaultCase("negative", "capacity: Invalid value: \"-1\": must be greater than or equal to 0") {
                    $0["capacity"] = "-1"
                }
            ], of: good)
        rules.expectUpdates(
            [
                FaultCase("class", "storageClassName: Invalid value: \"slow\": field is immutable") {
                    $0["storageClassName"] = "slow"
                },
                FaultCase("capacity") { $0["capacity"] = "2Gi" },
            ], of: good)
        // The original registers the kind without its columns.
        #expect(rules.table == nil)
    }

    @Test("a VolumeAttachment has one source, and never changes")
    func attachment() {
        let rules = VolumeAttachment.rules
        let good: JSON = [
            "metadata": ["name": "a"],
            "spec": ["attacher": "csi.example.com", "nodeName": "n", "source": ["persistentVolumeName": "pv"]],
            "status": ["attached": true],
        ]
        let detail = "must specify exactly one of inlineVolumeSpec and persistentVolumeName"
        rules.expect(
            [
                FaultCase("no source", "spec.source: Required value: \(detail)") { $0["spec", "source"] = [:] },
                FaultCase("two sources", "spec.source: Forbidden: \(detail)") {
                    $0["spec", "source", "inlineVolumeSpec"] = [:]
                },
                FaultCase("long", "spec.attacher: Too long: may not be more than 63 bytes") {
                    $0["spec", "attacher"] = .string(String(repeating: "a", count: 64))
                },
                FaultCase(
                    "code",
                    "status.attachError.errorCode: Invalid value: -1: must be between 0 and 2147483647, inclusive"
                ) { $0["status", "attachError"] = ["errorCode": -1] },
            ], of: good)
        rules.expectUpdates(
            [
                FaultCase(
                    "node",
                    "spec: Invalid value: {\"Attacher\":\"csi.example.com\","
                        + "\"Source\":{\"PersistentVolumeName\":\"pv\",\"InlineVolumeSpec\":null},\"NodeName\":\"m\"}: "
                        + "field is immutable"
                ) { $0["spec", "nodeName"] = "m" }
            ], of: good)
        #expect(rules.row(good) == ["a", "csi.example.com", "pv", "n", true, "60m"])
        var new = good
        rules.prepareForCreate(&new)
        #expect(new["status"] == ["attached": false])
    }
}
