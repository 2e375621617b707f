import JSON
import Testing

@testable import KubeModel

@Suite("The built-in schema")
struct SchemaTests {
    let schema = Schema.builtIn

    @Test("loads in the time a program's start can spare")
    func loadingTime() throws {
        let clock = ContinuousClock()
        let bytes = Schema.builtInFile
        var best = Duration.seconds(1)
        for _ in 0..<5 { best = min(best, try clock.measure { _ = Schema(try SchemaFile.read(bytes)) }) }
        print("schema: \(bytes.count) bytes, \(schema.typeNames.count) definitions, read in \(best)")
        // Ten milliseconds in a release build. The tests' own build is slower by far, and machines are busy.
        #expect(best < .seconds(1))
    }

    @Test("every cut of the file is an error and no crash")
    func cutFile() {
        let bytes = Schema.builtInFile
        for end in stride(from: 0, to: bytes.count, by: 997) {
            #expect(throws: SchemaFile.Damage.self) {
                _ = try SchemaFile.read(UnsafeRawBufferPointer(rebasing: bytes[..<end]))
            }
        }
    }

    @Test("knows resources by plural and by kind")
    func resources() throws {
        let pods = try #require(schema.resource(GroupVersion("", "v1"), plural: "pods"))
        #expect(pods.kind == "Pod" && pods.shortNames == ["po"] && pods.categories == ["all"] && pods.isNamespaced)
        #expect(pods.singular == "pod" && pods.verbs.contains("deletecollection"))
        #expect(pods.type.name == "io.k8s.api.core.v1.Pod")
        #expect(schema.resource(GroupVersion("", "v1"), kind: "Pod")?.plural == "pods")
        #expect(pods.subresource("exec")?.type == nil)
        #expect(pods.subresource("log")?.type == nil)
        #expect(pods.subresource("status")?.type === pods.type)
        let eviction = try #require(pods.subresource("eviction"))
        #expect(eviction.groupVersion == GroupVersion("policy", "v1") && eviction.kind == "Eviction")
        let scale = try #require(
            schema.resource(GroupVersion("apps", "v1"), plural: "deployments")?.subresource("scale"))
        #expect(scale.type?.name == "io.k8s.api.autoscaling.v1.Scale")
        #expect(schema.resource(GroupVersion("apps", "v1beta1"), plural: "deployments") == nil)
    }

    @Test("knows in which form each kind is stored")
    func storage() throws {
        func stored(_ groupVersion: GroupVersion, _ plural: String) -> String? {
            schema.resource(groupVersion, plural: plural).map { "\($0.storageGroup)/\($0.storageVersion)" }
        }
        #expect(stored(GroupVersion("events.k8s.io", "v1"), "events") == "/v1")
        #expect(stored(GroupVersion("autoscaling", "v1"), "horizontalpodautoscalers") == "autoscaling/v2")
        #expect(stored(GroupVersion("networking.k8s.io", "v1beta1"), "ipaddresses") == "networking.k8s.io/v1")
        #expect(stored(GroupVersion("apps", "v1"), "deployments") == "apps/v1")
        let definitions = GroupVersion("apiextensions.k8s.io", "v1")
        #expect(stored(definitions, "customresourcedefinitions") == "apiextensions.k8s.io/v1")
    }

    @Test("lists group-versions in discovery's order and serves stable ones only")
    func groupVersions() {
        #expect(schema.groupVersions.prefix(3).map(\.description) == ["v1", "apiregistration.k8s.io/v1", "apps/v1"])
        #expect(schema.isOnByDefault(GroupVersion("autoscaling", "v2")))
        #expect(!schema.isOnByDefault(GroupVersion("resource.k8s.io", "v1beta2")))
        #expect(!schema.isOnByDefault(GroupVersion("internal.apiserver.k8s.io", "v1alpha1")))
        let on = schema.groupVersions.filter(schema.isOnByDefault)
        #expect(on.allSatisfy { !$0.version.contains("alpha") && !$0.version.contains("beta") })
    }

    @Test("has every field's facts")
    func fields() throws {
        let pod = try #require(schema.type("io.k8s.api.core.v1.PodSpec"))
        let containers = try #require(pod.field("containers"))
        #expect(containers.isRequired && containers.patchMergeKey == "name" && containers.patchStrategy == .merge)
        guard case .list(let container, .map(let keys)) = containers.type.shape else {
            Issue.record("containers is \(containers.type.shape)")
            return
        }
        #expect(keys == ["name"] && container.name == "io.k8s.api.core.v1.Container")
        guard case .list(let port, .map(let portKeys)) = try #require(container.field("ports")).type.shape else {
            Issue.record("ports is no keyed list")
            return
        }
        #expect(portKeys == ["containerPort", "protocol"])
        #expect(port.field("protocol")?.defaultValue == "TCP")
        #expect(pod.field("volumes")?.patchStrategy == [.merge, .retainKeys])
        #expect(pod.field("nodeSelector")?.type.isAtomic == true)
        #expect(schema.meta("LabelSelector")?.isAtomic == true)
        #expect(schema.type("io.k8s.api.core.v1.PersistentVolumeSpec")?.field("claimRef")?.isAtomic == false)
        #expect(schema.type("io.k8s.api.core.v1.ObjectReference")?.isAtomic == true)
    }

    @Test("finds a field's way on the protobuf wire, through messages that JSON doesn't name")
    func protobufNumbers() throws {
        func way(_ type: String, _ field: String) -> [Int]? {
            schema.type(type)?.field(field).map { $0.protobufOuter + [$0.protobufNumber] }
        }
        #expect(way("io.k8s.api.core.v1.PodSpec", "containers") == [2])
        #expect(way("io.k8s.api.core.v1.Volume", "name") == [1])
        #expect(way("io.k8s.api.core.v1.Volume", "emptyDir") == [2, 2])
        #expect(way("io.k8s.api.admissionregistration.v1.NamedRuleWithOperations", "apiGroups") == [2, 2, 1])
        #expect(way("io.k8s.api.core.v1.ConfigMapKeySelector", "name") == [1, 1])
        #expect(way("io.k8s.api.authentication.v1.BoundObjectReference", "uid") == [4])
        let crd = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps"
        #expect(way(crd, "x-kubernetes-list-type") == [42])
        #expect(way(crd, "$ref") == [3])
        let extra = schema.type("io.k8s.api.authentication.v1.UserInfo")?.field("extra")?.type.shape
        guard case .map(let values) = extra else {
            Issue.record("extra is \(String(describing: extra))")
            return
        }
        #expect(values.traits.contains(.listMessage))
    }

    @Test("has what no document describes")
    func common() throws {
        for name in [
            "ObjectMeta", "ListMeta", "DeleteOptions", "Status", "PartialObjectMetadata", "PartialObjectMetadataList",
            "TableOptions", "WatchEvent", "ListOptions", "GetOptions", "CreateOptions", "UpdateOptions", "PatchOptions",
        ] { #expect(schema.meta(name) != nil, "\(name)") }
        #expect(schema.type(GroupVersion("apps", "v1"), kind: "DeleteOptions") === schema.meta("DeleteOptions"))
        #expect(schema.type(GroupVersion("", "v1"), kind: "Status") === schema.meta("Status"))
        #expect(schema.type(GroupVersion("", "v1"), kind: "PodList")?.name == "io.k8s.api.core.v1.PodList")
        #expect(schema.type("io.k8s.api.core.v1.PodExecOptions")?.field("tty") != nil)
    }
}
