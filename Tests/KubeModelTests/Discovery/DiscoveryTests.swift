import Foundation
import JSON
import Testing

@testable import KubeModel

/// The published facts of the API. They are read where HAKO_KUBE_REFERENCE points; without it the tests that compare
/// with them are skipped.
enum Reference {
    static let folder = ProcessInfo.processInfo.environment["HAKO_KUBE_REFERENCE"] ?? ""
    static var isThere: Bool { FileManager.default.fileExists(atPath: folder) }

    static func json(_ path: String) throws -> JSON {
        try JSON(parsing: Array(try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(path)"))))
    }
}

@Suite("Discovery")
struct DiscoveryTests {
    let all = Discovery(Schema.builtIn.resources)

    /// A custom resource of that group and version.
    static func custom(_ group: String, _ version: String) -> APIResource {
        var resource = APIResource(
            groupVersion: GroupVersion(group, version), kind: "Widget", plural: "widgets", singular: "widget",
            isNamespaced: true, verbs: ["get", "list"], type: SchemaType())
        resource.isCustom = true
        resource.shortNames = ["wd"]
        return resource
    }

    @Test("of all that is built in is what is published", .enabled(if: Reference.isThere))
    func published() throws {
        #expect(all.groupList == (try Reference.json("discovery/apis.json")))
        #expect(all.aggregated(isCore: false) == (try Reference.json("discovery/aggregated_v2.json")))
        for group in all.groups {
            #expect(all.group(group) == (try Reference.json("discovery/apis__\(group).json")), "\(group)")
        }
        for groupVersion in all.groupVersions {
            let name =
                groupVersion.group.isEmpty
                ? "api__\(groupVersion.version)" : "apis__\(groupVersion.group)__\(groupVersion.version)"
            #expect(all.resourceList(groupVersion) == (try Reference.json("discovery/\(name).json")), "\(groupVersion)")
        }
        #expect(
            all.coreVersions(serverAddress: "10.10.10.10:8050") == (try Reference.json("discovery/api.json")))
    }

    @Test("tells of what is served only")
    func served() throws {
        let schema = Schema.builtIn
        let discovery = Discovery(schema.resources.filter { schema.isOnByDefault($0.groupVersion) })
        #expect(discovery.resourceList(GroupVersion("resource.k8s.io", "v1beta1")) == nil)
        #expect(discovery.group("internal.apiserver.k8s.io") == nil && discovery.group("") == nil)
        #expect(discovery.group("apps")?["preferredVersion", "groupVersion"] == "apps/v1")
        #expect(discovery.groups.first == "apiregistration.k8s.io")
        #expect(discovery.group("autoscaling")?["preferredVersion", "version"] == "v2")
    }

    @Test("lets custom resources join, after what is built in, their best version first")
    func customResources() throws {
        let custom = ["v1alpha1", "v1", "v1beta1", "v2"].map { Self.custom("b.example.com", $0) }
        let discovery = Discovery(Schema.builtIn.resources + custom + [Self.custom("a.example.com", "v1")])
        #expect(discovery.groups.suffix(2) == ["a.example.com", "b.example.com"])
        let group = try #require(discovery.group("b.example.com"))
        #expect(group["versions"].array?.map { $0["version"] } == ["v2", "v1", "v1beta1", "v1alpha1"])
        let item = try #require(discovery.aggregated(isCore: false)["items"].array?.last)
        #expect(
            item["versions"][0]["resources"][0]["responseKind"]
                == ["group": "b.example.com", "version": "v2", "kind": "Widget"])
        #expect(discovery.resourceList(GroupVersion("b.example.com", "v2"))?["resources"][0]["shortNames"] == ["wd"])
    }

    @Test("of the core group stands by itself")
    func core() {
        let document = all.aggregated(isCore: true, version: "v2beta1")
        #expect(document["apiVersion"] == "apidiscovery.k8s.io/v2beta1")
        #expect(document["items"].array?.count == 1 && document["items"][0]["metadata"] == [:])
        let pods = document["items"][0]["versions"][0]["resources"].array?.first { $0["resource"] == "pods" }
        #expect(pods?["subresources"].array?.count == 10 && pods?["scope"] == "Namespaced")
    }

    @Test("orders versions as clients prefer them")
    func versionOrder() {
        let sorted = ["v1", "foo10", "v3beta1", "v10", "v11alpha2", "v11beta2", "v12alpha1", "v2", "foo1", "v10beta3"]
            .sorted(by: VersionOrder.isBefore)
        #expect(
            sorted == ["v10", "v2", "v1", "v11beta2", "v10beta3", "v3beta1", "v12alpha1", "v11alpha2", "foo1", "foo10"])
    }
}
