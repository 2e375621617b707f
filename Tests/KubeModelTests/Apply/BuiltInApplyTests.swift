import JSON
import Testing

@testable import KubeModel

/// Managed fields and apply on types of the published API.
@Suite struct BuiltInApplyTests {
    private static let core = GroupVersion("", "v1"), apps = GroupVersion("apps", "v1")

    private func decoded(_ text: String, _ type: SchemaType) throws -> JSON {
        try StructuralDecoder.decode(json(text), as: type).object
    }

    private func bench(
        _ groupVersion: GroupVersion, _ kind: String, subresource: String = ""
    ) throws -> (bench: ApplyBench, type: SchemaType) {
        let type = try builtIn(groupVersion, kind)
        let reset = ManagedFields.resetFields(
            group: groupVersion.group, kind: kind, subresource: subresource, hasStatus: true)
        return (ApplyBench(type, groupVersion, kind, subresource: subresource, resetFields: reset), type)
    }

    private static let pod = """
        {'metadata':{'name':'web','namespace':'default','labels':{'run':'web'}},
        'spec':{'containers':[{'name':'web','image':'nginx','imagePullPolicy':'Always','terminationMessagePath':'/dev/log',
        'terminationMessagePolicy':'File','ports':[{'containerPort':80,'protocol':'TCP'}]}],'dnsPolicy':'ClusterFirst',
        'restartPolicy':'Always','securityContext':{},'terminationGracePeriodSeconds':30}}
        """

    @Test("the creator of a pod owns what it set and what was defaulted, not what every pod has")
    func podCreation() throws {
        let (bench, type) = try bench(BuiltInApplyTests.core, "Pod")
        let created = bench.fields.update(
            live: nil, new: try decoded(BuiltInApplyTests.pod, type), manager: "kubectl-run", now: Timestamp(seconds: 0)
        )
        let entry = created["metadata"]["managedFields"][0]
        let expected = try JSON(
            parsing: """
                {"manager":"kubectl-run","operation":"Update","apiVersion":"v1","time":"1970-01-01T00:00:00Z",
                "fieldsType":"FieldsV1","fieldsV1":{"f:metadata":{"f:labels":{".":{},"f:run":{}}},
                "f:spec":{"f:containers":{"k:{\\"name\\":\\"web\\"}":{".":{},"f:image":{},"f:imagePullPolicy":{},
                "f:name":{},"f:ports":{".":{},"k:{\\"containerPort\\":80,\\"protocol\\":\\"TCP\\"}":{".":{},
                "f:containerPort":{},"f:protocol":{}}},"f:resources":{},"f:terminationMessagePath":{},
                "f:terminationMessagePolicy":{}}},"f:dnsPolicy":{},"f:restartPolicy":{},"f:securityContext":{},
                "f:terminationGracePeriodSeconds":{}}}}
                """)
        #expect(entry.text == expected.text)
    }

    private static let deployment = """
        {'metadata':{'name':'web','namespace':'default'},'spec':{'replicas':3,'selector':{'matchLabels':{'app':'web'}},
        'template':{'metadata':{'labels':{'app':'web'}},'spec':{'containers':[{'name':'web','image':'nginx:1'}]}}}}
        """

