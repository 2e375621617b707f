import JSON
import Testing

@testable import KubeModel

@Suite struct CustomResourceKindTests {
    private static let meta = SchemaType(name: "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta", .object([]))
    private static let scale = SchemaType(name: "io.k8s.api.autoscaling.v1.Scale", .object([]))

    private static let definitionText = #"""
        {"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":{"name":"widgets.example.com"},
        "spec":{"group":"example.com","scope":"Namespaced","names":{"plural":"widgets","kind":"Widget","shortNames":["wd"],
        "categories":["all"]},"versions":[
        {"name":"v1","served":true,"storage":true,"subresources":{"status":{},"scale":{"specReplicasPath":".spec.replicas",
        "statusReplicasPath":".status.replicas","labelSelectorPath":".status.selector"}},
        "selectableFields":[{"jsonPath":".spec.color"},{"jsonPath":".spec.big"}],
        "additionalPrinterColumns":[{"name":"Color","type":"string","jsonPath":".spec.color"},
        {"name":"Replicas","type":"integer","jsonPath":".spec.replicas","priority":1},
        {"name":"Made","type":"date","jsonPath":".metadata.creationTimestamp"},
        {"name":"Raw","type":"string","jsonPath":".spec.parts"}],
        "schema":{"openAPIV3Schema":{"type":"object","required":["spec"],"properties":{
        "spec":{"type":"object","properties":{"color":{"type":"string","default":"red"},"big":{"type":"boolean"},
        "replicas":{"type":"integer","minimum":0,"maximum":10},"parts":{"type":"array","items":{"type":"object",
        "properties":{"k":{"type":"string"}},"required":["k"]},"x-kubernetes-list-type":"map","x-kubernetes-list-map-keys":["k"]},
        "port":{"x-kubernetes-int-or-string":true},"free":{"type":"object","x-kubernetes-preserve-unknown-fields":true},
        "labels":{"type":"object","additionalProperties":{"type":"string"}},"maybe":{"type":"string","nullable":true}}},
        "status":{"type":"object","properties":{"replicas":{"type":"integer"},"selector":{"type":"string"}}}}}}},
        {"name":"v1beta1","served":true,"storage":false,"deprecated":true,"schema":{"openAPIV3Schema":{"type":"object",
        "x-kubernetes-preserve-unknown-fields":true}}},
        {"name":"v0","served":false,"storage":false,"schema":{"openAPIV3Schema":{"type":"object"}}}]}}
        """#

    private static func definition(_ change: (inout JSON) -> Void = { _ in }) throws -> CustomResourceDefinition {
        var json = try JSON(parsing: definitionText)
        change(&json)
        CustomResourceDefinition.rules.prepareForCreate(&json)
        CustomResourceDefinition.rules.defaults(&json)
        #expect(CustomResourceDefinition.rules.validate(json).map(\.description) == [])
        json["status"] = DefinitionStatus.reconciled(json, others: [], now: 0)
        return CustomResourceDefinition(json)
    }

    private static func kinds() throws -> [CustomResourceKind] {
        CustomResourceKind.all(try definition(), objectMeta: meta, scale: scale)
    }

    private static func widget(_ spec: String, _ more: (inout JSON) -> Void = { _ in }) throws -> JSON {
        var object = try JSON(
            parsing:
                #"{"apiVersion":"example.com/v1","kind":"Widget","metadata":{"name":"w","namespace":"n"},"spec":\#(spec)}"#
        )
        more(&object)
        return object
    }

    @Test("each served version is a resource with its names, verbs and subresources")
    func resources() throws {
        let kinds = try Self.kinds()
        #expect(kinds.map(\.resource.groupVersion.description) == ["example.com/v1", "example.com/v1beta1"])
        let resource = kinds[0].resource
        #expect(resource.plural == "widgets" && resource.singular == "widget" && resource.kind == "Widget")
        #expect(resource.shortNames == ["wd"] && resource.categories == ["all"] && resource.isNamespaced)
        #expect(resource.isCustom && resource.storageVersion == "v1" && kinds[0].listKind == "WidgetList")
        #expect(resource.verbs == ["delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"])
        #expect(resource.subresources.map(\.name) == ["status", "scale"])
        #expect(resource.subresource("scale")?.groupVersion.description == "autoscaling/v1")
        #expect(kinds[1].resource.subresources.isEmpty)
        #expect(kinds[1].deprecationWarning == "example.com/v1beta1 Widget is deprecated")
        #expect(kinds[0].deprecationWarning == nil)
    }

    @Test("with the built-in types, apply and merges know the metadata's fields")
    func builtInTypes() throws {
        let type = CustomResourceKind.all(try Self.definition())[0].resource.type
        #expect(type.field("metadata")?.type.field("labels") != nil)
    }

    @Test("a definition on its way out takes no new objects")
    func terminating() throws {
        let ending = CustomResourceDefinition(
            DefinitionStatus.ending(try Self.definition().json, .pending, now: 0))
        let kinds = CustomResourceKind.all(ending, objectMeta: Self.meta, scale: Self.scale)
        #expect(kinds[0].resource.verbs == ["delete", "deletecollection", "get", "list", "watch"])
    }

    @Test("the type is what apply and merges need")
    func type() throws {
        let type = try Self.kinds()[0].resource.type
        #expect(type.name == "com.example.v1.Widget")
        #expect(type.field("metadata")?.type === Self.meta)
        let spec = try #require(type.field("spec")?.type)
        guard case .list(_, let kind) = try #require(spec.field("parts")).type.shape else {
            Issue.record("parts is no list")
            return
        }
        #expect(kind == .map(keys: ["k"]))
        #expect(spec.field("color")?.defaultValue == "red" && spec.field("free")?.type.preservesUnknown == true)
        if case .map = spec.field("labels")?.type.shape {} else { Issue.record("labels is no map") }
        if case .intOrString = spec.field("port")?.type.shape {} else { Issue.record("port is no int or string") }
    }

    @Test("what comes in is pruned, defaulted, and its unknown fields are told")
    func reading() throws {
        let object = try Self.widget(#"{"big":null,"odd":1,"free":{"x":1},"maybe":null,"parts":[{"k":"a","y":1}]}"#) {
            $0["metadata", "odd"] = 1
            $0["top"] = true
        }
        let (read, unknown) = try Self.kinds()[0].read(object)
        #expect(unknown == ["metadata.odd", "spec.odd", "spec.parts[0].y", "top"])
        #expect(
            read["spec"]
                == (try JSON(parsing: #"{"free":{"x":1},"maybe":null,"parts":[{"k":"a"}],"color":"red"}"#)))
        #expect(read["metadata"] == ["name": "w", "namespace": "n"])
    }

    @Test("metadata that can't be read is a bad request")
    func malformed() throws {
        let object = try Self.widget("{}") { $0["metadata", "labels"] = ["a": 1] }
        #expect(
            performing: { try Self.kinds()[0].read(object) },
            throws: { error in
                (error as? APIStatus)?.message
                    == #"Widget in version "v1" cannot be handled as a Widget: json: cannot unmarshal number into Go struct field ObjectMeta.labels of type string"#
            })
    }

    @Test("a new object loses its status, and both updates keep their hands off the other's part")
    func upkeep() throws {
        let rules = try Self.kinds()[0].rules
        var new = try Self.widget(#"{"replicas":1}"#) { $0["status", "replicas"] = 5 }
        rules.prepareForCreate(&new)
        #expect(new["status"].isNull && new["metadata", "generation"] == 1)
        var old = new
        old["status", "replicas"] = 1
        var update = old
        update["status", "replicas"] = 9
        update["metadata", "labels", "a"] = "b"
        rules.prepareForUpdate(&update, old)
        #expect(update["status", "replicas"] == 1 && update["metadata", "generation"] == 1)
        update["spec", "replicas"] = 2
        rules.prepareForUpdate(&update, old)
        #expect(update["metadata", "generation"] == 2)
        var status = old
        status["status", "replicas"] = 3
        status["spec", "replicas"] = 7
        status["metadata", "labels", "x"] = "y"
        status["metadata", "managedFields"] = [["manager": "m"]]
        rules.prepareForStatusUpdate(&status, old)
        #expect(status["spec"] == old["spec"] && status["status", "replicas"] == 3)
        #expect(status["metadata", "labels"].isNull && status["metadata", "managedFields"][0]["manager"] == "m")
    }

    @Test("without a status subresource a status counts like everything else")
    func noStatusSubresource() throws {
        let rules = try Self.kinds()[1].rules
        var old = try Self.widget("{}")
        rules.prepareForCreate(&old)
        var new = old
        new["status"] = ["x": 1]
        rules.prepareForUpdate(&new, old)
        #expect(new["status", "x"] == 1 && new["metadata", "generation"] == 2)
    }

    @Test("faults are told for creations, changes and status changes")
    func validation() throws {
        let rules = try Self.kinds()[0].rules
        let bad = try Self.widget(#"{"replicas":11,"color":1,"parts":[{"k":"a"},{"k":"a"}]}"#)
        #expect(
            rules.validate(bad).map(\.description) == [
                #"spec.color: Invalid value: "integer": spec.color in body must be of type string: "integer""#,
                "spec.replicas: Invalid value: 11: spec.replicas in body should be less than or equal to 10",
                #"spec.parts[1]: Duplicate value: {"k":"a"}"#,
            ])
        #expect(rules.validateUpdate(bad, bad).map(\.description) == [])
        var worse = bad
        worse["spec", "replicas"] = 12
        #expect(
            rules.validateUpdate(worse, bad).map(\.description) == [
                "spec.replicas: Invalid value: 12: spec.replicas in body should be less than or equal to 10"
            ])
        var status = try Self.widget("{}")
        status["status"] = ["replicas": "x"]
        #expect(
            rules.validateStatusUpdate(status, try Self.widget("{}")).map(\.description) == [
                #"status.replicas: Invalid value: "string": replicas in body must be of type integer: "string""#,
                ".status.replicas: Invalid value: 0: .status.replicas accessor error: x is of the type string, expected int64",
            ])
        let other = try Self.widget("{}") { $0["kind"] = "Gadget" }
        #expect(rules.validate(other).map(\.description) == [#"kind: Invalid value: "Gadget": must be Widget"#])
        var missing = try Self.widget("{}")
        missing.remove("spec")
        #expect(rules.validate(missing).map(\.description) == ["spec: Required value"])
    }

    @Test("columns and selectable fields show what the definition names")
    func table() throws {
        let kinds = try Self.kinds()
        let table = try #require(kinds[0].rules.table)
        #expect(table.columns.map(\.name) == ["Name", "Color", "Replicas", "Made", "Raw"])
        #expect(table.columns[2].priority == 1)
        #expect(table.columns[1].description == "Custom resource definition column (in JSONPath format): .spec.color")
        let object = try Self.widget(#"{"color":"blue","replicas":2,"big":true,"parts":[{"k":"<a>"}]}"#) {
            $0["metadata", "creationTimestamp"] = "1970-01-01T00:00:00Z"
        }
        let cells = table.cells(object, 125)
        #expect(JSON.array(cells).text == #"["w","blue",2,"2m5s","[{\"k\":\"\\u003ca\\u003e\"}]"]"#)
        #expect(table.cells(try Self.widget("{}"), 0) == ["w", nil, nil, nil, nil])
        #expect(kinds[0].rules.selectableFields(object) == ["spec.color": "blue", "spec.big": "true"])
        #expect(kinds[0].rules.selectableFields(try Self.widget("{}")) == ["spec.color": "", "spec.big": ""])
        #expect(kinds[1].rules.table?.columns.map(\.name) == ["Name", "Age"])
    }

    @Test("the scale subresource reads and writes the paths of the definition")
    func scaleSubresource() throws {
        let scale = try #require(try Self.kinds()[0].scale)
        let object = try Self.widget(#"{"replicas":2}"#) { $0["status"] = ["replicas": 1, "selector": "a=b"] }
        #expect(
            try scale.scale(of: object).text
                == #"{"kind":"Scale","apiVersion":"autoscaling/v1","metadata":{"name":"w","namespace":"n"},"spec":{"replicas":2},"status":{"replicas":1,"selector":"a=b"}}"#
        )
        let scaled = try scale.scaled(object, to: ["spec": ["replicas": 5], "metadata": ["resourceVersion": "7"]])
        #expect(scaled["spec", "replicas"] == 5 && scaled["metadata", "resourceVersion"] == "7")
        let none = try Self.widget("{}")
        #expect(
            performing: { try scale.scale(of: none) },
            throws: { error in
                (error as? APIStatus)?.message
                    == #"Internal error occurred: the spec replicas field ".spec.replicas" does not exist"#
            })
        let unset = try scale.scale(of: none, isForUpdate: true)
        #expect(
            performing: { try scale.scaled(none, to: unset) },
            throws: { error in
                (error as? APIStatus)?.message == #"the spec replicas field ".spec.replicas" cannot be empty"#
            })
        #expect(
            scale.specErrors(try Self.widget(#"{"replicas":-1}"#)).map(\.description) == [
                ".spec.replicas: Invalid value: -1: should be a non-negative integer"
            ])
    }

    @Test("stored objects of another version are shown in this one, with its defaults")
    func conversion() throws {
        let stored = try Self.widget("{}") { $0["apiVersion"] = "example.com/v1beta1" }
        let shown = try Self.kinds()[0].fromStorage(stored)
        #expect(shown["apiVersion"] == "example.com/v1" && shown["spec", "color"] == "red")
    }

    @Test("the published schemas have the standard fields; v2 leaves out what kubectl can't read")
    func openAPI() throws {
        let definition = try Self.definition()
        let v3 = OpenAPIFragment.definitions(definition, version: "v1", .v3)
        #expect(v3.map(\.name) == ["com.example.v1.Widget", "com.example.v1.WidgetList"])
        let schema = v3[0].schema
        #expect(
            schema["properties", "metadata"]["$ref"]
                == "#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta")
        #expect(schema["properties", "apiVersion", "type"] == "string")
        #expect(
            schema["x-kubernetes-group-version-kind"] == [
                ["group": "example.com", "version": "v1", "kind": "Widget"]
            ])
        #expect(schema["x-kubernetes-selectable-fields"] == [["fieldPath": "spec.color"], ["fieldPath": "spec.big"]])
        let port = schema["properties", "spec", "properties", "port"]
        #expect(port["anyOf"] == [["type": "integer"], ["type": "string"]])
        #expect(v3[1].schema["properties", "items", "items"]["$ref"] == "#/components/schemas/com.example.v1.Widget")
        let v2 = OpenAPIFragment.definitions(definition, version: "v1", .v2)[0].schema
        let spec = v2["properties", "spec", "properties"]
        #expect(spec["port", "anyOf"].isNull && spec["free", "type"].isNull && spec["maybe", "type"].isNull)
        #expect(spec["color", "type"] == "string")
        let open = OpenAPIFragment.definitions(definition, version: "v1beta1", .v2)[0].schema
        #expect(open["type"] == "object" && open["properties"].isNull)
    }

    @Test("finalizers that others may mean too are warned of")
    func finalizers() throws {
        let rules = try Self.kinds()[0].rules
        let object = try Self.widget("{}") { $0["metadata", "finalizers"] = ["mine", "example.com", "example.com/x"] }
        #expect(
            rules.warnings(object, nil) == [
                #"metadata.finalizers: "example.com": prefer a domain-qualified finalizer name including a path (/) to avoid accidental conflicts with other finalizer writers"#,
                #"metadata.finalizers: "mine": prefer a domain-qualified finalizer name to avoid accidental conflicts with other finalizer writers"#,
            ])
        #expect(rules.warnings(object, object) == [])
    }
}

@Suite struct WorkloadScaleTests {
    @Test("a Deployment, and a ReplicationController with its plain selector, have a scale")
    func builtIn() throws {
        let deployment = try JSON(
            parsing:
                #"{"metadata":{"name":"d","namespace":"n","uid":"u","resourceVersion":"5","creationTimestamp":"2024-01-01T00:00:00Z"},"spec":{"replicas":3,"selector":{"matchLabels":{"app":"x"},"matchExpressions":[{"key":"t","operator":"In","values":["b","a"]}]}},"status":{"replicas":2}}"#
        )
        #expect(
            try WorkloadScale.of(deployment).text
                == #"{"kind":"Scale","apiVersion":"autoscaling/v1","metadata":{"name":"d","namespace":"n","uid":"u","resourceVersion":"5","creationTimestamp":"2024-01-01T00:00:00Z"},"spec":{"replicas":3},"status":{"replicas":2,"selector":"app=x,t in (a,b)"}}"#
        )
        let controller = try JSON(
            parsing: #"{"metadata":{"name":"r"},"spec":{"replicas":0,"selector":{"b":"2","a":"1"}}}"#)
        #expect(
            try WorkloadScale.of(controller).text
                == #"{"kind":"Scale","apiVersion":"autoscaling/v1","metadata":{"name":"r"},"spec":{},"status":{"replicas":0,"selector":"a=1,b=2"}}"#
        )
    }

    @Test("scaling sets the number, and a negative one is refused")
    func scaling() throws {
        let object: JSON = ["metadata": ["name": "d"], "spec": ["replicas": 1]]
        #expect(try WorkloadScale.scaled(object, to: ["spec": ["replicas": 4]])["spec", "replicas"] == 4)
        #expect(try WorkloadScale.scaled(object, to: ["spec": [:]])["spec", "replicas"] == 0)
        #expect(
            performing: { try WorkloadScale.scaled(object, to: ["spec": ["replicas": -1]]) },
            throws: { error in
                (error as? APIStatus)?.message
                    == #"Scale.autoscaling "d" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0"#
            })
    }
}
