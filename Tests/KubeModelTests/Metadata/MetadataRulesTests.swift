import JSON
import TestKit
import Testing

@testable import KubeModel

@Suite struct MetadataRulesTests {
    private func create(_ metadata: JSON, isNamespaced: Bool = true, _ rule: KindRules.NameRule = .dnsSubdomain)
        -> [String]
    {
        MetadataRules.validateCreate(metadata, isNamespaced: isNamespaced, nameRule: rule).map(\.description)
    }

    @Test("good metadata passes")
    func good() {
        let metadata: JSON = [
            "name": "web", "namespace": "default", "generation": 1, "labels": ["app": "web"],
            "annotations": ["Example.COM/Note": "x y"], "finalizers": ["kubernetes.io/pvc-protection"],
            "ownerReferences": [["apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "r", "uid": "1"]],
            "managedFields": [["manager": "kubectl", "operation": "Apply", "fieldsType": "FieldsV1"]],
        ]
        #expect(create(metadata).isEmpty)
    }

    @Test("a new object needs a good name and its place")
    func nameAndPlace() {
        #expect(
            create([:]) == [
                "metadata.name: Required value: name or generateName is required", "metadata.namespace: Required value",
            ])
        #expect(
            create(["name": "a", "namespace": "b"], isNamespaced: false) == [
                "metadata.namespace: Forbidden: not allowed on this type"
            ])
        #expect(
            create(["name": "a", "namespace": "b.c"]) == [
                "metadata.namespace: Invalid value: \"b.c\": must not contain dots"
            ])
        #expect(
            create(["name": "a/b", "namespace": "b"], .pathSegment) == [
                "metadata.name: Invalid value: \"a/b\": may not contain '/'"
            ])
        #expect(create(["generateName": "web-", "name": "web-x", "namespace": "b"], .dnsLabel).isEmpty)
        #expect(create(["generateName": "w_", "name": "web-x", "namespace": "b"], .dns1035Label).count == 1)
    }

    @Test("labels, annotations, finalizers, owners and managers are checked one by one")
    func parts() {
        let faults = create([
            "name": "a", "namespace": "b", "generation": -1, "labels": ["a": "b c"], "annotations": ["a b": "c"],
            "finalizers": ["orphan", "foregroundDeletion"],
            "ownerReferences": [
                ["apiVersion": "v1", "kind": "Event", "name": "e", "uid": "1", "controller": true],
                ["apiVersion": "", "kind": "K", "name": "n", "uid": "", "controller": true],
            ],
            "managedFields": [["operation": "Patch", "fieldsType": "V2", "manager": "a\u{07}b"]],
        ])
        #expect(faults[0] == "metadata.generation: Invalid value: -1: must be greater than or equal to 0")
        #expect(faults[1].hasPrefix("metadata.labels: Invalid value: \"b c\": a valid label must be an empty string"))
        #expect(faults[2].hasPrefix("metadata.annotations: Invalid value: \"a b\": name part must consist of"))
        #expect(faults[3].hasSuffix("/v1, Kind=Event is disallowed from being an owner"))
        #expect(faults[4] == "metadata.ownerReferences.apiVersion: Invalid value: \"\": version must not be empty")
        #expect(faults[5] == "metadata.ownerReferences.uid: Invalid value: \"\": must not be empty")
        #expect(
            faults[6].hasSuffix(
                "Only one reference can have Controller set to true. Found \"true\" in references for Event/e and K/n"))
        #expect(
            faults[7]
                == "metadata.finalizers: Invalid value: [\"orphan\",\"foregroundDeletion\"]: finalizer orphan and "
                + "foregroundDeletion cannot be both set")
        #expect(
            faults[8]
                == "metadata.managedFields[0].operation: Invalid value: \"Patch\": must be `Apply` or `Update`")
        #expect(faults[9] == "metadata.managedFields[0].fieldsType: Invalid value: \"V2\": must be `FieldsV1`")
        #expect(
            faults[10]
                == "metadata.managedFields[0].manager: Invalid value: \"a\\ab\": invalid character U+0007 (at position "
                + "1)")
        #expect(faults.count == 11)
    }

    @Test("annotations have a limit together")
    func annotationSize() {
        let text = String(repeating: "x", count: MetadataRules.annotationsLimit)
        #expect(
            create(["name": "a", "namespace": "b", "annotations": ["k": .string(text)]]) == [
                "metadata.annotations: Too long: may not be more than 262144 bytes"
            ])
    }

    @Test("an update changes nothing that identifies the object")
    func update() {
        let old: JSON = [
            "name": "a", "namespace": "n", "uid": "1", "creationTimestamp": "2026-01-01T00:00:00Z", "generation": 2,
            "resourceVersion": "5", "deletionTimestamp": "2026-01-02T00:00:00Z", "finalizers": ["x.io/a"],
        ]
        var new = old
        #expect(MetadataRules.validateUpdate(new, old).isEmpty)
        new["uid"] = "2"
        new["generation"] = 1
        new["finalizers"] = ["x.io/a", "x.io/b"]
        new.remove("resourceVersion")
        new.remove("creationTimestamp")
        #expect(
            MetadataRules.validateUpdate(new, old).map(\.description) == [
                "metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found "
                    + "new finalizers []string{\"x.io/b\"}",
                "metadata.resourceVersion: Invalid value: \"\": must be specified for an update",
                "metadata.generation: Invalid value: 1: must not be decremented",
                "metadata.uid: Invalid value: \"2\": field is immutable",
                "metadata.creationTimestamp: Invalid value: null: field is immutable",
            ])
    }

    @Test("a generated name keeps what fits of its prefix")
    func generatedNames() {
        var random = SeededGenerator(seed: 1)
        let name = GeneratedName.make("web-", using: &random)
        #expect(name.hasPrefix("web-") && name.utf8.count == 9)
        #expect(name.utf8.dropFirst(4).allSatisfy(GeneratedName.alphabet.contains))
        #expect(GeneratedName.make(String(repeating: "a", count: 300), using: &random).utf8.count == 63)
    }

    @Test("options of requests are checked")
    func options() {
        #expect(
            RequestOptions.validatePatch([:], isApply: true).map(\.description) == [
                "fieldManager: Required value: is required for apply patch"
            ])
        #expect(
            RequestOptions.validatePatch(["force": true], isApply: false).map(\.description) == [
                "force: Forbidden: may not be specified for non-apply patch"
            ])
        #expect(
            RequestOptions.validateCreateOrUpdate(["dryRun": ["Some"], "fieldValidation": "Maybe"]).map(\.description)
                == [
                    "dryRun: Unsupported value: [\"Some\"]: supported values: \"All\"",
                    "fieldValidation: Unsupported value: \"Maybe\": supported values: \"\", \"Ignore\", \"Strict\", \"Warn\"",
                ])
        #expect(
            RequestOptions.validateDelete(["propagationPolicy": "Sideways", "orphanDependents": true]).map(
                \.description) == [
                    "propagationPolicy: Invalid value: \"Sideways\": orphanDependents and deletionPropagation cannot be both set",
                    "propagationPolicy: Unsupported value: \"Sideways\": supported values: \"Foreground\", \"Background\", \"Orphan\", \"nil\"",
                ])
    }

    @Test("owner references are made, found and made unique")
    func owners() {
        let owner: JSON = ["apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": ["name": "r", "uid": "u"]]
        let reference = OwnerReferences.make(to: owner, isController: true)
        var pod: JSON = ["metadata": ["ownerReferences": [reference, reference]]]
        #expect(OwnerReferences.isControlled(pod, by: owner))
        #expect(OwnerReferences.removeDuplicates(&pod) == ["u"])
        #expect(pod["metadata"]["ownerReferences"] == [reference])
        #expect(OwnerReferences.removeDuplicates(&pod).isEmpty)
        #expect(OwnerReferences.controller(of: [:]) == nil)
    }
}