    @Test("a Deployment's selector is owned as a whole, its strategy and template by member")
    func deploymentCreation() throws {
        let (bench, type) = try bench(BuiltInApplyTests.apps, "Deployment")
        let created = bench.fields.update(
            live: nil, new: try decoded(BuiltInApplyTests.deployment, type), manager: "m", now: Timestamp(seconds: 0))
        let fields = try FieldSet(fieldsV1: created["metadata"]["managedFields"][0]["fieldsV1"]).paths.map(\.pathText)
        let template = #".spec.template.spec.containers[name="web"]"#
        #expect(
            Set(fields) == [
                ".spec.replicas", ".spec.selector", ".spec.template.metadata.labels",
                ".spec.template.metadata.labels.app", template, template + ".image", template + ".name",
                template + ".resources",
            ])
    }

    @Test("a scaled Deployment conflicts on its replicas, in the original's words")
    func replicasConflict() throws {
        var (bench, _) = try bench(BuiltInApplyTests.apps, "Deployment")
        try bench.take(.apply("ci", BuiltInApplyTests.deployment))
        var scaled = bench.object
        scaled["spec", "replicas"] = 5
        try bench.take(.update("kubectl", scaled.text))
        let error = #expect(throws: APIStatus.self) { try bench.take(.apply("ci", BuiltInApplyTests.deployment)) }
        #expect(
            error?.message
                == "Apply failed with 1 conflict: conflict with \"kubectl\" using apps/v1: .spec.replicas")
        #expect(error?.code == 409 && error?.reason == "Conflict")
        #expect(
            error?.details["causes"] == [
                [
                    "reason": "FieldManagerConflict", "message": "conflict with \"kubectl\" using apps/v1",
                    "field": ".spec.replicas",
                ]
            ])
        try bench.take(.force("ci", BuiltInApplyTests.deployment))
        #expect(bench.object["spec"]["replicas"] == 3)
        #expect(bench.live?["metadata"]["managedFields"].array?.count == 1)
    }

    @Test("an applier that leaves the replicas out gives them away without losing them")
    func handOver() throws {
        var (bench, _) = try bench(BuiltInApplyTests.apps, "Deployment")
        try bench.take(.apply("ci", BuiltInApplyTests.deployment))
        var scaled = bench.object
        scaled["spec", "replicas"] = 5
        try bench.take(.update("hpa", scaled.text))
        var config = try json(BuiltInApplyTests.deployment)
        config["spec"].remove("replicas")
        try bench.take(.apply("ci", config.text))
        #expect(bench.object["spec"]["replicas"] == 5)
        #expect(bench.owners.hasSuffix("update hpa: .spec.replicas"))
    }

    @Test("the main resource doesn't own the status, and the status nothing else")
    func subresources() throws {
        var (bench, _) = try bench(BuiltInApplyTests.apps, "Deployment")
        try bench.take(.apply("ci", BuiltInApplyTests.deployment))
        var whole = bench.object
        whole["status"] = ["replicas": 3]
        whole["spec", "replicas"] = 4
        let (status, _) = try self.bench(BuiltInApplyTests.apps, "Deployment", subresource: "status")
        let live = try #require(bench.live)
        whole["metadata"] = live["metadata"]
        let updated = status.fields.update(live: live, new: whole, manager: "kcm", now: Timestamp(seconds: 9))
        let entries = try #require(updated["metadata"]["managedFields"].array)
        #expect(entries.count == 2)
        #expect(entries[1]["subresource"] == "status")
        #expect(entries[1]["fieldsV1"] == ["f:status": ["f:replicas": [:]]])
        let main = bench.fields.update(live: live, new: whole, manager: "me", now: Timestamp(seconds: 9))
        #expect(main["metadata"]["managedFields"][1]["fieldsV1"] == ["f:spec": ["f:replicas": [:]]])
        var applied = try json(BuiltInApplyTests.deployment)
        applied["status"] = ["replicas": 1]
        try bench.take(.apply("ci", applied.text))
        #expect(!bench.owners.contains(".status"))
    }

    @Test("a Service's ports are known by port and protocol, the default one too")
    func servicePorts() throws {
        var (bench, _) = try bench(BuiltInApplyTests.core, "Service")
        try bench.take(
            .apply("a", "{'spec':{'ports':[{'port':53,'name':'t'},{'port':53,'protocol':'UDP','name':'u'}]}}"))
        try bench.take(.apply("a", "{'spec':{'ports':[{'port':53,'protocol':'UDP','name':'u'}]}}"))
        #expect(bench.object["spec"]["ports"] == [["port": 53, "protocol": "UDP", "name": "u"]])
    }

    @Test("what an object held before the first apply belongs to before-first-apply")
    func beforeFirstApply() throws {
        var (bench, _) = try bench(BuiltInApplyTests.core, "ConfigMap")
        bench.live = try json(
            "{'apiVersion':'v1','kind':'ConfigMap','metadata':{'name':'c','uid':'1'},'data':{'a':'1','b':'2'}}")
        try bench.take(.update("u", "{'metadata':{'name':'c'},'data':{'a':'1','b':'3'}}"))
        #expect(bench.owners.isEmpty)
        try bench.take(.apply("me", "{'metadata':{'name':'c'},'data':{'a':'1'}}"))
        #expect(bench.owners == "apply me: .data.a; update before-first-apply: .data .data.a .data.b")
    }

    @Test("kubectl takes over what its client-side apply set, and only that")
    func lastApplied() throws {
        var (bench, _) = try bench(BuiltInApplyTests.core, "ConfigMap")
        let last = #"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c"},"data":{"a":"1","b":"1"}}"#
        var object = try json("{'metadata':{'name':'c'},'data':{'a':'1','b':'1'}}")
        object["metadata", "annotations", LastApplied.annotation] = .string(last)
        bench.live = bench.fields.update(
            live: nil, new: JSON.object(JSONObject([("apiVersion", "v1"), ("kind", "ConfigMap")])).joined(object),
            manager: "kubectl-client-side-apply", now: Timestamp(seconds: 1))
        try bench.take(.apply("kubectl", "{'metadata':{'name':'c'},'data':{'a':'2','b':'1'}}"))
        #expect(bench.object["data"]["a"] == "2")
        #expect(
            bench.object["metadata"]["annotations"][LastApplied.annotation]
                == .string(
                    #"{"apiVersion":"v1","data":{"a":"2","b":"1"},"kind":"ConfigMap","metadata":{"name":"c"}}"# + "\n"))
        var edited = bench.object
        edited["data", "a"] = "9"
        try bench.take(.update("editor", edited.text))
        let error = #expect(throws: APIStatus.self) {
            try bench.take(.apply("kubectl", "{'metadata':{'name':'c'},'data':{'a':'3','b':'1'}}"))
        }
        #expect(error?.message == "Apply failed with 1 conflict: conflict with \"editor\" using v1: .data.a")
    }

    @Test("a configuration of another kind or with an unknown field is refused")
    func refused() throws {
        let (bench, _) = try bench(BuiltInApplyTests.apps, "Deployment")
        func message(_ text: String) throws -> String? {
            let config = try json(text)
            return #expect(throws: APIStatus.self) {
                _ = try bench.fields.apply(config, to: nil, manager: "m", force: false, now: Timestamp(seconds: 0))
            }?.message
        }
        #expect(try message("{'apiVersion':'v1','kind':'Pod'}") == "invalid object type: /v1, Kind=Pod")
        #expect(
            try message("{'apiVersion':'apps/v1beta1','kind':'Deployment'}")
                == "invalid object type: apps/v1beta1, Kind=Deployment")
        #expect(try message("{}") == "invalid object type: /, Kind=")
        #expect(
            try message(
                "{'apiVersion':'apps/v1','kind':'Deployment','metadata':{'name':'w','namespace':'d'},'spec':{'replica':1}}"
            )
                == "failed to create typed patch object (d/w; apps/v1, Kind=Deployment): .spec.replica: field not declared "
                + "in schema")
    }

    @Test("the oldest updates' entries become one when there are more than ten")
    func ancientChanges() throws {
        var (bench, _) = try bench(BuiltInApplyTests.core, "ConfigMap")
        var data = JSONObject()
        for at in 0..<12 {
            data["k\(at)"] = "v"
            try bench.take(.update("m\(at)", JSON.object(JSONObject([("data", .object(data))])).text))
        }
        let entries = try #require(bench.live?["metadata"]["managedFields"].array)
        #expect(entries.count == 10)
        let ancient = try #require(entries.first { $0["manager"] == "ancient-changes" })
        #expect(ancient["fieldsV1"] == ["f:data": [".": [:], "f:k0": [:], "f:k1": [:], "f:k2": [:]]])
        #expect(entries.allSatisfy { !["m0", "m1", "m2"].contains($0["manager"].string ?? "") })
    }

    @Test("an empty list, or one empty entry, resets the managed fields")
    func reset() throws {
        var (bench, _) = try bench(BuiltInApplyTests.core, "ConfigMap")
        try bench.take(.apply("a", "{'data':{'a':'1'}}"))
        let live = try #require(bench.live)
        for list in [JSON.array([]), [[:]]] {
            let new = live.withManagedFields(list)
            let result = bench.fields.update(live: live, new: new, manager: "u", now: Timestamp(seconds: 5))
            #expect(result["metadata"].object?["managedFields"] == nil)
        }
        let kept = bench.fields.update(
            live: live, new: live.withManagedFields([["manager": "x"]]), manager: "u", now: Timestamp(seconds: 5))
        #expect(kept["metadata"]["managedFields"] == live["metadata"]["managedFields"])
    }

    @Test("an apply that changes nothing keeps its time")
    func noChange() throws {
        var (bench, _) = try bench(BuiltInApplyTests.core, "ConfigMap")
        try bench.take(.apply("a", "{'data':{'a':'1'}}"))
        let before = bench.live
        try bench.take(.apply("a", "{'data':{'a':'1'}}"))
        #expect(bench.live == before)
    }

    @Test("entries of another version are compared in that version, and go with it")
    func versions() throws {
        let type = SmallType.type
        let old = GroupVersion("t.io", "v1beta1"), new = GroupVersion("t.io", "v1")
        // In the old version the field `s` is called `status`' member `a`.
        let convert: ManagedFields.Conversion = { object, from, to in
            guard to != GroupVersion("t.io", "v0") else { return nil }
            var object = object
            if from == to { return (object, type) }
            if to == old {
                if object.has("s") { object["o"] = ["a": object["s"]] }
                object.remove("s")
            } else {
                if object["o"].has("a") { object["s"] = object["o"]["a"] }
                object.remove("o")
            }
            object["apiVersion"] = .string(to.description)
            return (object, type)
        }
        func fields(_ version: GroupVersion) -> ManagedFields {
            ManagedFields(type: type, groupVersion: version, kind: "T", convert: convert)
        }
        let first = try fields(old).apply(
            json("{'apiVersion':'t.io/v1beta1','kind':'T','o':{'a':'x'}}"), to: nil, manager: "a", force: false,
            now: Timestamp(seconds: 1))
        let stored = try #require(convert(first, old, new)).object
        let error = #expect(throws: APIStatus.self) {
            _ = try fields(new).apply(
                json("{'apiVersion':'t.io/v1','kind':'T','s':'y'}"), to: stored, manager: "b", force: false,
                now: Timestamp(seconds: 2))
        }
        #expect(error?.message == "Apply failed with 1 conflict: conflict with \"a\": .o.a")
        // The same manager moves to the new version, and lets go of the field there.
        let moved = try fields(new).apply(
            json("{'apiVersion':'t.io/v1','kind':'T','n':1}"), to: stored, manager: "a", force: false,
            now: Timestamp(seconds: 3))
        #expect(!moved.has("s") && moved["n"] == 1)
        #expect(moved["metadata"]["managedFields"].array?.count == 1)
        #expect(moved["metadata"]["managedFields"][0]["apiVersion"] == "t.io/v1")
    }

    @Test("a scale's managers are those of the parent's replicas, and back")
    func scale() throws {
        let parent: JSON = [
            [
                "manager": "ci", "operation": "Apply", "apiVersion": "apps/v1", "fieldsType": "FieldsV1",
                "fieldsV1": ["f:spec": ["f:paused": [:], "f:replicas": [:]]],
            ]
        ]
        let scale = ScaleManagedFields(parent: parent, groupVersion: BuiltInApplyTests.apps)
        #expect(scale.scale[0]["fieldsV1"] == ["f:spec": ["f:replicas": [:]]])
        #expect(scale.scale[0]["apiVersion"] == "autoscaling/v1")
        #expect(scale.parent(after: scale.scale) == parent)
        let taken: JSON = [
            [
                "manager": "kubectl", "operation": "Update", "apiVersion": "autoscaling/v1", "fieldsType": "FieldsV1",
                "fieldsV1": ["f:spec": ["f:replicas": [:]]], "subresource": "scale",
            ]
        ]
        let after = scale.parent(after: taken)
        #expect(after[0]["fieldsV1"] == ["f:spec": ["f:paused": [:]]])
        #expect(after[1]["manager"] == "kubectl" && after[1]["apiVersion"] == "apps/v1")
        #expect(after[1]["subresource"] == "scale")
    }

    @Test("a status write of a custom resource owns nothing but the status")
    func customStatus() {
        let reset = ManagedFields.resetFields(
            group: "t.io", kind: "T", subresource: "status", hasStatus: true, isCustom: true)
        let fields = ManagedFields(
            type: SmallType.type, groupVersion: GroupVersion("t.io", "v1"), kind: "T", subresource: "status",
            resetFields: reset)
        let new: JSON = ["metadata": ["labels": ["a": "b"]], "status": ["a": "1"]]
        let result = fields.update(live: ["metadata": [:]], new: new, manager: "m", now: Timestamp(seconds: 1))
        #expect(result["metadata"]["managedFields"][0]["fieldsV1"] == ["f:status": [".": [:], "f:a": [:]]])
    }

    @Test("the manager's name comes from the user agent, cut where it is too long")
    func managerNames() {
        #expect(ManagedFields.managerName("me", userAgent: "x/1") == "me")
        #expect(ManagedFields.managerName(nil, userAgent: "kubectl/v1.32 (linux)") == "kubectl")
        #expect(ManagedFields.managerName("", userAgent: "a\u{07}b") == "ab")
        #expect(
            ManagedFields.managerName(nil, userAgent: String(repeating: "é", count: 100)).utf8.count == 128)
    }

    @Test("malformed managed fields are told apart")
    func malformed() throws {
        #expect(ManagedFields.fault(try json("[{'operation':'Get'}]")) == "operation must be `Apply` or `Update`")
        #expect(ManagedFields.fault(try json("[{'operation':'Apply'}]")) == "apiVersion must not be empty")
        #expect(
            ManagedFields.fault(try json("[{'operation':'Apply','apiVersion':'v1'}]"))
                == "missing fieldsType in managed fields entry 0")
        #expect(
            ManagedFields.fault(try json("[{'operation':'Apply','apiVersion':'v1','fieldsType':'V2'}]"))
                == "invalid fieldsType \"V2\" in managed fields entry 0")
        #expect(ManagedFields.fault(.null) == nil)
    }
}

extension JSON {
    /// With the other's members too.
    func joined(_ other: JSON) -> JSON {
        var result = self
        for (name, value) in other.object ?? JSONObject() { result[name] = value }
        return result
    }
}
