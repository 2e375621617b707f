import JSON
import Testing

@testable import KubeModel

@Suite struct DefinitionStatusTests {
    private func named(_ plural: String, _ change: (inout JSON) -> Void = { _ in }) throws -> JSON {
        try definition { json in
            json["metadata", "name"] = .string("\(plural).example.com")
            json["spec", "names"] = ["plural": .string(plural), "kind": .string(plural.capitalizedFirst)]
            change(&json)
        }
    }

    private func settled(_ json: JSON, _ others: [JSON] = [], now: Double = 0) -> JSON {
        var result = json
        result["status"] = DefinitionStatus.reconciled(json, others: others, now: now)
        return result
    }

    private func conditions(_ json: JSON) -> [String] {
        CustomResourceDefinition(json).conditions.map {
            "\($0.text("type"))=\($0.text("status")) \($0.text("reason")): \($0.text("message"))"
        }
    }

    @Test("free names are accepted, and the definition is established")
    func accepted() throws {
        let json = settled(try named("widgets") { $0["spec", "names", "shortNames"] = ["wd"] })
        #expect(
            conditions(json) == [
                "NamesAccepted=True NoConflicts: no conflicts found",
                "Established=True InitialNamesAccepted: the initial names have been accepted",
            ])
        #expect(json["status", "acceptedNames"] == json["spec", "names"])
        #expect(json["status", "storedVersions"] == ["v1"])
        #expect(CustomResourceDefinition(json).conditions[0]["lastTransitionTime"] == "1970-01-01T00:00:00Z")
        #expect(settled(json, now: 100)["status"] == json["status"])
    }

    @Test("between the two steps it is being installed")
    func installing() throws {
        let json = DefinitionStatus.namesAccepted(try named("widgets"), others: [], now: 0)
        #expect(conditions(json).last == "Established=False Installing: the initial names have been accepted")
    }

    @Test("names that another definition of the group has are refused, and taken once they are free")
    func conflict() throws {
        let first = settled(try named("widgets") { $0["spec", "names", "shortNames"] = ["w"] })
        let second = settled(
            try named("gadgets") {
                $0["spec", "names", "shortNames"] = ["w", "g"]
                $0["spec", "names", "singular"] = "widget"
                $0["spec", "names", "kind"] = "Widgets"
            }, [first])
        #expect(
            conditions(second) == [
                #"NamesAccepted=False ListKindConflict: "WidgetsList" is already in use"#,
                "Established=False NotAccepted: not all names are accepted",
            ])
        #expect(second["status", "acceptedNames", "plural"] == "gadgets")
        #expect(second["status", "acceptedNames", "shortNames"].isNull)
        #expect(second["status", "acceptedNames", "kind"] == "")
        let later = settled(second, now: 60)
        #expect(
            conditions(later) == [
                "NamesAccepted=True NoConflicts: no conflicts found",
                "Established=True InitialNamesAccepted: the initial names have been accepted",
            ])
        #expect(CustomResourceDefinition(later).conditions[0]["lastTransitionTime"] == "1970-01-01T00:01:00Z")
        var other = first
        other["spec", "group"] = "other.com"
        #expect(CustomResourceDefinition(settled(second, [other])).isTrue("Established"))
    }

    @Test("a definition that is served stays so when new names of it are refused")
    func staysEstablished() throws {
        let first = settled(try named("widgets") { $0["spec", "names", "shortNames"] = ["w"] })
        var second = settled(try named("gadgets"), [first])
        second["spec", "names", "shortNames"] = ["w"]
        let after = settled(second, [first])
        #expect(
            conditions(after) == [
                #"NamesAccepted=False ShortNamesConflict: "w" is already in use"#,
                "Established=True InitialNamesAccepted: the initial names have been accepted",
            ])
    }

    @Test("the end of a definition is told step by step")
    func ending() throws {
        var json = settled(try named("widgets"))
        json = DefinitionStatus.ending(json, .pending, now: 0)
        #expect(json["metadata", "finalizers"] == ["customresourcecleanup.apiextensions.k8s.io"])
        #expect(
            conditions(json).last
                == "Terminating=True InstanceDeletionPending: CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon"
        )
        json = DefinitionStatus.ending(json, .deleting, now: 0)
        #expect(
            conditions(json).last
                == "Terminating=True InstanceDeletionInProgress: CustomResource deletion is in progress")
        json = DefinitionStatus.ending(json, .done, now: 0)
        #expect(conditions(json).last == "Terminating=False InstanceDeletionCompleted: removed all instances")
        #expect(json["metadata", "finalizers"] == [])
    }

    @Test("protected groups tell who approved")
    func approval() throws {
        let json = settled(
            try named("widgets") {
                $0["spec", "group"] = "x.k8s.io"
                $0["metadata", "name"] = "widgets.x.k8s.io"
                $0["metadata", "annotations"] = ["api-approved.kubernetes.io": "https://example.com/1"]
            })
        #expect(
            conditions(json).contains(
                "KubernetesAPIApprovalPolicyConformant=True ApprovedAnnotation: approved in https://example.com/1"))
    }

    @Test("a schema that isn't structural is told of")
    func nonStructural() throws {
        let json = settled(
            try named("widgets") { json in
                var version = json["spec", "versions"][0]
                version["schema", "openAPIV3Schema"] = ["type": "object", "properties": ["a": [:]]]
                json["spec", "versions"] = [version]
            })
        #expect(
            conditions(json).contains(
                "NonStructuralSchema=True Violations: spec.versions[0].schema.openAPIV3Schema.properties[a].type: Required value: must not be empty for specified object fields"
            ))
    }
}

extension String {
    fileprivate var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
