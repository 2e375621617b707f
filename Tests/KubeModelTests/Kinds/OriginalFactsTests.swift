import JSON
import Testing

@testable import KubeModel

/// Answers that the original, asked beside ours, gave otherwise once.
@Suite("facts of the original")
struct OriginalFactsTests {
    private func statefulSet(_ change: (inout JSON) -> Void = { _ in }) throws -> JSON {
        var object = try StatefulSet.rules.defaulted(
            """
            {"metadata": {"name": "db"}, "spec": {"serviceName": "db", "selector": {"matchLabels": {"app": "db"}},
            "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 2}},
            "template": {"metadata": {"labels": {"app": "db"}}, "spec": {"hostname": "Not A Name", "containers": [
            {"name": "db", "image": "db:1", "volumeMounts": [{"name": "data", "mountPath": "/data"}]}]}},
            "volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": {"accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": "1Gi"}}}}]}}
            """)
        change(&object)
        return object
    }

    @Test("a StatefulSet's pods may mount what its claims become")
    func claimsAreVolumes() throws {
        #expect(StatefulSet.rules.validate(try statefulSet()).map(\.description) == [])
        let bare = try statefulSet { $0["spec"].remove("volumeClaimTemplates") }
        #expect(
            StatefulSet.rules.validate(bare).map(\.description).contains(
                "spec.template.spec.containers[0].volumeMounts[0].name: Not found: \"data\""))
    }

    @Test("a StatefulSet's maxUnavailable is off: new ones lose it, old ones keep it")
    func unavailable() throws {
        let old = try statefulSet()
        var made = old
        StatefulSet.rules.prepareForCreate(&made)
        #expect(made["spec", "updateStrategy"] == ["type": "RollingUpdate", "rollingUpdate": ["partition": 0]])
        var kept = old
        StatefulSet.rules.prepareForUpdate(&kept, old)
        #expect(kept["spec", "updateStrategy", "rollingUpdate", "maxUnavailable"] == 2)
    }

    @Test(
        "a name that is no image's isn't pulled always",
        arguments: ["a..b", "-a", "a_", "a/-b", "a___b"])
    func images(_ image: String) { #expect(ImagePullPolicy.standing(for: image) == "IfNotPresent") }

    @Test("what a pod as a whole doesn't name, its containers may ask for")
    func podResources() {
        var faults = Faults()
        PodResources.check(
            [
                "resources": ["requests": ["cpu": "1"]],
                "containers": [["name": "a", "resources": ["requests": ["cpu": "2", "ephemeral-storage": "1Gi"]]]],
            ], claims: [], FieldPath("spec.resources"), &faults)
        #expect(
            faults.all.map(\.description) == [
                "spec.resources.requests[cpu]: Invalid value: \"1\": must be greater than or equal to aggregate "
                    + "container requests of 2"
            ])
    }

    @Test(
        "a field of the wrong type is told with the structs that lie flat around it",
        arguments: [
            (
                "v1", "Pod", #"{"spec": {"volumes": [{"name": "a", "hostPath": {"path": 1}}]}}"#,
                "HostPathVolumeSource.spec.volumes.VolumeSource.hostPath.path of type string"
            ),
            (
                "v1", "Pod", #"{"spec": {"containers": [{"livenessProbe": {"exec": {"command": "x"}}}]}}"#,
                "ExecAction.spec.containers.livenessProbe.ProbeHandler.exec.command of type []string"
            ),
            (
                "v1", "PersistentVolume", #"{"spec": {"local": "x"}}"#,
                "PersistentVolumeSpec.spec.PersistentVolumeSource.local of type v1.LocalVolumeSource"
            ),
        ])
    func embedded(_ version: String, _ kind: String, _ text: String, _ place: String) throws {
        let type = try #require(Schema.builtIn.type(GroupVersion("", version), kind: kind))
        let tree = try JSON(parsing: text)
        do {
            _ = try StructuralDecoder.decode(tree, as: type)
            Issue.record("it was read")
        } catch {
            #expect(error.description.hasSuffix("into Go struct field \(place)"), "\(error)")
        }
    }

    @Test("times at fault are shown as Go shows them")
    func times() {
        #expect(throws: TimestampError.self) { try Timestamp(parsing: "é") }
        do { _ = try Timestamp(parsing: "é") } catch {
            #expect("\(error)".hasPrefix(#"parsing time "\xc3\xa9" as "#))
        }
    }

    @Test("a selector at fault shows its labels first")
    func selectors() {
        let selector: JSON = [
            "matchExpressions": [["key": "a", "operator": "Exists"]], "matchLabels": ["a": "-"],
        ]
        #expect(
            ReplicaSet.selectorFaults(selector, FieldPath("spec.selector")).last?.message
                == #"Invalid value: {"matchLabels":{"a":"-"},"matchExpressions":[{"key":"a","operator":"Exists"}]}: "#
                + "invalid label selector")
    }

    @Test("finalizers without a domain are the standard three")
    func finalizers() {
        func faults(_ names: JSON) -> [String] {
            MetadataRules.validateOwnedFinalizers(["finalizers": names]).map(\.description)
        }
        #expect(faults(["kubernetes", "orphan", "foregroundDeletion", "example.com/x"]) == [])
        #expect(
            faults(["a.b/c", "zz"]) == [
                "metadata.finalizers[1]: Invalid value: \"zz\": name is neither a standard finalizer name nor is it "
                    + "fully qualified"
            ])
        let kinds = [("", "Pod"), ("apps", "Deployment"), ("rbac.authorization.k8s.io", "Role")]
        #expect(kinds.allSatisfy { MetadataRules.hasOwnedFinalizers(group: $0.0, kind: $0.1) })
        let free = [("", "Event"), ("policy", "PodDisruptionBudget"), ("coordination.k8s.io", "Lease")]
        #expect(!free.contains { MetadataRules.hasOwnedFinalizers(group: $0.0, kind: $0.1) })
    }

    @Test("a storage class changes in nothing that makes volumes")
    func storageClass() {
        let old: JSON = [
            "metadata": ["name": "s"], "provisioner": "a.b/c", "parameters": ["type": "ssd"],
            "reclaimPolicy": "Delete", "volumeBindingMode": "Immediate",
        ]
        var new = old
        new["provisioner"] = "a.b/d"
        new["parameters"] = ["type": "hdd"]
        new["reclaimPolicy"] = "Retain"
        new["volumeBindingMode"] = "WaitForFirstConsumer"
        #expect(
            StorageClass.rules.validateUpdate(new, old).map(\.description) == [
                "parameters: Invalid value: {\"type\":\"hdd\"}: field is immutable",
                "provisioner: Invalid value: \"a.b/d\": field is immutable",
                "reclaimPolicy: Invalid value: \"Retain\": field is immutable",
                "volumeBindingMode: Invalid value: \"WaitForFirstConsumer\": field is immutable",
            ])
    }

    @Test("what changed in a claim is shown as the original holds it")
    func claimChange() {
        let old: JSON = [
            "spec": [
                "accessModes": ["ReadWriteOnce"], "resources": ["requests": ["storage": "1Gi"]],
                "storageClassName": "slow", "volumeMode": "Filesystem",
            ]
        ]
        var new = old
        new["spec", "volumeMode"] = "Block"
        #expect(
            ClaimFaults.change(new, old).first?.description
                == "spec: Forbidden: spec is immutable after creation except resources.requests and "
                + "volumeAttributesClassName for bound claims\n"
                    + """
                    @@ -11,7 +11,7 @@
                      },
                      "VolumeName": "",
                      "StorageClassName": "slow",
                    - "VolumeMode": "Filesystem",
                    + "VolumeMode": "Block",
                      "DataSource": null,
                      "DataSourceRef": null,
                      "VolumeAttributesClassName": null

                    """)
    }

    @Test("a CSIDriver's generation counts changes alone")
    func driverGeneration() {
        var made: JSON = ["metadata": ["name": "d", "generation": 1], "spec": ["attachRequired": true]]
        CSIDriver.rules.prepareForCreate(&made)
        #expect(made["metadata"] == ["name": "d"])
        var changed = made
        changed["spec", "attachRequired"] = false
        CSIDriver.rules.prepareForUpdate(&changed, made)
        #expect(changed["metadata", "generation"] == 1)
    }

    @Test("AppArmor profiles in a pod's annotations become fields, those of templates are told of")
    func appArmor() {
        let key = AppArmorAnnotations.prefix
        let words = "deprecated since v1.30; use the \"appArmorProfile\" field instead"
        func adopted(_ text: String, whole: JSON = nil, own: JSON = nil) -> (JSON, [String]) {
            var pod: JSON = [
                "metadata": ["annotations": .object(JSONObject([(key + "a", .string(text))]))],
                "spec": [
                    "securityContext": ["appArmorProfile": whole],
                    "containers": [["name": "a", "securityContext": ["appArmorProfile": own]]],
                ],
            ]
            let warnings = AppArmorAnnotations.adopt(&pod)
            return (pod["spec", "containers"][0]["securityContext", "appArmorProfile"], warnings)
        }
        let told = ["metadata.annotations[\(key)a]: \(words)"]
        #expect(adopted("unconfined") == (["type": "Unconfined"], told))
        #expect(adopted("localhost/x") == (["type": "Localhost", "localhostProfile": "x"], told))
        #expect(adopted("odd") == (nil, told))
        #expect(adopted("runtime/default", whole: ["type": "RuntimeDefault"]) == (nil, []))
        #expect(adopted("unconfined", own: ["type": "RuntimeDefault"]) == (["type": "RuntimeDefault"], []))
        #expect(
            AppArmorAnnotations.warnings(
                ["containers": [["name": "a"]]], JSONObject([(key + "a", "unconfined")]),
                FieldPath("spec.template.metadata.annotations"))
                == ["spec.template.metadata.annotations[\(key)a]: \(words)"])
    }
}
